"""Runs a process of a service that kills itself between two of its side effects.

    python -m tests.faults.dying POINT SERVICE ROLE [DOORS…]

A side effect is a commit, a publication or an acknowledgement; a point is just before or just after
one. The first one that comes to the point is SIGKILL's: nothing is flushed, closed or said.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def _dying(effect: Callable[..., Any], moment: str) -> Callable[..., Any]:
    def die(*arguments: Any, **named: Any) -> Any:
        if moment == "after":
            effect(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return die


def _place_of(effect: str) -> tuple[Any, str]:
    """Where this effect is done, by a service's doors or by its relay."""
    if effect == "commit":
        from sqlalchemy.engine.default import DefaultDialect

        return DefaultDialect, "do_commit"
    if effect == "publication":
        from services.chassis.publishing import Publisher

        return Publisher, "publish"
    if effect == "acknowledgement":
        from services.chassis.consuming import Consumption

        return Consumption, "ack_message"
    if effect == "relayed":
        from pika.adapters.blocking_connection import BlockingChannel

        return BlockingChannel, "basic_publish"
    from services.chassis import relay

    return relay, "relay_batch"  # its end is the commit by which a batch is deleted


def main(point: str, service: str, role: list[str]) -> int:
    """Run the role until it dies at the point."""
    moment, effect = point.split("-")
    if role[0] == "run":
        import services.chassis.green  # noqa: F401  # before psycopg, as the role itself does
    owner, name = _place_of(effect)
    setattr(owner, name, _dying(getattr(owner, name), moment))
    from services.chassis.roles import main as run

    return run(service, role)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
