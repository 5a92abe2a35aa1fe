"""What readers ask of dossier: a question is looked up, access is asked, and what it opens is shown.

A question has two times: as it was on a day, as it was known at an instant. Without either, what was last
folded is read; with one, the person is folded anew from what was known then, as far as it was true.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from services.contracts.access import DECIDE
from services.contracts.dossier.reading import MOST_STEPS
from services.contracts.message import Call
from services.dossier import answers, errors
from services.dossier.domain.assembling import Assembled, assemble
from services.dossier.domain.contribution import Contribution
from services.dossier.domain.explaining import ground_of, value_at, why
from services.dossier.domain.fold import fold_assembled
from services.dossier.domain.parcours import Dossier, Parcours
from services.dossier.domain.travelling import (
    Learned,
    Ruled,
    differences,
    instants,
    known,
    ruled,
    still_hers,
)
from services.dossier.storage import contributions, parcours
from services.dossier.storage.parcours import Stored
from services.dossier.use_cases import rulings_of


class Ask(Protocol):
    """How another service is asked."""

    def __call__(self, call: Call, **body: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class When:
    """As it was on `day`, as it was known at `known_at` (None: now)."""

    day: date
    known_at: datetime | None = None
    is_now: bool = True


def when_of(asked: Mapping[str, Any], today: date) -> When:
    """The moment that a question is about."""
    return When(asked.get("au") or today, asked.get("connu_le"), not {"au", "connu_le"} & asked.keys())


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks what of a dossier, and why; `champ` where it is of one field."""

    caller: str
    finalite: str
    dossier_id: uuid.UUID
    when: When
    champ: str = ""


def question_of(caller: str, asked: Mapping[str, Any], today: date) -> Question:
    """What is asked of a dossier."""
    when = when_of(asked, today)
    return Question(caller, asked["finalite"], asked["dossier_id"], when, asked.get("champ", ""))


