"""Guarantee 10, for calls: whatever is asked is answered or dropped, and the next one is answered."""

import json
import time
from typing import Any

import pytest

from services.contracts.message import MAX_CALL_BYTES
from tests.broker import Envelope
from tests.chassis.conftest import Toy

pytestmark = pytest.mark.servers


def asked(du: str = "", au: str = "") -> bytes:
    return json.dumps({"axes": ["region"], "du": du, "au": au}).encode()


def test_a_call_is_answered_to_its_caller(envelope: Envelope) -> None:
    envelope.send(asked("2026-01"))
    answer = envelope.answer()
    assert answer is not None
    assert answer["result"]["caller"] == "operator"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"not json", "json_invalide", id="not JSON"),
        pytest.param(b"", "json_invalide", id="empty"),
        pytest.param(b"{", "json_invalide", id="cut"),
        pytest.param(b'{"axes": NaN}', "json_invalide", id="not a number"),
        pytest.param(b"1" * 5000, "json_invalide", id="a number without end"),
        pytest.param(b"\xff\xfe", "encodage_invalide", id="not UTF-8"),
        pytest.param(b"[" * 1_000_000, "json_trop_profond", id="nested without end"),
        pytest.param(b'{"a":' * 100_000, "json_trop_profond", id="objects without end"),
        pytest.param(b" " * (MAX_CALL_BYTES + 1), "corps_trop_volumineux", id="one byte too many"),
        pytest.param(b" " * (20 * 1024 * 1024), "corps_trop_volumineux", id="20 MB"),
        pytest.param(b"17", "requete_invalide", id="a number"),
        pytest.param(b"null", "requete_invalide", id="null"),
        pytest.param(b"[]", "requete_invalide", id="a list"),
        pytest.param(b"{}", "requete_invalide", id="fields missing"),
        pytest.param(b'{"axes": "region", "du": 1, "au": []}', "requete_invalide", id="wrong types"),
        pytest.param(
            b'{"axes": ["region"], "du": "", "au": "", "x": 1}', "requete_invalide", id="unknown field"
        ),
    ],
)
def test_a_bad_body_gets_a_code_and_the_next_call_an_answer(
    envelope: Envelope, body: bytes, code: str
) -> None:
    envelope.send(body, correlation_id="bad")
    envelope.send(asked(), correlation_id="good")
    first, second = envelope.answer("bad"), envelope.answer("good")
    assert first is not None
    assert second is not None
    assert first["error"]["code"] == code
    assert first["error"]["message"]
    assert "result" in second


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"reply_to": None}, id="no address"),
        pytest.param({"reply_to": "dossier.reply.x"}, id="another's address"),
        pytest.param({"reply_to": "operator"}, id="no address of its own"),
        pytest.param({"user_id": None}, id="nobody"),
        pytest.param({"reply_to": None, "user_id": None}, id="nobody, no address"),
    ],
)
@pytest.mark.parametrize("body", [b"{}", b"[1]", b"x"])
def test_what_cannot_be_answered_is_dropped_and_the_next_call_answered(
    envelope: Envelope, properties: dict[str, Any], body: bytes
) -> None:
    envelope.send(body, **properties)
    envelope.send(asked())
    answer = envelope.answer()
    assert answer is not None
    assert "result" in answer
    assert envelope.answer(patience=0.2) is None


def test_an_error_of_ours_is_told_as_it_is(envelope: Envelope) -> None:
    envelope.send(asked("refuse"))
    answer = envelope.answer()
    assert answer == {
        "error": {"kind": "conflict", "code": "toy_refuses", "message": "Non.", "details": {"why": "toy"}}
    }


def test_any_other_error_is_an_incident_without_its_text(envelope: Envelope, toy: Toy) -> None:
    envelope.send(asked("fail"))
    answer = envelope.answer()
    assert answer is not None
    assert answer["error"]["code"] == "erreur_interne"
    assert answer["error"]["details"]["incident"] in toy.written()
    assert "MARTIN" not in json.dumps(answer) + toy.written()


def test_a_service_that_does_not_answer_is_waited_for_no_longer_than_said(envelope: Envelope) -> None:
    began = time.monotonic()
    envelope.send(asked("ask"))
    answer = envelope.answer()
    assert answer is not None
    assert answer["error"]["code"] == "service_indisponible"
    assert time.monotonic() - began < 5


def test_nobody_works_on_what_nobody_waits_for(envelope: Envelope) -> None:
    envelope.send(asked(), headers={"x-agora-deadline": int(time.time() * 1000) - 1})
    assert envelope.answer(patience=0.5) is None


def test_calls_overlap(envelope: Envelope) -> None:
    began = time.monotonic()
    for number in range(4):
        envelope.send(asked("sleep", "0.5"), correlation_id=f"c{number}")
    assert all(envelope.answer(f"c{number}") for number in range(4))
    assert time.monotonic() - began < 1.5
