"""Every body of the wire by its name, and the JSON Schema of each, made from its marshmallow schema."""

import inspect
from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter
from marshmallow import Schema, fields

from services.contracts import declaration
from services.contracts.declaration import NATURES
from services.contracts.fields import Code, Day, Identifier, Instant, Many, PartialDay, Text, Whole, YesNo
from services.contracts.message import Call
from services.contracts.topology import CALLS, EVENTS

# OpenAPI 3.1 writes its schemas in JSON Schema as AsyncAPI does: `null` is a type, not a keyword.
_DIALECT = "3.1.0"


def request_name(call: Call) -> str:
    return f"{call.routing_key}.request"


def answer_name(call: Call) -> str:
    return f"{call.routing_key}.answer"


# `declarations` of `ingestion.submit` are bodies of their own: they are read one by one.
BODIES: dict[str, type[Schema]] = {
    **{event.type: event.schema for event in EVENTS},
    **{request_name(call): call.request for call in CALLS},
    **{answer_name(call): call.answer for call in CALLS},
    **{f"declaration.{nature}": type(schema) for nature, schema in NATURES.items()},
}


def class_of(schema: Schema | type[Schema]) -> type[Schema]:
    return schema if isinstance(schema, type) else type(schema)


def json_schemas() -> dict[str, Any]:
    """The JSON Schema of every body and of its parts, by the name of its marshmallow schema.

    `Declaration` is one of all the natures, and what the lines of a lot are.
    """
    converter, spec = _converter(lambda schema: class_of(schema).__name__)
    for schema in dict.fromkeys(BODIES.values()):
        converter.resolve_nested_schema(schema)
    found: dict[str, Any] = spec.to_dict()["components"]["schemas"]
    for (schema, *_), name in converter.refs.items():
        if words := words_of(schema):
            found[name] = {"description": words, **found[name]}
    for nature, declared in NATURES.items():
        found[class_of(declared).__name__]["properties"]["nature"] = {"type": "string", "const": nature}
    found["Declaration"] = _one_of_the_natures()
    found["LotSubmitted"]["properties"]["declarations"]["items"] = reference_to("Declaration")
    return dict(sorted(found.items()))


def _one_of_the_natures() -> dict[str, Any]:
    return {
        "description": inspect.getdoc(declaration),
        "oneOf": [reference_to(class_of(schema).__name__) for schema in NATURES.values()],
    }


def reference_to(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def json_schema_of(schema: type[Schema]) -> dict[str, Any]:
    """The JSON Schema of one body, its parts written out in it."""
    converter, _ = _converter(lambda _: None)
    whole: dict[str, Any] = converter.resolve_nested_schema(schema)
    return whole


def _converter(name_of: Callable[[Any], str | None]) -> tuple[OpenAPIConverter, APISpec]:
    plugin = MarshmallowPlugin(name_of)  # None is its word for "written out"
    spec = APISpec("", "", _DIALECT, plugins=[plugin])
    converter = plugin.converter
    assert converter is not None, "apispec gives its plugins a converter"  # noqa: S101  # for the types
    for field, (kind, form) in _TYPES.items():
        converter.map_to_openapi_type(field, kind, form)
    converter.add_attribute_function(_limits)
    return converter, spec


_TYPES: dict[type[fields.Field[Any]], tuple[str, str | None]] = {
    Text: ("string", None),
    Code: ("string", None),
    Day: ("string", "date"),
    PartialDay: ("string", None),
    Instant: ("string", "date-time"),
    Whole: ("integer", None),
    YesNo: ("boolean", None),
}


def _limits(_: OpenAPIConverter, field: fields.Field[Any], **__: Any) -> dict[str, Any]:
    codes = field.metadata.get("codes")
    return _limits_of(field) | (_listed(codes) if codes else {})


@singledispatch
def _limits_of(_: fields.Field[Any]) -> dict[str, Any]:
    return {}


@_limits_of.register
def _(field: Text) -> dict[str, Any]:
    return {"minLength": 1, "maxLength": field.most}


@_limits_of.register
def _(field: Identifier) -> dict[str, Any]:
    return {"minLength": 1, "maxLength": field.most, "description": inspect.getdoc(field.check) or ""}


@_limits_of.register
def _(field: Code) -> dict[str, Any]:
    words = _listed(field.codes) if isinstance(field.codes, Mapping) else {}
    return {"enum": sorted(field.codes) + [None] * bool(field.allow_none), **words}


@_limits_of.register
def _(_field: PartialDay) -> dict[str, Any]:
    return {"pattern": r"^\d{4}-?\d{2}-?\d{2}$", "description": inspect.getdoc(PartialDay)}


@_limits_of.register
def _(field: Whole) -> dict[str, Any]:
    return {"minimum": field.least, "maximum": field.most}


@_limits_of.register
def _(field: Many) -> dict[str, Any]:
    return {"minItems": field.least, "maxItems": field.most}


def _listed(codes: Mapping[str, str]) -> dict[str, str]:
    return {"description": "\n".join(f"- `{code}`: {label}" for code, label in codes.items())}


def words_of(schema: type[Schema]) -> str:
    """The schema's own docstring, not the one it inherits."""
    return inspect.cleandoc(schema.__dict__.get("__doc__") or "")
