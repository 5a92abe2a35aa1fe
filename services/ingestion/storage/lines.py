"""The lines of lots and what became of each. A line's state is derived, so it is always exactly one."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.ingestion.domain.findings import Finding, Noticed, follow
from services.ingestion.domain.lines import Line, Standing

_ADD = text(
    """
    INSERT INTO line (lot_id, ligne, declaration_id, accepted, findings)
    SELECT :lot_id, * FROM unnest(
        CAST(:lignes AS int[]), CAST(:declaration_ids AS uuid[]),
        CAST(:accepted AS boolean[]), CAST(:findings AS jsonb[])
    )
    """
)

_STATE = """
    CASE
        WHEN NOT accepted THEN 'rejetee'
        WHEN effect_version IS NOT NULL THEN 'en_effet'
        WHEN attribution_version IS NOT NULL THEN 'personne_identifiee'
        ELSE 'acceptee'
    END
"""


def _note(columns: str, told: str, change: str, newer: str) -> str:
    """Update each line whose version is older; rows are locked in one order, so that nobody deadlocks."""
    return f"""
    WITH told AS (SELECT * FROM unnest({told}) AS told({columns})),
    found AS (
        SELECT line.lot_id, line.ligne FROM line JOIN told USING (declaration_id)
        ORDER BY line.lot_id, line.ligne FOR UPDATE OF line
    )
    UPDATE line SET {change}
    FROM told, found
    WHERE line.lot_id = found.lot_id AND line.ligne = found.ligne
      AND line.declaration_id = told.declaration_id AND {newer}
    """


_NOTE_ATTRIBUTIONS = text(
    _note(
        "declaration_id, version",
        "CAST(:declaration_ids AS uuid[]), CAST(:versions AS int[])",
        "attribution_version = told.version, attributed_at = :at",
        "coalesce(line.attribution_version, 0) < told.version",
    )
)
_NOTE_EFFECTS = text(
    _note(
        "declaration_id, version, effect, dossier_id, anomalies",
        "CAST(:declaration_ids AS uuid[]), CAST(:versions AS bigint[]), "
        "CAST(:effects AS text[]), CAST(:dossier_ids AS uuid[]), CAST(:anomalies AS jsonb[])",
        "effect_version = told.version, effect = told.effect, dossier_id = told.dossier_id, "
        "anomalies = told.anomalies, "
        "effective_at = coalesce(line.effective_at, :at)",
        "coalesce(line.effect_version, 0) < told.version",
    )
)
# Who is told later than this waits for the lines; what it is told then is newer, or changes nothing.
_NOTICED = text(
    """
    SELECT declaration_id, anomalies FROM line
    WHERE declaration_id = ANY(CAST(:declaration_ids AS uuid[])) AND anomalies IS NOT NULL
    ORDER BY lot_id, ligne FOR UPDATE
    """
)
_COUNT = text(
    f"SELECT {_STATE} AS state, count(*) AS lines FROM line WHERE lot_id = :lot_id GROUP BY 1 ORDER BY 1"
)
_PAGE = text(
    f"""
    SELECT * FROM (
        SELECT ligne, declaration_id, {_STATE} AS state, coalesce(findings, '[]') AS findings,
               attributed_at, effective_at, dossier_id, effect, coalesce(anomalies, '[]') AS noticed
        FROM line WHERE lot_id = :lot_id AND ligne > :after
    ) AS page
    WHERE :all_states OR state = ANY(:states)
    ORDER BY ligne LIMIT :most
    """
)


def add(session: Session, lot_id: uuid.UUID, lines: Sequence[Line]) -> None:
    """Keep the lines of a lot that has just been received."""
    session.execute(
        _ADD,
        {
            "lot_id": lot_id,
            "lignes": [line.ligne for line in lines],
            "declaration_ids": [line.declaration_id for line in lines],
            "accepted": [line.declaration is not None for line in lines],
            "findings": [_findings(line) for line in lines],
        },
    )


def _findings(line: Line) -> str | None:
    found = [{"code": one.code, "path": one.path, "reason": one.reason} for one in line.findings]
    return orjson.dumps(found).decode() if found else None


def note_attributions(session: Session, at: datetime, told: Sequence[dict[str, Any]]) -> None:
    """The persons of these lines are decided."""
    session.execute(_NOTE_ATTRIBUTIONS, {"at": at, **_columns(told, "declaration_id", "version")})


def note_effects(session: Session, at: datetime, told: Sequence[dict[str, Any]]) -> None:
    """These lines took effect; the first time they did is kept, and so is what was found in them."""
    ids = [one["declaration_id"] for one in told]
    before = {
        row.declaration_id: row.anomalies for row in session.execute(_NOTICED, {"declaration_ids": ids})
    }
    noticed = [
        follow(map(_noticed, before.get(one["declaration_id"], ())), at, one["constats"]) for one in told
    ]
    columns = _columns(told, "declaration_id", "version", "effect", "dossier_id")
    anomalies = [orjson.dumps(found).decode() if found else None for found in noticed]
    session.execute(_NOTE_EFFECTS, {"at": at, "anomalies": anomalies, **columns})


def _noticed(kept: dict[str, Any]) -> Noticed:
    instants = {name: datetime.fromisoformat(kept[name]) for name in ("at", "settled_at") if kept[name]}
    return Noticed(**{**kept, **instants})


def _columns(told: Sequence[dict[str, Any]], *names: str) -> dict[str, list[Any]]:
    return {f"{name}s": [one[name] for one in told] for name in names}


def count_by_state(session: Session, lot_id: uuid.UUID) -> dict[str, int]:
    """How many lines of a lot are in each state."""
    return {row.state: row.lines for row in session.execute(_COUNT, {"lot_id": lot_id})}


def page(session: Session, lot_id: uuid.UUID, after: int, most: int, states: Sequence[str]) -> list[Standing]:
    """Up to `most` lines after line `after`, in order, of these states or of all."""
    asked = {"lot_id": lot_id, "after": after, "most": most, "states": list(states), "all_states": not states}
    return [
        Standing(
            **{
                **row,
                "findings": tuple(Finding(**finding) for finding in row["findings"]),
                "noticed": tuple(map(_noticed, row["noticed"])),
            }
        )
        for row in session.execute(_PAGE, asked).mappings()
    ]
