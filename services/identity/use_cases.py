"""What identity is told: one function each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.chassis.sealing import Keyring
from services.contracts.identity import DECLARATIONS_ATTRIBUTED, REVIEWS_OPENED
from services.identity import schemas
from services.identity.domain.resolution import Line, Register, resolve
from services.identity.errors import BlindKeyUnknown
from services.identity.storage import decisions, persons, statements
from services.identity.storage.decisions import Decided


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """`traits` opens what ingestion sends, `own` seals what is kept, `blind` makes it findable."""

    traits: Keyring
    own: Keyring
    blind: bytes


def resolve_persons(
    session: Session, keys: IdentityKeys, now: datetime, declarations: Sequence[uuid.UUID], sealed: str
) -> None:
    """Decide of whom each line speaks, and say so. A line decided before keeps its decision.

    Raises `Unreadable` (the traits cannot be opened or do not fit) and `BlindKeyUnknown`.
    """
    told = schemas.read_statements(declarations, sealed, keys.traits, keys.blind, now.date())
    new = statements.keep(session, keys.own, {one.line.declaration_id: one.told for one in told})
    repeated = [id_ for id_ in declarations if id_ not in new]
    decided = decisions.standing(session, repeated) if repeated else []
    lines = [one.line for one in told if one.line.declaration_id in new]
    if lines:
        decided += _decide(session, schemas.name_of_key(keys.blind), now, lines)
    announce(session, DECLARATIONS_ATTRIBUTED, at=now, attributions=schemas.attributions_to_wire(decided))
    announce(session, REVIEWS_OPENED, at=now, reviews=schemas.reviews_to_wire(decided))


def _decide(session: Session, key: str, now: datetime, lines: Sequence[Line]) -> list[Decided]:
    """The first decision about each of these lines.

    Only what is not known yet is held: nobody waits for a chunk of known NIRs.
    """
    if persons.key_in_use(session) not in (key, None):
        raise BlindKeyUnknown
    holders = persons.with_nirs(session, lines)
    known = {person.marks.nir for person in holders}
    unsure = [line for line in lines if line.marks.nir is None or line.marks.nir not in known]
    if unsure:
        persons.hold(session, unsure)
        holders += persons.like(session, unsure)
    register = Register.of(holders)
    answers = resolve(lines, register, uuid.uuid4)
    if unsure:
        persons.save(session, register, unsure, key, now)
    decided: list[Decided] = [
        (line.declaration_id, 1, answer) for line, answer in zip(lines, answers, strict=True)
    ]
    decisions.add(session, decided, now)
    return decided
