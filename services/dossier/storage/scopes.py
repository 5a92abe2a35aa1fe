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

# How many dossiers of a scope are looked at for one page, by what no index knows: a period, say.
MOST_SCANNED = 20_000

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
# A reader's own word for a person or a file, as far as it stands.
_STANDS = """
    NOT EXISTS (
        SELECT FROM ending
        WHERE ending.person_id = contribution.person_id
          AND ending.declaration_id = contribution.declaration_id
          AND ending.version = contribution.version
    )
"""
# Dossiers and persons in one order of ids, up to where both were looked for.
_ALL = text(
    """
    WITH scanned AS (
        (SELECT person_id, dossier_id AS place FROM scope
         WHERE siret = :siret AND dossier_id > :after ORDER BY dossier_id LIMIT :most)
        UNION ALL
        (SELECT person_id, person_id FROM reader
         WHERE siret = :siret AND person_id > :after ORDER BY person_id LIMIT :most)
    ),
    looked AS (
        SELECT min(until::text)::uuid AS looked_until FROM (
            SELECT (array_agg(place ORDER BY place DESC))[1] AS until FROM scanned
            GROUP BY place = person_id HAVING count(*) = :most
        ) AS full_branches
    )
    SELECT looked_until, person_id, place
    FROM looked LEFT JOIN scanned ON looked_until IS NULL OR place <= looked_until
    ORDER BY place
    """
)
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


@dataclass(frozen=True, slots=True)
class Places:
    """Dossiers (person, dossier) in the order of their ids, and up to which id they were looked for."""

    found: list[tuple[uuid.UUID, uuid.UUID]]
    until: uuid.UUID
    is_last: bool


def find(session: Session, sought: Sought, today: date, most_scanned: int = MOST_SCANNED) -> Places:
    """Up to `most` dossiers after an id, of about so many at most that are looked at: a page may be short and
    not the last. A state that may have turned since is found too: whoever looks at the dossier says."""
    statement, asked = _statement_of(sought, today, most_scanned)
    rows = session.execute(statement, asked).all()
    found = [(row.person_id, row.dossier_id) for row in rows if row.dossier_id is not None]
    is_full = len(found) == sought.most
    looked_until = rows[0].looked_until
    until = found[-1][1] if found and (is_full or looked_until is None) else looked_until or sought.after
    return Places(found, until, not is_full and looked_until is None)


def find_all(session: Session, siret: str, after: uuid.UUID, most: int) -> tuple[Places, list[uuid.UUID]]:
    """Up to `most` dossiers and as many persons of a reader's after an id, in the order of ids."""
    rows = session.execute(_ALL, {"siret": siret, "after": after, "most": most}).all()
    looked_until, there = rows[0].looked_until, [(row.person_id, row.place) for row in rows if row.place]
    dossiers = [one for one in there if one[0] != one[1]]
    until = looked_until or (there[-1][1] if there else after)
    persons = [person_id for person_id, place in there if person_id == place]
    return Places(dossiers, until, looked_until is None), persons


def _statement_of(sought: Sought, today: date, most_scanned: int) -> tuple[TextClause, dict[str, Any]]:
    """The statement that finds it, and its values: for each state a branch of its own, in the order of an
    index; what no index knows is asked of so many rows of each. `looked_until`: the id at which the first
    branch that has more to look at has ended, if any has."""
    by_index = {
        "siret = :siret": sought.siret,
        "dossier_id > :after": sought.after,
        "person_id = ANY(CAST(:persons AS uuid[]))": sought.persons,
        "anomalies <> '{}'::text[]": sought.anomaly,
    }
    by_row = {
        "(ends_on IS NULL OR ends_on >= :since)": sought.since,
        "begins_on <= :until": sought.until,
        ":anomaly = ANY(anomalies)": sought.anomaly,
    }
    where, fits = (
        " AND ".join(condition for condition, value in asked.items() if value is not None) or "true"
        for asked in (by_index, by_row)
    )
    states = [f"state = :state_{number}" for number, _ in enumerate(sought.states)]
    branches = [*states, "turns_on <= :today"] if states else ["true"]
    scanned = " UNION ALL ".join(
        f"(SELECT {number} AS branch, person_id, dossier_id, {fits} AS fits FROM scope"
        f" WHERE {where} AND {branch} ORDER BY dossier_id LIMIT :scanned)"
        for number, branch in enumerate(branches)
    )
    asked: dict[str, Any] = {
        "siret": sought.siret,
        "after": sought.after,
        "most": sought.most,
        "scanned": sought.most if fits == "true" else most_scanned,
        "today": today,
        "persons": sought.persons if sought.persons is None else list(sought.persons),
        "since": sought.since,
        "until": sought.until,
        "anomaly": sought.anomaly,
        **{f"state_{number}": state for number, state in enumerate(sought.states)},
    }
    statement = f"""
    WITH scanned AS ({scanned}),
    looked AS (
        SELECT min(until::text)::uuid AS looked_until FROM (
            SELECT (array_agg(dossier_id ORDER BY dossier_id DESC))[1] AS until FROM scanned
            GROUP BY branch HAVING count(*) = :scanned
        ) AS full_branches
    ),
    found AS (
        SELECT DISTINCT person_id, dossier_id FROM scanned, looked
        WHERE fits AND (looked_until IS NULL OR dossier_id <= looked_until)
        ORDER BY dossier_id LIMIT :most
    )
    SELECT looked_until, person_id, dossier_id FROM looked LEFT JOIN found ON true ORDER BY dossier_id
    """
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
