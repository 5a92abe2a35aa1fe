"""A room of one's own in a database: identity's tables in a schema made for one run, and dropped with it.

Nothing there is the service's. A run holds a lock by its room's name as long as it lives, so that the next
one knows which rooms were left behind by a run that was killed, and drops them.
"""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from services.chassis import database
from services.chassis.sealing import Keyring
from services.chassis.settings import Settings
from services.contracts.errors import Refused, Unavailable
from services.identity.linking import IdentityKeys
from services.identity.storage import sources
from services.identity.storage.tables import metadata

PREFIX = "evaluation_"
# Who tells a room its lines: whoever gives them says which NIRs are certified, and is believed.
SOURCE = "evaluation"
# Counting and clearing up take longer than the service would ever wait.
_PATIENCE = timedelta(minutes=30)
_MINE = text("SELECT pg_try_advisory_lock(hashtext('identity.evaluation'), hashtext(:room))")
_NOT_MINE = text("SELECT pg_advisory_unlock(hashtext('identity.evaluation'), hashtext(:room))")
_ROOMS = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix)")


@dataclass(frozen=True, slots=True)
class Room:
    """Where one run keeps its tables, and the keys it threw the dice for: they are written nowhere."""

    engine: Engine
    keys: IdentityKeys


@contextmanager
def room_in(url: str) -> Iterator[Room]:
    """A room in the database at this address, gone afterwards whatever happens. Raises `Unavailable` and
    `Refused`."""
    keeper = create_engine(url, poolclass=NullPool, hide_parameters=True, isolation_level="AUTOCOMMIT")
    name = f"{PREFIX}{secrets.token_hex(6)}"
    with _connected(keeper) as connection:
        _clear_up(connection)
        connection.execute(_MINE, {"room": name})
        engine = _engine_in(url, name)
        try:
            _furnish(connection, engine, name)
            yield Room(engine, _thrown_keys())
        finally:
            engine.dispose()
            _drop(connection, name)


@contextmanager
def _connected(keeper: Engine) -> Iterator[Connection]:
    try:
        connection = keeper.connect()
    except DBAPIError:
        raise Unavailable(
            "base_injoignable", "La base de données ne répond pas, ou n’admet pas ce compte."
        ) from None
    with connection:
        yield connection


def _furnish(connection: Connection, engine: Engine, name: str) -> None:
    try:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise Refused(
                "schema_interdit", "Ce compte ne peut pas créer de schéma dans la base : donnez-lui CREATE."
            ) from None
        raise
    metadata.create_all(engine)
    with database.transaction(engine) as session:
        sources.remember(session, [{"siret": SOURCE, "version": 1, "profile": "caisse_des_depots"}])


def _clear_up(connection: Connection) -> None:
    """Drop the rooms that nobody lives in any more."""
    for name in connection.scalars(_ROOMS, {"prefix": PREFIX}).all():
        if connection.scalar(_MINE, {"room": name}):
            _drop(connection, name)
            connection.execute(_NOT_MINE, {"room": name})


def _drop(connection: Connection, name: str) -> None:
    connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))


def _engine_in(url: str, name: str) -> Engine:
    """The service's own engine, whose every connection sees this room alone."""
    patient = Settings("identity", url, "", statement_timeout=_PATIENCE)
    engine = database.engine_of(patient, connections=2)

    @event.listens_for(engine, "connect")
    def enter(connection: object, _record: object) -> None:
        connection.execute(f"SET search_path TO {name}")  # type: ignore[attr-defined]  # psycopg's own
        connection.commit()  # type: ignore[attr-defined]

    return engine


def _thrown_keys() -> IdentityKeys:
    def ring() -> Keyring:
        return Keyring.parse(f"e1:{b64encode(secrets.token_bytes(32)).decode()}")

    return IdentityKeys(ring(), ring(), secrets.token_bytes(32))
