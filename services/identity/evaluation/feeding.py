"""Feeds lines through the service's own use case, chunk by chunk, and reads back whose each line is."""

import time
import uuid
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from random import Random

import orjson
from sqlalchemy import text

from services.chassis import database
from services.identity import schemas
from services.identity.domain.scoring import Scorer
from services.identity.evaluation.room import SOURCE, Room
from services.identity.linking import Linker
from services.identity.storage.statements import Origin
from services.identity.use_cases import resolve_persons

_STANDING = text(
    """
    SELECT DISTINCT ON (declaration_id) declaration_id, record_id, person_id
    FROM decision JOIN statement USING (declaration_id)
    ORDER BY declaration_id, version DESC
    """
)
_READ_AT_ONCE = 10_000

Line = tuple[str, bytes]  # whose it is, and what it tells, as JSON


@dataclass(slots=True)
class Fed:
    """Every line by its number: whose it is in truth, the record it became, and whom it was given to; persons
    and truths as numbers. `seconds` is what the service took, from the sealed message to the commit."""

    truths: list[str] = field(default_factory=list)
    truth_of: "array[int]" = field(default_factory=lambda: array("q"))
    record_of: "array[int]" = field(default_factory=lambda: array("q"))
    person_of: "array[int]" = field(default_factory=lambda: array("q"))
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Lines a second."""
        return len(self.truth_of) / self.seconds if self.seconds else 0.0


def feed(
    room: Room, scorer: Scorer, lines: Iterable[Line], chunk: int, on_chunk: Callable[[int], None]
) -> Fed:
    """Give all lines to the service, so many at once; `on_chunk` is told how many it took in."""
    fed = Fed()
    number_of: dict[str, int] = {}
    lines = iter(lines)
    while part := list(islice(lines, chunk)):
        first = len(fed.truth_of)
        for truth, _ in part:
            # A line of which the truth is not told is a person of its own.
            known = number_of.setdefault(truth, len(number_of)) if truth else -1 - len(fed.truth_of)
            fed.truth_of.append(known)
        numbered = enumerate((personne for _, personne in part), start=first)
        fed.seconds += give(room, scorer, [(id_of(number), personne) for number, personne in numbered])
        on_chunk(len(part))
    fed.truths = list(number_of)
    _read_back(room, fed)
    return fed


def give(room: Room, scorer: Scorer, part: Sequence[tuple[uuid.UUID, bytes]]) -> float:
    """Give some declarations to the service, as ingestion seals them; the seconds that it took."""
    told = b"[" + b",".join(personne for _, personne in part) + b"]"
    sealed = b64encode(room.keys.traits.seal(told, schemas.TRAITS)).decode()
    declarations = [declaration_id for declaration_id, _ in part]
    began = time.perf_counter()
    with database.transaction(room.engine) as session:
        linker, now = Linker(session, room.keys, scorer), datetime.now(UTC)
        resolve_persons(linker, now, declarations, sealed, Origin(SOURCE))
    return time.perf_counter() - began


def id_of(number: int) -> uuid.UUID:
    """The declaration of a line."""
    return uuid.UUID(int=number + 1)


def _read_back(room: Room, fed: Fed) -> None:
    persons: dict[uuid.UUID, int] = {}
    fed.record_of, fed.person_of = (array("q", bytes(8 * len(fed.truth_of))) for _ in range(2))
    for declaration_id, record_id, person_id in standing(room):
        number = declaration_id.int - 1
        fed.record_of[number] = record_id
        fed.person_of[number] = persons.setdefault(person_id, len(persons))


def standing(room: Room) -> Iterator[tuple[uuid.UUID, int, uuid.UUID]]:
    """(declaration, record, person) of every line that the room was given."""
    with database.transaction(room.engine) as session:
        rows = session.execute(_STANDING.execution_options(yield_per=_READ_AT_ONCE))
        for row in rows:
            yield row.declaration_id, row.record_id, row.person_id


def shuffled(lines: Iterable[Line], seed: int) -> list[Line]:
    """The lines in another order, the same for the same seed; they are all held in memory."""
    held = list(lines)
    Random(seed).shuffle(held)  # noqa: S311 - an order, not a secret
    return held


def as_line(truth: str, personne: dict[str, object]) -> Line:
    """A line of a file."""
    return truth, orjson.dumps(personne)
