"""What each line told of its person, sealed, who told it and when, and the record that it is."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.sealing import Keyring

_KNOWN = text(
    "SELECT declaration_id FROM statement WHERE declaration_id = ANY(CAST(:declaration_ids AS uuid[]))"
)
# A twin of a line that is being decided at this moment makes this wait, in the order of the ids.
_ADD = text(
    """
    INSERT INTO statement (declaration_id, sealed, record_id, said_at, source)
    SELECT *, :source FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:sealed AS bytea[]), CAST(:record_ids AS bigint[]),
        CAST(:said_at AS timestamptz[])
    ) ORDER BY 1
    ON CONFLICT DO NOTHING
    RETURNING declaration_id
    """
)
_OF_RECORDS = text(
    """
    SELECT declaration_id, record_id FROM statement
    WHERE record_id = ANY(CAST(:record_ids AS bigint[])) ORDER BY declaration_id
    """
)
_RECORDS_OF = text(
    "SELECT declaration_id, record_id FROM statement WHERE declaration_id = ANY(:declaration_ids)"
)
# One line speaks for each record: the first by its id.
_SPEAKING = text(
    """
    SELECT DISTINCT ON (statement.record_id) declaration_id, statement.record_id
    FROM statement JOIN record USING (record_id)
    WHERE record.person_id = :person_id
    ORDER BY statement.record_id, declaration_id
    """
)
_FIRST = text(
    """
    SELECT DISTINCT ON (record_id) record_id, declaration_id FROM statement
    WHERE record_id = ANY(CAST(:record_ids AS bigint[]))
    ORDER BY record_id, declaration_id
    """
)
_READ = text(
    """
    SELECT declaration_id, sealed, statement.source, profile, said_at
    FROM statement LEFT JOIN source ON source.siret = statement.source
    WHERE declaration_id = ANY(:declaration_ids)
    """
)
# Whatever number of lines repeat it: of each record, the last that each source said.
_OF_PERSON = text(
    """
    SELECT DISTINCT ON (statement.record_id, statement.source)
           declaration_id, statement.sealed, statement.source, profile, said_at
    FROM statement JOIN record USING (record_id) LEFT JOIN source ON source.siret = statement.source
    WHERE record.person_id = :person_id
    ORDER BY statement.record_id, statement.source, said_at DESC NULLS LAST, declaration_id
    """
)
# Of a record that a million lines repeat, so many are read at once.
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Who told the lines of a chunk, and when each was said, as far as that is known."""

    source: str | None = None
    said_at: Mapping[uuid.UUID, datetime] = field(default_factory=dict)


UNKNOWN_ORIGIN = Origin()


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """What a line told (JSON), who told it, what they are as access last told it, and when."""

    plain: bytes
    source: str | None
    profile: str | None
    said_at: datetime | None


def known(session: Session, declaration_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these lines that were decided before."""
    return set(session.scalars(_KNOWN, {"declaration_ids": database.uuids(declaration_ids)}))


def add(
    session: Session,
    keys: Keyring,
    told: Mapping[uuid.UUID, bytes],
    record_of: Mapping[uuid.UUID, int],
    origin: Origin = UNKNOWN_ORIGIN,
) -> set[uuid.UUID]:
    """Keep what these lines told and which records they are; returns those that nobody kept meanwhile."""
    asked = {
        "declaration_ids": database.uuids(told),
        "sealed": [keys.seal(plain, purpose_of_line(line)) for line, plain in told.items()],
        "record_ids": database.integers(record_of[line] for line in told),
        "said_at": [origin.said_at.get(line) for line in told],
        "source": origin.source,
    }
    return set(session.scalars(_ADD, asked))


def of_records(session: Session, record_ids: Iterable[int]) -> Iterator[list[tuple[uuid.UUID, int]]]:
    """(line, record) of every line that is one of these records, part by part."""
    asked = {"record_ids": database.integers(record_ids)}
    rows = session.execute(_OF_RECORDS, asked, execution_options={"yield_per": AT_ONCE})
    for part in rows.partitions(AT_ONCE):
        yield [(row.declaration_id, row.record_id) for row in part]


def records_of(session: Session, declaration_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The record of each of these lines that is known."""
    rows = session.execute(_RECORDS_OF, {"declaration_ids": list(declaration_ids)})
    return {row.declaration_id: row.record_id for row in rows}


def speaking_for(session: Session, person_id: uuid.UUID) -> dict[int, uuid.UUID]:
    """One line of each record of a person."""
    rows = session.execute(_SPEAKING, {"person_id": person_id})
    return {row.record_id: row.declaration_id for row in rows}


def first_of(session: Session, record_ids: Iterable[int]) -> dict[int, uuid.UUID]:
    """One line of each of these records: the first by its id."""
    rows = session.execute(_FIRST, {"record_ids": list(record_ids)})
    return {row.record_id: row.declaration_id for row in rows}


def kept_of(session: Session, keys: Keyring, declaration_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Kept]:
    """What is kept of these lines, opened."""
    rows = session.execute(_READ, {"declaration_ids": list(declaration_ids)})
    return {row.declaration_id: _opened(keys, row) for row in rows}


def kept_of_person(session: Session, keys: Keyring, person_id: uuid.UUID) -> list[Kept]:
    """What is kept of a person, opened: of each way of telling it, the last time that each source did."""
    return [_opened(keys, row) for row in session.execute(_OF_PERSON, {"person_id": person_id})]


def _opened(keys: Keyring, row: Row[Any]) -> Kept:
    plain = keys.open(row.sealed, purpose_of_line(row.declaration_id))
    return Kept(plain, row.source, row.profile, row.said_at)


def told_by(session: Session, keys: Keyring, declaration_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """What these lines told."""
    return {line: kept.plain for line, kept in kept_of(session, keys, declaration_ids).items()}


def purpose_of_line(declaration_id: uuid.UUID) -> bytes:
    """What a line's statement is sealed for."""
    return b"statement:" + declaration_id.bytes
