"""Within whose scope dossiers are, and what is found there: a page at a time, in the order of their ids."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from services.dossier.domain.contribution import File
from services.dossier.domain.scope import Scoped

_OF_PERSONS = text(
    """
    SELECT scope.person_id, dossier_id, state, turns_on::text, begins_on::text, ends_on::text, anomalies,
           array_agg(siret ORDER BY siret) AS readers
    FROM unnest(CAST(:person_ids AS uuid[])) AS asked(person_id)
    JOIN scope ON scope.person_id = asked.person_id
    GROUP BY scope.person_id, dossier_id, state, turns_on, begins_on, ends_on, anomalies
    """
)
_LEAVE = text(
    """
    DELETE FROM scope USING unnest(
        CAST(:person_ids AS uuid[]), CAST(:dossier_ids AS uuid[]), CAST(:sirets AS text[])
    ) AS gone(person_id, dossier_id, siret)
    WHERE scope.person_id = gone.person_id AND scope.dossier_id = gone.dossier_id
      AND scope.siret = gone.siret
    """
)
_ENTER = text(
    """
    INSERT INTO scope (person_id, dossier_id, siret, state, turns_on, begins_on, ends_on, anomalies)
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(
        person_id uuid, dossier_id uuid, siret text, state text, turns_on date, begins_on date, ends_on date,
        anomalies text[]
    )
    ON CONFLICT (person_id, dossier_id, siret) DO UPDATE SET
        state = excluded.state, turns_on = excluded.turns_on, begins_on = excluded.begins_on,
        ends_on = excluded.ends_on, anomalies = excluded.anomalies
    """
)
_FOUND = "SELECT person_id, dossier_id FROM scope"
# A reader's own word for a person or a file, as far as it stands.
_STANDS = """
    NOT EXISTS (
        SELECT FROM ending
        WHERE ending.person_id = contribution.person_id
          AND ending.declaration_id = contribution.declaration_id
          AND ending.version = contribution.version
    )
"""
_NAMED = text(
    f"""
    SELECT DISTINCT person_id, financeur, reference_financeur, nature FROM contribution
    WHERE source = :siret AND reference = :reference AND {_STANDS}
    """
)
_REFERENCES = text(
    f"""
    SELECT DISTINCT contribution.person_id, source, reference, financeur, reference_financeur
    FROM unnest(CAST(:person_ids AS uuid[]), CAST(:sirets AS text[])) AS asked(person_id, siret)
    JOIN contribution ON contribution.person_id = asked.person_id AND contribution.source = asked.siret
    WHERE {_STANDS}
    ORDER BY contribution.person_id, source, reference
    """
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a reader looks for in its scope, after an id; what is None or empty is not asked for."""

    siret: str
    after: uuid.UUID
    most: int
    states: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    anomaly: str | None = None
    persons: Sequence[uuid.UUID] | None = None


_COLUMNS = ("person_id", "dossier_id", "siret", "state", "turns_on", "begins_on", "ends_on", "anomalies")

Scopes = Mapping[uuid.UUID, Sequence[Scoped]]
"""By person, within whose scopes its dossiers are."""


def of_persons(session: Session, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Scoped]]:
    """Within whose scopes the dossiers of these persons are."""
    found: dict[uuid.UUID, list[Scoped]] = {}
    for row in session.execute(_OF_PERSONS, {"person_ids": list(person_ids)}):
        one = Scoped(
            row.dossier_id,
            tuple(row.readers),
            row.state,
            row.turns_on,
            row.begins_on,
            row.ends_on,
            tuple(row.anomalies),
        )
        found.setdefault(row.person_id, []).append(one)
    return found


