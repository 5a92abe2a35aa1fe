"""What humans decided of lines, with their motives; and what of it is in force between records."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.identity.storage.verdicts import Pair

Kind = Literal["link", "split"]

_ADD = text(
    """
    INSERT INTO ruling (ruling_id, kind, scope, author, motive, ruled_at, asked)
    VALUES (:ruling_id, :kind, :scope, :author, :motive, :now, :asked)
    """
)
_TIE = text(
    """
    INSERT INTO tie (ruling_id, one, other, one_record, other_record)
    SELECT :ruling_id, told.one, told.other, one.record_id, other.record_id
    FROM unnest(CAST(:ones AS uuid[]), CAST(:others AS uuid[])) AS told(one, other)
    JOIN statement AS one ON one.declaration_id = told.one
    JOIN statement AS other ON other.declaration_id = told.other
    ON CONFLICT DO NOTHING
    """
)
_REVOKE = text(
    """
    UPDATE ruling SET revoked_at = :now, revoked_by = :author, revoked_for = :motive
    WHERE ruling_id = :ruling_id AND revoked_at IS NULL
    """
)
_FIND = text(
    """
    SELECT asked, moved, revoked_by, revoked_for, moved_back FROM ruling WHERE ruling_id = :ruling_id
    """
)
_NOTE_MOVED = text("UPDATE ruling SET moved = :moved WHERE ruling_id = :ruling_id")
_NOTE_MOVED_BACK = text("UPDATE ruling SET moved_back = :moved WHERE ruling_id = :ruling_id")
_LINES_OF = text("SELECT one, other FROM tie WHERE ruling_id = :ruling_id")
_RECORDS_OF = text("SELECT one_record, other_record FROM tie WHERE ruling_id = :ruling_id")
_IN_FORCE = text(
    """
    SELECT DISTINCT kind, one_record AS one, other_record AS other FROM tie JOIN ruling USING (ruling_id)
    WHERE revoked_at IS NULL AND one_record <> other_record
      AND (one_record = ANY(CAST(:record_ids AS bigint[]))
           OR other_record = ANY(CAST(:record_ids AS bigint[])))
    """
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """One decision of a human about lines. `scope`: these lines alone (`lignes`), or the persons they were
    of (`personnes`). `asked` is the digest of what was asked for, where it may be asked again."""

    ruling_id: uuid.UUID
    kind: Kind
    scope: str
    author: str
    motive: str
    asked: bytes | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a ruling: the digest of what was asked for, how many lines moved, and when it was
    revoked, by whom, why and how many moved back."""

    asked: bytes | None
    moved: int
    revoked_by: str | None
    revoked_for: str | None
    moved_back: int


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling, whose its lines are by now, and how many lines it moved, or its revocation moved back."""

    ruling_id: uuid.UUID
    person_ids: Sequence[uuid.UUID]
    moved: int


def add(session: Session, ruling: Ruling, ties: Sequence[tuple[uuid.UUID, uuid.UUID]], now: datetime) -> None:
    """Keep a ruling, and the pairs of lines that it ties or parts."""
    session.execute(
        _ADD,
        {
            "ruling_id": ruling.ruling_id,
            "kind": ruling.kind,
            "scope": ruling.scope,
            "author": ruling.author,
            "motive": ruling.motive,
            "now": now,
            "asked": ruling.asked,
        },
    )
    session.execute(
        _TIE,
        {
            "ruling_id": ruling.ruling_id,
            "ones": [one for one, _ in ties],
            "others": [other for _, other in ties],
        },
    )


def revoke(session: Session, ruling_id: uuid.UUID, author: str, motive: str, now: datetime) -> bool:
    """Take a ruling back; False when there is none in force."""
    asked = {"ruling_id": ruling_id, "author": author, "motive": motive, "now": now}
    return bool(session.execute(_REVOKE, asked).rowcount)  # type: ignore[attr-defined]  # DML gives a CursorResult


def find(session: Session, ruling_id: uuid.UUID) -> Kept | None:
    """What became of a ruling, if there is one."""
    row = session.execute(_FIND, {"ruling_id": ruling_id}).one_or_none()
    return Kept(*row) if row else None


def note_moved(session: Session, ruling_id: uuid.UUID, moved: int) -> None:
    """How many lines changed persons by a ruling."""
    session.execute(_NOTE_MOVED, {"ruling_id": ruling_id, "moved": moved})


def note_moved_back(session: Session, ruling_id: uuid.UUID, moved: int) -> None:
    """How many lines changed persons when a ruling was revoked."""
    session.execute(_NOTE_MOVED_BACK, {"ruling_id": ruling_id, "moved": moved})


def lines_of(session: Session, ruling_id: uuid.UUID) -> set[uuid.UUID]:
    """The lines that a ruling speaks of."""
    rows = session.execute(_LINES_OF, {"ruling_id": ruling_id})
    return {line for row in rows for line in row}


def records_of(session: Session, ruling_id: uuid.UUID) -> set[int]:
    """The records of the lines that a ruling speaks of."""
    rows = session.execute(_RECORDS_OF, {"ruling_id": ruling_id})
    return {record_id for row in rows for record_id in row}


def in_force(session: Session, record_ids: Iterable[int]) -> tuple[set[Pair], set[Pair]]:
    """The pairs of records that humans tied, and those they parted, of which one is among these."""
    tied: set[Pair] = set()
    parted: set[Pair] = set()
    for row in session.execute(_IN_FORCE, {"record_ids": list(record_ids)}):
        (tied if row.kind == "link" else parted).add((min(row.one, row.other), max(row.one, row.other)))
    return tied, parted
