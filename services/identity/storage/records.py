"""Records: known by their content, found by their keys, opened to be compared."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.sealing import Keyring
from services.identity.domain.sketching import BITS, BYTES, Glance, rows_of

_IN_USE = text(
    """
    SELECT marked_with, keyed_with FROM record WHERE record_id IN (
        (SELECT min(record_id) FROM record), (SELECT max(record_id) FROM record)
    )
    """
)
# Whoever takes in records nobody knew waits for whoever does so at this moment: what each finds is all
# there is, and what is not found is not there.
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.identity.records'))")
# Whoever gives a line to the person of a record that is there already shares this; whoever gives records to
# other persons, and so the lines of each, has it alone: no line is given to a person and then forgotten.
# Only who holds `identity.records` takes it alone, and nobody who shares it asks for the other.
_HOLD_STILL = text("SELECT pg_advisory_xact_lock_shared(hashtext(current_schema() || '.identity.persons'))")
_HOLD_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.identity.persons'))")
_NUMBERS = text(
    "SELECT nextval(pg_get_serial_sequence('record', 'record_id')) FROM generate_series(1, :count)"
)
_BY_CONTENT = text(
    """
    SELECT content.mark, record_id, person_id, is_nobody FROM content JOIN record USING (record_id)
    WHERE content.mark = ANY(CAST(:marks AS bytea[]))
    """
)
_BY_MARK = text(
    """
    SELECT mark, record_id, person_id, is_nobody FROM record WHERE mark = ANY(CAST(:marks AS bytea[]))
    """
)
# Blocks that the frequencies of the model did not foresee (a placeholder that nobody listed) are read up to
# here, the oldest first; and of what a record is like, so many are compared, the heaviest by their sketches.
# Both are far above what a block holds in truth: they bound time, and change nobody otherwise.
MOST_OF_A_BLOCK = 1_000
MOST_CANDIDATES = 200
_NEWEST = text("SELECT coalesce(max(record_id), 0) FROM record")
# A block comes as one row, as it lies in the index: the cost of a row is that of what is done with it, and a
# sketch is weighed here faster than there.
_BLOCKS = f"""
    SELECT key, entries FROM unnest(CAST(%(keys)s AS bigint[])) AS key CROSS JOIN LATERAL (
        SELECT string_agg(int8send(record_id) || bit_send(sketch), '') AS entries FROM (
            SELECT record_id, sketch FROM record_key
            WHERE record_key.key = key.key AND record_id > %(after)s
            ORDER BY record_id LIMIT {MOST_OF_A_BLOCK}
        ) AS entry
    ) AS block
    WHERE entries IS NOT NULL
"""
# What `int8send` and `bit_send` write: a bit string is preceded by its length.
_ENTRY: np.dtype[Any] = np.dtype([("record_id", ">i8"), ("length", ">i4"), ("sketch", np.uint64, BYTES // 8)])
_Met = tuple[int, "np.ndarray[Any, np.dtype[Any]]", bool]
_WEIGHED_AT_ONCE = 200_000
_LOAD = """
    SELECT record_id, name, person_id, keyed_with, mark, sealed FROM record
    WHERE record_id = ANY(CAST(%(record_ids)s AS bigint[]))
