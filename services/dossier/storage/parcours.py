"""Parcours as last folded: for reading, and for knowing what a new fold changes."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.contribution import File
from services.dossier.domain.lifecycle import Happened, state_on
from services.dossier.domain.news import Known
from services.dossier.domain.parcours import Anomaly, Blamed, Dossier, Doubt, Effect, Parcours
from services.dossier.domain.scope import Roles

# Persons are taken in the order of their ids, here and wherever rows of several are written: no deadlock.
_OPEN = text(
    """
    INSERT INTO parcours (person_id, version, blocks, effects, digests, digest)
    SELECT person_id, 0, '{}', '{}', '{}', '' FROM unnest(CAST(:person_ids AS uuid[])) AS person_id
    ORDER BY person_id
    ON CONFLICT (person_id) DO NOTHING
    """
)
_LOCK = text(
    """
    SELECT parcours.person_id, version, blocks::text, roles::text, effects::text, digests::text, digest
    FROM unnest(CAST(:person_ids AS uuid[])) AS asked(person_id)
    JOIN parcours ON parcours.person_id = asked.person_id
    ORDER BY parcours.person_id FOR UPDATE OF parcours
    """
)
_SAVE = text(
    """
    UPDATE parcours SET version = folded.version, blocks = folded.blocks, roles = folded.roles,
                        effects = folded.effects, digests = folded.digests,
                        digest = decode(folded.digest, 'hex')
    FROM jsonb_to_recordset(CAST(:folded AS jsonb)) AS folded(
        person_id uuid, version bigint, blocks jsonb, roles jsonb, effects jsonb, digests jsonb, digest text
    )
    WHERE parcours.person_id = folded.person_id
    """
)
_SAVE_DOSSIERS = text(
    """
    INSERT INTO dossier (person_id, dossier_id, state, state_on, blocks, happened, anomalies, doubts)
    SELECT person_id, dossier_id, state, :today, blocks, happened, anomalies, doubts
    FROM jsonb_to_recordset(CAST(:folded AS jsonb)) AS folded(
        person_id uuid, dossier_id uuid, state text, blocks jsonb, happened jsonb, anomalies jsonb,
        doubts jsonb
    )
    ON CONFLICT (person_id, dossier_id) DO UPDATE SET
        state = excluded.state, state_on = excluded.state_on, blocks = excluded.blocks,
        happened = excluded.happened, anomalies = excluded.anomalies, doubts = excluded.doubts
    """
)
_REMOVE = text(
    """
    DELETE FROM dossier USING unnest(CAST(:person_ids AS uuid[]), CAST(:dossier_ids AS uuid[]))
         AS gone(person_id, dossier_id)
    WHERE dossier.person_id = gone.person_id AND dossier.dossier_id = gone.dossier_id
    """
)
_SHOWN = "person_id, dossier_id, blocks, happened, anomalies, doubts"
_FIND_DOSSIER = text(f"SELECT {_SHOWN} FROM dossier WHERE dossier_id = :dossier_id")
_FIND_DOSSIERS = text(f"SELECT {_SHOWN} FROM dossier WHERE person_id = :person_id ORDER BY dossier_id")
_OF_PERSONS = text(
    f"SELECT {_SHOWN} FROM dossier WHERE person_id = ANY(CAST(:person_ids AS uuid[])) ORDER BY dossier_id"
)
_DOUBTFUL = text(
    f"""
    SELECT {_SHOWN} FROM dossier WHERE doubts <> '[]'::jsonb AND dossier_id > :after
    ORDER BY dossier_id LIMIT :most
    """
)
_KNOWN = text(
    """
    SELECT dossier.dossier_id, blocks::text, happened::text
    FROM unnest(CAST(:person_ids AS uuid[]), CAST(:dossier_ids AS uuid[])) AS asked(person_id, dossier_id)
    JOIN dossier ON dossier.person_id = asked.person_id AND dossier.dossier_id = asked.dossier_id
    """
)
_THESE = text(
    f"""
    SELECT {_SHOWN} FROM dossier
    JOIN unnest(CAST(:person_ids AS uuid[]), CAST(:dossier_ids AS uuid[])) AS asked(person_id, dossier_id)
         USING (person_id, dossier_id)
    ORDER BY dossier_id
    """
)
_FIND_BLOCKS = text(
    """
    SELECT person_id, blocks FROM parcours
    WHERE person_id = ANY(CAST(:person_ids AS uuid[])) AND blocks <> '{}'::jsonb
    """
)


@dataclass(frozen=True, slots=True)
class Before:
    """A person's last fold: its version, what belonged to no dossier, what readers were, the digests of what
    it gave, and what it announced of whom."""

    version: int
    blocks: dict[str, Any]
    roles: dict[str, list[str]]
    digest: bytes
    dossiers: dict[uuid.UUID, str]
    effects: dict[uuid.UUID, Effect]


@dataclass(frozen=True, slots=True)
class Stored:
    """A dossier as it was last folded."""

    person_id: uuid.UUID
    dossier_id: uuid.UUID
    blocks: dict[str, Any]
    happened: Mapping[File, tuple[Happened, ...]]
    anomalies: tuple[Anomaly, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class ToSave:
    """A parcours to keep, with the digests by which the next fold will know what it changes."""

    parcours: Parcours
    version: int
    digest: bytes
    digests: dict[uuid.UUID, str]
    roles: Roles


def digest_of(value: object) -> bytes:
    """Sixteen bytes that are the same for the same value."""
    # orjson leaves named tuples to `default`.
    said = orjson.dumps(value, default=list, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(said, digest_size=16).digest()


def lock(session: Session, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Before]:
    """Make everybody else who folds these persons wait; returns what the last folds gave."""
    asked = {"person_ids": list(person_ids)}
    session.execute(_OPEN, asked)
    return {row.person_id: _before(row) for row in session.execute(_LOCK, asked)}


def _before(row: Any) -> Before:
    return Before(
        version=row.version,
        blocks=orjson.loads(row.blocks),
        roles=orjson.loads(row.roles),
        digest=bytes(row.digest),
        dossiers={uuid.UUID(one): digest for one, digest in orjson.loads(row.digests).items()},
        effects={uuid.UUID(one): _effect(*told) for one, told in orjson.loads(row.effects).items()},
    )


def _effect(effect: str, dossier_id: str | None, findings: list[list[str]]) -> Effect:
    found = tuple((code, path) for code, path in findings)
    return Effect(effect, uuid.UUID(dossier_id) if dossier_id else None, found)


def save(session: Session, folded: Sequence[ToSave]) -> None:
    """Keep the person-wide blocks of these parcours, and what is announced of them."""
    if not folded:
        return
    rows = [
        {
            "person_id": one.parcours.person_id,
            "version": one.version,
            "blocks": one.parcours.blocks,
            "roles": one.roles,
            "effects": {str(id_): told for id_, told in one.parcours.effects.items()},
            "digests": {str(id_): told for id_, told in one.digests.items()},
            "digest": one.digest.hex(),
        }
        for one in folded
    ]
    session.execute(_SAVE, {"folded": _json(rows)})


def _json(value: object) -> str:
    # One text for all rows: of an array of texts, the driver looks at every letter.
    return orjson.dumps(value, default=list).decode()


def save_dossiers(session: Session, folded: Sequence[tuple[uuid.UUID, Dossier]], today: date) -> None:
    """Keep these dossiers, each with its person, as they are today."""
    if not folded:
        return
    rows = [
        {
            "person_id": person_id,
            "dossier_id": dossier.dossier_id,
            "state": state_on(dossier.happened, today.isoformat()),
            "blocks": dossier.blocks,
            "happened": [[file, events] for file, events in sorted(dossier.happened.items())],
            "anomalies": dossier.anomalies,
            "doubts": dossier.doubts,
        }
        for person_id, dossier in folded
    ]
    session.execute(_SAVE_DOSSIERS, {"today": today, "folded": _json(rows)})


def remove_dossiers(session: Session, gone: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Forget dossiers (person, dossier) that no contribution makes any more; what was said stays."""
    if gone:
        asked = {"person_ids": [one for one, _ in gone], "dossier_ids": [one for _, one in gone]}
        session.execute(_REMOVE, asked)


