"""What was said of persons, kept for ever and as received; and what ended of it, and when."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.travelling import Learned
from services.dossier.storage.declarations import Given

# What waited moves to its person; a line that was somebody else's is copied from there.
_WHAT_WAS_SAID = """
    source, profile, lot, ligne, nature, reference, emise_le, received_at,
    financeur, reference_financeur, rectifie, faits
"""
_KEEP = text(
    f"""
    WITH waiting AS (
        SELECT declaration_id, given.person_id, given.version, said
        FROM unnest(
            CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:versions AS int[])
        ) AS given(declaration_id, person_id, version)
        JOIN declaration USING (declaration_id)
    ),
    kept AS (
        INSERT INTO contribution (person_id, declaration_id, version, recorded_at, {_WHAT_WAS_SAID})
        SELECT person_id, declaration_id, version, :now, content.*
        FROM waiting, jsonb_to_record(said) AS content(
            source text, profile text, lot text, ligne int, nature text, reference text,
            emise_le timestamptz, received_at timestamptz, financeur text, reference_financeur text,
            rectifie uuid, faits jsonb
        )
    )
    UPDATE declaration
    SET person_id = waiting.person_id, version = waiting.version, said = NULL, is_kept = true
    FROM waiting WHERE declaration.declaration_id = waiting.declaration_id
    RETURNING declaration.declaration_id, CAST(waiting.said ->> 'rectifie' AS uuid) AS rectifie,
              withdrawn_by IS NOT NULL AS is_withdrawn
    """
)
_MOVE = text(
    f"""
    WITH had AS (
        SELECT DISTINCT ON (declaration_id) had.*, given.person_id AS to_person, given.version AS to_version
        FROM unnest(
            CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:versions AS int[]),
            CAST(:befores AS uuid[])
        ) AS given(declaration_id, person_id, version, before)
        JOIN contribution AS had USING (declaration_id)
        WHERE had.person_id = given.before
        ORDER BY declaration_id, had.version DESC
    ),
    moved AS (
        INSERT INTO contribution (person_id, declaration_id, version, recorded_at, {_WHAT_WAS_SAID})
        SELECT to_person, declaration_id, to_version, :now, {_WHAT_WAS_SAID} FROM had
    ),
    left_behind AS (
        INSERT INTO ending (person_id, declaration_id, version, kind, recorded_at)
        SELECT person_id, declaration_id, version, 'moved', :now FROM had
    )
    SELECT declaration_id, rectifie, withdrawn_by IS NOT NULL AS is_withdrawn
    FROM had JOIN declaration USING (declaration_id)
    """
)
_END = text(
    """
    INSERT INTO ending (person_id, declaration_id, version, kind, recorded_at)
    SELECT DISTINCT ON (declaration_id) person_id, declaration_id, contribution.version, 'withdrawn', :now
    FROM unnest(CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]))
         AS told(declaration_id, person_id)
    JOIN contribution USING (person_id, declaration_id)
    ORDER BY declaration_id, contribution.version DESC
    ON CONFLICT DO NOTHING
    """
)
_OF_PERSONS: LiteralString = """
    SELECT contribution.person_id, version, recorded_at, declaration_id, source, nature, reference, emise_le,
           ligne, financeur, reference_financeur, faits::text, profile, lot, received_at
    FROM unnest(%(person_ids)s::uuid[]) AS asked(person_id)
    JOIN contribution ON contribution.person_id = asked.person_id
"""
_ENDINGS = text(
    """
    SELECT ending.person_id, declaration_id, version, kind, recorded_at
    FROM unnest(CAST(:person_ids AS uuid[])) AS asked(person_id)
    JOIN ending ON ending.person_id = asked.person_id
    """
)
_OF_FILES = text(
    """
    SELECT DISTINCT person_id FROM contribution
    JOIN unnest(CAST(:financeurs AS text[]), CAST(:references AS text[])) AS asked(source, reference)
         USING (source, reference)
    """
)
_PERSON_OF = text(
    """
    SELECT person_id FROM contribution
    WHERE source = :source AND reference = :reference AND NOT EXISTS (
        SELECT FROM ending
        WHERE ending.person_id = contribution.person_id
          AND ending.declaration_id = contribution.declaration_id
          AND ending.version = contribution.version
    )
    ORDER BY emise_le DESC, declaration_id LIMIT 1
    """
)


_NOTHING: Mapping[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Kept:
    """What became a person's just now: what it takes back, and the persons who lost something."""

    withdrawing: dict[uuid.UUID, uuid.UUID]
    losers: set[uuid.UUID]


