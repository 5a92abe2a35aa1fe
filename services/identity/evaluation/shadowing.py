"""A new model on all that the service holds, in a room apart: who would be linked, who would be split.

The service's records are told anew, one line for each, and resolved by the service's own code under the new
model; then what humans ruled is ruled there too, and the links in force are kept there as they would be by
`adopting`. What is compared is whose each record is, before and after. Nothing of the service is changed, and
of persons only ids are told.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.identity import adopting, linking
from services.identity.domain.deciding import judge
from services.identity.domain.model import Model
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.drawing.waterfall import TRAITS
from services.identity.evaluation.feeding import give
from services.identity.evaluation.history import Held, History
from services.identity.evaluation.room import Room
from services.identity.evaluation.running import record_of
from services.identity.evaluation.tables import Drawn, at
from services.identity.linking import Linker
from services.identity.moving import move
from services.identity.storage import adoption, records, rulings
from services.identity.storage.rulings import Kind, Ruling
from services.identity.storage.verdicts import Pair

T = TypeVar("T")

_AT_ONCE = 500
_STANDING = text(
    "SELECT declaration_id, record_id, person_id, is_nobody FROM statement JOIN record USING (record_id)"
)
# Of a larger part of a person, so many records speak for all.
_SPEAKERS = 32


@dataclass(frozen=True, slots=True)
class Change:
    """Persons that would be one (`linked`), or the parts of one that would be several; how many records each
    has, and of their likeliest pair under the new model the lines, the weight, what decides, and what each
    trait weighs."""

    persons: tuple[UUID, ...]
    sizes: tuple[int, ...]
    lines: tuple[UUID, UUID]
    weight: float
    cause: str
    traits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Move:
    """So many records would go from a person to another."""

    from_person: UUID
    to_person: UUID
    records: int


@dataclass(frozen=True, slots=True)
class Shadow:
    """What adopting the model would do. `kept` are persons that it would split by itself, and that stay whole
    because their links are in force and worth keeping. A record that tells too little to be anybody's counts
    for one person, though each of its lines is one."""

    version: str
    records: int
    before: int
    after: int
    linked: Sequence[Change]
    split: Sequence[Change]
    kept: Sequence[Change]
    moves: Sequence[Move]
    nobodies: tuple[int, int]  # records that tell too little to be anybody's, before and after


def shadow(history: History, room: Room, model: Model, on_chunk: Callable[[int], None]) -> Shadow:
    """What adopting this model would change."""
    held = history.held()
    scorer = Scorer(model)
    for start in range(0, len(held), _AT_ONCE):
        part = held[start : start + _AT_ONCE]
        told = history.told([one.declaration_id for one in part])
        give(room, scorer, [(one.declaration_id, told[one.declaration_id]) for one in part])
        on_chunk(len(part))
    tried = _Tried(room, scorer, held)
    tried.rule(history)
    alone = tried.persons()
    tried.keep(history)
    after = tried.persons()
    weigher = _Weigher(history, scorer)
    joined = _several((after[one.record_id], one.person_id, one) for one in held)
    parted = _several((one.person_id, after[one.record_id], one) for one in held)
    loose = _several(((one.person_id, after[one.record_id]), alone[one.record_id], one) for one in held)
    moved = Counter((one.person_id, after[one.record_id]) for one in held)
    return Shadow(
        version=model.version,
        records=len(held),
        before=len({one.person_id for one in held}),
        after=len(set(after.values())),
        linked=_heaviest_first(weigher.change(tuple(parts), parts.values()) for _, parts in joined),
        split=_heaviest_first(weigher.change((was,), parts.values()) for was, parts in parted),
        kept=_heaviest_first(weigher.change((was,), parts.values()) for (was, _), parts in loose),
        moves=[Move(*pair, count) for pair, count in sorted(moved.items()) if pair[0] != pair[1]],
        nobodies=(sum(one.is_nobody for one in held), tried.nobodies()),
    )


class _Tried:
    """The room in which the model is tried, told of by the records of the service."""

    def __init__(self, room: Room, scorer: Scorer, held: Sequence[Held]) -> None:
        self._room, self._scorer = room, scorer
        self._held = {one.record_id: one for one in held}
        number_of = {declaration_id: number for declaration_id, number, *_ in self._standing()}
        self._number_of = {one.record_id: number_of[one.declaration_id] for one in held}

    def _standing(self) -> list[tuple[UUID, int, UUID, bool]]:
        with database.transaction(self._room.engine) as session:
            return [tuple(row) for row in session.execute(_STANDING)]

    def _linker(self, session: Session) -> Linker:
        records.hold(session)
        return Linker(session, self._room.keys, self._scorer)

    def rule(self, history: History) -> None:
        """Rule here what humans ruled of the service's records."""
        ties = history.ties()
        for kind in ("link", "split"):
            pairs = [(tie.one, tie.other) for tie in ties if tie.kind == kind]
            for start in range(0, len(pairs), _AT_ONCE):
                self._rule(kind, pairs[start : start + _AT_ONCE])

    def _rule(self, kind: Kind, pairs: Sequence[Pair]) -> None:
        now = datetime.now(UTC)
        with database.transaction(self._room.engine) as session:
            linker = self._linker(session)
            lines = [
                (self._held[one].declaration_id, self._held[other].declaration_id) for one, other in pairs
            ]
            rulings.add(session, Ruling(uuid.uuid4(), kind, "lignes", "", ""), lines, now)
            touched = {self._number_of[record_id] for pair in pairs for record_id in pair}
            if kind == "link":
                adoption.make_somebody(session, touched)  # or the ruling would not stand
            move(linker, now, linking.cluster_anew(linker, touched), kind)

    def keep(self, history: History) -> None:
        """Keep here what is linked in the service, as adopting does."""
        for links in _links_of(history, self._held.values()):
            here = [(self._number_of[one], self._number_of[other]) for one, other in links]
            with database.transaction(self._room.engine) as session:
                linker = self._linker(session)
                adopting.keep(linker, datetime.now(UTC), [(min(pair), max(pair)) for pair in here])

    def persons(self) -> dict[int, UUID]:
        """The person that each record of the service would be of: it bears the name of its oldest record."""
        person_of = {declaration_id: person for declaration_id, _, person, _ in self._standing()}
        name_of: dict[UUID, UUID] = {}
        for one in self._held.values():  # the oldest first
            name_of.setdefault(person_of[one.declaration_id], one.name)
        return {number: name_of[person_of[one.declaration_id]] for number, one in self._held.items()}

    def nobodies(self) -> int:
        """How many records would tell too little to be anybody's."""
        return sum(is_nobody for *_, is_nobody in self._standing())