def find_dossier(session: Session, dossier_id: uuid.UUID) -> Stored | None:
    """One dossier, if it is. It is looked for in each part: only its person would say in which it is."""
    row = session.execute(_FIND_DOSSIER, {"dossier_id": dossier_id}).one_or_none()
    return _stored(row) if row else None


def find_dossiers(session: Session, person_id: uuid.UUID) -> list[Stored]:
    """All dossiers of a person."""
    return [_stored(row) for row in session.execute(_FIND_DOSSIERS, {"person_id": person_id})]


def find_of_persons(session: Session, person_ids: Sequence[uuid.UUID]) -> list[Stored]:
    """All dossiers of these persons, in the order of their ids."""
    return [_stored(row) for row in session.execute(_OF_PERSONS, {"person_ids": list(person_ids)})]


def find_these(session: Session, dossiers: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> list[Stored]:
    """These dossiers, each with its person, in the order of their ids."""
    asked = {"person_ids": [one for one, _ in dossiers], "dossier_ids": [one for _, one in dossiers]}
    return [_stored(row) for row in session.execute(_THESE, asked)]


def known(session: Session, dossiers: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, Known]:
    """What these dossiers, each with its person, are before they are saved anew."""
    asked = {"person_ids": [one for one, _ in dossiers], "dossier_ids": [one for _, one in dossiers]}
    return {
        row.dossier_id: Known(orjson.loads(row.blocks), _happened(orjson.loads(row.happened)))
        for row in session.execute(_KNOWN, asked)
    }


def find_doubtful(session: Session, after: uuid.UUID, most: int) -> list[Stored]:
    """The dossiers after an id that may be one with another, in the order of their ids."""
    return [_stored(row) for row in session.execute(_DOUBTFUL, {"after": after, "most": most})]


def _stored(row: Any) -> Stored:
    return Stored(
        person_id=row.person_id,
        dossier_id=row.dossier_id,
        blocks=row.blocks,
        happened=_happened(row.happened),
        anomalies=tuple(
            Anomaly(code, path, tuple(Blamed(uuid.UUID(id_), where) for id_, where in blamed))
            for code, path, blamed in row.anomalies
        ),
        doubts=tuple(Doubt(uuid.UUID(other), cause) for other, cause in row.doubts),
    )


def _happened(told: Iterable[Any]) -> dict[File, tuple[Happened, ...]]:
    return {File(*file): tuple(Happened(*one) for one in events) for file, events in told}


def find_blocks(session: Session, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The person-wide blocks, certifications, emplois, accompagnements, of those of whom there are any."""
    rows = session.execute(_FIND_BLOCKS, {"person_ids": list(person_ids)})
    return {row.person_id: row.blocks for row in rows}
