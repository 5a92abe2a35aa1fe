"""How persons are counted: by age and by the level of their diplomas."""

from collections.abc import Mapping

# The bands of the DARES.
TRANCHES_AGE: Mapping[str, str] = {
    "moins_26": "Moins de 26 ans",
    "26_44": "De 26 à 44 ans",
    "45_plus": "45 ans et plus",
}

# Cadre national des certifications professionnelles (D.6113-19, décret 2019-14).
NIVEAUX_DIPLOME: Mapping[str, str] = {
    "1": "Niveau 1 : savoirs de base",
    "2": "Niveau 2 : activités simples",
    "3": "Niveau 3 : CAP, BEP",
    "4": "Niveau 4 : baccalauréat",
    "5": "Niveau 5 : BTS, DUT",
    "6": "Niveau 6 : licence",
    "7": "Niveau 7 : master",
    "8": "Niveau 8 : doctorat",
}


def tranche_age_of(age: int) -> str:
    """The band of an age in whole years."""
    if age < 26:
        return "moins_26"
    return "26_44" if age < 45 else "45_plus"
