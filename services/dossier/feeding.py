"""What a reader follows, of dossiers and of what belongs to a person and to none of hers: the changes since a
number, and a snapshot to begin with; as far as access lets it.

A page is looked up, decided upon by access all at once, and shown block by block.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from services.contracts.access import DECIDE_READINGS
from services.contracts.dossier.scope import CHANGES, SNAPSHOT
from services.dossier import answers, errors
from services.dossier.storage import changes, parcours, scopes
from services.dossier.storage.changes import Changed, Page
from services.dossier.storage.parcours import Stored

log = structlog.get_logger(__name__)

Ask = Callable[..., dict[str, Any]]

# One has a dossier within one's scope by a relation; without a right, nothing is told, and it is said why.
_NO_RIGHT = frozenset(
    {
        "organisation_unknown",
        "no_habilitation_for_service",
        "purpose_not_covered",
        "habilitation_not_in_force",
    }
)


@dataclass(frozen=True, slots=True)
class Followed:
    """A page of changes. `hers`: of the declarations they are from, those that are their person's by now;
    `mixed`: the persons of whom something was another's; `called`: what the reader calls those of whom
    something changed that is in no dossier."""

    page: Page
    hers: set[tuple[str, uuid.UUID]]
    mixed: set[uuid.UUID]
    called: Mapping[uuid.UUID, Sequence[str]]


# --- changes -------------------------------------------------------------------------------------


def find_changes(session: Session, caller: str, after: int, most: int) -> Followed:
    """The changes after a number, within the caller's scope. Raises `Conflict` for a number that is to
    come, or after which changes are kept no more."""
    page = changes.since(session, caller, after, most)
    if after >= page.to_come:
        raise errors.suite_inconnue()
    if after < page.forgotten:
        raise errors.suite_oubliee()
    said = [(by, one.person_id) for one in page.changes for *_, by, _ in one.differences if by]
    persons = sorted({one.person_id for one in page.changes})
    if not persons:
        return Followed(page, set(), set(), {})
    theirs, mixed = changes.still_theirs(session, said), changes.lost_something(session, persons)
    own = sorted({one.person_id for one in page.changes if one.is_of_the_person})
    return Followed(page, theirs, mixed, _called(session, caller, own))


def _called(session: Session, caller: str, persons: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[str]]:
    """The references under which the caller speaks of these persons."""
    if not persons:
        return {}
    found = scopes.references(session, [(one, caller) for one in persons])
    return {one: sorted({reference for reference, _ in many}) for (one, _), many in found.items()}


def show_changes(found: Followed, ask: Ask, caller: str, finalite: str, after: int) -> dict[str, Any]:
    """What the caller may see of a page. It ends before the first change of which access does not know yet
    whose it is. Raises `Refused` when access says no to all of it."""
    page = found.page
    versions: dict[uuid.UUID, int] = {}
    dossiers: dict[uuid.UUID, set[uuid.UUID]] = {}
    for one in page.changes:
        versions[one.person_id] = max(one.version, versions.get(one.person_id, 0))
        of_hers = dossiers.setdefault(one.person_id, set())
        if not one.is_of_the_person:
            of_hers.add(one.dossier_id)
    asked = [(one, versions[one], sorted(dossiers[one])) for one in versions]
    decided = decide(ask, CHANGES.routing_key, caller, finalite, asked)
    behind = next(
        (place for place, one in enumerate(page.changes) if _is_behind(one, decided[one.person_id])), None
    )
    whole = page.changes if behind is None else page.changes[:behind]
    until = page.until if behind is None else (whole[-1].numero if whole else after)
    of_dossiers = (_shown(one, found, decided[one.person_id]) for one in whole if not one.is_of_the_person)
    of_persons = (
        _shown_of_the_person(one, found, decided[one.person_id]) for one in whole if one.is_of_the_person
    )
    return {
        "changements": [one for one in of_dossiers if one],
        "parcours": [one for one in of_persons if one],
        "suite": until,
        "fini": page.is_last and behind is None,
    }


def _is_behind(one: Changed, decided: Mapping[str, Any]) -> bool:
    """Whether access cannot say yet whose it is."""
    return not decided["a_jour"] or (one.is_of_the_person and decided["blocs"] is None)


def _shown_of_the_person(one: Changed, found: Followed, decided: Mapping[str, Any]) -> dict[str, Any] | None:
    differences = [] if one.kind == "retire" else list(_differences(one, found, decided["blocs"]))
    if one.kind != "retire" and not differences:
        return None  # that there is something, or not, in a block that is closed is not told either
    return {
        "numero": one.numero,
        "le": one.changed_at,
        "person_id": one.person_id,
        "references": found.called.get(one.person_id, ()),
        "nature": one.kind,
        "differences": differences,
        "decision": decided["decision"],
    }


def _shown(one: Changed, found: Followed, decided: Mapping[str, Any]) -> dict[str, Any] | None:
    told = {
        "numero": one.numero,
        "le": one.changed_at,
        "dossier_id": one.dossier_id,
        "nature": one.kind,
        "decision": decided["decision"],
    }
    if one.kind == "retire":  # that it is no more says nothing of anybody
        return {**told, "etat_avant": None, "etat_apres": None, "differences": []}
    opened = {each["dossier_id"]: each["blocs"] for each in decided["dossiers"]}
    if one.dossier_id not in opened:
        return None
    blocs = opened[one.dossier_id]
    before, after = (_state(one, states, found, blocs) for states in (one.states_before, one.states_after))
    differences = list(_differences(one, found, blocs))
    if one.kind == "modifie" and not differences and before == after:
        return None  # that something has changed that is closed is not told either
    return {**told, "etat_avant": before, "etat_apres": after, "differences": differences}


def _state(one: Changed, states: Sequence[str] | None, found: Followed, blocs: Sequence[str]) -> str | None:
    """The state as it may be seen; of a person of whom something was another's, none: it may come of that."""
    if states is None or one.person_id in found.mixed:
        return None
    whole, without_results = states
    return whole if "certifications" in blocs else without_results


