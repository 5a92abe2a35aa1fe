"""Organisations, whole registrations at a time."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.access.domain.organisation import Organisation

# In the order of their SIRETs: two registrations wait for each other, and never both ways.
_SAVE = text(
    """
    INSERT INTO organisation (siret, nom, profile, version)
    SELECT siret, nom, profile, 1
    FROM unnest(CAST(:sirets AS text[]), CAST(:noms AS text[]), CAST(:profiles AS text[]))
         AS asked(siret, nom, profile)
    ORDER BY siret
    ON CONFLICT (siret) DO UPDATE SET
        nom = excluded.nom, profile = excluded.profile, version = organisation.version + 1
    RETURNING siret, version
    """
)
_FIND = text("SELECT siret, nom, profile FROM organisation WHERE siret = :siret")


def save(session: Session, organisations: Sequence[Organisation]) -> dict[str, int]:
    """Keep these organisations, each once; returns their new versions by SIRET."""
    saved = session.execute(
        _SAVE,
        {
            "sirets": [one.siret for one in organisations],
            "noms": [one.nom for one in organisations],
            "profiles": [one.profile for one in organisations],
        },
    )
    return {row.siret: row.version for row in saved}


def find(session: Session, siret: str) -> Organisation | None:
    """One organisation, if it is registered."""
    row = session.execute(_FIND, {"siret": siret}).one_or_none()
    return Organisation(row.siret, row.nom, row.profile) if row else None