@dataclass(frozen=True, slots=True)
class Found:
    """A person's dossiers and person-wide blocks, before anybody decided who may see them.

    `since`: where there were no dossiers at the moment that is asked for, those that there are now: whoever
    is related to one of these may know that there was none.
    """

    person_id: uuid.UUID
    dossiers: list[Stored]
    blocks: dict[str, Any] = field(default_factory=dict)
    since: list[uuid.UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Past:
    """All that was ever learned of a person: what it was at any moment follows."""

    person_id: uuid.UUID
    learned: Sequence[Learned]
    rulings: Sequence[Ruled]

    def assembled(self, when: When) -> Assembled:
        """What counted at a moment."""
        on = None if when.is_now else when.day.isoformat()
        said = known(self.learned, when.known_at, on)
        return assemble(self.person_id, said, ruled(self.rulings, when.known_at))

    def parcours(self, when: When) -> Parcours:
        """The parcours at a moment."""
        return fold_assembled(self.person_id, self.assembled(when))


# --- what is looked up ---------------------------------------------------------------------------


def find_dossier(session: Session, dossier_id: uuid.UUID, when: When) -> Found:
    """One dossier. Raises `NotFound`."""
    stored = parcours.find_dossier(session, dossier_id)
    if stored is None:
        raise errors.dossier_introuvable()
    if when.is_now:
        return Found(stored.person_id, [stored])
    past = find_past(session, stored.person_id)
    return Found(stored.person_id, [one for one in _stored(past, when) if one.dossier_id == dossier_id])


def find_parcours(session: Session, caller: str, reference: str, when: When) -> Found:
    """The parcours of the person of whom the caller's own reference speaks. Raises `NotFound`."""
    person_id = contributions.find_person(session, caller, reference)
    if person_id is None:
        raise errors.parcours_introuvable()
    if when.is_now:
        dossiers = parcours.find_dossiers(session, person_id)
        blocks = parcours.find_blocks(session, [person_id]).get(person_id, {})
        return Found(person_id, dossiers, blocks)
    past = find_past(session, person_id)
    then = _stored(past, when)
    since = [] if then else _ids(parcours.find_dossiers(session, person_id))
    return Found(person_id, then, past.parcours(when).blocks, since)


def find_past_of(session: Session, dossier_id: uuid.UUID) -> Past:
    """All that was ever learned of the person of a dossier. Raises `NotFound`."""
    stored = parcours.find_dossier(session, dossier_id)
    if stored is None:
        raise errors.dossier_introuvable()
    return find_past(session, stored.person_id)


def find_past(session: Session, person_id: uuid.UUID) -> Past:
    """All that was ever learned of what is this person's.

    What identity has given to somebody else since is left out, of the past too: it was never hers.
    """
    learned = still_hers(contributions.of_persons(session, [person_id]).get(person_id, []))
    return Past(person_id, learned, rulings_of(session, [learned]))


def _stored(past: Past, when: When) -> list[Stored]:
    return [
        Stored(past.person_id, one.dossier_id, one.blocks, one.happened, one.anomalies, one.doubts)
        for one in past.parcours(when).dossiers
    ]


# --- what is shown -------------------------------------------------------------------------------


def show_dossier(found: Found, ask: Ask, caller: str, finalite: str, when: When) -> dict[str, Any]:
    """What the caller may see of a dossier. Raises `NotFound` when that is nothing, as for no dossier."""
    decision = decide(found.person_id, _ids(found.dossiers), ask, caller, finalite)
    shown = _shown_dossiers(found, decision, when)
    if not shown:
        raise errors.dossier_introuvable()
    return shown[0]


def show_parcours(found: Found, ask: Ask, caller: str, finalite: str, when: When) -> dict[str, Any]:
    """What the caller may see of a parcours. Raises `Refused` when access says no."""
    decision = decide(found.person_id, _ids(found.dossiers) or found.since, ask, caller, finalite)
    if not decision["granted"]:
        raise errors.lecture_refusee(decision["reason"], decision["decision"])
    jobs_are_open = "emplois" in decision["blocs"]
    followed = answers.followed_to_wire(found.dossiers, _opened(decision), found.blocks, when.day)
    return {
        "person_id": found.person_id,
        "dossiers": _shown_dossiers(found, decision, when),
        **answers.visible(found.blocks, decision["blocs"], decision["masques"]),
        "decision": decision["decision"],
        "suites": list(followed) if jobs_are_open else [],
    }


def explain(past: Past, ask: Ask, asked: Question) -> dict[str, Any]:
    """Why a field has its value. Raises `NotFound` where there is none that the caller may see."""
    decision = _let(past, ask, asked)
    assembled = past.assembled(asked.when)
    blocks, grounds = _of(fold_assembled(past.person_id, assembled), asked)
    reason = why(assembled, blocks, grounds, asked.champ)
    if reason is None:
        raise errors.champ_introuvable()
    told = answers.reason_to_wire(reason, asked.caller)
    return {"dossier_id": asked.dossier_id, **told, "decision": decision["decision"]}


def recount(past: Past, ask: Ask, asked: Question) -> dict[str, Any]:
    """What a field was known to be, at the last `MOST_STEPS` instants. Raises as `explain`."""
    decision = _let(past, ask, asked)
    steps = instants(past.learned)
    values: list[dict[str, Any]] = []
    for at in steps[-MOST_STEPS:]:
        blocks, grounds = _of(past.parcours(replace(asked.when, known_at=at)), asked)
        value, by = value_at(blocks, asked.champ), ground_of(grounds, asked.champ)
        if (values[-1]["valeur"] if values else None) != value:
            values.append({"connu_le": at, "valeur": value, "source": by.source if by else None})
    if not values:
        raise errors.champ_introuvable()
    return {
        "dossier_id": asked.dossier_id,
        "champ": asked.champ,
        "valeurs": values,
        "complete": len(steps) <= MOST_STEPS,
        "decision": decision["decision"],
    }


def compare(past: Past, ask: Ask, asked: Question, moments: Sequence[When]) -> dict[str, Any]:
    """What differs in a dossier between two moments. Raises `NotFound` when the caller may see none of it."""
    decision = decide(past.person_id, [asked.dossier_id], ask, asked.caller, asked.finalite)
    opened = _opened(decision).get(asked.dossier_id)
    if opened is None:
        raise errors.dossier_introuvable()
    before, after = (_at(past, asked.dossier_id, opened, when) for when in moments)
    found = differences(before["blocs"] if before else {}, after["blocs"] if after else {})
    return {
        "dossier_id": asked.dossier_id,
        "etat_avant": before["etat"] if before else None,
        "etat_apres": after["etat"] if after else None,
        "differences": [{"chemin": path, "avant": one, "apres": other} for path, one, other in found],
        "decision": decision["decision"],
    }


def _at(past: Past, dossier_id: uuid.UUID, opened: answers.Opened, when: When) -> dict[str, Any] | None:
    stored = next((one for one in _stored(past, when) if one.dossier_id == dossier_id), None)
    return answers.dossier_to_wire(stored, opened, (), when.day) if stored else None


def _of(folded: Parcours, asked: Question) -> tuple[Mapping[str, Any], Mapping[str, Contribution]]:
    """The blocks in which a field is, and whose they are: the dossier's, or the parcours'."""
    whole: Dossier | Parcours | None = folded
    if asked.champ.partition(".")[0] not in OF_THE_PARCOURS:
        whole = next((one for one in folded.dossiers if one.dossier_id == asked.dossier_id), None)
    return (whole.blocks, whole.grounds) if whole else ({}, {})


OF_THE_PARCOURS = frozenset({"emplois", "accompagnements"})


# --- who may -------------------------------------------------------------------------------------


def decide(
    person_id: uuid.UUID, dossiers: Sequence[uuid.UUID], ask: Ask, caller: str, finalite: str
) -> dict[str, Any]:
    """Access's decision about a person's dossiers, which its journal remembers."""
    return ask(
        DECIDE,
        siret=caller,
        service="dossier",
        finalite=finalite,
        person_id=person_id,
        dossiers=list(dossiers),
    )


def _let(past: Past, ask: Ask, asked: Question) -> dict[str, Any]:
    """Access's decision, where it opens the block of this field."""
    decision = decide(past.person_id, [asked.dossier_id], ask, asked.caller, asked.finalite)
    block = asked.champ.partition(".")[0]
    opened = _opened(decision).get(asked.dossier_id)
    if opened is None:
        raise errors.dossier_introuvable()
    if block not in (decision["blocs"] if block in OF_THE_PARCOURS else opened["blocs"]):
        raise errors.champ_introuvable()
    return decision


def _ids(dossiers: Iterable[Stored]) -> list[uuid.UUID]:
    return [stored.dossier_id for stored in dossiers]


def _opened(decision: Mapping[str, Any]) -> dict[object, answers.Opened]:
    return {one["dossier_id"]: one for one in decision["dossiers"]}


def _shown_dossiers(found: Found, decision: Mapping[str, Any], when: When) -> list[dict[str, Any]]:
    opened = _opened(decision)
    return [
        answers.dossier_to_wire(stored, opened[stored.dossier_id], opened.keys(), when.day)
        for stored in found.dossiers
        if stored.dossier_id in opened
    ]
