"""Where lines are met: what is said, of whom, and what takes it back come apart, in any order, each once or
more.

A chunk's lines are inserted or locked in the order of their ids, so that two chunks that share some wait for
each other, and never both ways. What is complete becomes its person's contribution (`contributions`).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

_SAY = text(
    """
    INSERT INTO declaration (declaration_id, said)
    SELECT declaration_id, said
    FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS told(declaration_id uuid, said jsonb)
    ORDER BY declaration_id
    ON CONFLICT (declaration_id) DO NOTHING
    RETURNING declaration_id
    """
)
# Of a line that was met before: what it says, unless that is known already.
_SAY_TOO = text(
    """
    WITH held AS (
        SELECT declaration_id FROM declaration
        WHERE declaration_id = ANY(CAST(:declaration_ids AS uuid[])) AND NOT is_kept AND said IS NULL
        ORDER BY declaration_id FOR UPDATE
    )
    UPDATE declaration SET said = told.said
    FROM held
    JOIN jsonb_to_recordset(CAST(:told AS jsonb)) AS told(declaration_id uuid, said jsonb)
         USING (declaration_id)
    WHERE declaration.declaration_id = held.declaration_id AND NOT is_kept AND declaration.said IS NULL
    RETURNING declaration.declaration_id, person_id, version
    """
)
_ATTRIBUTE = text(
    """
    INSERT INTO declaration (declaration_id, person_id, version)
    SELECT * FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:versions AS int[])
    ) AS told(declaration_id, person_id, version)
    ORDER BY declaration_id
    ON CONFLICT (declaration_id) DO NOTHING
    RETURNING declaration_id
    """
)
_LOCK = text(
    """
    SELECT declaration_id, person_id, version, is_kept, said IS NOT NULL AS is_said FROM declaration
    WHERE declaration_id = ANY(CAST(:declaration_ids AS uuid[]))
    ORDER BY declaration_id FOR UPDATE
    """
)
_GIVE = text(
    """
    UPDATE declaration SET person_id = told.person_id, version = told.version
    FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:versions AS int[])
    ) AS told(declaration_id, person_id, version)
    WHERE declaration.declaration_id = told.declaration_id
    """
)
_WITHDRAW = text(
    """
    INSERT INTO declaration (declaration_id, withdrawn_by)
    SELECT * FROM unnest(CAST(:targets AS uuid[]), CAST(:bys AS uuid[]))
         AS told(declaration_id, withdrawn_by)
    ORDER BY declaration_id
    ON CONFLICT (declaration_id) DO UPDATE SET withdrawn_by = excluded.withdrawn_by
    WHERE declaration.withdrawn_by IS NULL
    RETURNING declaration_id, person_id, version, is_kept
    """
)


@dataclass(frozen=True, slots=True)
class Given:
    """A line and the person it is given to; `before`, who had it, where somebody else had."""

    declaration_id: uuid.UUID
    person_id: uuid.UUID
    version: int
    before: uuid.UUID | None = None
    is_kept: bool = False


def say(
    session: Session,
    source: str,
    profile: str | None,
    lot: str,
    received_at: datetime,
    declarations: Sequence[Mapping[str, Any]],
) -> list[Given]:
    """Keep what some declarations of one lot say; what is known already stays as it is.

    Returns those of whom it is known of whom they speak.
    """
    head = {"source": source, "profile": profile, "lot": lot, "received_at": received_at}
    said = {
        one["declaration_id"]: {"declaration_id": one["declaration_id"], "said": {**head, **_content(one)}}
        for one in declarations
    }
    fresh = set(session.execute(_SAY, {"told": _json(said.values())}).scalars())
    if len(fresh) == len(said):
        return []
    met = {one: told for one, told in said.items() if one not in fresh}
    rows = session.execute(_SAY_TOO, {"declaration_ids": list(met), "told": _json(met.values())})
    return [Given(row.declaration_id, row.person_id, row.version) for row in rows if row.person_id]


def _json(rows: Iterable[Any]) -> str:
    # One text for all rows: of an array of texts, the driver looks at every letter.
    return orjson.dumps(list(rows)).decode()


def _content(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ligne": one["ligne"],
        "nature": one["nature"],
        "reference": one["reference"],
        "emise_le": one["emise_le"],
        "financeur": one["dossier"]["financeur"],
        "reference_financeur": one["dossier"]["reference"],
        "rectifie": one["rectifie"],
        "faits": one["faits"],
    }


def attribute(session: Session, attributions: Sequence[Mapping[str, Any]]) -> list[Given]:
    """Keep whom some declarations speak of, the highest version standing.

    Returns those that changed persons, or have their first, and are said: with who had them.
    """
    newest: dict[uuid.UUID, Mapping[str, Any]] = {}
    for one in sorted(attributions, key=lambda one: int(one["version"])):
        newest[one["declaration_id"]] = one
    fresh = set(session.execute(_ATTRIBUTE, _columns(newest.values())).scalars())
    met = [one for one in newest if one not in fresh]
    if not met:
        return []
    given = []
    for row in session.execute(_LOCK, {"declaration_ids": met}):
        told = newest[row.declaration_id]
        if row.version < told["version"]:
            given.append((row, told))
    # What is said by now becomes its person's with what it says (`contributions.keep`), and is written once.
    if known := [told for row, told in given if not row.is_said]:
        session.execute(_GIVE, _columns(known))
    return [
        Given(row.declaration_id, told["person_id"], told["version"], row.person_id, row.is_kept)
        for row, told in given
        if (row.is_kept or row.is_said) and row.person_id != told["person_id"]
    ]


def _columns(attributions: Any) -> dict[str, list[Any]]:
    told = list(attributions)
    return {
        "declaration_ids": [one["declaration_id"] for one in told],
        "person_ids": [one["person_id"] for one in told],
        "versions": [one["version"] for one in told],
    }


def withdraw(session: Session, by_target: Mapping[uuid.UUID, uuid.UUID]) -> list[Given]:
    """Take these declarations back, each by the other; returns those taken back just now that a person
    has."""
    if not by_target:
        return []
    asked = {"targets": list(by_target), "bys": list(by_target.values())}
    rows = session.execute(_WITHDRAW, asked)
    return [Given(row.declaration_id, row.person_id, row.version) for row in rows if row.is_kept]
