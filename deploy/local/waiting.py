"""Waits for something to become true, and says what was seen when it does not."""

import time
from collections.abc import Callable
from pathlib import Path


class Failure(Exception):
    """What went wrong and what to do about it, for the person at the keyboard."""


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; says so when there is none."""
    try:
        found = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError as error:
        return f"    ({log}: {error.strerror})"
    return "\n".join([f"    end of {log}:", *(f"    | {line}" for line in found)])


def wait_until(condition: Callable[[], bool], seconds: float, what: str, log: Path | None = None) -> None:
    """Return when `condition` holds. Raises `Failure` with the end of `log` after `seconds`."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise Failure(f"{what} did not happen in {seconds:g} s." + (f"\n{tail(log)}" if log else ""))
        time.sleep(0.05)
