"""What identity is told: one function each."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import linking, schemas
from services.identity.domain.scoring import Scorer
from services.identity.errors import BlindKeyUnknown
from services.identity.linking import IdentityKeys as IdentityKeys
from services.identity.schemas import Statement
from services.identity.storage import decisions, records, statements
from services.identity.storage.decisions import Decided
from services.identity.storage.records import Known

# Lines of a record that tells too little to be anybody's are persons of their own, by their ids.
_NOBODY = uuid.UUID("3d1c7a50-6b0e-5f8e-9f6d-0a4b8d0c9e11")


def resolve_persons(
    session: Session,
    keys: IdentityKeys,
    scorer: Scorer,
    now: datetime,
    declarations: Sequence[uuid.UUID],
    sealed: str,
) -> None:
    """Decide of whom each line speaks, and say so. A line decided before keeps its decision.

    Raises `Unreadable` (the traits cannot be opened or do not fit) and `BlindKeyUnknown`.
    """
    told = schemas.read_statements(declarations, sealed, keys.traits, keys.blind)
    before = statements.known(session, declarations)
    decided = decisions.standing(session, list(before)) if before else []
    fresh = [one for one in told if one.declaration_id not in before]
    if fresh:
        decided += _decide(session, keys, scorer, now, fresh)
    announce(session, DECLARATIONS_ATTRIBUTED, at=now, attributions=schemas.attributions_to_wire(decided))


def _decide(
    session: Session, keys: IdentityKeys, scorer: Scorer, now: datetime, fresh: Sequence[Statement]
) -> list[Decided]:
    """The first decision about each of these lines, and what they change of others."""
    contents = {one.content: one for one in fresh}
    known = records.by_content(session, contents)
    if len(known) == len(contents):
        records.hold_still(session)
        known = records.by_content(session, contents)  # as it is now that nobody may change it
        return _attribute(session, keys, now, fresh, known, {})
    if records.key_in_use(session) not in (schemas.name_of_key(keys.blind), None):
        raise BlindKeyUnknown
    records.hold(session)
    known = records.by_content(session, contents)
    unknown = [one for content, one in contents.items() if content not in known]
    taken = linking.take_in(session, keys, scorer, unknown)
    moved = _move(session, now, taken.moved)
    known = records.by_content(session, contents)
    return moved + _attribute(session, keys, now, fresh, known, taken.cause_of)


def _attribute(
    session: Session,
    keys: IdentityKeys,
    now: datetime,
    fresh: Sequence[Statement],
    known: Mapping[bytes, Known],
    cause_of: Mapping[int, str],
) -> list[Decided]:
    told = {one.declaration_id: one.told for one in fresh}
    record_of = {one.declaration_id: known[one.content] for one in fresh}
    kept = statements.add(
        session, keys.own, told, {line: record.record_id for line, record in record_of.items()}
    )
    decided = [
        Decided(line, 1, _person_of(line, record), cause_of.get(record.record_id, "contenu"))
        for line, record in record_of.items()
        if line in kept
    ]
    decisions.add(session, decided, now)
    return decided


def _person_of(line: uuid.UUID, record: Known) -> uuid.UUID:
    return uuid.uuid5(_NOBODY, line.hex) if record.is_nobody else record.person_id


def _move(session: Session, now: datetime, moved: Mapping[int, uuid.UUID]) -> list[Decided]:
    """Give records to other persons, and every line of theirs with them."""
    if not moved:
        return []
    records.hold_alone(session)
    records.move(session, moved)
    record_of = dict(statements.of_records(session, list(moved)))
    decided = [
        Decided(one.declaration_id, one.version + 1, moved[record_of[one.declaration_id]], "regroupement")
        for one in decisions.standing(session, list(record_of))
    ]
    decisions.add(session, decided, now)
    return decided
