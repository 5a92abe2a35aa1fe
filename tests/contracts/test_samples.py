"""Every message has a golden sample that keeps loading: what was said once must still be understood.

We are tolerant with what we are told and strict with what we are asked.
"""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from services.asyncapi.bodies import BODIES
from services.chassis.wire import flatten
from services.contracts.fields import Asked, Told
from tests.contracts.golden import (
    ASKED,
    SAMPLES,
    TOLD,
    objects,
    samples_of,
    schemas_in,
    shown,
    stated_in,
    with_unknown_fields,
)

every_body = pytest.mark.parametrize("name", sorted(BODIES))
SCHEMAS = {part.__name__: part for body in BODIES.values() for part in schemas_in(body())}


@every_body
def test_a_message_has_a_sample(name: str) -> None:
    assert samples_of(name), f"add tests/contracts/samples/{name}.json: a realistic {BODIES[name].__name__}"


def test_a_sample_is_one_of_a_message() -> None:
    named = {path.name.removesuffix(".json") for path in SAMPLES.iterdir()}
    known = {sample for sample in named for body in BODIES if sample.removeprefix(body) in ("", ".2", ".3")}
    assert not named - known, f"no message has these names: {sorted(named - known)}"


@every_body
def test_a_sample_loads_completely(name: str) -> None:
    for sample in samples_of(name):
        loaded = BODIES[name]().load(sample)
        for at, _, part in objects(BODIES[name](), sample):
            missing = part.keys() - _part_at(loaded, at).keys()
            assert not missing, f"{name}: {sorted(missing)} of {at or 'the body'} is no longer read"


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=list(SCHEMAS))
def test_a_sample_shows_every_field(schema: type[Schema]) -> None:
    hidden = {stated_in(schema, name) for name in schema().fields} - shown()
    assert not hidden, f"no sample shows {sorted(hidden)}: put it in one, or add `….2.json`"


@pytest.mark.parametrize("name", TOLD)
def test_what_is_not_known_is_ignored_in_what_is_told(name: str) -> None:
    for sample in samples_of(name):
        assert BODIES[name]().load(with_unknown_fields(name, sample)) == BODIES[name]().load(sample)


@pytest.mark.parametrize("name", ASKED)
def test_what_is_not_known_is_refused_in_what_is_asked(name: str) -> None:
    for sample in samples_of(name):
        with pytest.raises(ValidationError) as refused:
            BODIES[name]().load(with_unknown_fields(name, sample))
        everywhere = {_path(*at, "inconnu") for at, _, _ in objects(BODIES[name](), sample)}
        assert set(flatten(refused.value.messages)) == {(path, "champ_inconnu") for path in everywhere}


def test_a_message_is_either_told_or_asked() -> None:
    neither = [name for name, schema in BODIES.items() if not issubclass(schema, Told | Asked)]
    assert not neither, f"make these schemas Told or Asked: {neither}"


def _part_at(value: Any, at: tuple[str | int, ...]) -> dict[str, Any]:
    for step in at:
        value = value[step]
    part: dict[str, Any] = value
    return part


def _path(*steps: str | int) -> str:
    return ".".join(map(str, steps))
