"""Logs: one JSON object a line, what happened and our own ids; nothing with a NIR's shape gets out."""

import logging
import re
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# Thirteen characters built like a NIR, separated or not, with or without the key. The look-arounds
# keep SIRETs (14 digits), uuids and timestamps out.
_NIR = re.compile(
    r"(?<![0-9A-Za-z-])[1-478][ .]?\d{2}[ .]?\d{2}[ .]?(?:\d{2}|2[ABab])[ .]?\d{3}[ .]?\d{3}"
    r"(?:[ .-]?\d{2})?(?![0-9A-Za-z])"
)
MASKED = "[nir]"

# nameko logs the text of every exception, values included, and pika the body of a message that nobody
# listens to: whoever uses them logs what happened, without.
_SILENCED = ("nameko.containers", "pika", "amqp", "kombu")


def mask(value: Any) -> Any:
    """The same value without what looks like a NIR, at any depth."""
    if isinstance(value, str):
        return _NIR.sub(MASKED, value)
    if isinstance(value, dict):
        return {mask(k): mask(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [mask(v) for v in value]
    return value


def _masked(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: mask(value) for key, value in event.items()}


def _frames_only(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An exception is its type and where it came through: its text may hold values."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event.update(error_fields(error))
    return event


def error_fields(error: BaseException) -> dict[str, Any]:
    """What may be told of any exception: its type, its code if it has one, its frames."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return {
        "error": type(error).__name__,
        "code": str(getattr(error, "code", "")),
        "frames": [f"{frame.filename.rsplit('/services/', 1)[-1]}:{frame.lineno}" for frame in frames],
    }


def configure(service: str, level: str = "INFO") -> None:
    """Send structlog's and the libraries' logs to standard error, as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _frames_only,
        _masked,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    structlog.contextvars.bind_contextvars(service=service)
