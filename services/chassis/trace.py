"""Follows one cause through every service: the W3C `traceparent`, handed on from message to message."""

import re
import secrets
from contextvars import ContextVar

import structlog

_SHAPE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def begin(traceparent: object = None) -> str:
    """Go on with the trace of a message, or begin one; what is malformed is not trusted."""
    if isinstance(traceparent, str) and _SHAPE.match(traceparent):
        trace = traceparent.split("-")[1]
    else:
        trace = secrets.token_hex(16)
    current = f"00-{trace}-{secrets.token_hex(8)}-01"
    _current.set(current)
    structlog.contextvars.bind_contextvars(trace=trace)
    return current


def current() -> str:
    """The `traceparent` to put on what is sent now."""
    return _current.get() or begin()
