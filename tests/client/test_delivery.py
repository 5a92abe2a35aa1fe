"""A delivery of any length: cut the same each time, read in bounded memory, begun again safely."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pika import BasicProperties
from pika.adapters.blocking_connection import BlockingChannel

from services.client import files, lots
from services.client.hub import Hub
from services.contracts.errors import Malformed, Unavailable
from services.contracts.message import MAX_CALL_BYTES
from tests.client.conftest import StandIn, error, raw, result

Lay = Callable[[list[str]], bytes]


BOM = b"\xef\xbb\xbf"


def as_lines(texts: list[str]) -> bytes:
    return "\n".join(texts).encode()


def as_array(texts: list[str]) -> bytes:
    return f"[{','.join(texts)}]".encode()


def as_windows_does(texts: list[str]) -> bytes:
    return BOM + "\r\n".join([*texts, "", ""]).encode()


def indented(texts: list[str]) -> bytes:
    return BOM + b" \n[\n  " + ",\r\n  ".join(texts).encode() + b"\n]\n\n"


LAID_OUT: dict[str, Lay] = {
    "JSON Lines": as_lines,
    "JSON Lines on Windows": as_windows_does,
    "an array on one line": as_array,
    "an array on many": indented,
}

TEXTS = ['{"a":1,"a":2}', '{"n": 123456789012345678901234567890, "é": "\\ud800"}', '"[,]}\\""', "12", "null"]


@pytest.mark.parametrize("lay", LAID_OUT.values(), ids=LAID_OUT.keys())
def test_a_file_is_given_as_it_was_written(lay: Lay, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(lay(TEXTS))
    assert [one.text.decode() for one in files.read(file)] == TEXTS
    assert files.check(file).declarations == len(TEXTS)


def test_the_same_declarations_have_the_same_digest_however_laid_out(tmp_path: Path) -> None:
    digests = set()
    for name, lay in LAID_OUT.items():
        file = tmp_path / name
        file.write_bytes(lay(TEXTS))
        digests.add(files.check(file).digest)
    assert len(digests) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@example(values=[0.0], block=1, indent=None)
@example(values=[1e16], block=1, indent=None)
@given(values=st.lists(values, max_size=8), block=st.integers(1, 40), indent=st.sampled_from([None, 1]))
def test_an_array_read_by_blocks_of_any_size_is_the_array(
    values: list[Any], block: int, indent: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("arrays") / "file.json"
    file.write_text(json.dumps(values, ensure_ascii=False, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_BLOCK", block)
        assert [json.loads(one.text) for one in files.read(file)] == values


UNREADABLE = [
    pytest.param(b'{"a":1}\n{"a":\n{"a":2}', "json_invalide", 2, id="a cut line"),
    pytest.param(b'{"a":1}\n{"a":NaN}', "json_invalide", 2, id="not a number"),
    pytest.param(b'{"a":1} {"a":2}', "json_invalide", 1, id="two on a line"),
    pytest.param(b'{"a":1}\n\n{"a":2}', "ligne_vide", 2, id="an empty line between"),
    pytest.param('{"a":1}\n{"a":"é"}'.encode("latin-1"), "encodage_invalide", 2, id="Latin-1"),
    pytest.param('{"a":1}'.encode("utf-16"), "encodage_invalide", 1, id="UTF-16"),
    pytest.param(b'{"a":' * 100_000, "json_invalide", 1, id="nested without end"),
    pytest.param(b"nature;reference\nformation;R1\n", "json_invalide", 1, id="CSV"),
    pytest.param(b'[{"a":1},\n{"a":}]', "json_invalide", 2, id="array: a bad declaration"),
    pytest.param(b'[{"a":1}\n{"a":2}]', "json_invalide", 2, id="array: no comma"),
    pytest.param(b'[{"a":1},\n', "json_invalide", 2, id="array: cut after a comma"),
    pytest.param(b'[{"a":1}\n', "json_invalide", 2, id="array: not closed"),
    pytest.param(b'[{"a":1},]', "json_invalide", 1, id="array: a comma too many"),
    pytest.param(b'[{"a":1}]\n{"a":2}', "json_invalide", 2, id="array: text behind"),
    pytest.param('[{"a":1},\n{"a":"é"}]'.encode("latin-1"), "encodage_invalide", 1, id="array: Latin-1"),
    pytest.param(b'{"a":"' + b"x" * MAX_CALL_BYTES + b'"}', "declaration_trop_volumineuse", 1, id="too long"),
    pytest.param(b'[1,\n"' + b"x" * MAX_CALL_BYTES + b'"]', "json_invalide", 2, id="array: too long"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "line"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_by_its_line(
    content: bytes, code: str, line: int, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(Malformed) as failure:
        files.check(file)
    assert (failure.value.code, failure.value.details["ligne"]) == (code, str(line))
    assert f"Ligne {line} " in failure.value.message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"[]", b" [ ] \n"])
def test_a_file_without_a_declaration_has_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert files.check(file).declarations == 0


@pytest.mark.parametrize("lay", [pytest.param(as_lines, id="lines"), pytest.param(as_array, id="array")])
def test_a_large_file_is_read_in_little_memory(lay: Lay, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(lay(['{"nature":"formation","x":"' + "x" * 1000 + '"}'] * 40_000))
    tracemalloc.start()
    count = sum(len(lot) for lot in lots.cut(files.read(file)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_000
    assert peak < 12 * 1024 * 1024 < file.stat().st_size / 3


@given(st.lists(st.integers(0, 3_000_000), max_size=30))
def test_no_lot_is_too_large_and_none_loses_a_line(sizes: list[int]) -> None:
    lines = [lots.Written(b"1" * (size + 1)) for size in sizes]
    cut = list(lots.cut(lines))
    assert [line for lot in cut for line in lot] == lines
    assert cut == list(lots.cut(lines)), "a second run cuts the same"
    for lot in cut:
        assert len(lot) <= lots.LINES_PER_LOT
        assert sum(len(line.text) + 1 for line in lot) <= lots.LOT_BYTES + 3_000_002


def test_lots_are_cut_by_count() -> None:
    assert [len(lot) for lot in lots.cut([{"n": n} for n in range(1201)])] == [500, 500, 201]


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        pytest.param({"a": "x" * MAX_CALL_BYTES}, "declaration_trop_volumineuse", id="too large"),
        pytest.param({"a": {1, 2}}, "declaration_illisible", id="a set"),
        pytest.param({"a": "\ud800"}, "declaration_illisible", id="half a character"),
    ],
)
def test_a_declaration_no_lot_can_carry_is_told_by_its_number(declaration: Any, code: str) -> None:
    with pytest.raises(Malformed) as failure:
        list(lots.cut([{}, declaration]))
    assert (failure.value.code, failure.value.details["declaration"]) == (code, "2")


@pytest.mark.parametrize("reference", ["", "x" * 58])
def test_a_reference_leaves_room_for_the_lots_numbers(reference: str) -> None:
    with pytest.raises(Malformed) as failure:
        lots.lot_reference(reference, 1)
    assert failure.value.code == "reference_trop_longue"
    assert len(lots.lot_reference("x" * 57, 999_999)) == 64


def receive(channel: BlockingChannel, asked: BasicProperties, body: bytes) -> None:
    """A receipt that depends on the content alone."""
    result(reference=json.loads(body)["reference"], digest=hashlib.sha256(body).hexdigest())(
        channel, asked, body
    )


@pytest.mark.servers
def test_a_delivery_begun_again_sends_the_same_lots_and_goes_on(
    partner_url: str, stand_in: StandIn, tmp_path: Path
) -> None:
    file = tmp_path / "file.jsonl"
    file.write_bytes(as_lines([json.dumps({"n": n}) for n in range(1201)]))
    stand_in.replies = [receive, error("unavailable", "panne"), receive]
    with Hub(partner_url, timeout=5, attempts=1) as hub:
        delivery = hub.deliver_file("E1", file)
        first = next(delivery)
        with pytest.raises(Unavailable):
            next(delivery)
        again = list(hub.deliver_file("E1", file))
    assert again[0] == first
    assert [receipt["reference"] for receipt in again] == ["E1-0001", "E1-0002", "E1-0003"]
    assert stand_in.bodies[0] == stand_in.bodies[2]
    assert stand_in.bodies[1] == stand_in.bodies[3]


@pytest.mark.servers
def test_a_file_reaches_the_hub_as_it_was_written(hub: Hub, stand_in: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "file.jsonl"
    file.write_bytes(as_lines(TEXTS))
    stand_in.replies = [raw(b'{"result": {}}')]
    list(hub.deliver_file("E1", file))
    assert f'"declarations":[{",".join(TEXTS)}]'.encode() in stand_in.bodies[0]
