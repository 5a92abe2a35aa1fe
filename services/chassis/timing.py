"""Does something now and then, beside what is asked and told.

    @every(minutes=10)
    def forget_lots(self) -> None: ...

It runs in every process of the service, so what it does must be harmless done twice at once. A failure
is logged, and the next time comes all the same.
"""

from collections.abc import Callable
from typing import Any

import structlog
from nameko.timer import Timer

from services.chassis.logs import error_fields

log = structlog.get_logger(__name__)


class Every(Timer):  # type: ignore[misc]  # nameko has no types
    """nameko's timer, whose failures are said in our own words."""

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        if exc_info:
            log.warning("task_failed", task=self.method_name, **error_fields(exc_info[1]))
        super().handle_result(worker_ctx, result, exc_info)
        return result, None


def every(*, minutes: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a door of a method: it is called without an argument, for the first time at the start."""
    door: Callable[[Callable[..., None]], Callable[..., None]] = Every.decorator(minutes * 60, eager=True)
    return door
