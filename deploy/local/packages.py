"""Debian's packages of the servers, installed when they are missing."""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.waiting import Failure

RABBITMQ_BIN = Path("/usr/lib/rabbitmq/bin")
_SECONDS = 600


def postgres_bin() -> Path:
    """The folder of PostgreSQL's programs, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise Failure("PostgreSQL's programs are not in /usr/lib/postgresql: apt-get install postgresql")
    return found[-1].parent


def missing(*, postgres: bool, rabbitmq: bool) -> list[str]:
    """The packages still to be installed for the servers that are wanted."""
    wanted = []
    if postgres and not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        wanted.append("postgresql")
    if rabbitmq and not (RABBITMQ_BIN / "rabbitmq-server").exists():
        wanted.append("rabbitmq-server")
    return wanted


def install(packages: list[str]) -> None:
    """Install Debian's packages without starting what they bring. Raises `Failure` saying what to ask for."""
    if not packages:
        return
    names = " ".join(packages)
    as_root = [] if os.getuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get"):
        raise Failure(
            f"No apt-get here: install {names} yourself, or give the addresses of servers (README)."
        )
    if as_root and (
        not shutil.which("sudo")
        or subprocess.run([*as_root, "true"], check=False, capture_output=True).returncode
    ):
        raise Failure(f"Neither root nor sudo: ask an administrator for 'apt-get install {names}'.")
    print(f"→ installing Debian's {names} (their own services are not started)")
    quiet = [
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "RUNLEVEL=1",
        "apt-get",
        "-qq",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*as_root, *quiet, *command], check=False, timeout=_SECONDS, capture_output=True, text=True
        )
        if done.returncode:
            raise Failure(f"apt-get {command[0]} failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
