"""The records of each key, with their sketches: read to find whom a record is like; few of them are opened.

A block lies in pieces of up to `PIECE` entries, each one row: what costs is the row, and the page that it is
on, and not what it holds. An entry goes to the last piece of its block where there is room.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, LiteralString, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.errors import StorageBusy
from services.identity.domain.sketching import BYTES, Glance, Weights, rows_of

PIECE = 64
# Blocks that the frequencies of the model did not foresee (a placeholder that nobody listed) are read up to
# here, the oldest first; and of what a record is like, so many are compared, the heaviest by their sketches.
# Both are far above what a block holds in truth: they bound time, and change nobody otherwise.
MOST_PIECES = 16
MOST_CANDIDATES = 200
_READ = """
    SELECT key, piece, ctid::text, newest, entries FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[])) AND piece < %(most)s
"""
_SINCE = """
    SELECT key, entries FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[])) AND piece < %(most)s AND newest > %(after)s
"""
_ENDS = """
    SELECT key, piece, ctid::text, newest, length(entries) FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[]))
"""
# A piece is looked for where it was read, which takes half as long as by its key. It is not there any more,
# or has another newest record, if anybody wrote to it since; what was begun since is there already.
# What is new goes before what is there: rows that end alike go to PostgreSQL's journal without their end.
_APPEND = """
    UPDATE block SET entries = substr(%(entries)s, start, size) || block.entries, newest = told.newest
    FROM unnest(
        CAST(%(places)s AS tid[]), CAST(%(seen)s AS bigint[]), CAST(%(keys)s AS bigint[]),
        CAST(%(pieces)s AS int[]), CAST(%(newest)s AS bigint[]), CAST(%(starts)s AS int[]),
        CAST(%(sizes)s AS int[])
    ) AS told(place, seen, key, piece, newest, start, size)
    WHERE block.ctid = told.place AND block.key = told.key AND block.piece = told.piece
      AND block.newest = told.seen
    RETURNING block.key, block.piece
"""
_BEGIN = """
    INSERT INTO block (key, piece, newest, entries)
    SELECT key, piece, newest, substr(%(entries)s, start, size)
    FROM unnest(
        CAST(%(keys)s AS bigint[]), CAST(%(pieces)s AS int[]), CAST(%(newest)s AS bigint[]),
        CAST(%(starts)s AS int[]), CAST(%(sizes)s AS int[])
    ) AS told(key, piece, newest, start, size)
    ON CONFLICT DO NOTHING
    RETURNING key, piece
"""
_WITH = """
    SELECT key, piece, entries FROM block WHERE key = ANY(CAST(%(keys)s AS bigint[]))
