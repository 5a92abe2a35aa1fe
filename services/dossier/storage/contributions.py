"""Contributions, kept for ever; and the meeting of what is said, of whom, and of what takes it back."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.parcours import Effect

# Every statement that writes rows of a chunk takes them in the order of their ids: no deadlock.
_KEEP = text(
    """
    INSERT INTO contribution (declaration_id, source, lot, ligne, nature, reference, emise_le, received_at,
                              financeur, reference_financeur, rectifie, faits)
    SELECT declaration_id, :source, :lot, ligne, nature, reference, emise_le, :received_at,
           financeur, reference_financeur, rectifie, faits
    FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:lignes AS int[]), CAST(:natures AS text[]),
        CAST(:references AS text[]), CAST(:emises AS timestamptz[]), CAST(:financeurs AS text[]),
        CAST(:references_financeur AS text[]), CAST(:rectifies AS uuid[]), CAST(:faits AS jsonb[])
    ) AS said(declaration_id, ligne, nature, reference, emise_le,
              financeur, reference_financeur, rectifie, faits)
    ORDER BY declaration_id
    ON CONFLICT (declaration_id) DO UPDATE SET
        source = excluded.source, lot = excluded.lot, ligne = excluded.ligne, nature = excluded.nature,
        reference = excluded.reference, emise_le = excluded.emise_le, received_at = excluded.received_at,
        financeur = excluded.financeur, reference_financeur = excluded.reference_financeur,
        rectifie = excluded.rectifie, faits = excluded.faits
    WHERE contribution.nature IS NULL
    """
)
_ATTRIBUTE = text(
    """
    WITH told AS (
        SELECT DISTINCT ON (declaration_id) *
        FROM unnest(CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:versions AS int[]))
             AS told(declaration_id, person_id, version)
        ORDER BY declaration_id, version DESC
    ),
    before AS (
        SELECT declaration_id, person_id FROM contribution
        WHERE declaration_id = ANY(CAST(:declaration_ids AS uuid[])) AND person_id IS NOT NULL
        ORDER BY declaration_id FOR UPDATE
    ),
    attributed AS (
        INSERT INTO contribution (declaration_id, person_id, attribution_version)
        SELECT declaration_id, person_id, version FROM told ORDER BY declaration_id
        ON CONFLICT (declaration_id) DO UPDATE SET
            person_id = excluded.person_id, attribution_version = excluded.attribution_version
        WHERE contribution.attribution_version < excluded.attribution_version
        RETURNING declaration_id
    )
    SELECT DISTINCT before.person_id FROM before JOIN attributed USING (declaration_id)
    """
)
# A declaration takes another back once it is itself in effect: said, and of a known person.
_WITHDRAW = text(
    """
    INSERT INTO contribution (declaration_id, withdrawn_by)
    SELECT rectifie, min(declaration_id::text)::uuid FROM contribution
    WHERE declaration_id = ANY(:declaration_ids) AND rectifie IS NOT NULL AND person_id IS NOT NULL
    GROUP BY rectifie ORDER BY rectifie
    ON CONFLICT (declaration_id) DO UPDATE SET withdrawn_by = excluded.withdrawn_by
    WHERE contribution.withdrawn_by IS NULL
    RETURNING declaration_id
    """
)
_PERSONS = text(
    """
    SELECT DISTINCT person_id FROM contribution
    WHERE declaration_id = ANY(:declaration_ids) AND person_id IS NOT NULL AND nature IS NOT NULL
    """
)
_OF_PERSONS = text(
    """
    SELECT person_id, declaration_id, source, nature, reference, emise_le, ligne, financeur,
           reference_financeur, faits, withdrawn_by IS NOT NULL AS withdrawn, effect, dossier_id
    FROM contribution
    WHERE person_id = ANY(:person_ids) AND nature IS NOT NULL
    """
)
_NOTE_EFFECTS = text(
    """
    UPDATE contribution SET effect = became.effect, dossier_id = became.dossier_id
    FROM unnest(CAST(:declaration_ids AS uuid[]), CAST(:effects AS text[]), CAST(:dossier_ids AS uuid[]))
         AS became(declaration_id, effect, dossier_id)
    WHERE contribution.declaration_id = became.declaration_id
    """
)
_PERSON_OF = text(
    """
    SELECT person_id FROM contribution
    WHERE source = :source AND reference = :reference AND person_id IS NOT NULL AND withdrawn_by IS NULL
    ORDER BY emise_le DESC, declaration_id LIMIT 1
    """
)

Said = tuple[Contribution, Effect | None]


def keep(
    session: Session, source: str, lot: str, received_at: datetime, declarations: Sequence[Mapping[str, Any]]
) -> None:
    """Keep what some declarations of one lot say; what is kept already stays as it is."""
    session.execute(
        _KEEP,
        {
            "source": source,
            "lot": lot,
            "received_at": received_at,
            "declaration_ids": [one["declaration_id"] for one in declarations],
            "lignes": [one["ligne"] for one in declarations],
            "natures": [one["nature"] for one in declarations],
            "references": [one["reference"] for one in declarations],
            "emises": [one["emise_le"] for one in declarations],
            "financeurs": [one["dossier"]["financeur"] for one in declarations],
            "references_financeur": [one["dossier"]["reference"] for one in declarations],
            "rectifies": [one["rectifie"] for one in declarations],
            "faits": [orjson.dumps(one["faits"]).decode() for one in declarations],
        },
    )


def attribute(session: Session, attributions: Sequence[Mapping[str, Any]]) -> list[uuid.UUID]:
    """Keep whom some declarations speak of, the highest version standing.

    Returns the persons who lost one.
    """
    moved = session.execute(
        _ATTRIBUTE,
        {
            "declaration_ids": [one["declaration_id"] for one in attributions],
            "person_ids": [one["person_id"] for one in attributions],
            "versions": [one["version"] for one in attributions],
        },
    )
    return list(moved.scalars())


def withdraw_targets(session: Session, declaration_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Take back what these declarations rectify or suppress; returns what was taken back just now."""
    return list(session.execute(_WITHDRAW, {"declaration_ids": declaration_ids}).scalars())


