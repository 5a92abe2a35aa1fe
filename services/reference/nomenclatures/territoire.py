"""Régions and départements as they are since 2016 (COG), and how to get there from a commune."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.reference.nomenclatures.rows import rows_of

REGIONS: Mapping[str, str] = {
    "01": "Guadeloupe",
    "02": "Martinique",
    "03": "Guyane",
    "04": "La Réunion",
    "06": "Mayotte",
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d’Azur",
    "94": "Corse",
}


@dataclass(frozen=True, slots=True)
class Departement:
    """A département, or an overseas collectivity, which has no région."""

    code: str
    nom: str
    region: str | None


# The 101 départements, and 975, 977, 978, 984, 986, 987 and 988.
DEPARTEMENTS: Mapping[str, Departement] = {
    row["code"]: Departement(row["code"], row["nom"], row["region"] or None)
    for row in rows_of("departements.csv")
}


def departement_of(commune: str) -> str:
    """The département, or the overseas collectivity, of a commune's code (COG)."""
    return commune[:3] if commune[:2] in ("97", "98") else commune[:2]


def region_of_commune(commune: str) -> str | None:
    """The région of a commune's code; None for the collectivities in no région (975, 977, 978, 98x)."""
    departement = DEPARTEMENTS.get(departement_of(commune))
    return departement.region if departement else None
