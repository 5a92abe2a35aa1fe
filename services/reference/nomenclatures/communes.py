"""Some four hundred communes (COG 2026): enough to make plausible samples, too few to check a code.

The chefs-lieux, the most populous of every région and département, and the arrondissements of Paris, Lyon
and Marseille, taken from Etalab's découpage administratif 6.0.0 (INSEE, licence ouverte 2.0).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.reference.nomenclatures.rows import rows_of


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, or a municipal arrondissement, and its département or collectivity."""

    code: str
    nom: str
    departement: str


COMMUNES: Mapping[str, Commune] = {
    row["code"]: Commune(row["code"], row["nom"], row["departement"]) for row in rows_of("communes.csv")
}
