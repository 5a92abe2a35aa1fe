"""A declaration that nothing is to be said of, and the same with something changed."""

from typing import Any

SIRET = "73282932000074"


def declaration(**change: Any) -> dict[str, Any]:
    """Léa Martin's training; `personne__nir="…"` changes what is inside."""
    made: dict[str, Any] = {
        "nature": "formation",
        "reference": "D1",
        "emise_le": "2026-01-02T10:00:00+01:00",
        "personne": {
            "nir": "2940375120005",
            "nom_naissance": "Martin",
            "prenoms": ["Léa"],
            "sexe": "F",
            "naissance": {"date": "1994-03-12", "commune": "75120"},
        },
        "faits": {
            "intitule": "CAP Cuisine",
            "dispositif": "CPF",
            "organisme": {"siret": "19750655300019"},
            "debut_prevu": "2026-02-01",
            "fin_prevue": "2026-05-01",
        },
    }
    for path, value in change.items():
        *parents, name = path.split("__")
        inside = made
        for parent in parents:
            inside = inside[parent]
        inside[name] = value
    return made
