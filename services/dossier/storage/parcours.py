"""Parcours as last folded: for reading, and for knowing what a new fold changes."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.parcours import Dossier, Parcours

# The lock of a person: held until commit, taken in order. The version counts its folds.
_LOCK = text(
    """
    INSERT INTO parcours (person_id, version, blocks, digest)
    SELECT person_id, 1, '{}', '' FROM unnest(CAST(:person_ids AS uuid[])) AS person_id ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET version = parcours.version + 1
    RETURNING person_id, version, digest
    """
)
_DIGESTS = text("SELECT person_id, dossier_id, digest FROM dossier WHERE person_id = ANY(:person_ids)")
_SAVE_PARCOURS = text(
    """
    UPDATE parcours SET blocks = folded.blocks, digest = folded.digest
    FROM unnest(CAST(:person_ids AS uuid[]), CAST(:blocks AS jsonb[]), CAST(:digests AS bytea[]))
         AS folded(person_id, blocks, digest)
    WHERE parcours.person_id = folded.person_id
    """
)
_SAVE_DOSSIERS = text(
    """
    INSERT INTO dossier (dossier_id, person_id, state, blocks, digest)
    SELECT * FROM unnest(
        CAST(:dossier_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:states AS text[]),
        CAST(:blocks AS jsonb[]), CAST(:digests AS bytea[])
    )
    ON CONFLICT (dossier_id) DO UPDATE SET
        state = excluded.state, blocks = excluded.blocks, digest = excluded.digest
    """
)
_REMOVE = text("DELETE FROM dossier WHERE dossier_id = ANY(:dossier_ids)")
_FIND_DOSSIER = text(
    "SELECT person_id, dossier_id, state, blocks FROM dossier WHERE dossier_id = :dossier_id"
)
_FIND_DOSSIERS = text(
    "SELECT dossier_id, state, blocks FROM dossier WHERE person_id = :person_id ORDER BY dossier_id"
)
_FIND_BLOCKS = text("SELECT blocks FROM parcours WHERE person_id = :person_id")


@dataclass(frozen=True, slots=True)
class Before:
    """A person's last fold: its version now, and the digests of what it gave."""

    version: int
    digest: bytes
    dossiers: dict[uuid.UUID, bytes]


@dataclass(frozen=True, slots=True)
class Stored:
    """A dossier as it was last folded."""

    person_id: uuid.UUID
    dossier_id: uuid.UUID
    state: str
    blocks: dict[str, Any]


def digest_of(value: object) -> bytes:
    """Sixteen bytes that are the same for the same value."""
    # orjson leaves named tuples to `default`.
    said = orjson.dumps(value, default=list, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(said, digest_size=16).digest()


def lock(session: Session, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Before]:
    """Make everybody else who folds these persons wait; returns what the last folds gave."""
    asked = {"person_ids": person_ids}
    locked = session.execute(_LOCK, asked).all()
    digests: dict[uuid.UUID, dict[uuid.UUID, bytes]] = defaultdict(dict)
    for row in session.execute(_DIGESTS, asked):
        digests[row.person_id][row.dossier_id] = bytes(row.digest)
    return {row.person_id: Before(row.version, bytes(row.digest), digests[row.person_id]) for row in locked}


def save(session: Session, folded: Sequence[tuple[Parcours, bytes]]) -> None:
    """Keep the person-wide blocks of these parcours."""
    if not folded:
        return
    session.execute(
        _SAVE_PARCOURS,
        {
            "person_ids": [parcours.person_id for parcours, _ in folded],
            "blocks": [orjson.dumps(parcours.blocks).decode() for parcours, _ in folded],
            "digests": [digest for _, digest in folded],
        },
    )


def save_dossiers(session: Session, folded: Sequence[tuple[uuid.UUID, Dossier, bytes]]) -> None:
    """Keep these dossiers, each with its person."""
    if not folded:
        return
    session.execute(
        _SAVE_DOSSIERS,
        {
            "dossier_ids": [dossier.dossier_id for _, dossier, _ in folded],
            "person_ids": [person_id for person_id, _, _ in folded],
            "states": [dossier.state for _, dossier, _ in folded],
            "blocks": [orjson.dumps(dossier.blocks).decode() for _, dossier, _ in folded],
            "digests": [digest for _, _, digest in folded],
        },
    )


def remove_dossiers(session: Session, dossier_ids: Sequence[uuid.UUID]) -> None:
    """Forget dossiers that no contribution makes any more; the contributions themselves stay."""
    if dossier_ids:
        session.execute(_REMOVE, {"dossier_ids": dossier_ids})


def find_dossier(session: Session, dossier_id: uuid.UUID) -> Stored | None:
    """One dossier, if it is."""
    row = session.execute(_FIND_DOSSIER, {"dossier_id": dossier_id}).one_or_none()
    return Stored(row.person_id, row.dossier_id, row.state, row.blocks) if row else None


def find_dossiers(session: Session, person_id: uuid.UUID) -> list[Stored]:
    """All dossiers of a person."""
    rows = session.execute(_FIND_DOSSIERS, {"person_id": person_id})
    return [Stored(person_id, row.dossier_id, row.state, row.blocks) for row in rows]


def find_blocks(session: Session, person_id: uuid.UUID) -> dict[str, Any]:
    """The person-wide blocks: certifications, emplois, accompagnements."""
    return session.execute(_FIND_BLOCKS, {"person_id": person_id}).scalar_one_or_none() or {}
