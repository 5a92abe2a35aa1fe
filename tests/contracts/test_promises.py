"""A change that would break whoever hears a message, or whoever asks, fails here."""

from typing import Any

import pytest
from marshmallow import fields

from services.asyncapi.bodies import BODIES
from services.contracts.fields import Asked, Code, Many, Text, Told, Whole
from tests.contracts.promises import FROZEN, broken, is_behind, kept_promise_of, promise_of

every_body = pytest.mark.parametrize("name", sorted(BODIES))
Fields = dict[str, Any]


@every_body
def test_a_message_keeps_its_promise(name: str) -> None:
    kept = kept_promise_of(name)
    found = broken(BODIES[name], kept, at=name) if kept else []
    assert not found, "\n".join([*found, "Leave it as it was, and add a new version beside the old one."])


@every_body
def test_a_promise_is_written_down(name: str) -> None:
    assert not is_behind(name), f"tests/contracts/frozen/{name}.json: run `make asyncapi`"


def test_a_message_that_was_promised_is_still_there() -> None:
    gone = {path.name.removesuffix(".json") for path in FROZEN.iterdir()} - BODIES.keys()
    assert not gone, f"somebody may still count on {sorted(gone)}: put it back in services/contracts"


def _part(part: Fields) -> fields.Nested:
    return fields.Nested(Told.from_dict(part), required=True)


HOURS = fields.Integer(required=True)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        pytest.param({"h": HOURS}, {}, ".h: was removed or renamed", id="removed"),
        pytest.param({"h": fields.Integer()}, {}, ".h: was removed or renamed", id="optional and removed"),
        pytest.param({"h": HOURS}, {"h": fields.String(required=True)}, ".h: type was", id="retyped"),
        pytest.param(
            {"h": HOURS}, {"h": fields.Integer(required=True, allow_none=True)}, ".h: type was", id="nullable"
        ),
        pytest.param({"h": HOURS}, {"h": fields.Integer()}, ".h: may be missing", id="no more required"),
        pytest.param({"h": fields.Integer()}, {"h": HOURS}, ".h: is required", id="now required"),
        pytest.param({}, {"h": HOURS}, ".h: is required", id="new and required"),
        pytest.param({"d": fields.Date()}, {"d": fields.AwareDateTime()}, ".d: format was", id="format"),
        pytest.param({"p": _part({"h": HOURS})}, {"p": _part({})}, ".p.h: was removed", id="in a part"),
        pytest.param(
            {"l": fields.List(_part({"h": HOURS}))},
            {"l": fields.List(_part({}))},
            ".l[].h: was removed",
            id="in a list",
        ),
        pytest.param(
            {"f": fields.Dict(values=fields.Integer())},
            {"f": fields.Dict(values=fields.String())},
            ".f{}: type was",
            id="values",
        ),
    ],
)
def test_these_changes_break_whoever_hears_it(before: Fields, after: Fields, what: str) -> None:
    [found] = broken(Told.from_dict(after), promise_of(Told.from_dict(before)))
    assert found.startswith(what)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"r": Text()}, {}, id="removed"),
        pytest.param({"r": Text()}, {"r": Whole()}, id="retyped"),
        pytest.param({"r": Text()}, {"r": Text(required=True)}, id="now required"),
        pytest.param({}, {"r": Text(required=True)}, id="new and required"),
        pytest.param({"r": Text(allow_none=True)}, {"r": Text()}, id="no more nullable"),
        pytest.param({"r": Text(most=64)}, {"r": Text(most=32)}, id="shorter"),
        pytest.param({"r": Whole(least=0)}, {"r": Whole(least=1)}, id="more"),
        pytest.param({"r": Many(Text())}, {"r": Many(Text(), least=1)}, id="a longer list"),
        pytest.param({"r": Code(frozenset("AB"))}, {"r": Code(frozenset("A"))}, id="a code less"),
    ],
)
def test_these_changes_break_whoever_asks(before: Fields, after: Fields) -> None:
    assert broken(Asked.from_dict(after), promise_of(Asked.from_dict(before)))


@pytest.mark.parametrize(
    ("schema", "before", "after"),
    [
        pytest.param(Told, {"h": HOURS}, {"h": HOURS, "age": fields.Integer()}, id="told: new, optional"),
        pytest.param(Asked, {}, {"r": Text()}, id="asked: new, optional"),
        pytest.param(Asked, {"r": Text(required=True)}, {"r": Text()}, id="asked: no more required"),
        pytest.param(Asked, {"r": Text()}, {"r": Text(allow_none=True)}, id="asked: nullable"),
        pytest.param(Asked, {"r": Text(most=32)}, {"r": Text(most=64)}, id="asked: longer"),
        pytest.param(Asked, {"r": Whole(least=1)}, {"r": Whole(least=0)}, id="asked: less"),
        pytest.param(
            Asked, {"r": Code(frozenset("A"))}, {"r": Code(frozenset("AB"))}, id="asked: one code more"
        ),
    ],
)
def test_these_changes_break_nobody(schema: type[Told | Asked], before: Fields, after: Fields) -> None:
    assert not broken(schema.from_dict(after), promise_of(schema.from_dict(before)))
