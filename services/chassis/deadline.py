"""How long the one who asked still waits: nobody works on what nobody waits for."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from services.contracts.message import DEADLINE

_until: ContextVar[float | None] = ContextVar("deadline", default=None)


def _read(headers: Mapping[str, Any]) -> float | None:
    value = headers.get(DEADLINE)
    return value / 1000 if isinstance(value, int) and value > 0 else None


def passed(headers: Mapping[str, Any]) -> bool:
    """Whether the caller has stopped waiting."""
    until = _read(headers)
    return until is not None and until < time.time()


def keep(headers: Mapping[str, Any]) -> None:
    """Remember the caller's deadline for what is asked further on."""
    _until.set(_read(headers))


def remaining(most: float) -> float:
    """Seconds left to ask something of another service, at most `most`."""
    until = _until.get()
    return most if until is None else max(0.0, min(most, until - time.time()))
