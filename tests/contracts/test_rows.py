"""Rows are read as marshmallow reads a list of objects: what is right, and what is wrong, and where."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from services.contracts.fields import Rows
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import DECLARATIONS_ACCEPTED
from services.contracts.message import Event
from tests.contracts.golden import objects, samples_of

EVENTS = [DECLARATIONS_ACCEPTED, DECLARATIONS_ATTRIBUTED]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(
        ["", "x", "7", "2026-01-05", "2026-01-05T08:00:00Z", "6fa459ea-ee8a-3ca4-894e-db77e160355e"]
    ),
    st.builds(list),
    st.builds(dict),  # a new one each time: what is drawn may be spoiled
)
GONE = object()


def marshmallow_alone(schema: type[Schema]) -> Schema:
    """The same schema, its rows a list of objects like any other."""
    rows = {name: field.inner for name, field in schema().fields.items() if isinstance(field, Rows)}
    plain = {name: fields.List(inner, required=True) for name, inner in rows.items()}
    assert plain
    alone: type[Schema] = type("Plain", (schema,), plain)
    return alone()


def read(schema: Schema, body: Any) -> Any:
    """What is read; or what is wrong, and where."""
    try:
        return schema.load(body)
    except ValidationError as error:
        return error.messages


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
@given(data=st.data())
def test_rows_are_read_as_any_list_of_objects(event: Event, data: st.DataObject) -> None:
    body = deepcopy(data.draw(st.sampled_from(samples_of(event.type))))
    for _ in range(data.draw(st.integers(0, 3))):
        parts = [part for _, _, part in objects(event.schema(), body)]
        part = data.draw(st.sampled_from(parts))
        name = data.draw(st.sampled_from([*part, "inconnu"]))
        value = data.draw(st.one_of(st.just(GONE), VALUES))
        if value is GONE:
            part.pop(name, None)
        else:
            part[name] = value
        if not isinstance(body.get(event.items), list):
            break
    assert read(event.schema(), body) == read(marshmallow_alone(event.schema), body)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
@given(items=st.one_of(VALUES, st.lists(VALUES, max_size=3)))
def test_what_is_no_list_of_objects_is_refused_alike(event: Event, items: Any) -> None:
    body = {**samples_of(event.type)[0], event.items: items}
    assert read(event.schema(), body) == read(marshmallow_alone(event.schema), body)
