"""What was given up: how many, why, and sending it back. Listings never show a body.

Whoever reads them and is cut off has changed nothing: the broker puts back what was not acknowledged.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import NackError, UnroutableError

from services.chassis.queues import ATTEMPTS, CAUSE, LISTENER, dead_queue_name, delivery_exchange
from services.contracts.message import CONTENT_TYPE, TRACEPARENT
from services.contracts.topology import EVENTS

_ITEMS = {event.type: event.items for event in EVENTS}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message given up; `items` is how many things it tells (0 when it cannot be read)."""

    message_id: str
    type: str
    listener: str
    cause: str
    attempts: int
    items: int


@dataclass(frozen=True, slots=True)
class SentBack:
    """How many went back, and how many stay because nobody takes them any more, for each listener."""

    sent: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)


def _described(properties: pika.BasicProperties, body: bytes) -> DeadLetter:
    headers = properties.headers or {}
    # A listener that gives up writes its own headers and no x-death: where there is one, the broker gave
    # up last, and what the headers tell of earlier attempts is not the cause.
    death = _last_death(headers)
    kind = properties.type or "unknown"
    return DeadLetter(
        message_id=properties.message_id or "",
        type=kind,
        listener=str(death.get("queue") or headers.get(LISTENER) or "unknown"),
        cause=str(death.get("reason") or headers.get(CAUSE) or "unknown"),
        attempts=attempts if isinstance(attempts := headers.get(ATTEMPTS), int) else 0,
        items=len(items_of(kind, body)),
    )


def _last_death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    deaths = headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def items_of(kind: str, body: bytes) -> list[object]:
    """The things told in a message, or none when it cannot be read."""
    try:
        told = orjson.loads(body).get(_ITEMS.get(kind, ""), [])
    except (orjson.JSONDecodeError, AttributeError):
        return []
    return told if isinstance(told, list) else []


def count(channel: BlockingChannel, service: str) -> int:
    """How many dead letters a service has, but for those somebody is reading."""
    return channel.queue_declare(dead_queue_name(service), passive=True).method.message_count or 0


def _next(channel: BlockingChannel, service: str) -> tuple[int, pika.BasicProperties, bytes] | None:
    method, properties, body = channel.basic_get(dead_queue_name(service))
    if method is None or method.delivery_tag is None or properties is None:
        return None
    raw: bytes = body or b""  # type: ignore[assignment]  # the published types say str, pika gives bytes
    return method.delivery_tag, properties, raw


def _read(channel: BlockingChannel, service: str, most: int) -> Iterator[tuple[DeadLetter, bytes]]:
    last = None
    for _ in range(most):
        if (letter := _next(channel, service)) is None:
            break
        last, properties, body = letter
        yield _described(properties, body), body
    if last is not None:
        channel.basic_nack(last, multiple=True, requeue=True)


def peek(channel: BlockingChannel, service: str, most: int = 1000) -> list[tuple[DeadLetter, bytes]]:
    """The first dead letters of a service with their bodies, left where they are."""
    return list(_read(channel, service, most))


def described(channel: BlockingChannel, service: str, most: int = 1000) -> list[DeadLetter]:
    """What can be told of the first dead letters of a service, left where they are."""
    return [letter for letter, _ in _read(channel, service, most)]


def send_back(
    channel: BlockingChannel, service: str, account: str, most: int = 1000, listener: str | None = None
) -> SentBack:
    """Give up to `most` dead letters, of one listener or of all, back from their first attempt on.

    Only those that are there at the beginning: one that fails again at once is not sent in circles.
    A crash between leaves a copy: the inbox knows it.
    """
    done = SentBack()
    passed_over: list[int] = []
    channel.confirm_delivery()
    for _ in range(count(channel, service)):
        if done.sent.total() == most or (letter := _next(channel, service)) is None:
            break
        tag, properties, body = letter
        to = _described(properties, body).listener
        wanted = listener in (None, to)
        if wanted and _is_sent(channel, delivery_exchange(service), to, _again(properties, account), body):
            channel.basic_ack(tag)
            done.sent[to] += 1
            continue
        passed_over.append(tag)
        if wanted:
            done.kept[to] += 1
    # Only now: put back before, they would be the next to come.
    for tag in passed_over:
        channel.basic_nack(tag, requeue=True)
    return done


def _again(properties: pika.BasicProperties, account: str) -> pika.BasicProperties:
    trace = (properties.headers or {}).get(TRACEPARENT)
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=2,
        message_id=properties.message_id,
        type=properties.type,
        user_id=account,
        headers={TRACEPARENT: trace} if trace else {},
    )


def _is_sent(
    channel: BlockingChannel, exchange: str, to: str, properties: pika.BasicProperties, body: bytes
) -> bool:
    try:
        channel.basic_publish(exchange, to, body, properties, mandatory=True)
    except (UnroutableError, NackError):
        return False
    return True
