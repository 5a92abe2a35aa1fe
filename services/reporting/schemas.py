"""Wire ↔ domain: facts as dossier tells them, tables as readers see them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.reporting.domain.counting import NOBODY, Fact, Spared
from services.reporting.domain.secrecy import OF_TRAININGS, Measured, Place, hidden_cells


def fact_of(told: Mapping[str, Any]) -> Fact:
    """A fact as it is counted."""
    entree, sortie = told["entree_le"], told["sortie_le"]
    return Fact(
        dossier_id=told["dossier_id"],
        version=told["version"],
        removed=told["removed"],
        stagiaire=told["stagiaire"],
        region=told["region"],
        dispositif=told["dispositif"],
        entree_le=entree.isoformat() if entree else None,
        sortie_le=sortie.isoformat() if sortie else None,
        heures=told["heures"],
        financements=tuple((one["financeur"], one["cents"]) for one in told["financements"]),
    )


def spared_of(told: Sequence[Mapping[str, Any]]) -> Counter[Spared]:
    """How many values are to be added where."""
    found: Counter[Spared] = Counter()
    for one in told:
        where = Spared(
            one["mois"], one["nature"], one["profil"] or NOBODY, one["partenaire"], one["stagiaire"]
        )
        found[where] += one["valeurs"]
    return found


def table_to_wire(
    axes: Sequence[str],
    table: Mapping[Place, Mapping[str, int]],
    threshold: int,
    measured: Measured = OF_TRAININGS,
) -> dict[str, Any]:
    """A table with its secret cells empty, in the order of its axes."""
    hidden = hidden_cells(table, threshold, measured)
    cells = [
        {
            "axes": {
                axis: value if value != NOBODY else None for axis, value in zip(axes, place, strict=True)
            },
            "secret": place in hidden,
            "figures": {} if place in hidden else dict(table[place]),
        }
        for place in sorted(table)
    ]
    return {"cells": cells, "hidden": len(hidden), "threshold": threshold}
