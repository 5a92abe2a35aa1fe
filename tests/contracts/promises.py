"""What each message promises, kept as JSON Schema: what one may add to it, and what would break somebody.

`python -m tests.contracts.promises` (part of `make asyncapi`) keeps what was added. It keeps no change that
breaks: such a message gets a new version beside the old one, and the old one stays.
"""

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema

from services.asyncapi.bodies import BODIES, json_schema_of
from services.contracts.fields import Asked

FROZEN = Path(__file__).parent / "frozen"

_PARTS = ("properties", "required", "items", "additionalProperties")


def promise_of(schema: type[Schema]) -> dict[str, Any]:
    """What a body promises today, without the words."""
    promise: dict[str, Any] = _without_words(json_schema_of(schema))
    return promise


def kept_promise_of(name: str) -> dict[str, Any] | None:
    """What a message promised, if anything was kept."""
    path = FROZEN / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def broken(schema: type[Schema], before: Mapping[str, Any], at: str = "") -> list[str]:
    """What breaks those who hear, or those who ask: for these, more may be accepted than before."""
    return list(_broken(before, promise_of(schema), at, _WIDER if issubclass(schema, Asked) else {}))


def is_behind(name: str) -> bool:
    """Whether something was added since the promise was kept; what was broken is not for keeping."""
    before = kept_promise_of(name)
    return before is None or (before != promise_of(BODIES[name]) and not broken(BODIES[name], before))


# By which a schema accepts at least what it accepted.
_WIDER: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda before, now: {*_listed(before)} <= {*_listed(now)},
    "enum": lambda before, now: {*before} <= {*now},
    "maxLength": operator.le,
    "maximum": operator.le,
    "maxItems": operator.le,
    "minLength": operator.ge,
    "minimum": operator.ge,
    "minItems": operator.ge,
}

Wider = Mapping[str, Callable[[Any, Any], bool]]


def _broken(before: Mapping[str, Any], now: Mapping[str, Any], at: str, wider: Wider) -> Iterator[str]:
    yield from _keywords(before, now, at, wider)
    yield from _fields(before, now, at, wider)
    for keyword, sign in (("items", "[]"), ("additionalProperties", "{}")):
        old, new = before.get(keyword), now.get(keyword)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _broken(old, new, at + sign, wider)
        elif old != new:
            yield f"{at}: {keyword} was {old}, is {new}"


def _keywords(before: Mapping[str, Any], now: Mapping[str, Any], at: str, wider: Wider) -> Iterator[str]:
    for keyword in sorted({*before, *now} - {*_PARTS}):
        old, new = before.get(keyword), now.get(keyword)
        may_be_wider = wider.get(keyword) if old is not None and new is not None else None
        if old != new and not (may_be_wider and may_be_wider(old, new)):
            yield f"{at}: {keyword} was {old}, is {new}"


def _fields(before: Mapping[str, Any], now: Mapping[str, Any], at: str, wider: Wider) -> Iterator[str]:
    old, new = before.get("properties", {}), now.get("properties", {})
    needed_before, needed = before.get("required", ()), now.get("required", ())
    for name in sorted({*old, *new}):
        field = f"{at}.{name}"
        if name not in new:
            yield f"{field}: was removed or renamed"
        elif name in needed and name not in needed_before:
            yield f"{field}: is required, and there are messages without it"
        elif name in needed_before and name not in needed and not wider:
            yield f"{field}: may be missing, and whoever hears it counts on it"
        if name in old and name in new:
            yield from _broken(old[name], new[name], field, wider)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without_words(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_words(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    # A field may be named `description`: then it is an object, not a text.
    return {
        key: _without_words(value)
        for key, value in schema.items()
        if not (key == "description" and isinstance(value, str))
    }


def freeze() -> None:
    """Keep what is promised today, but for what breaks what was promised yesterday."""
    FROZEN.mkdir(exist_ok=True)
    for name in filter(is_behind, BODIES):
        promise = json.dumps(promise_of(BODIES[name]), ensure_ascii=False, indent=2)
        (FROZEN / f"{name}.json").write_text(promise + "\n")


if __name__ == "__main__":
    freeze()
