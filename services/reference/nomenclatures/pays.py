"""Some seventy foreign countries (COG, 99xxx): enough to make plausible samples, too few to check a code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.reference.nomenclatures.rows import rows_of


@dataclass(frozen=True, slots=True)
class Pays:
    """A country; with its last day, if it is no more: people were born in it."""

    code: str
    nom: str
    valid_until: date | None


PAYS: Mapping[str, Pays] = {
    row["code"]: Pays(
        row["code"], row["nom"], date.fromisoformat(row["valid_until"]) if row["valid_until"] else None
    )
    for row in rows_of("pays.csv")
}
