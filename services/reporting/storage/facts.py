"""Facts as last counted."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from services.reporting.domain.counting import Fact

# An unknown dossier gets a row that counts for nothing, so that there is something to hold.
_LOCK = text(
    """
    INSERT INTO fact (dossier_id, version)
    SELECT dossier_id, 0 FROM unnest(CAST(:dossier_ids AS uuid[])) AS dossier_id ORDER BY dossier_id
    ON CONFLICT (dossier_id) DO UPDATE SET version = fact.version
    RETURNING *
    """
)
_SAVE = text(
    """
    UPDATE fact SET version = said.version, removed = said.removed, stagiaire = said.stagiaire,
        region = said.region, dispositif = said.dispositif, entree_le = said.entree_le,
        sortie_le = said.sortie_le, heures = said.heures, financements = said.financements
    FROM unnest(
        CAST(:dossier_ids AS uuid[]), CAST(:versions AS bigint[]), CAST(:removed AS boolean[]),
        CAST(:stagiaires AS text[]), CAST(:regions AS text[]), CAST(:dispositifs AS text[]),
        CAST(:entrees AS text[]), CAST(:sorties AS text[]), CAST(:heures AS int[]),
        CAST(:financements AS jsonb[])
    ) AS said(dossier_id, version, removed, stagiaire, region, dispositif, entree_le, sortie_le,
              heures, financements)
    WHERE fact.dossier_id = said.dossier_id
    """
)
_ALL = text("SELECT * FROM fact WHERE NOT removed")


def newest(facts: Iterable[Fact]) -> dict[uuid.UUID, Fact]:
    """Of each dossier the fact with the highest version, in the order of their ids."""
    found: dict[uuid.UUID, Fact] = {}
    for fact in facts:
        known = found.get(fact.dossier_id)
        if known is None or known.version < fact.version:
            found[fact.dossier_id] = fact
    return dict(sorted(found.items()))


def _fact(row: Row[Any]) -> Fact:
    values = row._mapping
    financements = tuple((who, cents) for who, cents in values["financements"])
    return Fact(**{**values, "stagiaire": values["stagiaire"] or "", "financements": financements})


def lock(session: Session, dossier_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Fact]:
    """What these dossiers counted for until now; whoever else counts them waits for the commit."""
    facts = map(_fact, session.execute(_LOCK, {"dossier_ids": dossier_ids}))
    return {fact.dossier_id: fact for fact in facts}


def save(session: Session, facts: Sequence[Fact]) -> None:
    """Remember what these dossiers count for now."""
    if not facts:
        return
    session.execute(
        _SAVE,
        {
            "dossier_ids": [fact.dossier_id for fact in facts],
            "versions": [fact.version for fact in facts],
            "removed": [fact.removed for fact in facts],
            "stagiaires": [fact.stagiaire for fact in facts],
            "regions": [fact.region for fact in facts],
            "dispositifs": [fact.dispositif for fact in facts],
            "entrees": [fact.entree_le for fact in facts],
            "sorties": [fact.sortie_le for fact in facts],
            "heures": [fact.heures for fact in facts],
            "financements": [orjson.dumps(fact.financements).decode() for fact in facts],
        },
    )


def all_of(session: Session) -> Iterator[Fact]:
    """Every dossier that counts, streamed."""
    rows = session.execute(_ALL, execution_options={"yield_per": 1000})
    return map(_fact, rows)
