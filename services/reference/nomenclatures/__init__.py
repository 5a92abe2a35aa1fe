"""Nomenclatures: what each code means, in French. Codes are added to, never given another meaning."""

from services.reference.nomenclatures.emploi import MOTIFS_FIN_CONTRAT, NATURES_CONTRAT
from services.reference.nomenclatures.formation import (
    DISPOSITIFS,
    EVENEMENTS,
    MENTIONS,
    MODALITES,
    MOTIFS_REALISATION,
    NATURES_COUT,
    NIVEAUX_CEP,
    RESULTATS_CERTIFICATION,
)
from services.reference.nomenclatures.territoire import (
    DEPARTEMENTS,
    REGIONS,
    departement_of,
    region_of_commune,
)

__all__ = [
    "DEPARTEMENTS",
    "DISPOSITIFS",
    "EVENEMENTS",
    "MENTIONS",
    "MODALITES",
    "MOTIFS_FIN_CONTRAT",
    "MOTIFS_REALISATION",
    "NATURES_CONTRAT",
    "NATURES_COUT",
    "NIVEAUX_CEP",
    "REGIONS",
    "RESULTATS_CERTIFICATION",
    "departement_of",
    "region_of_commune",
]
