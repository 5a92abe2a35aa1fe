"""The published AsyncAPI document is valid, says what the code says, and can be trusted in any language."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from services.asyncapi.__main__ import text_of
from services.asyncapi.bodies import BODIES
from services.contracts.errors import KINDS
from services.contracts.message import CALLS_EXCHANGE
from services.contracts.topology import CALLS, EVENTS
from tests.conftest import ROOT
from tests.contracts.golden import (
    ASKED,
    SAMPLES,
    TOLD,
    each_with_an_unknown_field,
    samples_of,
    with_unknown_fields,
)

PUBLISHED = ROOT / "services" / "contracts" / "asyncapi.json"
OFFICIAL = ROOT / "tests" / "contracts" / "asyncapi" / "3.0.0.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PUBLISHED.read_text())
    return found


def test_the_document_is_what_the_code_says() -> None:
    assert PUBLISHED.read_text() == text_of(SAMPLES), "services/contracts/asyncapi.json: run `make asyncapi`"


def test_the_document_is_valid_asyncapi(document: dict[str, Any]) -> None:
    official = Draft7Validator(json.loads(OFFICIAL.read_text()))
    faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in official.iter_errors(document)]
    assert not faults, "\n".join(faults)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    lost = [reference for reference in _references(document) if not _leads_somewhere(document, reference)]
    assert not lost


def test_every_message_has_its_place(document: dict[str, Any]) -> None:
    places = {
        (channel["bindings"]["amqp"]["exchange"]["name"], channel["address"])
        for name, channel in document["channels"].items()
        if name != "replies"
    }
    told = {(event.exchange, event.routing_key) for event in EVENTS}
    assert places == told | {(CALLS_EXCHANGE, call.routing_key) for call in CALLS}


def test_every_call_says_where_its_answer_comes_and_with_what_it_may_be_refused(
    document: dict[str, Any],
) -> None:
    for call in CALLS:
        operation = document["operations"][f"{call.service}.answers.{call.method}"]
        replies = [reference["$ref"].rpartition("/")[2] for reference in operation["reply"]["messages"]]
        assert replies == [f"{call.routing_key}.answer", "error"]
        assert all(f"`{code}`" in operation["description"] for code in call.errors)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_sample_conforms_to_the_published_schema(document: dict[str, Any], name: str) -> None:
    for sample in samples_of(name):
        faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in _faults(document, name, sample)]
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", TOLD)
def test_the_published_schema_lets_through_what_is_not_known_in_what_is_told(
    document: dict[str, Any], name: str
) -> None:
    for sample in samples_of(name):
        assert not list(_faults(document, name, with_unknown_fields(name, sample)))


@pytest.mark.parametrize("name", ASKED)
def test_the_published_schema_refuses_what_is_not_known_in_what_is_asked(
    document: dict[str, Any], name: str
) -> None:
    for sample in samples_of(name):
        for more in each_with_an_unknown_field(name, sample):
            assert list(_faults(document, name, more))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_conforms_to_the_published_schema(document: dict[str, Any], kind: str) -> None:
    told = {"error": KINDS[kind]("lot_inconnu", "Vérifiez la référence.", {"reference": "L1"}).to_wire()}
    assert not list(_validator(document, "messages/error/payload").iter_errors(told))


def _faults(document: dict[str, Any], name: str, body: Any) -> Iterator[Any]:
    """What the document finds wrong with a body, where the body is in its message."""
    if name.startswith("declaration."):
        yield from _validator(document, "schemas/Declaration").iter_errors(body)
        return
    message = {"result": body} if name.endswith(".answer") else body
    yield from _validator(document, f"messages/{name}/payload").iter_errors(message)


def _validator(document: dict[str, Any], component: str) -> Any:
    # A schema that is nothing but a reference into the document it is part of.
    schema = {**document, "$ref": f"#/components/{component}"}
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)


def _leads_somewhere(document: dict[str, Any], reference: str) -> bool:
    place: Any = document
    for step in reference.removeprefix("#/").split("/"):
        place = place.get(step) if isinstance(place, dict) else None
    return place is not None
