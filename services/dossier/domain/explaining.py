"""Says why a field of a parcours has its value: the statement that won, the others, and the rule.

The winner is the fold's own (`grounds`); here the others are found, who say something of the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from services.dossier.domain.assembling import Assembled, Material
from services.dossier.domain.authority import Ground, Subject, rank_of
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.realisation import DATES_PLANNED, ENDS, TOLD_OF_THE_END, gave_up, planned_by

# How a value won: nobody says otherwise; its source is believed about it before the others; it is the last
# word; said at the same instant, it is the later line; it follows from several statements together; its
# funder bears more of the training than the others.
Rule = Literal["unanime", "autorite", "fraicheur", "ordre", "deduction", "financement"]

_SUBJECTS: Mapping[str, Subject] = {
    "formation": "formation",
    "remunerations": "remuneration",
    "certifications": "certification",
    "emplois": "emploi",
    "accompagnements": "accompagnement",
}
_DEDUCED = (("dates", "interruptions"), ("dates", "contrats"), ("financements", "etat"))
_OF_WHO_BEARS_MOST = "formation.dispositif"
_NOTHING = object()


class Statement(NamedTuple):
    """One contribution's word on a field, how far it is believed, and whether its own source replaced it."""

    by: Contribution
    value: Any
    rank: int
    is_replaced: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field has its value: the winner, and the others, the most believed first."""

    field: str
    value: Any
    rule: Rule
    winner: Statement
    others: tuple[Statement, ...]


def why(
    assembled: Assembled, blocks: Mapping[str, Any], grounds: Mapping[str, Contribution], field: str
) -> Reason | None:
    """The reason of `block.field`, or of `block.number.field` where the block is a list.

    `blocks` and `grounds` are what the fold gave of a dossier, or of the parcours. None where it has no such
    field.
    """
    value, winner = value_at(blocks, field), ground_of(grounds, field)
    if value is None or winner is None:
        return None
    said = _statements(assembled, winner, field)
    won = next((one for one in said if one.by.declaration_id == winner.declaration_id), None)
    if won is None:
        return None
    others = tuple(one for one in said if one is not won)
    material = _material_of(assembled, winner)
    borne = material.borne() if material and field == _OF_WHO_BEARS_MOST else {}
    return Reason(field, value, _rule(field, won, others, borne), won, others)


def value_at(blocks: Mapping[str, Any], field: str) -> Any:
    """What is shown at a path; None where nothing is."""
    value: Any = blocks
    for step in field.split("."):
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def ground_of(grounds: Mapping[str, Contribution], field: str) -> Contribution | None:
    """Whose a field is; a part of something is its whole's."""
    while field not in grounds and "." in field:
        field = field.rpartition(".")[0]
    return grounds.get(field)


def _statements(assembled: Assembled, winner: Contribution, field: str) -> list[Statement]:
    block, _, rest = field.partition(".")
    name = rest if block in ("formation", "dates") else rest.partition(".")[2]
    material = _material_of(assembled, winner)
    grounds = material.grounds if material else {}
    replaced = {one.declaration_id for one in assembled.replaced}
    subject: Subject = _SUBJECTS.get(block, "prevision" if name in DATES_PLANNED else "realisation")
    found = []
    for one in (*assembled.live, *assembled.replaced):
        value = _word(one, winner, block, name) if _is_beside(assembled, one, winner, block) else _NOTHING
        if value is not _NOTHING:
            rank = rank_of(subject, one, grounds.get(one.file, Ground()))
            found.append(Statement(one, value, rank, one.declaration_id in replaced))
    found.sort(key=lambda each: each.by.freshness, reverse=True)
    return sorted(found, key=lambda each: (each.is_replaced, each.rank))


def _material_of(assembled: Assembled, one: Contribution) -> Material | None:
    place = assembled.places.get(one.file)
    return next((each for each in assembled.materials if place and each.dossier_id == place.dossier_id), None)


def _is_beside(assembled: Assembled, one: Contribution, winner: Contribution, block: str) -> bool:
    """Whether it speaks of the same thing: the same dossier, or of a list, the same item."""
    if block in ("formation", "dates"):
        return one.declaration_id == winner.declaration_id or _are_one(assembled, one, winner)
    if one.nature != winner.nature:
        return False
    match block:
        case "emplois":
            return one.contract == winner.contract
        case "certifications":
            return bool(one.faits["certification"] == winner.faits["certification"])
        case "remunerations":
            return _are_one(assembled, one, winner) and _period(one) == _period(winner)
    return one.slot == winner.slot


def _are_one(assembled: Assembled, one: Contribution, other: Contribution) -> bool:
    here, there = assembled.places.get(one.file), assembled.places.get(other.file)
    return here is not None and there is not None and here.dossier_id == there.dossier_id


def _period(one: Contribution) -> tuple[Any, Any]:
    return one.faits["debut"], one.faits["fin"]


def _word(one: Contribution, winner: Contribution, block: str, name: str) -> Any:
    """What a contribution says of a field; `_NOTHING` where it says nothing of it."""
    if block == "dates":
        return _word_on_dates(one, name)
    if block == "formation" and one.nature != "formation":
        return _NOTHING
    if not name:
        return dict(one.faits)
    if block == "financements" and name == "etat" and one.nature == "realisation":
        return {one.faits["evenement"]: one.faits["le"]}
    if block == "financements" and name == "total":
        return sum(poste["montant"] for poste in one.faits["postes"])
    said = _inside(one.faits, name)
    if said is _NOTHING and one.declaration_id == winner.declaration_id:
        return None  # it is the one that is shown, and what is shown follows from it
    return said


def _inside(faits: Mapping[str, Any], name: str) -> Any:
    value = value_at(faits, name)
    return _NOTHING if value is None else value


def _word_on_dates(one: Contribution, name: str) -> Any:
    if name in DATES_PLANNED:
        is_plan = one.nature in ("formation", "realisation")
        return planned_by(one).get(name, _NOTHING) if is_plan else _NOTHING
    name = name.partition(".")[0]
    if name == "contrats" and one.nature in ("formation", "emploi"):
        return dict(one.faits)
    return _word_of_event(one, name) if one.nature == "realisation" else _NOTHING


_EVENTS_OF = {"interruptions": ("interruption", "reprise"), "contrats": ("contrat", "rupture")}


def _word_of_event(one: Contribution, name: str) -> Any:
    event, le = one.faits["evenement"], one.faits["le"]
    if name in _EVENTS_OF:
        return {event: le} if event in _EVENTS_OF[name] else _NOTHING
    if name == f"{event}_le" or (name == "sortie_le" and event in ENDS):
        return le
    if event not in ENDS:
        return _NOTHING
    if name == "abandon":
        return gave_up(one)
    return one.faits.get(name, _NOTHING) if name in TOLD_OF_THE_END else _NOTHING


def _rule(field: str, won: Statement, others: Iterable[Statement], borne: Mapping[File, int]) -> Rule:
    block, *steps = field.split(".")
    if any((block, step) in _DEDUCED for step in steps):
        return "deduction"
    against = next((one for one in others if one.value != won.value), None)
    if against is None:
        return "unanime"
    if won.rank < against.rank and not against.is_replaced:
        return "autorite"
    if borne.get(won.by.file, 0) > borne.get(against.by.file, 0):
        return "financement"
    return "fraicheur" if won.by.emise_le > against.by.emise_le else "ordre"
