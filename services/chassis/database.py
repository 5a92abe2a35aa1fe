"""One service's own database: sessions, time-outs, and errors that never print a value."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from services.chassis.errors import StorageBusy, StorageDown, StorageFailure
from services.chassis.settings import Settings

# Constraints are recognised by their names, so the names follow one convention.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

# SQLSTATE: serialization failure, deadlock, lock not available, query cancelled.
_BUSY = frozenset({"40001", "40P01", "55P03", "57014"})
# SQLSTATE classes: connection exceptions, operator intervention, insufficient resources.
_DOWN = ("08", "57P", "53")
_EIGHT, _SIXTEEN = (size.to_bytes(4) for size in (8, 16))


def new_metadata() -> MetaData:
    """An empty catalogue of tables with the house's naming convention."""
    return MetaData(naming_convention=NAMES)


def engine_of(settings: Settings, *, connections: int | None = None) -> Engine:
    """The connections of one process: bounded, checked before use, every wait with an end."""
    milliseconds = {
        "statement_timeout": settings.statement_timeout,
        "lock_timeout": settings.lock_timeout,
        "idle_in_transaction_session_timeout": settings.statement_timeout * 2,
    }
    options = " ".join(
        f"-c {name}={int(value.total_seconds() * 1000)}" for name, value in milliseconds.items()
    )
    engine = create_engine(
        settings.database_url,
        pool_size=connections or settings.workers,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": f"agora-{settings.service}",
            # Our statements are short, and compiling one takes longer than running it: of a recursive one,
            # whose cost is always overrated, 280 ms for 3.
            "options": f"{options} -c timezone=UTC -c jit=off",
        },
    )
    event.listen(engine, "connect", _send_arrays_as_they_are)
    return engine


def _send_arrays_as_they_are(connection: psycopg.Connection, _: object) -> None:
    """Ids as sixteen bytes, bytes as bytes: the driver would write an array as a text, and look at each of
    its letters."""
    connection.adapters.register_dumper(list, ListBinaryDumper)
    connection.adapters.register_dumper(Array, _ArrayDumper)


def fetch_binary(
    session: Session, statement: LiteralString, asked: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of a statement as the driver's binary protocol gives them: bytes come as they are, and not as
    twice as many hexadecimal digits. `asked` by the driver's names, `%(name)s`."""
    connection = cast("psycopg.Connection", session.connection().connection.driver_connection)
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(statement, asked).fetchall()


class Array(bytes):
    """An array as PostgreSQL receives one, for a parameter that the statement casts to its type."""


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj


def array_of(element: str, count: int, sized: bytes) -> Array:
    """So many elements of this type, each as PostgreSQL sends one, with its size in four bytes before it: to
    write, and to read, a number's digits or those of a UUID takes many times as long."""
    return Array(struct.pack(">5i", 1, 0, types[element].oid, count, 1) + sized)


def integers(values: Iterable[int]) -> Array:
    """Whole numbers as an array of bigint."""
    sized = [_EIGHT + value.to_bytes(8, signed=True) for value in values]
    return array_of("int8", len(sized), b"".join(sized))


def uuids(values: Iterable[UUID]) -> Array:
    """UUIDs as an array of them."""
    sized = [_SIXTEEN + value.bytes for value in values]
    return array_of("uuid", len(sized), b"".join(sized))


def _translated(error: SQLAlchemyError | psycopg.Error) -> StorageFailure:
    if isinstance(error, PoolTimeout):
        return StorageBusy("no_connection_free")
    if not isinstance(error, DBAPIError | psycopg.Error):
        return StorageFailure("statement")
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    if getattr(error, "connection_invalidated", False) or not state or state.startswith(_DOWN):
        return StorageDown(state or "no_connection")
    if state in _BUSY:
        return StorageBusy(state)
    diagnosis = getattr(cause, "diag", None)
    return StorageFailure(state, getattr(diagnosis, "constraint_name", None))


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits at the end or not at all.

    Raises `StorageFailure` in place of every database error: their texts hold the values.
    """
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except (SQLAlchemyError, psycopg.Error) as error:
        raise _translated(error) from None
