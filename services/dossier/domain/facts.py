"""What reporting counts of a dossier: no person, no partner's own reference."""

import uuid
from dataclasses import dataclass

from services.dossier.domain.parcours import Dossier, Share
from services.reference.nomenclatures import region_of_commune


@dataclass(frozen=True, slots=True)
class Fact:
    """A dossier as it is counted. Hours are those done or, until they are known, those planned."""

    dossier_id: uuid.UUID
    region: str | None
    dispositif: str | None
    entree_le: str | None  # aaaa-mm-jj
    sortie_le: str | None
    abandon: bool
    heures: int
    financements: tuple[Share, ...]


def fact_of(dossier: Dossier) -> Fact:
    """What is counted of this dossier."""
    formation, dates = dossier.blocks.get("formation", {}), dossier.blocks.get("dates", {})
    lieu = formation.get("lieu")
    return Fact(
        dossier_id=dossier.dossier_id,
        region=region_of_commune(lieu) if lieu else None,
        dispositif=formation.get("dispositif"),
        entree_le=dates.get("entree_le"),
        sortie_le=dates.get("sortie_le"),
        abandon=bool(dates.get("abandon")),
        heures=dates.get("heures_realisees", dates.get("heures_prevues", 0)),
        financements=dossier.shares,
    )
