"""Gives records to other persons, and each of their lines with them: part by part, for a million may say the
same."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from services.chassis.outbox import announce
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import schemas
from services.identity.linking import Linker
from services.identity.storage import decisions, records, statements
from services.identity.storage.decisions import Decided

# Lines of a record that tells too little to be anybody's are persons of their own, by their ids.
_NOBODY = uuid.UUID("3d1c7a50-6b0e-5f8e-9f6d-0a4b8d0c9e11")

# Of whom a line of a record speaks from now on.
PersonOf = Callable[[uuid.UUID, int], uuid.UUID]


def person_of_line(line: uuid.UUID, person_id: uuid.UUID, *, is_nobody: bool) -> uuid.UUID:
    """Of whom a line speaks whose record is of this person."""
    return uuid.uuid5(_NOBODY, line.hex) if is_nobody else person_id


def say(linker: Linker, now: datetime, decided: Sequence[Decided]) -> None:
    """Tell of whom these lines speak."""
    attributions = schemas.attributions_to_wire(decided)
    announce(linker.session, DECLARATIONS_ATTRIBUTED, at=now, attributions=attributions)


def move(linker: Linker, now: datetime, moved: Mapping[int, uuid.UUID], cause: str) -> int:
    """Give records to other persons, and every line of theirs with them, and say so; returns how many lines.
    `records.hold` comes before."""
    if not moved:
        return 0
    records.hold_alone(linker.session)
    records.move(linker.session, moved, cause, now)
    somebody = moved.keys() - records.nobodies(linker.session, moved)  # of others, each line is a person
    parts = decide_anew(linker, now, somebody, lambda _, record_id: moved[record_id], cause)
    return sum(len(decided) for _, _, decided in parts)


def decide_anew(
    linker: Linker, now: datetime, record_ids: Iterable[int], person_of: PersonOf, cause: str
) -> Iterator[tuple[Mapping[uuid.UUID, int], Sequence[Decided], Sequence[Decided]]]:
    """Decide of whom the lines of these records speak, and say so: of each part of them their records, what
    stood and what stands, in the same order. `records.hold_alone` comes before."""
    for lines in statements.of_records(linker.session, record_ids):
        record_of = dict(lines)
        stood = decisions.standing(linker.session, list(record_of))
        decided = [
            Decided(line, version + 1, person_of(line, record_of[line]), cause)
            for line, version, _, _ in stood
        ]
        decisions.add(linker.session, decided, now)
        say(linker, now, decided)
        yield record_of, stood, decided