def save(session: Session, scoped: Scopes, before: Scopes) -> None:
    """The dossiers of these persons are within these scopes, and in none of those of `before` besides.

    Most changes change nothing by which a dossier is found: what stays is not written again.
    """
    held, holds = set(_rows(before)), set(_rows(scoped))
    if gone := {row[:3] for row in held} - {row[:3] for row in holds}:
        person_ids, dossier_ids, sirets = (list(column) for column in zip(*sorted(gone), strict=True))
        session.execute(_LEAVE, {"person_ids": person_ids, "dossier_ids": dossier_ids, "sirets": sirets})
    if new := [dict(zip(_COLUMNS, row, strict=True)) for row in holds - held]:
        session.execute(_ENTER, {"rows": orjson.dumps(new).decode()})


def _rows(scoped: Scopes) -> Iterator[tuple[Any, ...]]:
    for person_id, many in scoped.items():
        for one in many:
            found_by = (one.state, one.turns_on, one.begins_on, one.ends_on, one.anomalies)
            yield from ((person_id, one.dossier_id, siret, *found_by) for siret in one.readers)


def find(session: Session, sought: Sought, today: date) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Up to `most` dossiers (person, dossier) after an id. A state that may have turned since is found too:
    whoever looks at the dossier says."""
    statement, asked = statement_of(sought, today)
    return [(row.person_id, row.dossier_id) for row in session.execute(statement, asked)]


def statement_of(sought: Sought, today: date) -> tuple[TextClause, dict[str, Any]]:
    """The statement that finds it, and its values: for each state a branch of its own, in the order of an
    index."""
    wanted = {
        "siret = :siret": sought.siret,
        "dossier_id > :after": sought.after,
        "person_id = ANY(CAST(:persons AS uuid[]))": sought.persons,
        "(ends_on IS NULL OR ends_on >= :since)": sought.since,
        "begins_on <= :until": sought.until,
        # Said twice: the first is by what the index knows it.
        "anomalies <> '{}'::text[] AND :anomaly = ANY(anomalies)": sought.anomaly,
    }
    where = " AND ".join(condition for condition, value in wanted.items() if value is not None)
    states = [f"state = :state_{number}" for number, _ in enumerate(sought.states)]
    branches = [*states, "turns_on <= :today"] if states else ["true"]
    found = " UNION ".join(
        f"({_FOUND} WHERE {where} AND {branch} ORDER BY dossier_id LIMIT :most)" for branch in branches
    )
    asked: dict[str, Any] = {
        "siret": sought.siret,
        "after": sought.after,
        "most": sought.most,
        "today": today,
        "persons": sought.persons if sought.persons is None else list(sought.persons),
        "since": sought.since,
        "until": sought.until,
        "anomaly": sought.anomaly,
        **{f"state_{number}": state for number, state in enumerate(sought.states)},
    }
    statement = f"SELECT * FROM ({found}) AS found ORDER BY dossier_id LIMIT :most"
    return text(statement), {name: value for name, value in asked.items() if f":{name}" in statement}


@dataclass(frozen=True, slots=True)
class Named:
    """Of whom a reader's own reference speaks: persons, or files of theirs."""

    persons: list[uuid.UUID]
    files: set[File]


def named(session: Session, siret: str, reference: str, in_a_dossier: frozenset[str]) -> Named:
    """What a reader calls so; the natures `in_a_dossier` speak of a file, the others of the person."""
    rows = session.execute(_NAMED, {"siret": siret, "reference": reference}).all()
    of_files = all(row.nature in in_a_dossier for row in rows)
    files = {File(row.financeur, row.reference_financeur) for row in rows}
    return Named(sorted({row.person_id for row in rows}), files if of_files else set())


def references(
    session: Session, asked: Sequence[tuple[uuid.UUID, str]]
) -> dict[tuple[uuid.UUID, str], list[tuple[str, File]]]:
    """By what each of these readers calls each of these persons or a file of theirs, in order."""
    found: dict[tuple[uuid.UUID, str], list[tuple[str, File]]] = {}
    columns = {"person_ids": [one for one, _ in asked], "sirets": [siret for _, siret in asked]}
    for row in session.execute(_REFERENCES, columns):
        told = (row.reference, File(row.financeur, row.reference_financeur))
        found.setdefault((row.person_id, row.source), []).append(told)
    return found
