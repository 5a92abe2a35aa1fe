"""What a run stored, as a graph to be looked at: verdicts, records, and the lines of each record."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.chassis import database
from services.identity import schemas
from services.identity.domain.deciding import Answer, Verdict
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.domain.sketching import Glance, rows_of
from services.identity.evaluation.feeding import Fed
from services.identity.evaluation.room import Room
from services.identity.storage import records
from services.identity.storage.blocks import ENTRY
from services.identity.storage.verdicts import Pair

_VERDICTS = text("SELECT one, other, answer, weight, cause, same_self FROM verdict")
_NOBODIES = text("SELECT record_id FROM record WHERE is_nobody")
# The service asks who has a key, never which keys somebody has.
_KEYS = text(
    f"""
    CREATE TEMP TABLE record_key ON COMMIT DROP AS
    SELECT key, CAST(CAST('x' || encode(substr(entry, 1, 8), 'hex') AS bit(64)) AS bigint) AS record_id,
           substr(entry, 9) AS sketch
    FROM block
    CROSS JOIN generate_series(1, length(entries), {ENTRY.itemsize}) AS start
    CROSS JOIN LATERAL (SELECT substr(entries, start, {ENTRY.itemsize}) AS entry) AS cut
    """
)
_FIND_KEYS = text("CREATE INDEX ix_record_key ON record_key (record_id)")
_SHARED = text(
    """
    SELECT DISTINCT one, other, mine.sketch AS sketch, theirs.sketch AS other_sketch
    FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS pair(one, other)
    JOIN record_key AS mine ON mine.record_id = one
    JOIN record_key AS theirs ON theirs.record_id = other AND theirs.key = mine.key
    """
)
_READ_AT_ONCE = 10_000
_ASKED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Graph:
    """`verdicts` are those that the service keeps: of pairs that are not plainly of two persons."""

    verdicts: Mapping[Pair, Verdict]
    lines_of: Mapping[int, "array[int]"]
    nobodies: frozenset[int]
    near: Mapping[int, Sequence[int]]

    def later_of(self, record_id: int) -> Iterator[tuple[int, Verdict]]:
        """The verdicts on a record and those after it."""
        return (
            (other, self.verdicts[record_id, other])
            for other in self.near.get(record_id, ())
            if record_id < other
        )

    def pairs_in(self, component: Sequence[int]) -> int:
        """How many verdicts tie these records."""
        return sum(len(self.near.get(record_id, ())) for record_id in component) // 2

    def components(self) -> Iterator[list[int]]:
        """The records that verdicts tie, and those of several lines, component by component."""
        seen: set[int] = set()
        for start, lines in self.lines_of.items():
            if start in seen or (len(lines) == 1 and start not in self.near):
                continue
            seen.add(start)
            component, edge = [start], [start]
            while edge:
                fresh = [other for other in self.near.get(edge.pop(), ()) if other not in seen]
                seen.update(fresh)
                component += fresh
                edge += fresh
            yield component


def read_graph(room: Room, fed: Fed) -> Graph:
    """The graph of a run."""
    lines_of: dict[int, array[int]] = defaultdict(lambda: array("q"))
    for line, record_id in enumerate(fed.record_of):
        lines_of[record_id].append(line)
    with database.transaction(room.engine) as session:
        nobodies = frozenset(session.scalars(_NOBODIES))
        rows = session.execute(_VERDICTS.execution_options(yield_per=_READ_AT_ONCE))
        verdicts = {
            (row.one, row.other): Verdict(Answer(row.answer), row.weight, row.cause, row.same_self)
            for row in rows
        }
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in verdicts:
        near[one].append(other)
        near[other].append(one)
    return Graph(verdicts, lines_of, nobodies, near)


def load(room: Room, scorer: Scorer, record_ids: Iterable[int]) -> dict[int, Prepared]:
    """These records, opened and ready to be compared."""
    with database.transaction(room.engine) as session:
        stored = records.load(session, room.keys.own, record_ids)
    return {record_id: scorer.prepare(schemas.unpack(packed)) for record_id, packed in stored.items()}


def compared(room: Room, pairs: Iterable[Pair], glance: Glance) -> Iterator[Pair]:
    """Those of these pairs that share a key and whose sketches weigh enough: the service compared them."""
    left = list(pairs)
    with database.transaction(room.engine) as session:
        session.execute(_KEYS)
        session.execute(_FIND_KEYS)
        for at in range(0, len(left), _ASKED_AT_ONCE):
            part = left[at : at + _ASKED_AT_ONCE]
            asked = {"ones": [one for one, _ in part], "others": [other for _, other in part]}
            rows = session.execute(_SHARED, asked).all()
            ones, others = [row.sketch for row in rows], [row.other_sketch for row in rows]
            weights = glance.weigh(rows_of(ones), rows_of(others)).tolist()
            yield from (
                (row.one, row.other)
                for row, weight in zip(rows, weights, strict=True)
                if weight >= glance.least
            )
