"""What the identities' desk asks: for each call access is asked first, and who may not learns nothing.

A call goes in three steps: of whom it speaks (`persons_of`), whether it may be made (`let`, which the journal
remembers with these persons), and only then what it asks for. The journal is in access's hands before a name
is opened.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.contracts.access import DECIDE_IDENTITY
from services.contracts.message import Call
from services.identity import errors, ruling, schemas
from services.identity.domain.deciding import Verdict, judge
from services.identity.domain.scoring import Explanation, Scorer
from services.identity.domain.survivorship import Said
from services.identity.linking import Linker
from services.identity.storage import decisions, records, rulings, statements, verdicts
from services.identity.storage.decisions import Decided
from services.identity.storage.records import Move
from services.identity.storage.rulings import Ruled, Ruling
from services.identity.storage.statements import Kept
from services.identity.storage.verdicts import Doubt, Pair

KEEPING = "gestion_identites"  # the purpose of every call that does not say another
Persons = Mapping[uuid.UUID, uuid.UUID]  # of lines


class Ask(Protocol):
    """How another service is asked."""

    def __call__(self, call: Call, **body: Any) -> dict[str, Any]: ...


# --- who may -------------------------------------------------------------------------------


def let(ask: Ask, call: Call, caller: str, body: Mapping[str, Any], persons: Iterable[uuid.UUID]) -> str:
    """The number under which access remembers that it lets this call be made, about these persons.

    Raises `Refused`, and `Unavailable` when access does not answer: then nothing is told either.
    """
    told = {name: body[name] for name in ("agent", "motif") if name in body}
    decision = ask(
        DECIDE_IDENTITY,
        siret=caller,
        appel=call.routing_key,
        finalite=body.get("finalite", KEEPING),
        person_ids=sorted(set(persons)),
        **told,
    )
    if not decision["granted"]:
        raise errors.identites_refusees(decision["reason"], decision["decision"])
    return str(decision["decision"])


def persons_of(session: Session, lines: Sequence[uuid.UUID]) -> Persons:
    """Of whom these lines speak, where they are known."""
    return {one.declaration_id: one.person_id for one in decisions.standing(session, lines)}


def persons_ruled_on(session: Session, ruling_id: uuid.UUID) -> Persons:
    """Of whom the lines of a ruling speak; nobody where there is no such ruling."""
    return persons_of(session, sorted(rulings.lines_of(session, ruling_id)))


# --- what is ruled -------------------------------------------------------------------------


def link(linker: Linker, now: datetime, asked: Ruling, lines: Sequence[uuid.UUID]) -> Ruled:
    """Two lines are of one person; asked again, it is told again. Raises as `ruling.link`, and `Conflict`."""
    one, other = lines
    return _once(linker, asked, lambda: ruling.link(linker, now, asked, one, other))


def split(
    linker: Linker, now: datetime, asked: Ruling, lines: Sequence[uuid.UUID], other: uuid.UUID
) -> Ruled:
    """Lines are not of the person of another; asked again, it is told again. Raises as `ruling.split`, and
    `Conflict`."""
    return _once(linker, asked, lambda: ruling.split(linker, now, asked, lines, other))


def revoke(linker: Linker, now: datetime, ruling_id: uuid.UUID, author: str, motive: str) -> Ruled:
    """A ruling is taken back; asked again by the same, it is told again. Raises `NotFound`."""
    records.hold(linker.session)
    kept = rulings.find(linker.session, ruling_id)
    if kept is not None and (kept.revoked_by, kept.revoked_for) == (author, motive):
        return _ruled(linker.session, ruling_id, kept.moved_back)
    moved = ruling.revoke(linker, now, ruling_id, author, motive)
    rulings.note_moved_back(linker.session, ruling_id, moved)
    return _ruled(linker.session, ruling_id, moved)


def _once(linker: Linker, asked: Ruling, rule: Callable[[], int]) -> Ruled:
    records.hold(linker.session)  # the same asked at this moment waits here
    kept = rulings.find(linker.session, asked.ruling_id)
    if kept is not None:
        if kept.asked != asked.asked:
            raise errors.reference_deja_utilisee()
        return _ruled(linker.session, asked.ruling_id, kept.moved)
    moved = rule()
    rulings.note_moved(linker.session, asked.ruling_id, moved)
    return _ruled(linker.session, asked.ruling_id, moved)


def _ruled(session: Session, ruling_id: uuid.UUID, moved: int) -> Ruled:
    return Ruled(ruling_id, sorted(set(persons_ruled_on(session, ruling_id).values())), moved)


# --- what is looked at ---------------------------------------------------------------------


def doubts(session: Session, after: Pair, most: int) -> list[tuple[Doubt, tuple[uuid.UUID, uuid.UUID]]]:
    """Doubts after a pair, in order, each with a line of either record."""
    found = verdicts.doubts(session, after, most)
    line_of = statements.first_of(session, {record_id for doubt in found for record_id in doubt.pair})
    return [(doubt, (line_of[doubt.pair[0]], line_of[doubt.pair[1]])) for doubt in found]


def explain(
    session: Session, keys: Keyring, scorer: Scorer, lines: Sequence[uuid.UUID]
) -> tuple[Explanation, Verdict]:
    """How two lines compare, and what the model answers by itself. Raises `NotFound`."""
    record_of = statements.records_of(session, lines)
    if len(record_of) < len(set(lines)):
        raise errors.declaration_inconnue()
    opened = records.load(session, keys, set(record_of.values()))
    prepared = [scorer.prepare(schemas.unpack(packed)) for packed in opened.values()]
    one, *rest = sorted(prepared, key=lambda each: each.record.fingerprint)
    other = rest[0] if rest else one
    return scorer.explain(one, other), judge(one, other, scorer)


def side_by_side(session: Session, keys: Keyring, lines: Sequence[uuid.UUID]) -> dict[uuid.UUID, Kept]:
    """What each of these lines tells of its person. Raises `NotFound`."""
    kept = statements.kept_of(session, keys, lines)
    if len(kept) < len(set(lines)):
        raise errors.declaration_inconnue()
    return kept


def resolve(session: Session, lines: Sequence[uuid.UUID], known_at: datetime | None) -> list[Decided]:
    """Of whom these lines speak, as known at an instant or now, where anything was known."""
    if known_at is None:
        return decisions.standing(session, lines)
    return decisions.as_known(session, lines, known_at)


def changes(session: Session, after: int, most: int) -> list[Move]:
    """Who changed persons since a number."""
    return records.moves(session, after, most)


def said_of(session: Session, keys: Keyring, person_id: uuid.UUID) -> list[Said]:
    """All that was said of a person, by whom and when. Raises `NotFound`."""
    kept = statements.kept_of_person(session, keys, person_id)
    if not kept:
        raise errors.personne_inconnue()
    return [schemas.read_said(one) for one in kept]