"""
_ADD = text(
    """
    INSERT INTO record (record_id, mark, sealed, is_nobody, name, person_id, marked_with, keyed_with)
    SELECT *, :marked_with, :keyed_with FROM unnest(
        CAST(:record_ids AS bigint[]), CAST(:marks AS bytea[]), CAST(:sealed AS bytea[]),
        CAST(:are_nobody AS boolean[]), CAST(:names AS uuid[]), CAST(:person_ids AS uuid[])
    )
    """
)
_ADD_KEYS = text(
    f"""
    INSERT INTO record_key (key, record_id, sketch)
    SELECT DISTINCT key, record_id, CAST(sketch AS bit({BITS}))
    FROM unnest(CAST(:keys AS bigint[]), CAST(:places AS int[])) AS keyed(key, place)
    JOIN unnest(CAST(:record_ids AS bigint[]), CAST(:sketches AS text[]))
         WITH ORDINALITY AS sketched(record_id, sketch, place) USING (place)
    """
)
_ADD_CONTENTS = text(
    """
    INSERT INTO content (mark, record_id)
    SELECT * FROM unnest(CAST(:marks AS bytea[]), CAST(:record_ids AS bigint[])) ORDER BY 1
    ON CONFLICT DO NOTHING
    """
)
_MOVE = text(
    """
    WITH moved AS (
        SELECT record.record_id, record.person_id AS from_person, told.person_id AS to_person
        FROM unnest(CAST(:record_ids AS bigint[]), CAST(:person_ids AS uuid[])) AS told(record_id, person_id)
        JOIN record USING (record_id)
        WHERE record.person_id <> told.person_id
    ),
    noted AS (
        INSERT INTO move (record_id, from_person, to_person, cause, moved_at)
        SELECT record_id, from_person, to_person, :cause, :now FROM moved ORDER BY record_id
    )
    UPDATE record SET person_id = moved.to_person FROM moved WHERE record.record_id = moved.record_id
    """
)
_PERSONS_OF = text(
    "SELECT record_id, person_id FROM record WHERE record_id = ANY(CAST(:record_ids AS bigint[]))"
)
_STANDING = text(
    "SELECT record_id, person_id, keyed_with FROM record WHERE record_id = ANY(CAST(:record_ids AS bigint[]))"
)
_NOBODIES = text(
    "SELECT record_id FROM record WHERE record_id = ANY(CAST(:record_ids AS bigint[])) AND is_nobody"
)
_MOVES = text(
    """
    SELECT seq, from_person, to_person, cause, moved_at FROM move
    WHERE seq > :after ORDER BY seq LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is there already, and whose it is."""

    record_id: int
    person_id: UUID
    is_nobody: bool


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """A record as it is kept, opened: `packed` is what `add` was given."""

    record_id: int
    name: UUID
    person_id: UUID
    packed: bytes
    keyed_with: str


@dataclass(frozen=True, slots=True, repr=False)
class Asking:
    """By what a record looks for others: keys and sketch, of one blind key. `nir` is the key of its NIR."""

    record_id: int
    keys: Sequence[int]
    nir: int | None
    sketch: bytes


@dataclass(frozen=True, slots=True, repr=False)
class New:
    """A record nobody knew; `nir` is the one of its keys that is its NIR's, if it has one."""

    record_id: int
    name: UUID
    mark: bytes
    packed: bytes
    sketch: bytes
    is_nobody: bool
    keys: Sequence[int]
    nir: int | None


def in_use(session: Session) -> tuple[set[str], set[str]]:
    """The names of the keys by which the oldest record and the newest are marked, and the versions of the
    models by which they are keyed."""
    rows = session.execute(_IN_USE).all()
    return {row.marked_with for row in rows}, {row.keyed_with for row in rows}


def hold(session: Session) -> None:
    """Make everybody else who takes in new records wait until the commit."""
    session.execute(_HOLD)


def hold_still(session: Session) -> None:
    """Make whoever gives records to other persons wait until the commit."""
    session.execute(_HOLD_STILL)


def hold_alone(session: Session) -> None:
    """Make everybody wait who gives a line to a person; `hold` comes before."""
    session.execute(_HOLD_ALONE)


def numbers(session: Session, count: int) -> list[int]:
    """Numbers for so many records: nobody else gets them."""
    return list(session.scalars(_NUMBERS, {"count": count}))


def by_content(session: Session, marks: Iterable[bytes]) -> dict[bytes, Known]:
    """The records of these contents, where they were told before."""
    return _known(session, _BY_CONTENT, marks)


def by_mark(session: Session, marks: Iterable[bytes]) -> dict[bytes, Known]:
    """The records that compare like these, where there are any."""
    return _known(session, _BY_MARK, marks)


def _known(session: Session, statement: object, marks: Iterable[bytes]) -> dict[bytes, Known]:
    rows = session.execute(statement, {"marks": list(marks)})  # type: ignore[call-overload]  # a text clause
    return {bytes(row.mark): Known(row.record_id, row.person_id, row.is_nobody) for row in rows}


def newest(session: Session) -> int:
    """The number of the last record that is there; whoever comes later has a higher one."""
    return int(session.execute(_NEWEST).scalar_one())


def candidates(
    session: Session, asking: Sequence[Asking], glance: Glance, after: int = 0
) -> set[tuple[int, int]]:
    """(who asks, record) of those that share a key with one and weigh enough by their sketches, and of those
    that share a NIR, however unlike; of records after this number."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for places, record_ids, weights in _weighed(session, asking, glance, after):
        for place, record_id, weight in zip(places, record_ids, weights, strict=True):
            of_one = found[place]
            of_one[record_id] = max(weight, of_one.get(record_id, weight))
    return {
        (asking[place].record_id, record_id)
        for place, of_one in found.items()
        for record_id in nearest(of_one)
    }


def nearest(weight_of: Mapping[int, float]) -> list[int]:
    """The heaviest of these, no more than are compared; of equal ones those with the smaller number."""
    return sorted(weight_of, key=lambda one: (-weight_of[one], one))[:MOST_CANDIDATES]


def _weighed(
    session: Session, asking: Sequence[Asking], glance: Glance, after: int
) -> Iterator[tuple[list[int], list[int], list[float]]]:
    """(places of those who ask, records, weights) of what weighs enough, part by part."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asking):
        for key in set(one.keys):
            places[key].append(place)
    mine = rows_of([one.sketch for one in asking])
    rows = database.fetch_binary(session, _BLOCKS, {"keys": list(places), "after": after})
    met = (
        (place, block, asking[place].nir == key)
        for key, entries in rows
        for block in (np.frombuffer(entries, _ENTRY),)
        for place in places[key]
    )
    for part in _by_size(met):
        lengths = [len(block) for _, block, _ in part]
        entries = np.concatenate([block for _, block, _ in part])
        asked = np.repeat([place for place, _, _ in part], lengths)
        weights = glance.weigh(mine[asked], entries["sketch"])
        weights[np.repeat([is_nir for _, _, is_nir in part], lengths)] = np.inf
        enough = weights >= glance.least
        yield asked[enough].tolist(), entries["record_id"][enough].tolist(), weights[enough].tolist()


