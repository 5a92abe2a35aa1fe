"""Follows what the hub tells a partner by itself: the notifications on its own queue, each once.

A message is acknowledged when the one after it is asked for: what was not worked through comes again, and
what comes again is known by its id. Who was away for longer than the queue keeps it catches up with
`dossier.changes`.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pika
from pika.exceptions import ChannelClosedByBroker

from services.client import failures
from services.client.connection import LOST, NOT_ADMITTED, account_of, parameters_of
from services.contracts.message import mailbox

_REMEMBERED = 10_000
_AT_ONCE = 10
_PAUSE_SECONDS = 1.0


Stopped = Callable[[], bool]


def follow(
    url: str, *, timeout: float, attempts: int, patience: float | None, stopped: Stopped
) -> Iterator[dict[str, Any]]:
    """Each notification as it comes; ends when none has come for `patience` seconds, or once it is `stopped`.

    Raises `Refused` for what the account may not do, `Unavailable` after `attempts` connections in a row that
    brought nothing.
    """
    seen: dict[str, None] = {}
    failed = 0
    while not stopped():
        try:
            for told in _messages(url, timeout, patience, stopped):
                failed = 0
                yield from _unseen(told, seen)
        except NOT_ADMITTED:
            raise failures.not_admitted() from None
        except ChannelClosedByBroker as error:
            raise (failures.no_mailbox() if error.reply_code == 404 else failures.forbidden()) from None
        except LOST:
            failed += 1
            if failed >= attempts:
                raise failures.no_answer() from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _unseen(told: list[dict[str, Any]], seen: dict[str, None]) -> Iterator[dict[str, Any]]:
    """Those that were not given before; of long ago, it is forgotten what was."""
    for one in told:
        if one["notification_id"] not in seen:
            seen[one["notification_id"]] = None
            yield one
    while len(seen) > _REMEMBERED:
        del seen[next(iter(seen))]


def _messages(
    url: str, timeout: float, patience: float | None, stopped: Stopped
) -> Iterator[list[dict[str, Any]]]:
    connection = pika.BlockingConnection(parameters_of(url, timeout))
    is_whole = True
    try:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=_AT_ONCE)
        since = time.monotonic()
        for method, _, body in channel.consume(mailbox(account_of(url)), inactivity_timeout=0.2):
            if method is not None and body is not None and method.delivery_tag is not None:
                yield _read(body)
                channel.basic_ack(method.delivery_tag)
                since = time.monotonic()
            elif patience is not None and time.monotonic() - since > patience:
                return
            if stopped():
                is_whole = False  # whoever presses a key does not wait for the broker's word
                return
        raise failures.no_mailbox()  # it was taken away
    except KeyboardInterrupt:
        is_whole = False
        raise
    finally:
        # A key may have been pressed in the middle of a frame: a polite close would wait for ever.
        if is_whole and connection.is_open:
            connection.close()


def _read(body: bytes) -> list[dict[str, Any]]:
    try:
        message = orjson.loads(body)
        told: list[dict[str, Any]] = [*message["notifications"], *message.get("parcours", ())]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise failures.unreadable_answer() from None
    return told
