"""Folds a person's contributions into a parcours: the same for the same contributions, in any order.

1. What its source withdrew counts no more.
2. Of what one source says about one thing (a slot), the freshest stands.
3. Files of several funders that are one path become one dossier (`cofinancement`).
4. In a dossier, the field of a formation comes from the freshest funder that states it; the dates of
   what really happened from the funder of the file before anybody else (authority, then freshness).
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from services.dossier.domain.cofinancement import paths_of
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.parcours import Dossier, Effect, Parcours, Relation, Share, State

IN_A_DOSSIER = frozenset({"formation", "realisation", "financement", "remuneration"})
_DATES_OF_FORMATION = ("accord_le", "debut_prevu", "fin_prevue", "heures_prevues")


def fold(person_id: uuid.UUID, contributions: Iterable[Contribution]) -> Parcours:
    """The parcours that these contributions make."""
    known = sorted({one.declaration_id: one for one in contributions}.values(), key=lambda one: one.freshness)
    standing: dict[tuple[str, ...], Contribution] = {}
    for one in known:
        if not one.withdrawn and one.nature != "suppression":
            standing[(one.nature, *one.slot)] = one
    live = sorted(standing.values(), key=lambda one: one.freshness)
    dossiers, place = _dossiers(person_id, live)
    blocks = _person_blocks(live)
    return Parcours(
        person_id=person_id,
        dossiers=tuple(sorted(dossiers, key=lambda dossier: dossier.dossier_id)),
        blocks=blocks,
        relations=_relations(live, {"accompagnement": "accompagne", "certification": "certifie"}),
        effects=_effects(known, live, place),
    )


def _dossiers(
    person_id: uuid.UUID, live: Sequence[Contribution]
) -> tuple[list[Dossier], dict[File, tuple[uuid.UUID, bool]]]:
    """The dossiers, and for each file its dossier and whether it is the dossier's first file."""
    by_file: dict[File, list[Contribution]] = defaultdict(list)
    for one in live:
        if one.nature in IN_A_DOSSIER:
            by_file[one.file].append(one)
    formations = {file: stated for file, of_file in by_file.items() if (stated := _formation(of_file))}
    paths = paths_of(formations) + [[file] for file in sorted(by_file) if file not in formations]
    certifications = [one for one in live if one.nature == "certification"]
    dossiers, place = [], {}
    for path in paths:
        dossier_id = uuid.uuid5(person_id, "/".join(path[0]))
        place.update({file: (dossier_id, file == path[0]) for file in path})
        said = sorted((one for file in path for one in by_file[file]), key=lambda one: one.freshness)
        dossiers.append(_dossier(dossier_id, said, certifications))
    return dossiers, place


def _formation(said: Sequence[Contribution]) -> dict[str, Any]:
    """Each field from the freshest contribution that states it; nothing when nobody did."""
    merged: dict[str, Any] = {}
    for one in said:
        if one.nature == "formation":
            merged.update(one.faits)
    return merged


def _dossier(
    dossier_id: uuid.UUID, said: Sequence[Contribution], certifications: Sequence[Contribution]
) -> Dossier:
    formation = _formation(said)
    dates = {name: formation.pop(name) for name in _DATES_OF_FORMATION if name in formation}
    dates.update(_realisation([one for one in said if one.nature == "realisation"]))
    financements = _financements(said)
    blocks = {
        "formation": formation,
        "dates": dates,
        "financements": financements,
        "remunerations": _listed(said, "remuneration", "payeur", "debut"),
        "certifications": _listed(
            [one for one in certifications if one.faits["certification"] == formation.get("certification")],
            "certification",
            "certificateur",
            "le",
        ),
    }
    return Dossier(
        dossier_id=dossier_id,
        state=_state(formation, dates),
        blocks={name: block for name, block in blocks.items() if block},
        relations=tuple(
            sorted(
                {Relation(one.file.financeur, "finance") for one in said if one.source == one.file.financeur}
                | {Relation(one.source, "finance") for one in said if one.nature == "financement"}
                | {Relation(one.source, "paie") for one in said if one.nature == "remuneration"}
            )
        ),
        shares=tuple(Share(one["financeur"], one["total"]) for one in financements),
    )


