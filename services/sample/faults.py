"""Lines as they come wrong, each with the code that will be found."""

from collections.abc import Callable
from random import Random
from typing import Any

Fault = Callable[[dict[str, Any]], Any]


def _with(path: str, value: Any) -> Fault:
    def spoil(declaration: dict[str, Any]) -> dict[str, Any]:
        *parents, name = path.split(".")
        inside = declaration
        for parent in parents:
            inside = inside[parent]
        inside[name] = value
        return declaration

    return spoil


def _without(name: str) -> Fault:
    return lambda declaration: {key: value for key, value in declaration.items() if key != name}


_FAULTS: tuple[tuple[str, Fault], ...] = (
    ("nir_invalide", _with("personne.nir", "294037512000592")),
    ("champ_obligatoire", _without("reference")),
    ("champ_inconnu", _with("commentaire", "à rappeler")),
    ("texte_attendu", _with("reference", 12345)),
    ("code_inconnu", _with("personne.sexe", "X")),
    ("date_attendue", _with("personne.naissance.date", "31/12/1990")),
    ("date_attendue", _with("personne.naissance.date", "1990-02-31")),
    ("commune_invalide", _with("personne.naissance.commune", "20004")),
    ("code_postal_invalide", _with("personne.adresse.code_postal", "2A004")),
    ("fuseau_obligatoire", _with("emise_le", "2026-01-15T10:00:00")),
    ("nature_inconnue", _with("nature", "inscription")),
    ("liste_trop_courte", _with("personne.prenoms", [])),
    ("objet_attendu", lambda _: "formation;2026;CAP Cuisine"),
    ("siret_invalide", _with("dossier", {"financeur": "73282932000075", "reference": "A"})),
)


def spoiled(random: Random, declaration: dict[str, Any]) -> tuple[Any, str]:
    """The declaration with one fault, and the code by which it will be refused."""
    code, spoil = random.choice(_FAULTS)
    personne = declaration["personne"]
    copied = {
        **declaration,
        "personne": {
            **personne,
            "naissance": dict(personne["naissance"]),
            "adresse": dict(personne["adresse"]),
        },
    }
    return spoil(copied), code