def _by_size(met: Iterable[_Met]) -> Iterator[list[_Met]]:
    part: list[_Met] = []
    size = 0
    for one in met:
        part.append(one)
        size += len(one[1])
        if size >= _WEIGHED_AT_ONCE:
            yield part
            part, size = [], 0
    if part:
        yield part


def load(session: Session, keys: Keyring, record_ids: Iterable[int]) -> list[Stored]:
    """These records, opened."""
    rows = database.fetch_binary(session, _LOAD, {"record_ids": list(record_ids)})
    return [
        Stored(record_id, name, person_id, keys.open(sealed, purpose_of(mark)), keyed_with)
        for record_id, name, person_id, keyed_with, mark, sealed in rows
    ]


def add(
    session: Session,
    keys: Keyring,
    new: Sequence[New],
    person_of: Mapping[int, UUID],
    marked_with: str,
    keyed_with: str,
) -> None:
    """Keep records, sealed each for itself, with their keys and their persons."""
    session.execute(
        _ADD,
        {
            "record_ids": [one.record_id for one in new],
            "marks": [one.mark for one in new],
            "sealed": [keys.seal(one.packed, purpose_of(one.mark)) for one in new],
            "are_nobody": [one.is_nobody for one in new],
            "names": [one.name for one in new],
            "person_ids": [person_of[one.record_id] for one in new],
            "marked_with": marked_with,
            "keyed_with": keyed_with,
        },
    )
    add_keys(session, [(one.record_id, one.keys, one.sketch) for one in new])


def add_keys(session: Session, keyed: Iterable[tuple[int, Sequence[int], bytes]]) -> None:
    """Make records findable by their keys: (record, keys, sketch) of each."""
    rows = list(keyed)
    pairs = [(key, place) for place, (_, keys, _) in enumerate(rows, start=1) for key in keys]
    session.execute(
        _ADD_KEYS,
        {
            "keys": [key for key, _ in pairs],
            "places": [place for _, place in pairs],
            "record_ids": [record_id for record_id, _, _ in rows],
            "sketches": [bits_of(sketch) for _, _, sketch in rows],
        },
    )


def add_contents(session: Session, record_of: Mapping[bytes, int]) -> None:
    """Remember which record each of these contents is."""
    session.execute(_ADD_CONTENTS, {"marks": list(record_of), "record_ids": list(record_of.values())})


def persons_of(session: Session, record_ids: Iterable[int]) -> dict[int, UUID]:
    """Whose each of these records is."""
    rows = session.execute(_PERSONS_OF, {"record_ids": list(record_ids)})
    return {row.record_id: row.person_id for row in rows}


def standing(session: Session, record_ids: Iterable[int]) -> dict[int, tuple[UUID, str]]:
    """Whose each of these records is, and by which model it is keyed."""
    rows = session.execute(_STANDING, {"record_ids": list(record_ids)})
    return {row.record_id: (row.person_id, row.keyed_with) for row in rows}


def nobodies(session: Session, record_ids: Iterable[int]) -> set[int]:
    """Those of these records that tell too little to be anybody's."""
    return set(session.scalars(_NOBODIES, {"record_ids": list(record_ids)}))


def move(session: Session, person_of: Mapping[int, UUID], cause: str, now: datetime) -> None:
    """Give these records to these persons, and remember it; `hold_alone` comes before."""
    asked = {"record_ids": list(person_of), "person_ids": list(person_of.values())}
    session.execute(_MOVE, {**asked, "cause": cause, "now": now})


class Move(NamedTuple):
    """A record changed persons. Numbers grow in the order in which moves became true, and have no gap that
    is filled later."""

    seq: int
    from_person: UUID
    to_person: UUID
    cause: str
    moved_at: datetime


def moves(session: Session, after: int, most: int) -> list[Move]:
    """Up to `most` moves after number `after`, in order."""
    return [Move(*row) for row in session.execute(_MOVES, {"after": after, "most": most})]


def purpose_of(mark: bytes) -> bytes:
    """What a record is sealed for."""
    return b"record:" + bytes(mark)


def bits_of(sketch: bytes) -> str:
    """A sketch as PostgreSQL writes it."""
    return f"{int.from_bytes(sketch):0{BITS}b}"
