"""The records of each key, with their sketches: read to find whom a record is like; few of them are opened.

A block lies in pieces of up to `PIECE` entries, each one row: what costs is the row, and the page that it is
on, and not what it holds. An entry is appended to the last piece of its block where there is room.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.identity.domain.sketching import BYTES, Glance, Weights, rows_of

PIECE = 64
# Blocks that the frequencies of the model did not foresee (a placeholder that nobody listed) are read up to
# here, the oldest first; and of what a record is like, so many are compared, the heaviest by their sketches.
# Both are far above what a block holds in truth: they bound time, and change nobody otherwise.
MOST_PIECES = 16
MOST_CANDIDATES = 200
_READ = """
    SELECT key, entries FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[])) AND piece < %(most)s AND newest > %(after)s
"""
_LAST = """
    SELECT DISTINCT ON (key) key, piece, length(entries) FROM block
    WHERE key = ANY(CAST(%(keys)s AS bigint[])) ORDER BY key, piece DESC
"""
_ADD = text(
    """
    INSERT INTO block (key, piece, newest, entries)
    SELECT key, piece, newest, substr(:entries, start, size)
    FROM unnest(
        CAST(:keys AS bigint[]), CAST(:pieces AS int[]), CAST(:newest AS bigint[]), CAST(:starts AS int[]),
        CAST(:sizes AS int[])
    ) AS told(key, piece, newest, start, size)
    ON CONFLICT (key, piece) DO UPDATE
    SET entries = block.entries || excluded.entries, newest = greatest(block.newest, excluded.newest)
    """
)
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
_Met = tuple[int, bytes, bool]
_WEIGHED_AT_ONCE = 200_000 * ENTRY.itemsize


@dataclass(frozen=True, slots=True, repr=False)
class Asking:
    """By what a record looks for others: keys and sketch, of one blind key. `nir` is the key of its NIR."""

    record_id: int
    keys: Sequence[int]
    nir: int | None
    sketch: bytes


def candidates(
    session: Session, asking: Sequence[Asking], glance: Glance, after: int = 0
) -> list[tuple[int, int]]:
    """(who asks, record) of those that share a key with one and weigh enough by their sketches, and of those
    that share a NIR, however unlike; of records after this number."""
    parts = list(_weighed(session, asking, glance, after))
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
    session: Session, asking: Sequence[Asking], glance: Glance, after: int
) -> Iterator[tuple[Numbers, Numbers, Weights]]:
    """(places of those who ask, records, weights) of what weighs enough, part by part."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asking):
        for key in set(one.keys):
            places[key].append(place)
    mine = rows_of([one.sketch for one in asking])
    asked = {"keys": database.integers(places), "most": MOST_PIECES, "after": after}
    rows = database.fetch_binary(session, _READ, asked)
    met = ((place, entries, asking[place].nir == key) for key, entries in rows for place in places[key])
    for part in _by_size(met):
        lengths = [len(entries) // ENTRY.itemsize for _, entries, _ in part]
        met_by = np.repeat([place for place, _, _ in part], lengths)
        found = np.frombuffer(b"".join([entries for _, entries, _ in part]), ENTRY)
        weights = glance.weigh(mine[met_by], found["sketch"])
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


def add(session: Session, keyed: Iterable[tuple[int, Sequence[int], bytes]]) -> None:
    """Make records findable by their keys: (record, keys, sketch) of each; `records.hold` comes before."""
    entries_of: dict[int, list[bytes]] = defaultdict(list)
    newest_of: dict[int, int] = {}
    for record_id, keys, sketch in keyed:
        entry = record_id.to_bytes(8) + sketch
        for key in set(keys):
            entries_of[key].append(entry)
            newest_of[key] = max(record_id, newest_of.get(key, record_id))
    if not entries_of:
        return
    last = database.fetch_binary(session, _LAST, {"keys": database.integers(entries_of)})
    last_of = {key: (piece, size // ENTRY.itemsize) for key, piece, size in last}
    rows = [
        (key, piece, newest_of[key], b"".join(entries))
        for key, of_key in sorted(entries_of.items())
        for piece, entries in _pieces(of_key, *last_of.get(key, (0, 0)))
    ]
    sizes = [len(entries) for _, _, _, entries in rows]
    session.execute(
        _ADD,
        {
            "keys": database.integers(key for key, _, _, _ in rows),
            "pieces": database.integers(piece for _, piece, _, _ in rows),
            "newest": database.integers(newest for _, _, newest, _ in rows),
            "starts": database.integers(np.cumsum([1, *sizes[:-1]]).tolist()),
            "sizes": database.integers(sizes),
            "entries": b"".join([entries for _, _, _, entries in rows]),
        },
    )


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