def keep(session: Session, given: Sequence[Given], now: datetime) -> Kept:
    """Make lines the contributions of the persons they are given to."""
    fresh, moved = [one for one in given if not one.is_kept], [one for one in given if one.is_kept]
    rows: list[Any] = []
    if fresh:
        rows += session.execute(_KEEP, {"now": now, **_columns(fresh)}).all()
    if moved:
        befores = [one.before for one in moved]
        rows += session.execute(_MOVE, {"now": now, "befores": befores, **_columns(moved)}).all()
    taken_back = {row.declaration_id for row in rows if row.is_withdrawn}
    end(session, [one for one in given if one.declaration_id in taken_back], now)
    return Kept(
        # The smaller id where two take back the same: any order gives the same.
        withdrawing={row.rectifie: row.declaration_id for row in _largest_first(rows) if row.rectifie},
        losers={one.before for one in moved if one.before is not None},
    )


def _largest_first(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.declaration_id, reverse=True)


def end(session: Session, given: Sequence[Given], now: datetime) -> None:
    """Note that these lines were taken back by their source."""
    if given:
        session.execute(_END, {"now": now, **_columns(given)})


def _columns(given: Sequence[Given]) -> dict[str, list[Any]]:
    return {
        "declaration_ids": [one.declaration_id for one in given],
        "person_ids": [one.person_id for one in given],
        "versions": [one.version for one in given],
    }


def of_persons(session: Session, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Learned]]:
    """All that was ever learned of each person, with when, and what ended of it."""
    asked = {"person_ids": list(person_ids)}
    ends: dict[tuple[uuid.UUID, uuid.UUID, int], dict[str, datetime]] = defaultdict(dict)
    for row in session.execute(_ENDINGS, asked):
        ends[row.person_id, row.declaration_id, row.version][row.kind] = row.recorded_at
    found: dict[uuid.UUID, list[Learned]] = defaultdict(list)
    for person_id, version, recorded_at, *said in database.fetch_binary(session, _OF_PERSONS, asked):
        one = _contribution(*said)
        ended = ends.get((person_id, one.declaration_id, version), _NOTHING)
        found[person_id].append(Learned(one, recorded_at, ended.get("moved"), ended.get("withdrawn")))
    return found


def _contribution(
    declaration_id: uuid.UUID,
    source: str,
    nature: str,
    reference: str,
    emise_le: datetime,
    ligne: int,
    financeur: str,
    reference_financeur: str,
    faits: str,
    profile: str | None,
    lot: str,
    received_at: datetime,
) -> Contribution:
    return Contribution(
        declaration_id=declaration_id,
        source=source,
        nature=nature,
        reference=reference,
        emise_le=emise_le,
        ligne=ligne,
        file=File(financeur, reference_financeur),
        faits=orjson.loads(faits),
        profile=profile,
        lot=lot,
        received_at=received_at,
    )


def persons_of_files(session: Session, files: Iterable[File]) -> list[uuid.UUID]:
    """Everybody of whom a funder ever spoke under one of its own numbers."""
    asked = sorted(files)
    columns = {"financeurs": [one.financeur for one in asked], "references": [one.reference for one in asked]}
    return list(session.execute(_OF_FILES, columns).scalars())


def find_person(session: Session, source: str, reference: str) -> uuid.UUID | None:
    """The person of whom a source's own reference speaks, by its latest declaration."""
    return session.execute(_PERSON_OF, {"source": source, "reference": reference}).scalar_one_or_none()
