"""What is told to partners of the persons whom they follow or fund: decided by access as a reading is.

What happened waits in a queue until access has said who may know it. Until then nothing is told; a message
that is handled again has the same decision asked again, and one effect.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis.outbox import address
from services.contracts.access import DECIDE_READINGS
from services.contracts.dossier.events import NOTIFICATIONS
from services.contracts.errors import Unavailable
from services.dossier.domain.contribution import File
from services.dossier.domain.news import NOTIFIED, NOTIFIED_OF_PARCOURS
from services.dossier.storage import parcours, scopes

Ask = Callable[..., dict[str, Any]]

# As many as access takes in one call.
_MOST_READINGS = 2_000
_APPEL = "dossier.notifications"


@dataclass(frozen=True, slots=True)
class Notice:
    """What one reader is told of one thing that happened, and the decision by which it is."""

    reader: str
    life: Mapping[str, Any]
    decision: str


def decide(ask: Ask, lives: Sequence[Mapping[str, Any]]) -> list[Notice]:
    """What access lets each reader know, all asked in one call (or as many as it takes).

    Raises `Unavailable` when access does not answer, or does not know yet who is related to whom.
    """
    # Each block of each dossier, and what is in none, apart: another purpose may open it than opens the rest.
    of: dict[tuple[str, uuid.UUID, str], list[Mapping[str, Any]]] = {}
    for life in lives:
        for reader in life["readers"]:
            of.setdefault((reader, life["dossier_id"], _block_of(life)), []).append(life)
    decided: list[dict[str, Any]] = []
    asked = [_reading(siret, block, many) for (siret, _, block), many in of.items()]
    for start in range(0, len(asked), _MOST_READINGS):
        part = asked[start : start + _MOST_READINGS]
        decided += ask(DECIDE_READINGS, appel=_APPEL, lectures=part, ensemble=True)["lectures"]
    return [
        Notice(reader, life, one["decision"])
        for ((reader, _, block), many), one in zip(of.items(), decided, strict=True)
        for life in many
        if block in _opened(one, life)
    ]


def _is_of_the_person(life: Mapping[str, Any]) -> bool:
    return bool(life["dossier_id"] == life["person_id"])


def _block_of(life: Mapping[str, Any]) -> str:
    if _is_of_the_person(life):
        return next(block for event, block, _ in NOTIFIED_OF_PARCOURS if event == life["event"])
    return NOTIFIED[life["event"]]


def _reading(siret: str, block: str, lives: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is asked of a block of one dossier, or of the person."""
    life = lives[0]
    return {
        "siret": siret,
        "person_id": life["person_id"],
        "version": max(one["version"] for one in lives),
        "dossiers": [] if _is_of_the_person(life) else [life["dossier_id"]],
        "blocs": [block],
    }


def _opened(decided: Mapping[str, Any], life: Mapping[str, Any]) -> Sequence[str]:
    if not _is_of_the_person(life):
        dossiers = (one for one in decided["dossiers"] if one["dossier_id"] == life["dossier_id"])
        return next((one["blocs"] for one in dossiers), ())
    blocs: Sequence[str] | None = decided["blocs"]
    if blocs is None:  # it is of a version before; the notices wait for the next one
        raise Unavailable("parcours_indecis", "access ne dit rien des blocs de la personne")
    return blocs


def notify(session: Session, notices: Sequence[Notice], now: datetime) -> None:
    """Tell each reader, under its own reference: who has none any more is told nothing."""
    if not notices:
        return
    asked = sorted({(one.life["person_id"], one.reader) for one in notices})
    called = scopes.references(session, asked)
    there = parcours.known(
        session, sorted({(one.life["person_id"], one.life["dossier_id"]) for one in notices})
    )
    told: dict[str, list[dict[str, Any]]] = {}
    of_persons: dict[str, list[dict[str, Any]]] = {}
    for one in notices:
        known = there.get(one.life["dossier_id"])
        files = known.happened.keys() if known else ()
        reference = _reference(called.get((one.life["person_id"], one.reader), ()), files)
        if reference is not None:
            found = of_persons if _is_of_the_person(one.life) else told
            found.setdefault(one.reader, []).append(_told(one, reference))
    address(session, NOTIFICATIONS, told, at=now)
    address(session, replace(NOTIFICATIONS, items="parcours"), of_persons, at=now, notifications=())


def _reference(called: Sequence[tuple[str, File]], files: Iterable[File]) -> str | None:
    """What a reader calls a dossier, or else the person."""
    own = {*files}
    return next((reference for reference, file in called if file in own), called[0][0] if called else None)


def _told(notice: Notice, reference: str) -> dict[str, Any]:
    life = notice.life
    return {
        "notification_id": uuid.uuid5(life["notice_id"], notice.reader),
        "reference": reference,
        "person_id" if _is_of_the_person(life) else "dossier_id": life["dossier_id"],
        "evenement": life["event"],
        "le": life["on"],
        "avant": life["was_on"],
        "decision": notice.decision,
    }
