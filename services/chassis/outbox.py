"""What is announced is written in the transaction that made it true; the relay publishes it after.

So an event is told if, and only if, what it tells is committed. A message that the broker does not
take (nobody listens yet) waits in its row and lets the others pass.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Session

from services.chassis import trace
from services.contracts.message import Event

CHANNEL = "outbox"
MOST_BYTES = 4 * 1024 * 1024  # a quarter of what RabbitMQ 4 takes by default, and listeners hold it in memory

_WRITE = text(
    f"""
    INSERT INTO outbox (message_id, exchange, routing_key, type, traceparent, body)
    SELECT * FROM unnest(
        CAST(:message_ids AS uuid[]), CAST(:exchanges AS text[]), CAST(:routing_keys AS text[]),
        CAST(:types AS text[]), CAST(:traceparents AS text[]), CAST(:bodies AS bytea[])
    )
    RETURNING pg_notify('{CHANNEL}', '')
    """
)


def define_outbox(metadata: MetaData) -> Table:
    """The table of what waits to be published."""
    return Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("message_id", Uuid, nullable=False),
        Column("exchange", Text, nullable=False),
        Column("routing_key", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("traceparent", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        # When it was not taken: how often, and from when on it may be tried again.
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("not_before", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


def _parts(items: Iterable[Any], chunk: int) -> Iterator[list[orjson.Fragment]]:
    part: list[orjson.Fragment] = []
    size = 0
    for item in map(orjson.dumps, items):
        if part and (len(part) == chunk or size + len(item) > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(orjson.Fragment(item))
        size += len(item)
    yield part


def announce(session: Session, event: Event, *, chunk: int = 500, **body: Any) -> None:
    """Write an event, cut into messages of at most `chunk` items and, but for an item that is larger by
    itself, `MOST_BYTES`; nothing to tell writes nothing."""
    items: Sequence[Any] = body.pop(event.items)
    if items:
        bodies = [orjson.dumps({**body, event.items: part}) for part in _parts(items, chunk)]
        _write(session, event, [(event.routing_key, one) for one in bodies])


def address(
    session: Session, event: Event, told: Mapping[str, Sequence[Any]], *, chunk: int = 100, **body: Any
) -> None:
    """The same of an event that is told to one account each, on its mailbox: to each these items."""
    messages = [
        (event.key_for(account), orjson.dumps({**body, event.items: part}))
        for account, items in told.items()
        if items
        for part in _parts(items, chunk)
    ]
    if messages:
        _write(session, event, messages)


def _write(session: Session, event: Event, messages: Sequence[tuple[str, bytes]]) -> None:
    count = len(messages)
    session.execute(
        _WRITE,
        {
            "message_ids": [uuid.uuid4() for _ in messages],
            "exchanges": [event.exchange] * count,
            "routing_keys": [key for key, _ in messages],
            "types": [event.type] * count,
            "traceparents": [trace.current()] * count,
            "bodies": [body for _, body in messages],
        },
    )
