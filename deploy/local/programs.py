"""Starts and stops the servers' own programs: as their user, apart from our terminal, ours alone."""

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local.houses import House
from deploy.local.waiting import Failure, tail


def _as(house: House) -> dict[str, Any]:
    if house.user is None:
        return {}
    return {"user": house.user, "group": pwd.getpwnam(house.user).pw_gid, "extra_groups": []}


def environment_of(house: House, **more: str) -> dict[str, str]:
    """What a server's program may see of our environment: nothing of ours but the path."""
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {
        "PATH": f"{path}:/usr/sbin:/sbin",
        "HOME": str(house.folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **more,
    }


def run(
    house: House,
    command: list[str],
    seconds: float,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> str:
    """Run a program of a server to its end; returns what it printed. Raises `Failure` when it fails, with the
    end of the `log` that it writes."""
    name = Path(command[0]).name
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command,
            cwd=house.folder,
            env=dict(environment or environment_of(house)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
            **_as(house),
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{name} did not end in {seconds:g} s.") from None
    if done.returncode:
        said = done.stdout[-2000:] + (tail(log) if log else "")
        raise Failure(f"{name} failed ({done.returncode}):\n{said}")
    return done.stdout


def launch(house: House, command: list[str], log: Path, environment: Mapping[str, str]) -> None:
    """Start a program that outlives us, in a session of its own, its words in `log`."""
    with log.open("ab") as words:
        # `--fork`: it is nobody's child, so that nobody has to wait for its end.
        subprocess.run(
            ["setsid", "--fork", *command],
            cwd=house.folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            check=True,
            timeout=10,
            **_as(house),
        )


def kill(pid: int, mark: str, log: Path | None = None) -> None:
    """Kill a process that did not stop when asked, if it is still the one we know by its command line."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return
    if mark not in command:
        raise Failure(f"process {pid} is not ours any more" + (f"\n{tail(log)}" if log else ""))
    os.kill(pid, signal.SIGKILL)
