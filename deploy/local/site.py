"""A site: the folder in which one set of private servers lives, and what is kept there between runs.

.local/                 the default site of a checkout; `AGORA_SITE` names another
    env                 every setting, KEY=VALUE
    ports.json secrets.json partners.json
    postgres rabbitmq   the servers' data and logs (or links to /var/tmp, see `houses`)
    log/                the services' logs
    supervisord.*       the process manager's
"""

import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deploy.local.waiting import Failure, wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
# An `up` that installs packages holds the site for as long as the downloads take.
_LOCK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Site:
    """Where one set of servers lives. A value: nothing is read or started by making one."""

    folder: Path

    @property
    def key(self) -> str:
        """Distinguishes this site from every other on the machine."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:10]

    @property
    def env_file(self) -> Path:
        return self.folder / "env"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    def read(self, name: str) -> dict[str, Any]:
        """What is kept under this name; empty when nothing is."""
        try:
            kept: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text())
        except FileNotFoundError:
            return {}
        return kept

    def keep(self, name: str, content: dict[str, Any]) -> None:
        """Keep this under this name, readable by nobody else."""
        write_private(self.folder / f"{name}.json", json.dumps(content, indent=1, sort_keys=True) + "\n")


def site_of(folder: Path | None = None) -> Site:
    """The site asked for, else the one `AGORA_SITE` names, else the checkout's own `.local`."""
    return Site((folder or Path(os.environ.get("AGORA_SITE") or CHECKOUT / ".local")).resolve())


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; whoever reads it sees the old text or the new."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  # a descriptor
        file.write(text)
    fresh.replace(path)


@contextmanager
def held(site: Site) -> Iterator[None]:
    """The site's folder, made if need be, and nobody else changing it meanwhile."""
    site.folder.mkdir(parents=True, exist_ok=True)
    _check_owner(site.folder)
    # The servers' users must pass through to their own folders, and list nothing.
    site.folder.chmod(0o711)
    with (site.folder / "lock").open("w") as lock:
        wait_until(lambda: _taken(lock), _LOCK_SECONDS, f"The end of another command on {site.folder}")
        yield


def _check_owner(folder: Path) -> None:
    owner = folder.stat().st_uid
    if owner == os.getuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"user {owner}"
    raise Failure(f"{folder} belongs to {name}: run this as {name}, or set AGORA_SITE to another folder.")


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
