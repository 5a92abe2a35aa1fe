"""Blocks: whoever has a key is found by it, in whatever pieces its block lies, until it is forgotten."""

import importlib
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.identity.domain.sketching import BITS, BYTES, EVERYTHING, Glance
from services.identity.storage import blocks
from services.identity.storage.blocks import PIECE, Asking, Keyed

GLANCE = EVERYTHING.among(1)
SKETCH = os.urandom(BYTES)
KEY, OTHER = 7, -(2**63)


def found(session: Session, keys: Sequence[int], after: int = 0) -> list[int]:
    asking = [Asking(-1, keys, None, SKETCH)]
    pairs, _ = blocks.candidates(session, asking, GLANCE)
    since = blocks.candidates_since(session, asking, GLANCE, after)
    assert since == [(one, record_id) for one, record_id in pairs if record_id > after]
    return sorted(record_id for _, record_id in since)


def pieces(session: Session) -> list[tuple[int, int, int]]:
    rows = session.execute(text("SELECT key, piece, length(entries) FROM block ORDER BY 1, 2"))
    return [(key, piece, length // blocks.ENTRY.itemsize) for key, piece, length in rows]


def keyed(records: Iterable[int], keys: Sequence[int] = (KEY,)) -> list[Keyed]:
    return [(record_id, keys, SKETCH) for record_id in records]


def test_a_piece_is_filled_before_the_next_is_begun(session: Session) -> None:
    blocks.add(session, keyed(range(1, 11)))
    blocks.add(session, keyed(range(11, 2 * PIECE + 5), [KEY, OTHER]))
    assert pieces(session) == [
        (OTHER, 0, PIECE), (OTHER, 1, PIECE - 6), (KEY, 0, PIECE), (KEY, 1, PIECE), (KEY, 2, 4)
    ]  # fmt: skip
    blocks.add(session, keyed([500]))
    assert pieces(session)[-1] == (KEY, 2, 5)
    assert found(session, [KEY]) == [*range(1, 2 * PIECE + 5), 500]
    assert found(session, [KEY, OTHER]) == found(session, [KEY])


@pytest.mark.parametrize("after", [0, 5, PIECE, PIECE + 3, 2 * PIECE])
def test_only_who_came_after_is_found(session: Session, after: int) -> None:
    blocks.add(session, keyed(range(1, PIECE + 10)))
    assert found(session, [KEY], after) == list(range(after + 1, PIECE + 10))


def test_an_older_record_that_is_keyed_later_hides_nobody(session: Session) -> None:
    blocks.add(session, keyed([8]))
    blocks.add(session, keyed([3]))
    assert found(session, [KEY], 5) == [8]


def ends(session: Session, keys: Sequence[int]) -> blocks.Tails:
    return blocks.candidates(session, [Asking(-1, keys, None, SKETCH)], GLANCE)[1]


# Of the first block, how much is there, and how much comes to it after it was seen.
@pytest.mark.parametrize("held", [0, 1, PIECE - 1, PIECE, PIECE + 5])
@pytest.mark.parametrize("meanwhile", [0, 1, PIECE, PIECE + 1])
@pytest.mark.parametrize("mine", [1, 2, PIECE + 1])
def test_what_was_seen_to_end_so_is_appended_to_unless_somebody_else_was_there(
    session: Session, held: int, meanwhile: int, mine: int
) -> None:
    blocks.add(session, keyed(range(1, held + 1)))
    tails = ends(session, [KEY, OTHER])
    blocks.add(session, keyed(range(1001, 1001 + meanwhile)))
    appended = keyed(range(2001, 2001 + mine), [KEY, OTHER])
    settled = blocks.append(session, appended, tails)
    assert (KEY in settled) == (not meanwhile and mine <= (PIECE - held % PIECE))
    assert (OTHER in settled) == (mine <= PIECE)
    blocks.add(session, appended, settled)
    everybody = [*range(1, held + 1), *range(1001, 1001 + meanwhile), *range(2001, 2001 + mine)]
    assert found(session, [KEY]) == everybody
    assert sum(length for key, _, length in pieces(session) if key == KEY) == len(everybody)
    assert all(0 < length <= PIECE for _, _, length in pieces(session))


def test_a_place_that_another_row_has_taken_is_not_appended_to(session: Session) -> None:
    blocks.add(session, keyed([1]))
    blocks.add(session, keyed([2], [OTHER]))
    tails = ends(session, [KEY, OTHER])
    swapped = tails.copy()
    assert swapped["key"].tolist() == [OTHER, KEY]
    swapped["place"][1], swapped["newest"][0] = tails["place"][0], 1
    assert blocks.append(session, keyed([3], [KEY, OTHER]), swapped) == set()
    assert (found(session, [KEY]), found(session, [OTHER])) == ([1], [2])


def test_the_end_of_a_block_that_is_read_in_part_was_not_seen(session: Session) -> None:
    most = blocks.MOST_PIECES * PIECE
    blocks.add(session, keyed(range(1, most + 50)))
    assert blocks.append(session, keyed([5000]), ends(session, [KEY])) == set()
    blocks.forget(session, [(most, [KEY])])  # there is room now in the last piece that is read
    assert blocks.append(session, keyed([5001]), ends(session, [KEY])) == set()


def test_who_is_forgotten_by_a_key_is_found_by_the_others(session: Session) -> None:
    blocks.add(session, keyed(range(1, PIECE + 10), [KEY, OTHER]))
    blocks.forget(session, [(3, [KEY]), (PIECE + 1, [KEY, OTHER]), (4, [12345])])
    everybody = set(range(1, PIECE + 10))
    assert set(found(session, [KEY])) == everybody - {3, PIECE + 1}
    assert set(found(session, [OTHER])) == everybody - {PIECE + 1}


def test_a_block_is_read_up_to_its_bound_and_the_oldest_first(session: Session) -> None:
    most = blocks.MOST_PIECES * PIECE
    blocks.add(session, keyed(range(1, most + 50)))
    asking = [Asking(-1, [KEY], None, SKETCH)]
    asked = {"keys": database.integers([KEY]), "most": blocks.MOST_PIECES}
    rows = database.fetch_binary(session, blocks._READ, asked)
    _, record_ids, _ = next(blocks._weighed(asking, rows, GLANCE, 0))
    assert sorted(record_ids.tolist()) == list(range(1, most + 1))


@given(st.lists(st.lists(st.sampled_from([-1, 0, 7]), max_size=3 * PIECE), max_size=6))
def test_in_whatever_chunks_entries_come_each_piece_is_filled_before_the_next(
    chunks: list[list[int]],
) -> None:
    held, tails = Counter[int](), blocks.NO_TAILS
    for chunk in chunks:
        keys = np.array(sorted(chunk), np.int64)
        of_block = np.arange(len(keys)) - np.searchsorted(keys, keys) + [held[key] for key in keys.tolist()]
        assert blocks._pieces(keys, blocks._ends(tails, keys)).tolist() == (of_block // PIECE).tolist()
        held.update(chunk)
        ends = [(key, (count - 1) // PIECE, b"", 0, (count - 1) % PIECE + 1) for key, count in held.items()]
        tails = np.array(sorted(ends), blocks.NO_TAILS.dtype)


# Who asks by which of the keys 0 to 4, and which records have each.
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=5), min_size=1, max_size=5),
    st.lists(st.lists(st.integers(1, 30), max_size=8), min_size=5, max_size=5),
    st.sampled_from([1, 5, 10**6]),
)
def test_whoever_asks_meets_all_that_have_a_key_of_its_in_parts_of_any_size(
    asked: list[list[int]], having: list[list[int]], at_once: int
) -> None:
    asking = [Asking(-place, keys, keys[0], SKETCH) for place, keys in enumerate(asked, start=1)]
    rows = [(key, b"".join(id_.to_bytes(8) + SKETCH for id_ in ids)) for key, ids in enumerate(having)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "_WEIGHED_AT_ONCE", at_once)
        for glance, by in ((GLANCE, set[int]), (Glance(GLANCE.weights, math.inf), lambda keys: {keys[0]})):
            shared = {(one.record_id, id_) for one in asking for key in by(one.keys) for id_ in having[key]}
            for after in (0, 15):
                pairs = blocks._found(asking, rows, glance, after)
                assert len(pairs) == len(set(pairs))
                assert set(pairs) == {pair for pair in shared if pair[1] > after}


def test_rows_of_before_become_the_blocks_that_would_have_been(session: Session) -> None:
    migration = importlib.import_module("services.identity.storage.migrations.versions.0006_blocks")
    session.execute(text(f"CREATE TEMP TABLE record_key (key bigint, record_id bigint, sketch bit({BITS}))"))
    records = [(id_, keys, os.urandom(BYTES)) for id_ in range(1, 200) for keys in ([KEY, id_ % 3], [OTHER])]
    for record_id, keys, sketch in records:
        for key in keys:
            session.execute(
                text("INSERT INTO record_key VALUES (:key, :id, CAST(CAST(:bits AS text) AS bit(256)))"),
                {"key": key, "id": record_id, "bits": f"{int.from_bytes(sketch):0{BITS}b}"},
            )
    session.execute(migration.PACK, {"first": -(2**63), "last": -1})
    session.execute(migration.PACK, {"first": 0, "last": 2**63 - 1})
    read = text("SELECT * FROM block ORDER BY key, piece")
    packed = session.execute(read).all()
    session.execute(text("DELETE FROM block"))
    blocks.add(session, records)
    assert [tuple(row)[:2] + tuple(row)[3:] for row in packed] == [
        tuple(row)[:2] + tuple(row)[3:] for row in session.execute(read)
    ]
    assert max(row.newest for row in packed) == 199