def _realisation(events: Sequence[Contribution]) -> dict[str, Any]:
    """What really happened: the funder of the file is believed before others, then the freshest."""
    by_authority = sorted(events, key=lambda one: (one.source == one.file.financeur, one.freshness))
    told: dict[str, Contribution] = {one.faits["evenement"]: one for one in by_authority}
    dates: dict[str, Any] = {}
    if entree := told.get("entree"):
        dates["entree_le"] = entree.faits["le"]
    ended = [one for name in ("sortie", "abandon") if (one := told.get(name))]
    if ended:
        last = max(ended, key=lambda one: (one.source == one.file.financeur, one.freshness))
        dates["sortie_le"] = last.faits["le"]
        dates["abandon"] = last.faits["evenement"] == "abandon"
        for name in ("motif", "heures_realisees", "taux_realisation"):
            if name in last.faits:
                dates[name] = last.faits[name]
    if interruptions := _interruptions(by_authority):
        dates["interruptions"] = interruptions
    return dates


def _interruptions(events: Sequence[Contribution]) -> list[dict[str, Any]]:
    """Each interruption with the first reprise after it, however many sources told of either."""
    starts = {
        one.faits["le"]: one.faits.get("motif") for one in events if one.faits["evenement"] == "interruption"
    }
    ends = sorted({one.faits["le"] for one in events if one.faits["evenement"] == "reprise"})
    intervals: list[dict[str, Any]] = []
    for start in sorted(starts):
        if intervals and (intervals[-1]["fin"] is None or start < intervals[-1]["fin"]):
            continue  # already interrupted: the same interruption, told twice
        end = next((day for day in ends if day > start), None)
        intervals.append({"debut": start, "fin": end, "motif": starts[start]})
    return intervals


def _financements(said: Sequence[Contribution]) -> list[dict[str, Any]]:
    """One for each funder's file, with its costs by nature and their total, in cents."""
    dispositifs = {one.file: one.faits["dispositif"] for one in said if one.nature == "formation"}
    found = [
        {
            "financeur": one.source,
            "reference": one.file.reference,
            "dispositif": dispositifs.get(one.file),
            "postes": one.faits["postes"],
            "total": sum(poste["montant"] for poste in one.faits["postes"]),
            "accord_le": one.faits.get("accord_le"),
        }
        for one in said
        if one.nature == "financement"
    ]
    return sorted(found, key=lambda one: (one["financeur"], one["reference"]))


def _listed(said: Sequence[Contribution], nature: str, who: str, when: str) -> list[dict[str, Any]]:
    found = [{who: one.source, **one.faits} for one in said if one.nature == nature]
    return sorted(found, key=lambda one: (one[when], one[who]))


def _state(formation: dict[str, Any], dates: dict[str, Any]) -> State:
    if "sortie_le" in dates:
        return "abandonne" if dates["abandon"] else "termine"
    if any(interruption["fin"] is None for interruption in dates.get("interruptions", ())):
        return "interrompu"
    if "entree_le" in dates:
        return "en_formation"
    return "prevu" if formation else "annonce"


def _person_blocks(live: Sequence[Contribution]) -> dict[str, Any]:
    blocks = {
        "certifications": _listed(live, "certification", "certificateur", "le"),
        "emplois": _listed(live, "emploi", "declarant", "debut"),
        "accompagnements": _listed(live, "accompagnement", "operateur", "debut"),
    }
    return {name: block for name, block in blocks.items() if block}


def _relations(live: Sequence[Contribution], roles: dict[str, str]) -> tuple[Relation, ...]:
    return tuple(sorted({Relation(one.source, roles[one.nature]) for one in live if one.nature in roles}))


def _effects(
    known: Sequence[Contribution],
    live: Sequence[Contribution],
    place: dict[File, tuple[uuid.UUID, bool]],
) -> dict[uuid.UUID, Effect]:
    standing = {one.declaration_id for one in live}
    effects: dict[uuid.UUID, Effect] = {}
    opened: set[File] = set()
    for one in known:
        dossier_id, is_first = place.get(one.file, (None, False))
        if one.nature == "suppression":
            effects[one.declaration_id] = Effect("retrait_effectue", None)
        elif one.withdrawn:
            effects[one.declaration_id] = Effect("retiree", None)
        elif one.nature not in IN_A_DOSSIER:
            effects[one.declaration_id] = Effect("parcours_complete", None)
        elif one.declaration_id not in standing:
            effects[one.declaration_id] = Effect("remplacee", dossier_id)
        elif one.file in opened:
            effects[one.declaration_id] = Effect("dossier_complete", dossier_id)
        else:
            opened.add(one.file)
            effects[one.declaration_id] = Effect(
                "dossier_ouvert" if is_first else "cofinancement_reconnu", dossier_id
            )
    return effects
