"""What humans rule of files: that they are one path, or that they are not, and that it was a mistake.

A ruling is kept with its author and its motive. What it changes follows from folding anew with it, and is
undone by folding anew without it.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from services.contracts.access import DECIDE_DOSSIERS
from services.contracts.message import Call
from services.dossier import errors
from services.dossier.domain.contribution import File
from services.dossier.storage import contributions, parcours, rulings
from services.dossier.storage.parcours import Stored
from services.dossier.storage.rulings import Asked
from services.dossier.use_cases import Moment, fold_anew

_RULINGS = uuid.UUID("0d9f4a52-5a0e-5b6f-9c1c-7f0a3c1f5e21")
HANDLING = "gestion_dossiers"

Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ruled:
    """What became of it: the dossiers, as they stand, of the files that the ruling is about."""

    ruling_id: uuid.UUID
    person_ids: Sequence[uuid.UUID]
    dossiers: Sequence[uuid.UUID]


def let(ask: Ask, call: Call, caller: str, body: Mapping[str, Any], dossiers: Sequence[Stored]) -> str:
    """The number under which access remembers that it lets this call be made, about these dossiers.

    Raises `Refused`, and `Unavailable` when access does not answer: then nothing is told either.
    """
    told = {name: body[name] for name in ("agent", "motif") if name in body}
    decision = ask(
        DECIDE_DOSSIERS,
        siret=caller,
        appel=call.routing_key,
        finalite=HANDLING,
        person_ids=sorted({one.person_id for one in dossiers}),
        dossiers=sorted({one.dossier_id for one in dossiers}),
        **told,
    )
    if not decision["granted"]:
        raise errors.gestion_refusee(decision["reason"], decision["decision"])
    return str(decision["decision"])


def asked_of(kind: Any, caller: str, body: Mapping[str, Any]) -> Asked:
    """What the caller asks to rule: asked twice under one reference of its own, it is one."""
    content = orjson.dumps({**body, "kind": kind}, option=orjson.OPT_SORT_KEYS)
    return Asked(
        uuid.uuid5(_RULINGS, f"{caller}/{body['reference']}"),
        kind,
        author_of(caller, body),
        body["motif"],
        hashlib.sha256(content).digest(),
    )


def author_of(caller: str, body: Mapping[str, Any]) -> str:
    """Who rules: the organisation, and its agent by its own word."""
    return f"{caller}/{body['agent']}"


# --- what is looked at -----------------------------------------------------------------------------


def dossiers_of(session: Session, asked: Asked, dossier_ids: Sequence[uuid.UUID]) -> list[Stored]:
    """These dossiers, in the order in which they were asked for; of what was ruled before, those that came of
    it. Raises `NotFound`."""
    if rulings.find(session, asked.ruling_id):
        return dossiers_ruled_on(session, asked.ruling_id)
    found = [parcours.find_dossier(session, one) for one in dossier_ids]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        raise errors.dossier_introuvable()
    return known


def doubtful(session: Session, after: uuid.UUID, most: int) -> list[Stored]:
    """The dossiers after an id that may be one with another, in the order of their ids."""
    return parcours.find_doubtful(session, after, most)


def dossiers_ruled_on(session: Session, ruling_id: uuid.UUID) -> list[Stored]:
    """The dossiers, as they stand, of the files of a ruling; none where there is no such ruling."""
    files = rulings.files_of(session, ruling_id)
    persons = contributions.persons_of_files(session, files)
    return [one for one in parcours.find_of_persons(session, persons) if files & one.happened.keys()]


# --- what is ruled ---------------------------------------------------------------------------------


def join(
    session: Session, pseudonyms: bytes, moment: Moment, asked: Asked, dossiers: Sequence[Stored]
) -> Ruled:
    """Two dossiers of a person are one path. Raises `Conflict`."""
    if ruled := _ruled_before(session, asked):
        return ruled
    one, other = dossiers
    if one.person_id != other.person_id:
        raise errors.personnes_differentes()
    pairs = [(min(one.happened), min(other.happened))]
    return _rule(session, pseudonyms, moment, asked, pairs, [one.person_id], 1)


def part(
    session: Session, pseudonyms: bytes, moment: Moment, asked: Asked, dossiers: Sequence[Stored], file: File
) -> Ruled:
    """One file of a dossier is a path of its own. Raises `Conflict`, and `NotFound` where it has no such
    file."""
    if ruled := _ruled_before(session, asked):
        return ruled
    (dossier,) = dossiers
    if file not in dossier.happened:
        raise errors.financement_introuvable()
    pairs = [(file, other) for other in sorted(dossier.happened) if other != file]
    if not pairs:
        raise errors.decision_contraire()
    return _rule(session, pseudonyms, moment, asked, pairs, [dossier.person_id], 2)


def revoke(
    session: Session, pseudonyms: bytes, moment: Moment, ruling_id: uuid.UUID, author: str, motive: str
) -> Ruled:
    """A ruling is taken back: dossiers are what they would be without it. Raises `NotFound`."""
    kept = rulings.find(session, ruling_id)
    files = rulings.files_of(session, ruling_id)
    persons = contributions.persons_of_files(session, files)
    if kept is None or not rulings.revoke(session, ruling_id, author, motive, moment.now):
        if kept is None or (kept.revoked_by, kept.revoked_for) != (author, motive):
            raise errors.decision_inconnue()
        return _ruled(session, ruling_id, persons, files)
    fold_anew(session, pseudonyms, moment, persons)
    return _ruled(session, ruling_id, persons, files)


def _rule(
    session: Session,
    pseudonyms: bytes,
    moment: Moment,
    asked: Asked,
    pairs: Sequence[tuple[File, File]],
    persons: Sequence[uuid.UUID],
    dossiers: int,
) -> Ruled:
    """Keep a ruling, and fold with it; in the end the files are in so many dossiers at least, or at most
    one."""
    files = {file for pair in pairs for file in pair}
    if not rulings.add(session, asked, pairs, moment.now):
        raise errors.reference_deja_utilisee()  # at this very moment: asked again, it is told
    fold_anew(session, pseudonyms, moment, persons)
    ruled = _ruled(session, asked.ruling_id, persons, files)
    if len(ruled.dossiers) < dossiers or (asked.kind == "join" and len(ruled.dossiers) > 1):
        raise errors.decision_contraire()
    return ruled


def _ruled_before(session: Session, asked: Asked) -> Ruled | None:
    """What became of it, where it was asked before. Raises `Conflict` where something else was."""
    kept = rulings.find(session, asked.ruling_id)
    if kept is None:
        return None
    if kept.digest != asked.digest:
        raise errors.reference_deja_utilisee()
    files = rulings.files_of(session, asked.ruling_id)
    return _ruled(session, asked.ruling_id, contributions.persons_of_files(session, files), files)


def _ruled(session: Session, ruling_id: uuid.UUID, persons: Iterable[uuid.UUID], files: set[File]) -> Ruled:
    person_ids = sorted(set(persons))
    stand = [one for one in parcours.find_of_persons(session, person_ids) if files & one.happened.keys()]
    return Ruled(ruling_id, person_ids, sorted(one.dossier_id for one in stand))
