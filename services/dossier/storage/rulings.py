"""What was ruled of files, by whom and why; and what of it is in force between a person's files."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.cofinancement import Ruling
from services.dossier.domain.contribution import File
from services.dossier.domain.travelling import Ruled

_ADD = text(
    """
    INSERT INTO ruling (ruling_id, kind, financeur, reference, other_financeur, other_reference,
                        author, agent, motive, ruled_at)
    VALUES (:ruling_id, :kind, :financeur, :reference, :other_financeur, :other_reference,
            :author, :agent, :motive, :now)
    ON CONFLICT (ruling_id) DO NOTHING
    """
)
_SHOWN = """
    ruling_id, kind, financeur, reference, other_financeur, other_reference, author, motive, ruled_at,
    revoked_at, revoked_by, revoked_for
"""
_FIND = text(f"SELECT {_SHOWN} FROM ruling WHERE ruling_id = :ruling_id")
_REVOKE = text(
    """
    UPDATE ruling SET revoked_at = :now, revoked_by = :author, revoked_for = :motive
    WHERE ruling_id = :ruling_id AND revoked_at IS NULL
    """
)
# The one file is enough: of a pair, both are the person's, or the ruling has nothing to say of the person.
_OF_FILES = text(
    f"""
    SELECT {_SHOWN} FROM ruling
    JOIN unnest(CAST(:financeurs AS text[]), CAST(:references AS text[])) AS asked(financeur, reference)
         USING (financeur, reference)
    ORDER BY ruled_at, ruling_id
    """
)
_ANY = text("SELECT EXISTS (SELECT FROM ruling)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A ruling as it was kept."""

    ruling_id: uuid.UUID
    ruled: Ruled
    author: str
    motive: str
    revoked_by: str | None
    revoked_for: str | None


def add(
    session: Session,
    ruling_id: uuid.UUID,
    ruling: Ruling,
    author: str,
    agent: str,
    motive: str,
    now: datetime,
) -> None:
    """Keep a ruling, the smaller file first; asked twice, it is one."""
    one, other = sorted((ruling.one, ruling.other))
    session.execute(
        _ADD,
        {
            "ruling_id": ruling_id,
            "kind": ruling.kind,
            "financeur": one.financeur,
            "reference": one.reference,
            "other_financeur": other.financeur,
            "other_reference": other.reference,
            "author": author,
            "agent": agent,
            "motive": motive,
            "now": now,
        },
    )


def find(session: Session, ruling_id: uuid.UUID) -> Kept | None:
    """A ruling, if it was made."""
    row = session.execute(_FIND, {"ruling_id": ruling_id}).one_or_none()
    return _kept(row) if row else None


def revoke(session: Session, ruling_id: uuid.UUID, author: str, motive: str, now: datetime) -> bool:
    """Take a ruling back; False where there is none in force."""
    asked = {"ruling_id": ruling_id, "author": author, "motive": motive, "now": now}
    return bool(session.execute(_REVOKE, asked).rowcount)  # type: ignore[attr-defined]  # DML gives a CursorResult


def of_files(session: Session, files: Iterable[File]) -> list[Ruled]:
    """All that was ever ruled of these files, in the order in which it was."""
    asked = sorted(set(files))
    if not asked or not session.execute(_ANY).scalar_one():
        return []
    columns = {"financeurs": [one.financeur for one in asked], "references": [one.reference for one in asked]}
    return [_ruled(row) for row in session.execute(_OF_FILES, columns)]


def _ruled(row: Any) -> Ruled:
    one, other = File(row.financeur, row.reference), File(row.other_financeur, row.other_reference)
    return Ruled(Ruling(row.kind, one, other), row.ruled_at, row.revoked_at)


def _kept(row: Any) -> Kept:
    return Kept(row.ruling_id, _ruled(row), row.author, row.motive, row.revoked_by, row.revoked_for)