def _differences(one: Changed, found: Followed, blocs: Sequence[str]) -> list[dict[str, Any]]:
    """The differences in open blocks, without what identity has given to somebody else since: whatever was
    said before is left out, of a person of whom something was another's."""
    is_mixed = one.person_id in found.mixed
    return [
        {
            "chemin": path,
            "avant": None if is_mixed else before,
            "apres": after,
            "cause": {"declaration_id": by, "source": source} if by else None,
        }
        for path, before, after, by, source in one.differences
        if path.partition(".")[0] in blocs
        and ((by, one.person_id) in found.hers or (by is None and (after is None or not is_mixed)))
    ]


def forget_changes(session: Session, now: datetime, kept: timedelta) -> None:
    """Forget the changes that were noted longer ago than a reader may be behind."""
    forgotten = changes.forget(session, now - kept)
    if forgotten:
        log.info("changes_forgotten", changes=forgotten)


# --- snapshot ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page of dossiers and of what belongs to persons and to no dossier, with what the reader calls them;
    up to which id they were looked for, and the number from which on the feed tells what it has not."""

    number: int
    dossiers: list[Stored]
    blocks: Mapping[uuid.UUID, Mapping[str, Any]]
    called: Mapping[uuid.UUID, Sequence[str]]
    until: uuid.UUID
    is_last: bool


def find_scope(session: Session, caller: str, after: uuid.UUID, most: int) -> Snapshot:
    """A page of the dossiers and of the persons within the caller's scope. The number comes first: of what
    comes to be seen between the two, the page may have it and the feed tells it all the same."""
    number = changes.number(session)
    places, persons = scopes.find_all(session, caller, after, most)
    dossiers, blocks = parcours.find_these(session, places.found), parcours.find_blocks(session, persons)
    called = _called(session, caller, sorted(blocks))
    return Snapshot(number, dossiers, blocks, called, places.until, places.is_last)


def show_scope(found: Snapshot, ask: Ask, caller: str, finalite: str, today: date) -> dict[str, Any]:
    """What the caller may see of a page. Raises `Refused` when access says no to all of it."""
    decided = _decided(ask, SNAPSHOT.routing_key, caller, finalite, found.dossiers, found.blocks)
    opened = _opened(decided)
    return {
        "parcours": list(_parcours(found, decided)),
        "numero": found.number,
        "dossiers": [
            answers.dossier_to_wire(one, opened[one.dossier_id][0], opened.keys(), today)
            for one in found.dossiers
            if one.dossier_id in opened
        ],
        "suite": found.until,
        "fini": found.is_last,
    }


def _parcours(found: Snapshot, decided: Mapping[uuid.UUID, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The persons of whom something may be seen that is in no dossier: of the others it is not said whether
    there is anything."""
    for person_id in sorted(found.blocks):
        one = decided[person_id]
        shown = answers.visible(found.blocks[person_id], one["blocs"] or (), one["masques"])
        if shown["blocs"]:
            references = found.called.get(person_id, ())
            yield {
                "person_id": person_id,
                "references": references,
                **shown,
                "decision": one["decision"],
            }


# --- who may -------------------------------------------------------------------------------------


def decide(
    ask: Ask,
    call: str,
    caller: str,
    finalite: str,
    asked: Sequence[tuple[uuid.UUID, int, Sequence[uuid.UUID]]],
) -> dict[uuid.UUID, Mapping[str, Any]]:
    """Access's decision about each of these persons' dossiers (person, version, dossiers), in one call.

    Raises `Refused` where the caller has no right at all.
    """
    if not asked:
        return {}
    readings = [
        {
            "siret": caller,
            "finalite": finalite,
            "person_id": person_id,
            "version": version,
            "dossiers": list(dossiers),
        }
        for person_id, version, dossiers in asked
    ]
    decided = ask(DECIDE_READINGS, appel=call, lectures=readings)["lectures"]
    for one in decided:
        if one["reason"] in _NO_RIGHT:
            raise errors.lecture_refusee(one["reason"], one["decision"])
    return {person_id: one for (person_id, *_), one in zip(asked, decided, strict=True)}


def opened_of(
    ask: Ask, call: str, caller: str, finalite: str, dossiers: Sequence[Stored]
) -> dict[object, tuple[answers.Opened, str]]:
    """What access opens of these dossiers, each with its decision's number; those of which it opens nothing
    are left out."""
    return _opened(_decided(ask, call, caller, finalite, dossiers))


def _decided(
    ask: Ask,
    call: str,
    caller: str,
    finalite: str,
    dossiers: Sequence[Stored],
    persons: Iterable[uuid.UUID] = (),
) -> dict[uuid.UUID, Mapping[str, Any]]:
    of: dict[uuid.UUID, list[uuid.UUID]] = {one: [] for one in persons}
    for one in dossiers:
        of.setdefault(one.person_id, []).append(one.dossier_id)
    return decide(ask, call, caller, finalite, [(one, 0, many) for one, many in of.items()])


def _opened(
    decided: Mapping[uuid.UUID, Mapping[str, Any]],
) -> dict[object, tuple[answers.Opened, str]]:
    return {
        opened["dossier_id"]: (opened, one["decision"])
        for one in decided.values()
        for opened in one["dossiers"]
    }
