"""What was given up: how many, why, and sending it back. Listings never show a body."""

from collections import Counter
from dataclasses import dataclass

import orjson
import pika
from pika.adapters.blocking_connection import BlockingChannel

from services.chassis.listening import ATTEMPTS, CAUSE, LISTENER
from services.chassis.queues import dead_queue_name, delivery_exchange
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


def _described(properties: pika.BasicProperties, body: bytes) -> DeadLetter:
    headers = properties.headers or {}
    deaths = headers.get("x-death") or [{}]
    kind = properties.type or "unknown"
    return DeadLetter(
        message_id=properties.message_id or "",
        type=kind,
        listener=str(headers.get(LISTENER) or deaths[0].get("queue") or "unknown"),
        cause=str(headers.get(CAUSE) or deaths[0].get("reason") or "unknown"),
        attempts=int(headers.get(ATTEMPTS) or 0),
        items=len(items_of(kind, body)),
    )


def items_of(kind: str, body: bytes) -> list[object]:
    """The things told in a message, or none when it cannot be read."""
    try:
        told = orjson.loads(body).get(_ITEMS.get(kind, ""), [])
    except (orjson.JSONDecodeError, AttributeError):
        return []
    return told if isinstance(told, list) else []


def _next(channel: BlockingChannel, service: str) -> tuple[int, pika.BasicProperties, bytes] | None:
    method, properties, body = channel.basic_get(dead_queue_name(service))
    if method is None or method.delivery_tag is None or properties is None:
        return None
    raw: bytes = body or b""  # type: ignore[assignment]  # the published types say str, pika gives bytes
    return method.delivery_tag, properties, raw


def peek(channel: BlockingChannel, service: str, most: int = 1000) -> list[tuple[DeadLetter, bytes]]:
    """The first dead letters of a service, left where they are."""
    found: list[tuple[DeadLetter, bytes]] = []
    last = None
    while len(found) < most and (letter := _next(channel, service)):
        last, properties, body = letter
        found.append((_described(properties, body), body))
    if last is not None:
        channel.basic_nack(last, multiple=True, requeue=True)
    return found


def send_back(channel: BlockingChannel, service: str, account: str, most: int = 1000) -> Counter[str]:
    """Give up to `most` dead letters back to their listeners, from their first attempt on.

    Returns how many for each listener. A crash between leaves a copy: the inbox knows it.
    """
    sent: Counter[str] = Counter()
    channel.confirm_delivery()
    while sent.total() < most and (letter := _next(channel, service)):
        tag, properties, body = letter
        described = _described(properties, body)
        trace = (properties.headers or {}).get(TRACEPARENT)
        again = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=2,
            message_id=properties.message_id,
            type=properties.type,
            user_id=account,
            headers={TRACEPARENT: trace} if trace else {},
        )
        channel.basic_publish(delivery_exchange(service), described.listener, body, again, mandatory=True)
        channel.basic_ack(tag)
        sent[described.listener] += 1
    return sent
