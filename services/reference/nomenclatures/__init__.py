"""Nomenclatures: what each code means, in French. Codes are added to, never given another meaning.

`communes` and `pays`, samples read from files, are imported by their own names.
"""

from services.reference.nomenclatures.emploi import (
    DISPOSITIFS_CONTRAT,
    MOTIFS_FIN_CONTRAT,
    NATURES_CONTRAT,
)
from services.reference.nomenclatures.financeurs import FINANCEURS, OPCOS
from services.reference.nomenclatures.formation import (
    DISPOSITIFS,
    EVENEMENTS,
    MENTIONS,
    MODALITES,
    MOTIFS_REALISATION,
    NATURES_COUT,
    NIVEAUX_CEP,
    REALISATIONS,
    RESULTATS_CERTIFICATION,
    VALIDITE_DISPOSITIFS,
    is_dispositif_open,
)
from services.reference.nomenclatures.personnes import NIVEAUX_DIPLOME, TRANCHES_AGE, tranche_age_of
from services.reference.nomenclatures.territoire import (
    DEPARTEMENTS,
    REGIONS,
    Departement,
    departement_of,
    region_of_commune,
)
from services.reference.nomenclatures.validity import Validity

__all__ = [
    "DEPARTEMENTS",
    "DISPOSITIFS",
    "DISPOSITIFS_CONTRAT",
    "EVENEMENTS",
    "FINANCEURS",
    "MENTIONS",
    "MODALITES",
    "MOTIFS_FIN_CONTRAT",
    "MOTIFS_REALISATION",
    "NATURES_CONTRAT",
    "NATURES_COUT",
    "NIVEAUX_CEP",
    "NIVEAUX_DIPLOME",
    "OPCOS",
    "REALISATIONS",
    "REGIONS",
    "RESULTATS_CERTIFICATION",
    "TRANCHES_AGE",
    "VALIDITE_DISPOSITIFS",
    "Departement",
    "Validity",
    "departement_of",
    "is_dispositif_open",
    "region_of_commune",
    "tranche_age_of",
]