"""
_PUT = text(
    """
    UPDATE block SET entries = told.entries
    FROM unnest(CAST(:keys AS bigint[]), CAST(:pieces AS int[]), CAST(:entries AS bytea[]))
         AS told(key, piece, entries)
    WHERE block.key = told.key AND block.piece = told.piece
    """
)
# The number of a record as PostgreSQL sends it, and its sketch.
ENTRY: np.dtype[Any] = np.dtype([("record_id", ">i8"), ("sketch", np.uint64, BYTES // 8)])
Numbers = NDArray[np.int64]
Keyed = tuple[int, Sequence[int], bytes]  # a record, its keys and its sketch
_Met = tuple[int, bytes, bool]
_Row = tuple[int, int, int, bytes]  # a key, a piece, its newest record, and what is appended to it
_Place = tuple[int, int]  # a key and a piece
_WEIGHED_AT_ONCE = 200_000 * ENTRY.itemsize


class Tail(NamedTuple):
    """The last piece of a block as it was seen: which one, where it lies, its newest record and how many
    entries it holds."""

    piece: int
    place: str
    newest: int
    held: int


Tails = Mapping[int, Tail]
_NONE = Tail(-1, "", 0, PIECE)


class Asking(NamedTuple):
    """By what a record looks for others: keys and sketch, of one blind key. `nir` is the key of its NIR."""

    record_id: int
    keys: Sequence[int]
    nir: int | None
    sketch: bytes

    def __repr__(self) -> str:
        return "Asking()"  # what it says is for no log


def candidates(
    session: Session, asking: Sequence[Asking], glance: Glance
) -> tuple[list[tuple[int, int]], Tails]:
    """(who asks, record) of those that share a key with one and weigh enough by their sketches, and of those
    that share a NIR, however unlike; and with what the blocks that were read end."""
    asked = {"keys": database.integers(_keys(asking)), "most": MOST_PIECES}
    rows = database.fetch_binary(session, _READ, asked)
    ends = ((key, piece, place, newest, len(entries)) for key, piece, place, newest, entries in rows)
    return _found(asking, [(row[0], row[4]) for row in rows], glance, 0), _tails(ends)


def candidates_since(
    session: Session, asking: Sequence[Asking], glance: Glance, after: int, settled: Set[int] = frozenset()
) -> list[tuple[int, int]]:
    """The candidates among records after this number; by keys that are settled there are none."""
    keys = _keys(asking) - settled
    if not keys:
        return []
    asked = {"keys": database.integers(keys), "most": MOST_PIECES, "after": after}
    return _found(asking, database.fetch_binary(session, _SINCE, asked), glance, after)


def _keys(asking: Iterable[Asking]) -> set[int]:
    return {key for one in asking for key in one.keys}


def _tails(pieces: Iterable[tuple[Any, ...]]) -> Tails:
    tails: dict[int, Tail] = {}
    for key, piece, place, newest, size in pieces:
        if piece > tails.get(key, _NONE).piece:
            tails[key] = Tail(piece, place, newest, size // ENTRY.itemsize)
    return tails


def _found(
    asking: Sequence[Asking], rows: Iterable[tuple[int, bytes]], glance: Glance, after: int
) -> list[tuple[int, int]]:
    parts = list(_weighed(asking, rows, glance, after))
    if not parts:
        return []
    places, record_ids, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    pairs = nearest(places, record_ids, weights)
    return list(dict.fromkeys((asking[place].record_id, record_id) for place, record_id in pairs))


def nearest(asking: Numbers, found: Numbers, weights: Weights) -> list[tuple[int, int]]:
    """Of each who asks, what was found with the most weight, no more than are compared; of equal ones those
    with the smaller number. What was found twice counts once, by the greater weight."""
    order = np.lexsort((-weights, found, asking))
    asking, found, weights = asking[order], found[order], weights[order]
    once = np.append(True, (asking[1:] != asking[:-1]) | (found[1:] != found[:-1]))[: len(order)]
    asking, found, weights = asking[once], found[once], weights[once]
    order = np.lexsort((found, -weights, asking))
    asking, found = asking[order], found[order]
    near = np.arange(len(order)) - np.searchsorted(asking, asking) < MOST_CANDIDATES
    return list(zip(asking[near].tolist(), found[near].tolist(), strict=True))


def _weighed(
    asking: Sequence[Asking], rows: Iterable[tuple[int, bytes]], glance: Glance, after: int
) -> Iterator[tuple[Numbers, Numbers, Weights]]:
    """(places of those who ask, records, weights) of what weighs enough, part by part."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asking):
        for key in set(one.keys):
            places[key].append(place)
    mine = rows_of([one.sketch for one in asking])
    met = ((place, entries, asking[place].nir == key) for key, entries in rows for place in places[key])
    for part in _by_size(met):
        lengths = [len(entries) // ENTRY.itemsize for _, entries, _ in part]
        met_by = np.repeat([place for place, _, _ in part], lengths)
        found = np.frombuffer(b"".join([entries for _, entries, _ in part]), ENTRY)
        weights = glance.weigh_met(mine, met_by, found["sketch"])
        weights[np.repeat([is_nir for _, _, is_nir in part], lengths)] = np.inf
        enough = (weights >= glance.least) & (found["record_id"] > after)
        yield met_by[enough], found["record_id"][enough].astype(np.int64), weights[enough]


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


def append(session: Session, keyed: Iterable[Keyed], tails: Tails) -> set[int]:
    """Make records findable by those of their keys whose blocks still end as they were seen to, and return
    these: nobody came to them since. `records.hold` comes before, and `add` after, for the other keys."""
    entries_of = _entries(keyed)
    # Of a block that is read in part, the end was not seen.
    sure = {
        key: entries
        for key, entries in entries_of.items()
        for tail in (tails.get(key, _NONE),)
        if tail.piece < MOST_PIECES - 1 and len(entries) <= (PIECE - tail.held or PIECE)
    }
    return sure.keys() - {key for key, _ in _write(session, sure, tails)}


def add(session: Session, keyed: Iterable[Keyed], settled: Set[int] = frozenset()) -> None:
    """Make records findable by their keys, but for those that are settled; `records.hold` comes before."""
    entries_of = {key: entries for key, entries in _entries(keyed).items() if key not in settled}
    if not entries_of:
        return
    ends = database.fetch_binary(session, _ENDS, {"keys": database.integers(entries_of)})
    if _write(session, entries_of, _tails(ends)):
        raise StorageBusy("block_written")  # by somebody who does not hold what it takes


def _entries(keyed: Iterable[Keyed]) -> dict[int, list[bytes]]:
    """What is to be appended to each block, the oldest record first."""
    entries_of: dict[int, list[bytes]] = defaultdict(list)
    for record_id, keys, sketch in sorted(keyed):
        entry = record_id.to_bytes(8) + sketch
        for key in set(keys):
            entries_of[key].append(entry)
    return entries_of


def _write(session: Session, entries_of: Mapping[int, Sequence[bytes]], tails: Tails) -> set[_Place]:
    """Append to blocks that end so; returns where that was found otherwise, and nothing is written."""
    appended: list[_Row] = []
    begun: list[_Row] = []
    for key, of_key in sorted(entries_of.items()):
        tail = tails.get(key, _NONE)
        for piece, entries in _pieces(of_key, tail.piece, tail.held):
            newest = int.from_bytes(entries[-1][:8])
            if piece == tail.piece:
                appended.append((key, piece, max(newest, tail.newest), b"".join(entries)))
            else:
                begun.append((key, piece, newest, b"".join(entries)))
    ends = [tails[key] for key, *_ in appended]
    places, seen = ",".join([f'"{end.place}"' for end in ends]), database.integers(end.newest for end in ends)
    missed = _missed(session, _APPEND, appended, places=f"{{{places}}}", seen=seen)
    return missed | _missed(session, _BEGIN, begun)


def _missed(session: Session, statement: LiteralString, rows: Sequence[_Row], **beside: str) -> set[_Place]:
    """Of these rows, those that are not written. One text of bytes goes there for all of them."""
    if not rows:
        return set()
    keys, pieces, newest, entries = zip(*rows, strict=True)
    sizes = [len(one) for one in entries]
    asked = {
        "keys": database.integers(keys),
        "pieces": database.integers(pieces),
        "newest": database.integers(newest),
        "starts": database.integers(itertools.accumulate([1, *sizes[:-1]])),
        "sizes": database.integers(sizes),
        "entries": b"".join(entries),
    }
    written = database.fetch_binary(session, statement, asked | beside)
    return set() if len(written) == len(rows) else set(zip(keys, pieces, strict=True)).difference(written)


def _pieces(entries: Sequence[bytes], last: int, held: int) -> Iterator[tuple[int, Sequence[bytes]]]:
    """What goes to which piece of a block, of which the last holds so many."""
    room = PIECE - held
    if room > 0:
        yield last, entries[:room]
    for at, start in enumerate(range(max(room, 0), len(entries), PIECE), start=1):
        yield last + at, entries[start : start + PIECE]


def forget(session: Session, keyed: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Have records found by these keys no more: (record, keys) of each; `records.hold` comes before."""
    gone: dict[int, set[int]] = defaultdict(set)
    for record_id, keys in keyed:
        for key in keys:
            gone[key].add(record_id)
    rows = database.fetch_binary(session, _WITH, {"keys": database.integers(gone)})
    left = [(key, piece, entries, _without(entries, gone[key])) for key, piece, entries in rows]
    changed = [(key, piece, after) for key, piece, before, after in left if before != after]
    session.execute(
        _PUT,
        {
            "keys": database.integers(key for key, _, _ in changed),
            "pieces": database.integers(piece for _, piece, _ in changed),
            "entries": [entries for _, _, entries in changed],
        },
    )


def _without(entries: bytes, gone: set[int]) -> bytes:
    held = np.frombuffer(entries, ENTRY)
    return held[~np.isin(held["record_id"], list(gone))].tobytes()