def _links_of(history: History, held: Iterable[Held]) -> Iterator[list[Pair]]:
    """The links in force, so many at once: those of the lines of one record first."""
    itself = [(one.record_id, one.record_id) for one in held if not one.is_nobody]
    yield from (itself[start : start + _AT_ONCE] for start in range(0, len(itself), _AT_ONCE))
    yield from history.links_in_force()


def _several(told: Iterable[tuple[T, UUID, Held]]) -> list[tuple[T, dict[UUID, list[Held]]]]:
    """The persons of one side whose records are of several on the other, and the records of each of these."""
    parts_of: dict[T, dict[UUID, list[Held]]] = defaultdict(lambda: defaultdict(list))
    for here, there, one in told:
        parts_of[here][there].append(one)
    return [(here, dict(parts)) for here, parts in parts_of.items() if len(parts) > 1]


def _heaviest_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda one: (-one.weight, one.persons))


class _Weigher:
    """Weighs the parts of a change against one another, under the new model."""

    def __init__(self, history: History, scorer: Scorer) -> None:
        self._history, self._scorer = history, scorer

    def change(self, persons: tuple[UUID, ...], parts: Iterable[Sequence[Held]]) -> Change:
        """The change, with the likeliest pair of records of two of its parts."""
        parts = list(parts)
        opened = [self._opened(part) for part in parts]
        weighed = (
            (judge(one, other, self._scorer), (line, other_line), (one, other))
            for ones, others in combinations(opened, 2)
            for line, one in ones.items()
            for other_line, other in others.items()
        )
        verdict, lines, pair = max(weighed, key=lambda each: (each[0].weight, each[1]))
        traits = {part.trait: part.weight for part in self._scorer.explain(*pair).parts if part.level}
        sizes = tuple(len(part) for part in parts)
        return Change(persons, sizes, lines, verdict.weight, verdict.cause, traits)

    def _opened(self, part: Sequence[Held]) -> dict[UUID, Prepared]:
        told = self._history.told([one.declaration_id for one in part[:_SPEAKERS]])
        return {line: self._scorer.prepare(record_of(content)) for line, content in told.items()}


def tables_of(found: Shadow, most: int) -> list[Drawn]:
    """The counts, then the persons concerned, by their ids."""
    before, after = found.nobodies
    counts: list[tuple[str, ...]] = [
        ("fiches", f"{found.records}", f"{found.records}"),
        ("personnes", f"{found.before}", f"{found.after}"),
        ("fiches qui en disent trop peu", f"{before}", f"{after}"),
        ("fiches qui changeraient de personne", "", f"{sum(move.records for move in found.moves)}"),
    ]
    return [
        Drawn(f"Modèle {found.version}", ("", "en vigueur", "avec lui"), counts),
        _drawn(f"Seraient réunies : {len(found.linked)}", found.linked[:most]),
        _drawn(f"Seraient séparées : {len(found.split)}", found.split[:most]),
        _drawn(f"Séparées par le modèle seul, gardées : {len(found.kept)}", found.kept[:most]),
    ]


def _drawn(title: str, changes: Sequence[Change]) -> Drawn:
    headings = ("personnes", "fiches", "déclarations", "bits", "traits")
    rows: list[tuple[str, ...]] = [
        (
            " + ".join(map(str, one.persons)),
            " + ".join(map(str, one.sizes)),
            " + ".join(map(str, one.lines)),
            at(one.weight),
            ", ".join(f"{TRAITS.get(trait, trait)} {weight:+.1f}" for trait, weight in one.traits.items()),
        )
        for one in changes
    ]
    return Drawn(title, headings, rows or [("aucune", *[""] * (len(headings) - 1))])


def data_of(found: Shadow) -> dict[str, Any]:
    """The same for a program, all of it."""
    return {**asdict(found), "nobodies": {"before": found.nobodies[0], "after": found.nobodies[1]}}
