"""Records that an earlier model keyed: met in the order of their numbers, and given the keys of another."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.identity.storage import blocks

_REACHED = text("SELECT coalesce(max(reached), 0) FROM adoption WHERE version = :version")
_REACH = text(
    """
    WITH others AS (
        DELETE FROM adoption WHERE version <> :version
    )
    INSERT INTO adoption (version, reached) VALUES (:version, :reached)
    ON CONFLICT (version) DO UPDATE SET reached = excluded.reached
    """
)
_NEXT = text(
    """
    SELECT record_id, keyed_with, marked_with, is_nobody, person_id FROM record
    WHERE record_id > :after ORDER BY record_id LIMIT :most
    """
)
_REKEY = text(
    """
    UPDATE record SET keyed_with = :version, is_nobody = told.is_nobody
    FROM unnest(CAST(:record_ids AS bigint[]), CAST(:are_nobody AS boolean[])) AS told(record_id, is_nobody)
    WHERE record.record_id = told.record_id
    """
)
_MAKE_SOMEBODY = text(
    """
    UPDATE record SET is_nobody = false
    WHERE record_id = ANY(CAST(:record_ids AS bigint[])) AND is_nobody
    RETURNING record_id, person_id
    """
)
_NOTE = text(
    """
    INSERT INTO move (record_id, from_person, to_person, cause, moved_at)
    SELECT *, :cause, :now
    FROM unnest(CAST(:record_ids AS bigint[]), CAST(:from_persons AS uuid[]), CAST(:to_persons AS uuid[]))
    """
)


class Met(NamedTuple):
    """A record as it stands: by which model it is keyed and under which blind key, whether it tells too
    little to be anybody's, and whose it is."""

    record_id: int
    keyed_with: str
    marked_with: str
    is_nobody: bool
    person_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """A record's keys under the earlier model and under the one in force, and what else follows from it."""

    record_id: int
    before: Sequence[int]
    keys: Sequence[int]
    sketch: bytes
    is_nobody: bool


class LineMoved(NamedTuple):
    """A line that changed persons though its record did not."""

    record_id: int
    from_person: uuid.UUID
    to_person: uuid.UUID


def reached(session: Session, version: str) -> int:
    """The number up to which every record is keyed by this model, as far as its adoption has come."""
    return int(session.execute(_REACHED, {"version": version}).scalar_one())


def reach(session: Session, version: str, number: int) -> None:
    """Remember how far this model's adoption has come; of any other nothing is true any more."""
    session.execute(_REACH, {"version": version, "reached": number})


def next_after(session: Session, after: int, most: int) -> list[Met]:
    """Up to `most` records after a number, in order, whichever model keyed them."""
    return [Met(*row) for row in session.execute(_NEXT, {"after": after, "most": most})]


def rekey(session: Session, batch: Sequence[Rekeyed], version: str) -> None:
    """Give these records the keys of this model, and take from them those of the earlier one."""
    blocks.forget(session, [(one.record_id, one.before) for one in batch])
    blocks.add(session, [(one.record_id, one.keys, one.sketch) for one in batch])
    asked = {"record_ids": [one.record_id for one in batch], "are_nobody": [one.is_nobody for one in batch]}
    session.execute(_REKEY, {**asked, "version": version})


def make_somebody(session: Session, record_ids: Iterable[int]) -> dict[int, uuid.UUID]:
    """Have these records tell enough to be somebody's; whose those are that did not."""
    rows = session.execute(_MAKE_SOMEBODY, {"record_ids": list(record_ids)})
    return {row.record_id: row.person_id for row in rows}


def note(session: Session, moved: Iterable[LineMoved], cause: str, now: datetime) -> None:
    """Remember who changed persons otherwise than with a record."""
    rows = list(moved)
    session.execute(
        _NOTE,
        {
            "record_ids": [one.record_id for one in rows],
            "from_persons": [one.from_person for one in rows],
            "to_persons": [one.to_person for one in rows],
            "cause": cause,
            "now": now,
        },
    )
