"""Makes a process cooperative. Imported before anything else by whatever runs nameko.

psycopg 3 detects gevent but not eventlet: with its default wait function one query stops every
worker of the process. `wait_selector` goes through the patched `selectors` and lets them overlap
(five one-second queries in five workers: 5 s without, 1 s with). An answer that has begun is read
past it: one of 14 MB takes 45 ms of the processor with a turn for each piece, and 27 without.
"""

import sys
import warnings
from collections.abc import Generator
from typing import TypeVar

if "psycopg" in sys.modules:
    raise RuntimeError("services.chassis.green must be imported before psycopg")

with warnings.catch_warnings():
    # eventlet announces its retirement at import; here is the one place that would change.
    warnings.simplefilter("ignore")
    import eventlet

eventlet.monkey_patch()

from psycopg import waiting  # noqa: E402  # what it takes is patched by now
from psycopg.waiting import Ready, Wait  # noqa: E402

_Result = TypeVar("_Result")
_select = eventlet.patcher.original("select")
_MILLISECONDS = 1
# After so many pieces of 8 kB the others have their turn, however long the answer.
_PIECES = 100


def _wait(
    gen: Generator[Wait, Ready | int, _Result],
    fileno: int,
    interval: float = 0.0,
    timeout: float | None = None,
) -> _Result:
    return waiting.wait_selector(_at_once(gen, fileno), fileno, interval, timeout)


def _at_once(
    asking: Generator[Wait, Ready | int, _Result], fileno: int
) -> Generator[Wait, Ready | int, _Result]:
    """Waits for the first piece of an answer as `wait_selector` does, and for the next, which are on their
    way, here: to let the others go on takes twice as long as to read a piece."""
    poll = _select.poll()
    poll.register(fileno, _select.POLLIN)
    left = 0
    ready: Ready | int
    try:
        wanted = next(asking)
        while True:
            if left and wanted == Wait.R and poll.poll(_MILLISECONDS):
                ready, left = Ready.R, left - 1
            else:
                ready = yield wanted
                left = _PIECES if wanted == Wait.R and ready == Ready.R else 0
            wanted = asking.send(ready)
    except StopIteration as answered:
        result: _Result = answered.value
        return result


waiting.wait = _wait
