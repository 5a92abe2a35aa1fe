"""What dossier is told and asked: one function each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.contracts.access import DECIDE
from services.contracts.dossier import DECLARATIONS_APPLIED, DOSSIERS_CHANGED, FACTS_CHANGED
from services.contracts.message import Call
from services.dossier import errors, schemas
from services.dossier.domain.changes import Change
from services.dossier.domain.fold import fold
from services.dossier.storage import contributions, parcours
from services.dossier.storage.contributions import Said
from services.dossier.storage.parcours import Before, Stored, digest_of


class Ask(Protocol):
    """How another service is asked."""

    def __call__(self, call: Call, **body: Any) -> dict[str, Any]: ...


# --- what is told ------------------------------------------------------------------------


def keep_contributions(session: Session, pseudonyms: bytes, now: datetime, told: dict[str, Any]) -> None:
    """Keep what some declarations say, and fold the persons they are known to speak of."""
    declarations = told["declarations"]
    contributions.keep(session, told["source"], told["lot"], told["received_at"], declarations)
    _refold(session, pseudonyms, now, [one["declaration_id"] for one in declarations], [])


def follow_attributions(
    session: Session, pseudonyms: bytes, now: datetime, attributions: Sequence[dict[str, Any]]
) -> None:
    """Keep whom some declarations speak of, and fold who gained and who lost."""
    losers = contributions.attribute(session, attributions)
    _refold(session, pseudonyms, now, [one["declaration_id"] for one in attributions], losers)


def _refold(
    session: Session,
    pseudonyms: bytes,
    now: datetime,
    declaration_ids: Sequence[uuid.UUID],
    losers: Sequence[uuid.UUID],
) -> None:
    withdrawn = contributions.withdraw_targets(session, declaration_ids)
    touched = contributions.persons_of(session, [*declaration_ids, *withdrawn])
    person_ids = sorted({*touched, *losers})
    if not person_ids:
        return
    before = parcours.lock(session, person_ids)
    said = contributions.of_persons(session, person_ids)
    changes = [_change(person_id, said.get(person_id, []), before[person_id]) for person_id in person_ids]
    _save(session, changes)
    _announce(session, pseudonyms, now, changes)


def _change(person_id: uuid.UUID, said: Sequence[Said], before: Before) -> "Folded":
    folded = fold(person_id, (contribution for contribution, _ in said))
    known = {contribution.declaration_id: effect for contribution, effect in said}
    digests = {dossier.dossier_id: digest_of(dossier) for dossier in folded.dossiers}
    digest = digest_of([folded.blocks, folded.relations, sorted(one.hex() for one in digests.values())])
    change = Change(
        parcours=folded,
        version=before.version,
        opened=frozenset(digests.keys() - before.dossiers.keys()),
        changed=tuple(
            dossier
            for dossier in folded.dossiers
            if before.dossiers.get(dossier.dossier_id) != digests[dossier.dossier_id]
        ),
        withdrawn=tuple(sorted(before.dossiers.keys() - digests.keys())),
        effects={id_: effect for id_, effect in folded.effects.items() if known[id_] != effect},
        is_news=digest != before.digest,
    )
    return Folded(change, digest, digests)


@dataclass(frozen=True, slots=True)
class Folded:
    """A change with the digests by which the next fold will know what it changes."""

    change: Change
    digest: bytes
    digests: dict[uuid.UUID, bytes]


def _save(session: Session, folded: Sequence[Folded]) -> None:
    parcours.save(session, [(one.change.parcours, one.digest) for one in folded if one.change.is_news])
    parcours.remove_dossiers(session, [gone for one in folded for gone in one.change.withdrawn])
    parcours.save_dossiers(
        session,
        [
            (one.change.parcours.person_id, dossier, one.digests[dossier.dossier_id])
            for one in folded
            for dossier in one.change.changed
        ],
    )
    contributions.note_effects(session, [item for one in folded for item in one.change.effects.items()])


def _announce(session: Session, pseudonyms: bytes, now: datetime, folded: Sequence[Folded]) -> None:
    changes = [one.change for one in folded]
    news = [schemas.parcours_to_wire(change) for change in changes if change.is_news]
    effects = [effect for change in changes for effect in schemas.effects_to_wire(change)]
    facts = [fact for change in changes for fact in schemas.facts_to_wire(change, pseudonyms)]
    announce(session, DOSSIERS_CHANGED, at=now, parcours=news)
    announce(session, DECLARATIONS_APPLIED, at=now, effects=effects)
    announce(session, FACTS_CHANGED, at=now, facts=facts)


# --- what is asked -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A person's dossiers and person-wide blocks, before anybody decided who may see them."""

    person_id: uuid.UUID
    dossiers: list[Stored]
    blocks: dict[str, Any]


def find_dossier(session: Session, dossier_id: uuid.UUID) -> Found:
    """One dossier. Raises `NotFound`."""
    stored = parcours.find_dossier(session, dossier_id)
    if stored is None:
        raise errors.dossier_introuvable()
    return Found(stored.person_id, [stored], {})


def find_parcours(session: Session, caller: str, reference: str) -> Found:
    """The parcours of the person of whom the caller's own reference speaks. Raises `NotFound`."""
    person_id = contributions.find_person(session, caller, reference)
    if person_id is None:
        raise errors.parcours_introuvable()
    return Found(
        person_id, parcours.find_dossiers(session, person_id), parcours.find_blocks(session, person_id)
    )


def show_dossier(found: Found, ask: Ask, caller: str, finalite: str) -> dict[str, Any]:
    """What the caller may see of a dossier. Raises `NotFound` when that is nothing, as for no dossier."""
    decision = _decide(found, ask, caller, finalite)
    shown = _shown_dossiers(found, decision)
    if not shown:
        raise errors.dossier_introuvable()
    return shown[0]


def show_parcours(found: Found, ask: Ask, caller: str, finalite: str) -> dict[str, Any]:
    """What the caller may see of a parcours. Raises `Refused` when access says no."""
    decision = _decide(found, ask, caller, finalite)
    if not decision["granted"]:
        raise errors.lecture_refusee(decision["reason"], decision["decision"])
    return {
        "person_id": found.person_id,
        "dossiers": _shown_dossiers(found, decision),
        **schemas.visible(found.blocks, decision["blocs"], decision["masques"]),
        "decision": decision["decision"],
    }


def _decide(found: Found, ask: Ask, caller: str, finalite: str) -> dict[str, Any]:
    return ask(
        DECIDE,
        siret=caller,
        service="dossier",
        finalite=finalite,
        person_id=found.person_id,
        dossiers=[stored.dossier_id for stored in found.dossiers],
    )


def _shown_dossiers(found: Found, decision: dict[str, Any]) -> list[dict[str, Any]]:
    allowed = {one["dossier_id"]: one for one in decision["dossiers"]}
    return [
        {
            "dossier_id": stored.dossier_id,
            "etat": stored.state,
            **schemas.visible(
                stored.blocks,
                allowed[stored.dossier_id]["blocs"],
                allowed[stored.dossier_id]["masques"],
            ),
        }
        for stored in found.dossiers
        if stored.dossier_id in allowed
    ]
