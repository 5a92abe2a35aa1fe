"""The golden samples: for each body of the wire, one file or more that must keep loading."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from services.asyncapi.bodies import BODIES
from services.contracts.fields import Asked, Told

SAMPLES = Path(__file__).parent / "samples"

TOLD = [name for name, schema in BODIES.items() if issubclass(schema, Told)]
ASKED = [name for name, schema in BODIES.items() if issubclass(schema, Asked)]

Steps = tuple[str | int, ...]


def samples_of(name: str) -> list[Any]:
    """The samples of one body: `<name>.json`, `<name>.2.json`…"""
    paths = [SAMPLES / f"{name}.json", *sorted(SAMPLES.glob(f"{name}.[0-9].json"))]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def objects(schema: Schema, body: Any, at: Steps = ()) -> Iterator[tuple[Steps, Schema, dict[str, Any]]]:
    """Each object of a body that has a schema: where it is, its schema, and itself; what should be one and is
    not is left out."""
    yield at, schema, body
    for name, field in schema.fields.items():
        if name in body:
            yield from _inside(field, body[name], (*at, name))


def _inside(field: Any, value: Any, at: Steps) -> Iterator[tuple[Steps, Schema, dict[str, Any]]]:
    if isinstance(field, fields.Nested) and isinstance(value, dict):
        yield from objects(field.schema, value, at)
    elif isinstance(field, fields.List) and isinstance(value, list):
        for number, one in enumerate(value):
            yield from _inside(field.inner, one, (*at, number))


def with_unknown_fields(name: str, sample: Any) -> Any:
    """The sample, with a field nobody knows in each of its objects."""
    more = deepcopy(sample)
    for _, _, part in list(objects(BODIES[name](), more)):
        part["inconnu"] = {"valeur": 1}
    return more


def each_with_an_unknown_field(name: str, sample: Any) -> Iterator[Any]:
    """The sample as often as it has objects, with a field nobody knows in one of them."""
    for number, _ in enumerate(objects(BODIES[name](), sample)):
        more = deepcopy(sample)
        list(objects(BODIES[name](), more))[number][2]["inconnu"] = {"valeur": 1}
        yield more


def schemas_in(field: Any) -> Iterator[type[Schema]]:
    """A schema, or a field's schema, and those of its parts."""
    if isinstance(field, Schema):
        yield type(field)
        for part in field.fields.values():
            yield from schemas_in(part)
    elif isinstance(field, fields.Nested):
        yield from schemas_in(field.schema)
    elif isinstance(field, fields.List):
        yield from schemas_in(field.inner)


def stated_in(schema: type[Schema], name: str) -> str:
    """`Schema.field`, by the schema that states the field first: what is inherited is shown once for all."""
    first = next(one for one in reversed(schema.__mro__) if name in getattr(one, "_declared_fields", {}))
    return f"{first.__name__}.{name}"


def shown() -> set[str]:
    """Every field that a sample shows with a value in it."""
    return {
        stated_in(type(part), name)
        for body, schema in BODIES.items()
        for sample in samples_of(body)
        for _, part, value in objects(schema(), sample)
        for name in part.fields
        if value.get(name) not in (None, [], {})
    }
