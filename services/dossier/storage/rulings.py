"""What was ruled of files, by whom and why; and what of it is in force between a person's files."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.cofinancement import Ruling
from services.dossier.domain.contribution import File
from services.dossier.domain.travelling import Ruled

_ADD = text(
    """
    INSERT INTO ruling (ruling_id, kind, author, motive, asked, ruled_at)
    VALUES (:ruling_id, :kind, :author, :motive, :asked, :now)
    ON CONFLICT (ruling_id) DO NOTHING
    """
)
_TIE = text(
    """
    INSERT INTO tie (ruling_id, financeur, reference, other_financeur, other_reference)
    SELECT :ruling_id, * FROM unnest(
        CAST(:financeurs AS text[]), CAST(:references AS text[]),
        CAST(:other_financeurs AS text[]), CAST(:other_references AS text[])
    )
    """
)
_FIND = text("SELECT asked, revoked_by, revoked_for FROM ruling WHERE ruling_id = :ruling_id")
_REVOKE = text(
    """
    UPDATE ruling SET revoked_at = :now, revoked_by = :author, revoked_for = :motive
    WHERE ruling_id = :ruling_id AND revoked_at IS NULL
    """
)
_FILES = text(
    """
    SELECT financeur, reference, other_financeur, other_reference FROM tie WHERE ruling_id = :ruling_id
    """
)
# Of a pair the smaller file finds it: the other is the same person's, or nothing is said of this one.
_OF_FILES = text(
    """
    SELECT kind, tie.financeur, tie.reference, other_financeur, other_reference, ruled_at, revoked_at
    FROM tie JOIN ruling USING (ruling_id)
    JOIN unnest(CAST(:financeurs AS text[]), CAST(:references AS text[])) AS asked(financeur, reference)
         ON (asked.financeur, asked.reference) = (tie.financeur, tie.reference)
    ORDER BY ruled_at, ruling_id
    """
)
_THERE_ARE = text("SELECT EXISTS (SELECT FROM tie)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks to rule. `digest`: of all that was asked, so that it may be asked again."""

    ruling_id: uuid.UUID
    kind: Literal["join", "part"]
    author: str
    motive: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A ruling as it was kept: what was asked for, and by whom and why it was taken back, if it was."""

    digest: bytes
    revoked_by: str | None
    revoked_for: str | None


def add(session: Session, asked: Asked, pairs: Sequence[tuple[File, File]], now: datetime) -> bool:
    """Keep a ruling about these pairs of files; False where it was kept before."""
    kept = session.execute(
        _ADD,
        {
            "ruling_id": asked.ruling_id,
            "kind": asked.kind,
            "author": asked.author,
            "motive": asked.motive,
            "asked": asked.digest,
            "now": now,
        },
    )
    if not kept.rowcount:  # type: ignore[attr-defined]  # DML gives a CursorResult
        return False
    sorted_pairs = [sorted(pair) for pair in pairs]
    session.execute(
        _TIE,
        {
            "ruling_id": asked.ruling_id,
            "financeurs": [one.financeur for one, _ in sorted_pairs],
            "references": [one.reference for one, _ in sorted_pairs],
            "other_financeurs": [other.financeur for _, other in sorted_pairs],
            "other_references": [other.reference for _, other in sorted_pairs],
        },
    )
    return True


def find(session: Session, ruling_id: uuid.UUID) -> Kept | None:
    """A ruling, if it was made."""
    row = session.execute(_FIND, {"ruling_id": ruling_id}).one_or_none()
    return Kept(bytes(row.asked), row.revoked_by, row.revoked_for) if row else None


def revoke(session: Session, ruling_id: uuid.UUID, author: str, motive: str, now: datetime) -> bool:
    """Take a ruling back; False where there is none in force."""
    asked = {"ruling_id": ruling_id, "author": author, "motive": motive, "now": now}
    return bool(session.execute(_REVOKE, asked).rowcount)  # type: ignore[attr-defined]  # DML gives a CursorResult


def files_of(session: Session, ruling_id: uuid.UUID) -> set[File]:
    """The files that a ruling is about."""
    rows = session.execute(_FILES, {"ruling_id": ruling_id})
    return {
        file
        for row in rows
        for file in (File(row.financeur, row.reference), File(row.other_financeur, row.other_reference))
    }


def of_files(session: Session, files: Iterable[File]) -> list[Ruled]:
    """All that was ever ruled of these files, in the order in which it was."""
    asked = sorted(set(files))
    if not asked or not session.execute(_THERE_ARE).scalar_one():
        return []
    columns = {"financeurs": [one.financeur for one in asked], "references": [one.reference for one in asked]}
    return [
        Ruled(
            Ruling(
                row.kind, File(row.financeur, row.reference), File(row.other_financeur, row.other_reference)
            ),
            row.ruled_at,
            row.revoked_at,
        )
        for row in session.execute(_OF_FILES, columns)
    ]
