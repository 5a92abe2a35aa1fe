"""As whom each server runs and where its data live.

PostgreSQL refuses to run as root, and RabbitMQ should not: started by root, each runs as the user
Debian made for it, who must be able to reach the folder. A checkout under /root cannot be reached
(0700); its servers then live in /var/tmp/agora-<key of the site>, to which the site holds a link.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.site import Site
from deploy.local.waiting import Failure

_ELSEWHERE = Path("/var/tmp")  # noqa: S108  # kept over restarts; our folder's owner is checked


@dataclass(frozen=True, slots=True)
class House:
    """A server's folder and its user; `user` is None when that is ourselves."""

    folder: Path
    user: str | None

    def file(self, name: str, text: str) -> Path:
        """Write a file only the server's user may read; returns its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self.user:
            shutil.chown(path, self.user, pwd.getpwnam(self.user).pw_gid)


def house_of(site: Site, server: str, debian_user: str) -> House:
    """The folder of this server in this site, made and handed to its user the first time."""
    user = _user(debian_user)
    folder = site.folder / server
    if folder.is_symlink() and folder.readlink().parent != _elsewhere(site):
        raise Failure(f"{site.folder} was moved or copied from elsewhere: remove it and start again.")
    if not folder.exists():
        _build(site, House(folder, user))
    return House(folder.resolve(), user)


def demolish(site: Site, server: str) -> None:
    """Remove a server's data, wherever they live."""
    folder = site.folder / server
    if folder.is_symlink() and folder.readlink().parent == _elsewhere(site):
        shutil.rmtree(folder.readlink(), ignore_errors=True)
        if not any(_elsewhere(site).iterdir()):
            _elsewhere(site).rmdir()
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _user(debian_user: str) -> str | None:
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam(debian_user).pw_name
    except KeyError:
        return None


def _elsewhere(site: Site) -> Path:
    return _ELSEWHERE / f"agora-{site.key}"


def _build(site: Site, house: House) -> None:
    house.folder.unlink(missing_ok=True)
    house.folder.mkdir(mode=0o700)
    if _usable(house):
        return
    house.folder.rmdir()
    parent = _elsewhere(site)
    parent.mkdir(mode=0o711, exist_ok=True)
    if parent.is_symlink() or parent.stat().st_uid != os.getuid():
        raise Failure(f"{parent} is somebody else's: remove it, or set AGORA_SITE to another folder.")
    away = House(parent / house.folder.name, house.user)
    away.folder.mkdir(mode=0o700, exist_ok=True)
    if not _usable(away):
        raise Failure(f"{house.user} can use neither {house.folder} nor {away.folder}: set AGORA_SITE.")
    house.folder.symlink_to(away.folder)
    print(f"→ {house.user} cannot reach {house.folder}: its data are in {away.folder}")


def _usable(house: House) -> bool:
    """Whether the server's user can make files there: asked of the kernel, as that user."""
    if house.user is None:
        return True
    try:
        house.give(house.folder)
    except OSError:  # a mounted folder that takes no other owner
        return False
    group = pwd.getpwnam(house.user).pw_gid
    test = ["mktemp", "-u", "-p", str(house.folder)]
    done = subprocess.run(
        [*test[:1], *test[2:]],
        user=house.user,
        group=group,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        timeout=10,
        check=False,
    )
    if done.returncode == 0:
        Path(done.stdout.decode().strip()).unlink()
    return done.returncode == 0
