"""What a partner is given to write a declaration with: looked up, decided by access, shown, and counted.

The answer does not depend on the count: where the database does not let it be counted at once, the partner
has its answer all the same, and an operator sees that something was not counted.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy.orm import Session

from services.chassis.errors import StorageFailure
from services.contracts.declaration import NATURES
from services.contracts.fields import Part
from services.dossier import answers, desk, errors, sparing
from services.dossier.desk import Ask, Past, When
from services.dossier.domain.assembling import Assembled
from services.dossier.domain.explaining import Statement
from services.dossier.domain.fold import fold_assembled
from services.dossier.domain.parcours import Dossier, Parcours
from services.dossier.domain.prefilling import (
    MODELS,
    Proposal,
    Reader,
    Spared,
    Value,
    dossiers_meant,
    proposals_of,
    spared_by,
)
from services.dossier.storage import contributions, spared
from services.dossier.storage.spared import Asking
from services.dossier.use_cases import Moment

log = structlog.get_logger(__name__)


class Open(Protocol):
    """How a transaction is opened."""

    def __call__(self) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a person of whom somebody is about to declare something; `counted`: what it was spared
    before."""

    past: Past
    counted: Sequence[Spared]


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What may be given, and what it was decided from."""

    held: Held
    assembled: Assembled
    proposals: Sequence[Proposal]
    hidden: Sequence[Mapping[str, Any]]
    decision: str


def find(session: Session, caller: str, asked: Mapping[str, Any]) -> Held:
    """What is held of the person of whom the caller's own reference speaks. Raises `NotFound`, and
    `BadRequest` for a kind that states nothing."""
    nature = asked["nature"]
    if nature not in MODELS:
        raise errors.nature_sans_prefill()
    person_id = contributions.find_person(session, caller, asked["reference"])
    if person_id is None:
        raise errors.parcours_introuvable()
    counted = spared.counted(session, person_id, caller, nature)
    return Held(desk.find_past(session, person_id), counted)


def prefill(held: Held, ask: Ask, caller: str, asked: Mapping[str, Any], when: When) -> Prefilled:
    """What access lets the caller write a declaration of this kind with. Raises `Refused` when that is
    nothing, and `NotFound` for a dossier that it may not see."""
    nature = asked["nature"]
    assembled = held.past.assembled(when)
    parcours = fold_assembled(held.past.person_id, assembled)
    meant = _meant(parcours, assembled, caller, asked)
    decision = desk.decide(
        held.past.person_id, [one.dossier_id for one in meant], ask, caller, asked["finalite"]
    )
    if not decision["granted"]:
        raise errors.lecture_refusee(decision["reason"], decision["decision"])
    opened = {one["dossier_id"]: one for one in decision["dossiers"]}
    if "dossier_id" in asked and asked["dossier_id"] not in opened:
        raise errors.dossier_introuvable()
    reader = Reader(caller, {one: each["blocs"] for one, each in opened.items()}, decision["blocs"])
    return Prefilled(
        held=held,
        assembled=assembled,
        proposals=proposals_of(nature, assembled, parcours, reader),
        hidden=list(_hidden(nature, parcours, opened, decision)),
        decision=decision["decision"],
    )


def _meant(
    parcours: Parcours, assembled: Assembled, caller: str, asked: Mapping[str, Any]
) -> Sequence[Dossier]:
    if "dossier_id" in asked:
        return [one for one in parcours.dossiers if one.dossier_id == asked["dossier_id"]]
    return dossiers_meant(parcours, assembled, caller, asked["reference"])


def _hidden(
    nature: str, parcours: Parcours, opened: Mapping[Any, Mapping[str, Any]], decision: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The closed blocks that might have filled more, and why they are closed."""
    of_dossiers, of_persons = (
        {block for model in MODELS[nature] if model.of_the_person is personal for block in model.blocks}
        for personal in (False, True)
    )
    yield from _masked(None, parcours.blocks, decision, of_persons)
    for dossier in parcours.dossiers:
        if dossier.dossier_id in opened:
            yield from _masked(dossier.dossier_id, dossier.blocks, opened[dossier.dossier_id], of_dossiers)


def _masked(
    dossier_id: uuid.UUID | None,
    blocks: Mapping[str, Any],
    decided: Mapping[str, Any],
    wanted: Collection[str],
) -> Iterator[dict[str, Any]]:
    for one in answers.visible(blocks, decided["blocs"], decided["masques"])["masques"]:
        if one["bloc"] in wanted:
            yield {"dossier_id": dossier_id, **one}


def count(
    open_transaction: Open, pseudonyms: bytes, moment: Moment, caller: str, nature: str, given: Prefilled
) -> None:
    """Count what this spares, in a short transaction of its own; nothing new, and there is none."""
    if not spared_by(given.proposals, given.assembled, given.held.counted):
        return
    asking = Asking(
        person_id=given.held.past.person_id,
        siret=caller,
        nature=nature,
        profile=_profile(given.assembled, caller),
        month=moment.today.isoformat()[:7],
    )
    try:
        with open_transaction() as session:
            new = sparing.count(session, pseudonyms, moment.now, asking, given.assembled, given.proposals)
    except StorageFailure as failure:
        sparing.UNCOUNTED.inc()
        log.warning("spared_not_counted", cause=type(failure).__name__)
    else:
        sparing.SPARED.labels(nature).inc(new)


def _profile(assembled: Assembled, caller: str) -> str | None:
    """What the caller was when it last spoke of the person, where that is known."""
    return next(
        (one.profile for one in reversed(assembled.known) if one.source == caller and one.profile), None
    )


def show(nature: str, given: Prefilled) -> dict[str, Any]:
    """What is given, as the caller gets it."""
    return {
        "nature": nature,
        "propositions": [show_proposal(nature, one) for one in given.proposals],
        "masques": given.hidden,
        "decision": given.decision,
    }


def show_proposal(nature: str, one: Proposal) -> dict[str, Any]:
    """One proposal, with its facts as they can be taken over, and what is left to ask."""
    faits: dict[str, Any] = {}
    for value in one.values:
        if value.can_be_taken:
            _put(faits, value.path.split(".")[1:], value.value)
    taken = {value.path for value in one.values if value.can_be_taken}
    return {
        "dossier_id": one.dossier_id,
        "faits": faits,
        "a_demander": [path for path in obligatory(nature) if path not in taken],
        "valeurs": [_value(value, value.reason.winner) for value in one.values],
    }


def _put(into: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    for step in steps[:-1]:
        into = into.setdefault(step, {})
    into[steps[-1]] = value


def _value(value: Value, said: Statement) -> dict[str, Any]:
    return {
        "chemin": value.path,
        "valeur": value.value,
        "champ": value.reason.field,
        "declaration_id": said.by.declaration_id,
        "source": said.by.source,
        "dite_le": said.by.emise_le,
        "recue_le": said.by.received_at,
        "regle": value.reason.rule,
        "par_vous": value.is_own,
        "a_reprendre": value.can_be_taken,
        "anomalies": [answers.anomaly_to_wire(one) for one in value.anomalies],
    }


def obligatory(nature: str) -> list[str]:
    """The paths without which a declaration of this kind is refused."""
    return list(_obligatory(NATURES[nature].fields["faits"], "faits"))


def _obligatory(field: Any, at: str) -> Iterator[str]:
    if not field.required:
        return
    if not isinstance(field, Part):
        yield at
        return
    for name, inner in field.schema.fields.items():
        yield from _obligatory(inner, f"{at}.{name}")
