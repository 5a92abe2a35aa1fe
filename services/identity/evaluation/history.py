"""Reads what the service holds, opened with its keys, and changes nothing: to learn from it, or to hold a new
model against it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.errors import StorageFailure
from services.chassis.sealing import Keyring, SealBroken
from services.chassis.settings import Settings
from services.contracts.errors import Refused, Unavailable
from services.identity import schemas
from services.identity.domain.certifying import may_certify
from services.identity.domain.records import Record
from services.identity.storage import records, statements

_PATIENCE = timedelta(minutes=30)
_OPENED_AT_ONCE = 5_000
_COUNT = text("SELECT count(*) FROM record")
_SAMPLE = text(
    "SELECT record_id FROM record TABLESAMPLE BERNOULLI (:percent) REPEATABLE (1) ORDER BY record_id"
)
# One line speaks for all that are the same record; which one is nobody's choice, and always the same.
_HELD = text(
    """
    SELECT DISTINCT ON (record_id) record_id, declaration_id, person_id, is_nobody
    FROM statement JOIN record USING (record_id)
    ORDER BY record_id, declaration_id
    """
)


@dataclass(frozen=True, slots=True)
class Held:
    """A record of the service: a line that told it, whose it is, and whether it tells too little to be
    anybody's."""

    record_id: int
    declaration_id: uuid.UUID
    person_id: uuid.UUID
    is_nobody: bool


class History:
    """The service's own database, read only, as it was when it was opened."""

    def __init__(self, session: Session, keys: Keyring) -> None:
        self._session, self._keys = session, keys

    def count(self) -> int:
        """How many records there are."""
        found: int = self._session.scalar(_COUNT) or 0
        return found

    def sample(self, most: int) -> list[Record]:
        """About so many records at most, drawn at random, the same each time."""
        percent = min(100.0, 100 * most / max(self.count(), 1))
        ids = list(self._session.scalars(_SAMPLE, {"percent": percent}))
        return [
            schemas.unpack(one.packed)
            for at in range(0, len(ids), _OPENED_AT_ONCE)
            for one in records.load(self._session, self._keys, ids[at : at + _OPENED_AT_ONCE])
        ]

    def held(self) -> list[Held]:
        """Every record, and whose it is."""
        return [Held(*row) for row in self._session.execute(_HELD)]

    def told(self, declaration_ids: list[uuid.UUID]) -> dict[uuid.UUID, bytes]:
        """What is believed of these lines."""
        kept = statements.kept_of(self._session, self._keys, declaration_ids)
        return {line: schemas.believed_of(one.plain, may_certify(one.profile)) for line, one in kept.items()}


@contextmanager
def history_at(url: str, keys: Keyring) -> Iterator[History]:
    """What the service holds at this address. Raises `Unavailable`; `Refused` for keys that do not open."""
    engine = database.engine_of(Settings("identity", url, "", statement_timeout=_PATIENCE), connections=1)
    try:
        with database.transaction(engine) as session:
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield History(session, keys)
    except StorageFailure as failure:
        raise Unavailable(
            "base_injoignable", "La base du service n’a pas pu être lue.", {"code": failure.code}
        ) from None
    except SealBroken:
        raise Refused("cles_inconnues", "AGORA_IDENTITY_KEYS n’ouvre pas ce que la base tient.") from None
    finally:
        engine.dispose()
