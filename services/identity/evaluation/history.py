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
from services.identity.domain.deciding import Answer
from services.identity.domain.records import Record
from services.identity.storage import records, statements
from services.identity.storage.rulings import Kind
from services.identity.storage.verdicts import Pair

_PATIENCE = timedelta(minutes=30)
_OPENED_AT_ONCE = 5_000
_READ_AT_ONCE = 500
_COUNT = text("SELECT count(*) FROM record")
_SAMPLE = text(
    "SELECT record_id FROM record TABLESAMPLE BERNOULLI (:percent) REPEATABLE (1) ORDER BY record_id"
)
# One line speaks for all that are the same record; which one is nobody's choice, and always the same.
_HELD = text(
    """
    SELECT DISTINCT ON (record_id) record_id, declaration_id, person_id, name, is_nobody
    FROM statement JOIN record USING (record_id)
    ORDER BY record_id, declaration_id
    """
)
_LINKS = text(
    """
    SELECT one, other FROM verdict
    WHERE (answer = :linked OR is_kept) AND is_followed AND (one, other) > (:one, :other)
    ORDER BY one, other LIMIT :most
    """
)
_TIES = text(
    """
    SELECT DISTINCT kind, one_record, other_record FROM tie JOIN ruling USING (ruling_id)
    WHERE revoked_at IS NULL AND one_record <> other_record ORDER BY kind, one_record, other_record
    """
)


@dataclass(frozen=True, slots=True)
class Held:
    """A record of the service: a line that told it, whose it is, the person it is by itself, and whether it
    tells too little to be anybody's."""

    record_id: int
    declaration_id: uuid.UUID
    person_id: uuid.UUID
    name: uuid.UUID
    is_nobody: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """Two records of which a human ruled that they are of one person (`link`), or are not (`split`)."""

    kind: Kind
    one: int
    other: int


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
            schemas.unpack(packed)
            for at in range(0, len(ids), _OPENED_AT_ONCE)
            for packed in records.load(self._session, self._keys, ids[at : at + _OPENED_AT_ONCE]).values()
        ]

    def held(self) -> list[Held]:
        """Every record, and whose it is."""
        return [Held(*row) for row in self._session.execute(_HELD)]

    def links_in_force(self) -> Iterator[list[Pair]]:
        """The pairs of records that are linked and of one person, so many at once."""
        last = (0, 0)
        while True:
            asked = {"linked": Answer.LINKED.value, "one": last[0], "other": last[1], "most": _READ_AT_ONCE}
            found = [(row.one, row.other) for row in self._session.execute(_LINKS, asked)]
            if not found:
                return
            yield found
            last = found[-1]

    def ties(self) -> list[Tie]:
        """What humans ruled, as far as it is in force."""
        return [Tie(*row) for row in self._session.execute(_TIES)]

    def told(self, declaration_ids: list[uuid.UUID]) -> dict[uuid.UUID, bytes]:
        """What their records believe of these lines, whatever their sources are by now."""
        record_of = statements.records_of(self._session, declaration_ids)
        opened = records.load(self._session, self._keys, set(record_of.values()))
        certifies = {record_id: schemas.unpack(packed).is_certified for record_id, packed in opened.items()}
        told = statements.told_by(self._session, self._keys, declaration_ids)
        return {line: schemas.believed_of(plain, certifies[record_of[line]]) for line, plain in told.items()}


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