def persons_of(session: Session, declaration_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The persons of those of these declarations that are complete: said, and attributed."""
    return list(session.execute(_PERSONS, {"declaration_ids": declaration_ids}).scalars())


def of_persons(session: Session, person_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Said]]:
    """All that was said of each person, with the effect last announced."""
    found: dict[uuid.UUID, list[Said]] = defaultdict(list)
    for row in session.execute(_OF_PERSONS, {"person_ids": person_ids}):
        contribution = Contribution(
            declaration_id=row.declaration_id,
            source=row.source,
            nature=row.nature,
            reference=row.reference,
            emise_le=row.emise_le,
            ligne=row.ligne,
            file=File(row.financeur, row.reference_financeur),
            faits=row.faits,
            withdrawn=row.withdrawn,
        )
        found[row.person_id].append(
            (contribution, Effect(row.effect, row.dossier_id) if row.effect else None)
        )
    return found


def note_effects(session: Session, effects: Iterable[tuple[uuid.UUID, Effect]]) -> None:
    """Remember what was announced of each."""
    became = list(effects)
    if not became:
        return
    session.execute(
        _NOTE_EFFECTS,
        {
            "declaration_ids": [declaration_id for declaration_id, _ in became],
            "effects": [effect.effect for _, effect in became],
            "dossier_ids": [effect.dossier_id for _, effect in became],
        },
    )


def find_person(session: Session, source: str, reference: str) -> uuid.UUID | None:
    """The person of whom a source's own reference speaks, by its latest declaration."""
    return session.execute(_PERSON_OF, {"source": source, "reference": reference}).scalar_one_or_none()
