"""What a reader looks for among the dossiers within its scope: found by index, shown as access lets it.

A criterion finds nothing where the block that it is about stays closed: what may not be seen is not found out
by asking for it.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from services.contracts.dossier.scope import SEARCH
from services.dossier import answers
from services.dossier.domain.assembling import IN_A_DOSSIER
from services.dossier.domain.contribution import File
from services.dossier.domain.scope import period_of
from services.dossier.feeding import opened_of
from services.dossier.storage import parcours, scopes
from services.dossier.storage.parcours import Stored
from services.dossier.storage.scopes import Sought

Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of dossiers, each with what the caller calls it; up to which id it was looked for."""

    dossiers: list[tuple[Stored, list[str]]]
    until: uuid.UUID
    is_last: bool


def find(session: Session, caller: str, body: Mapping[str, Any], today: date) -> Found:
    """The dossiers within the caller's scope that may be what it looks for."""
    files: set[File] = set()
    persons = None
    if reference := body.get("reference"):
        named = scopes.named(session, caller, reference, IN_A_DOSSIER)
        persons, files = named.persons, named.files
    sought = Sought(
        siret=caller,
        after=body["apres"],
        most=body["dossiers"],
        states=_states(body.get("etat")),
        since=body.get("du"),
        until=body.get("au"),
        anomaly=body.get("anomalie"),
        persons=persons,
    )
    places = scopes.find(session, sought, today)
    dossiers = parcours.find_these(session, places.found)
    called = scopes.references(session, [(one, caller) for one in {one.person_id for one in dossiers}])
    return Found(
        [
            (one, _references(one, called.get((one.person_id, caller), ())))
            for one in dossiers
            if not files or files & one.happened.keys()
        ],
        places.until,
        places.is_last,
    )


def _states(state: str | None) -> tuple[str, ...]:
    """The states in which a dossier is that is in this one for somebody: to whom results are closed, it is
    no further than the service fait."""
    if state in ("termine", "service_fait"):
        return (state, "certifie")
    return (state,) if state else ()


def _references(dossier: Stored, called: Sequence[tuple[str, File]]) -> list[str]:
    """What the caller calls a dossier; where it has no word for it, what it calls the person."""
    own = [reference for reference, file in called if file in dossier.happened]
    return sorted(set(own or (reference for reference, _ in called)))


def show(found: Found, ask: Ask, caller: str, body: Mapping[str, Any], today: date) -> dict[str, Any]:
    """What the caller may know to have found. Raises `Refused` when access says no to all of it."""
    dossiers = [one for one, _ in found.dossiers]
    opened = opened_of(ask, SEARCH.routing_key, caller, body["finalite"], dossiers)
    shown = (
        _shown(one, references, opened[one.dossier_id][0]["blocs"], opened[one.dossier_id][1], today)
        for one, references in found.dossiers
        if one.dossier_id in opened
    )
    return {
        "dossiers": [one for one in shown if _is_meant(one, body)],
        "suite": found.until,
        "fini": found.is_last,
    }


def _shown(
    one: Stored, references: Sequence[str], blocs: Sequence[str], decision: str, today: date
) -> dict[str, Any]:
    days = period_of(one.blocks) if "dates" in blocs else (None, None)
    begins_on, ends_on = (day and date.fromisoformat(day) for day in days)
    return {
        "dossier_id": one.dossier_id,
        "references": list(references),
        "etat": answers.state_shown(one, blocs, today),
        "debut": begins_on,
        "fin": ends_on,
        "anomalies": sorted({each.code for each in one.anomalies if each.path.partition(".")[0] in blocs}),
        "decision": decision,
    }


def _is_meant(shown: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether what may be seen of a dossier is what is looked for."""
    if {"du", "au"} & body.keys() and shown["debut"] is None:
        return False
    return body.get("etat", shown["etat"]) == shown["etat"] and (
        "anomalie" not in body or body["anomalie"] in shown["anomalies"]
    )
