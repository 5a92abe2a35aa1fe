"""The records of each key, with their sketches: read to find whom a record is like; few of them are opened.

A block lies in pieces of up to `PIECE` entries, each one row: what costs is the row, and the page that it is
on, and not what it holds. An entry goes to the last piece of its block where there is room.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import pairwise
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
    SELECT key, piece, ctid, newest, length(entries), entries FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[])) AND piece < %(most)s
"""
_SINCE = """
    SELECT key, entries FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[])) AND piece < %(most)s AND newest > %(after)s
"""
_ENDS = """
    SELECT key, piece, ctid, newest, length(entries) FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[]))
"""
# A piece is looked for where it was read, which takes half as long as by its key. It is not there any more,
# or has another newest record, if anybody wrote to it since; what was begun since is there already.
# What is new goes before what is there: rows that end alike go to PostgreSQL's journal without their end.
_APPEND = """
    UPDATE block SET
        entries = substr(%(entries)s, CAST(start AS int), CAST(size AS int)) || block.entries,
        newest = greatest(told.newest, block.newest)
    FROM unnest(
        CAST(%(places)s AS tid[]), CAST(%(seen)s AS bigint[]), CAST(%(keys)s AS bigint[]),
        CAST(%(pieces)s AS bigint[]), CAST(%(newest)s AS bigint[]), CAST(%(starts)s AS bigint[]),
        CAST(%(sizes)s AS bigint[])
    ) AS told(place, seen, key, piece, newest, start, size)
    WHERE block.ctid = told.place AND block.key = told.key AND block.piece = told.piece
      AND block.newest = told.seen
    RETURNING block.key, block.piece
"""
_BEGIN = """
    INSERT INTO block (key, piece, newest, entries)
    SELECT key, piece, newest, substr(%(entries)s, CAST(start AS int), CAST(size AS int))
    FROM unnest(
        CAST(%(keys)s AS bigint[]), CAST(%(pieces)s AS bigint[]), CAST(%(newest)s AS bigint[]),
        CAST(%(starts)s AS bigint[]), CAST(%(sizes)s AS bigint[])
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
    FROM unnest(CAST(:keys AS bigint[]), CAST(:pieces AS bigint[]), CAST(:entries AS bytea[]))
         AS told(key, piece, entries)
    WHERE block.key = told.key AND block.piece = told.piece
    """
)
# The number of a record as PostgreSQL sends it, and its sketch.
ENTRY: np.dtype[Any] = np.dtype([("record_id", ">i8"), ("sketch", np.uint64, BYTES // 8)])
# The last piece of a block as it was seen: which one, where it lies as PostgreSQL says it, its newest record
# and how many entries it holds.
_TAIL: np.dtype[Any] = np.dtype(
    [("key", np.int64), ("piece", np.int64), ("place", "V6"), ("newest", np.int64), ("held", np.int64)]
)
_NONE = np.array((0, -1, b"", 0, PIECE), _TAIL)
Numbers = NDArray[np.int64]
Entries = NDArray[np.void]  # of `ENTRY`
Tails = NDArray[np.void]  # of `_TAIL`, one of each block, in the order of their keys
NO_TAILS: Tails = np.empty(0, _TAIL)
Keyed = tuple[int, Sequence[int], bytes]  # a record, its keys and its sketch
# So many entries stay in the cache of the core until they are weighed.
_WEIGHED_AT_ONCE = 16_384


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
    return _found(asking, rows, glance, 0), _tails(rows)


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


def _tails(rows: Sequence[tuple[Any, ...]]) -> Tails:
    """The last of these pieces of each block."""
    pieces = np.array([row[:5] for row in rows], _TAIL)
    pieces["held"] //= ENTRY.itemsize
    order = np.lexsort((pieces["piece"], pieces["key"]))
    is_last = np.roll(_turns(pieces["key"][order]), -1)
    return pieces.take(order[is_last])


def _found(
    asking: Sequence[Asking], rows: Sequence[tuple[Any, ...]], glance: Glance, after: int
) -> list[tuple[int, int]]:
    """Of rows with a key first and entries last."""
    if not rows:
        return []
    parts = list(_weighed(asking, rows, glance, after))
    places, record_ids, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    pairs = nearest(places, record_ids, weights)
    return list(dict.fromkeys((asking[place].record_id, record_id) for place, record_id in pairs))


def nearest(asking: Numbers, found: Numbers, weights: Weights) -> list[tuple[int, int]]:
    """Of each who asks, what was found with the most weight, no more than are compared; of equal ones those
    with the smaller number. What was found twice counts once, by the greater weight."""
    order = np.lexsort((-weights, found, asking))
    asking, found, weights = asking[order], found[order], weights[order]
    once = _turns(asking, found)
    asking, found, weights = asking[once], found[once], weights[once]
    order = np.lexsort((found, -weights, asking))
    asking, found = asking[order], found[order]
    near = _ranks(asking) < MOST_CANDIDATES
    return list(zip(asking[near].tolist(), found[near].tolist(), strict=True))


def _weighed(
    asking: Sequence[Asking], rows: Sequence[tuple[Any, ...]], glance: Glance, after: int
) -> Iterator[tuple[Numbers, Numbers, Weights]]:
    """(places of those who ask, records, weights) of what weighs enough, part by part."""
    mine = rows_of([one.sketch for one in asking])
    met, places, by_nir = _met(asking, np.array([row[0] for row in rows], np.int64))
    pieces = [row[-1] for row in rows]
    lengths = np.array([len(piece) for piece in pieces])[met] // ENTRY.itemsize
    starts = np.flatnonzero(_turns(np.cumsum(lengths) // _WEIGHED_AT_ONCE))
    for start, end in pairwise([*starts.tolist(), len(met)]):
        part = slice(start, end)
        found = np.frombuffer(b"".join([pieces[row] for row in met[part].tolist()]), ENTRY)
        met_by = np.repeat(places[part], lengths[part])
        weights = glance.weigh_met(mine, met_by, found["sketch"])
        weights[np.repeat(by_nir[part], lengths[part])] = np.inf
        enough = np.flatnonzero(weights >= glance.least)
        enough = enough[found["record_id"][enough] > after]
        yield met_by[enough], found["record_id"][enough].astype(np.int64), weights[enough]


def _met(asking: Sequence[Asking], keys: Numbers) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """(row, place of who asks, whether by its NIR) of each row, by its key, and each who asks by that key."""
    asked = np.array([key for one in asking for key in one.keys], np.int64)
    places = np.repeat(np.arange(len(asking)), [len(one.keys) for one in asking])
    by_nir = np.array([key == one.nir for one in asking for key in one.keys])
    order = np.argsort(asked, kind="stable")
    first, end = (np.searchsorted(asked, keys, side, order) for side in ("left", "right"))
    rows = np.repeat(np.arange(len(keys)), end - first)
    at = order[first[rows] + _ranks(rows)]
    return rows, places[at], by_nir[at]


def _turns(*columns: Numbers) -> NDArray[np.bool_]:
    """Which rows are not as the one before them; the first is none's like."""
    turns = np.ones(len(columns[0]), np.bool_)
    turns[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return turns


def _ranks(column: Numbers) -> Numbers:
    """How many rows with the same value are before each, of a column in order."""
    return np.arange(len(column)) - np.searchsorted(column, column)


def append(session: Session, keyed: Iterable[Keyed], tails: Tails) -> set[int]:
    """Make records findable by those of their keys whose blocks still end as they were seen to, and return
    these: nobody came to them since. `records.hold` comes before, and `add` after, for the other keys."""
    keys, entries = _entries(keyed)
    ends = _ends(tails, keys)
    coming = np.searchsorted(keys, keys, "right") - np.searchsorted(keys, keys, "left")
    # Of a block that is read in part, the end was not seen.
    sure = (ends["piece"] < MOST_PIECES - 1) & (coming <= PIECE - ends["held"] % PIECE)
    return set(keys[sure].tolist()) - _write(session, keys[sure], entries[sure], ends[sure])


def add(session: Session, keyed: Iterable[Keyed], settled: Collection[int] = ()) -> None:
    """Make records findable by their keys, but for those that are settled; `records.hold` comes before."""
    keys, entries = _entries(keyed)
    left = np.isin(keys, list(settled), invert=True)
    keys, entries = keys[left], entries[left]
    if not len(keys):
        return
    rows = database.fetch_binary(session, _ENDS, {"keys": _sent("int8", keys)})
    if _write(session, keys, entries, _ends(_tails(rows), keys)):
        raise StorageBusy("block_written")  # by somebody who does not hold what it takes


def _entries(keyed: Iterable[Keyed]) -> tuple[Numbers, Entries]:
    """The keys to whose blocks something is to be appended, in order, and what: the oldest record first."""
    told = sorted(keyed)
    entries = np.empty(len(told), ENTRY)
    entries["record_id"] = [record_id for record_id, _, _ in told]
    entries["sketch"] = rows_of([sketch for _, _, sketch in told])
    keys_of = [set(keys) for _, keys, _ in told]
    keys = np.array([key for keys in keys_of for key in keys], np.int64)
    order = np.argsort(keys, kind="stable")
    return keys[order], entries.repeat([len(keys) for keys in keys_of])[order]


def _ends(tails: Tails, keys: Numbers) -> Tails:
    """With what each of these blocks ends; one that nobody saw is not there."""
    ends = np.append(tails, _NONE)[np.searchsorted(tails["key"], keys)]
    ends[ends["key"] != keys] = _NONE
    return ends


def _write(session: Session, keys: Numbers, entries: Entries, ends: Tails) -> set[int]:
    """Append to blocks that end so; returns the keys of those that were found otherwise."""
    pieces = _pieces(keys, ends)
    there = pieces == ends["piece"]
    missed = _missed(session, _APPEND, keys[there], pieces[there], entries[there], ends[there])
    return missed | _missed(session, _BEGIN, keys[~there], pieces[~there], entries[~there], ends[~there])


def _pieces(keys: Numbers, ends: Tails) -> Numbers:
    """To which piece of its block, which ends so, each entry goes."""
    pieces: Numbers = ends["piece"] + (ends["held"] + _ranks(keys)) // PIECE
    return pieces


def _missed(
    session: Session, statement: LiteralString, keys: Numbers, pieces: Numbers, entries: Entries, ends: Tails
) -> set[int]:
    """The keys of those pieces that are not written. One text of bytes goes there for all of them."""
    starts = np.flatnonzero(_turns(keys, pieces))
    if not len(starts):
        return set()
    sizes = np.diff(starts, append=len(keys))
    keys, pieces, ends = keys[starts], pieces[starts], ends[starts]
    asked = {
        "places": _sent("tid", ends["place"]),
        "seen": _sent("int8", ends["newest"]),
        "keys": _sent("int8", keys),
        "pieces": _sent("int8", pieces),
        "newest": _sent("int8", entries["record_id"][starts + sizes - 1]),
        "starts": _sent("int8", starts * ENTRY.itemsize + 1),
        "sizes": _sent("int8", sizes * ENTRY.itemsize),
        "entries": entries.tobytes(),
    }
    written = database.fetch_binary(session, statement, asked)
    if len(written) == len(starts):
        return set()
    return {key for key, _ in set(zip(keys.tolist(), pieces.tolist(), strict=True)).difference(written)}


def _sent(element: str, column: NDArray[Any]) -> database.Array:
    """A column as PostgreSQL receives an array."""
    value = column.dtype.newbyteorder(">")
    sized = np.empty(len(column), [("size", ">i4"), ("value", value)])
    sized["size"], sized["value"] = value.itemsize, column
    return database.array_of(element, len(column), sized.tobytes())


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
