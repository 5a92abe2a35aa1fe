"""A nameko container whose workers know what caused them: greenlets inherit no context by themselves."""

from collections.abc import Mapping
from typing import Any

from nameko.containers import ServiceContainer, WorkerContext

from services.chassis import deadline, trace
from services.contracts.message import DEADLINE, TRACEPARENT


def cause_of(headers: Mapping[str, Any]) -> dict[str, Any]:
    """What of a message's headers its worker goes on with; never more: the rest is the sender's word."""
    return {name: headers.get(name) for name in (TRACEPARENT, DEADLINE)}


class Container(ServiceContainer):  # type: ignore[misc]  # nameko has no types
    """Begins the trace and the deadline of every worker in the worker itself."""

    def _run_worker(self, worker_ctx: WorkerContext, handle_result: Any) -> None:
        trace.begin(worker_ctx.data.get(TRACEPARENT))
        deadline.keep(worker_ctx.data)
        super()._run_worker(worker_ctx, handle_result)
