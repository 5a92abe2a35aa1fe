"""What the identities' desk is told: traits without a NIR, weights without a value, ids and numbers."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from services.chassis.logs import mask
from services.contracts.identity import SHOWN_IN_PART
from services.identity.domain.certifying import is_certified
from services.identity.domain.deciding import Verdict
from services.identity.domain.model import Thresholds
from services.identity.domain.scoring import Explanation, Scorer
from services.identity.domain.survivorship import Said, has_nir, survive
from services.identity.storage.decisions import Decided
from services.identity.storage.records import Move
from services.identity.storage.rulings import Ruled
from services.identity.storage.statements import Kept
from services.identity.storage.verdicts import Doubt, Pair

Persons = Mapping[uuid.UUID, uuid.UUID]  # of lines


def ruled_to_wire(ruled: Ruled, decision: str) -> dict[str, Any]:
    """What a ruling did."""
    return {
        "ruling_id": ruled.ruling_id,
        "person_ids": ruled.person_ids,
        "lignes_deplacees": ruled.moved,
        "decision": decision,
    }


def doubts_to_wire(
    doubts: Sequence[tuple[Doubt, tuple[uuid.UUID, uuid.UUID]]], after: Pair, scorer: Scorer, decision: str
) -> dict[str, Any]:
    """A page of doubts, and where the next one begins."""
    return {
        "doutes": [
            {
                "person_ids": doubt.persons,
                "declarations": lines,
                "cause": doubt.cause,
                "poids": doubt.weight,
            }
            for doubt, lines in doubts
        ],
        "suite": doubts[-1][0].pair if doubts else after,
        "seuils": _thresholds(scorer.model.thresholds),
        "decision": decision,
    }


def explanation_to_wire(
    explained: tuple[Explanation, Verdict], persons: Persons, decision: str
) -> dict[str, Any]:
    """Why two lines are of one person or not: levels and weights, and no value."""
    explanation, verdict = explained
    return {
        "modele": explanation.model,
        "a_priori": explanation.prior,
        "traits": [
            {"trait": part.trait, "niveau": part.level, "poids": part.weight, "rarete": part.rarity}
            for part in explanation.parts
        ],
        "total": explanation.total,
        "seuils": _thresholds(explanation.thresholds),
        "reponse": verdict.answer.value,
        "cause": verdict.cause,
        "person_ids": sorted(set(persons.values())),
        "decision": decision,
    }


def _thresholds(thresholds: Thresholds) -> dict[str, float]:
    return {"liaison": thresholds.join, "revue": thresholds.review, "separation": thresholds.split}


def compared_to_wire(
    kept: Mapping[uuid.UUID, Kept],
    lines: Sequence[uuid.UUID],
    explained: tuple[Explanation, Verdict],
    persons: Persons,
    decision: str,
) -> dict[str, Any]:
    """The candidates side by side, in the order in which they were asked for."""
    return {
        "candidats": [_told_to_wire(line, persons[line], kept[line]) for line in lines],
        "explication": explanation_to_wire(explained, persons, decision),
    }


def _told_to_wire(line: uuid.UUID, person_id: uuid.UUID, kept: Kept) -> dict[str, Any]:
    told = json.loads(kept.plain)
    birth, address = told["naissance"], told.get("adresse")
    # A number typed into a name's field is a NIR all the same.
    return {
        "declaration_id": line,
        "person_id": person_id,
        "source": kept.source,
        "dite_le": kept.said_at,
        **mask({name: told.get(name) for name in ("nom_naissance", "nom_usage", "prenoms", "sexe")}),
        "naissance": mask({name: birth.get(name) for name in ("date", "commune", "pays")}),
        "adresse": address and mask({name: address.get(name) for name in ("code_postal", "commune")}),
        "a_un_nir": bool(told.get("nir")),
        "nir_certifie": is_certified(told, kept.profile),
    }


def resolved_to_wire(lines: Sequence[uuid.UUID], decided: Sequence[Decided], decision: str) -> dict[str, Any]:
    """Of whom each line speaks, in the order in which they were asked for."""
    known = {one.declaration_id: one for one in decided}
    return {"lignes": [_line_to_wire(line, known.get(line)) for line in lines], "decision": decision}


def _line_to_wire(line: uuid.UUID, one: Decided | None) -> dict[str, Any]:
    return {
        "declaration_id": line,
        "person_id": one and one.person_id,
        "version": one and one.version,
        "regle": one and one.rule,
    }


def changes_to_wire(moves: Sequence[Move], after: int, decision: str) -> dict[str, Any]:
    """Who changed persons, and from which number to go on."""
    return {
        "mouvements": [
            {
                "numero": one.seq,
                "de": one.from_person,
                "vers": one.to_person,
                "cause": one.cause,
                "le": one.moved_at,
            }
            for one in moves
        ],
        "suite": moves[-1].seq if moves else after,
        "decision": decision,
    }


def civil_status_to_wire(
    person_id: uuid.UUID, finalite: str, said: Sequence[Said], decision: str
) -> dict[str, Any]:
    """The civil status to show of a person for a purpose, each trait with why it won."""
    needed = SHOWN_IN_PART.get(finalite)
    return {
        "person_id": person_id,
        "traits": [
            {
                "trait": shown.trait,
                "valeurs": mask(list(shown.values)),
                "source": shown.source,
                "dite_le": shown.said_at,
                "regle": shown.rule,
                "contraires": shown.contrary,
            }
            for shown in survive(said)
            if needed is None or shown.trait in needed
        ],
        "a_un_nir": has_nir(said),
        "nir_certifie": any(one.is_certified for one in said),
        "decision": decision,
    }
