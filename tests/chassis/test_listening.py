"""Guarantees 2 and 10, at the door: an event has its effect once, and none blocks the queue."""

from collections.abc import Callable
from typing import Any

import pytest

from services.chassis.queues import ATTEMPTS, CAUSE
from tests.chassis.conftest import Tell, Toy, wait_until

pytestmark = pytest.mark.servers

DeadLetters = Callable[[], dict[str, tuple[Any, bytes]]]


def test_an_event_has_its_effect(toy: Toy, tell: Tell) -> None:
    message_id = tell()
    wait_until(lambda: toy.effects_of(message_id) == 1, "the effect")


def test_an_event_delivered_many_times_has_one_effect(toy: Toy, tell: Tell) -> None:
    message_id = tell()
    for _ in range(20):
        tell(message_id=message_id)
    after = tell()
    wait_until(lambda: toy.effects_of(after) == 1, "the event behind the repetitions")
    assert toy.effects_of(message_id) == 1


def test_a_failing_event_is_tried_again_until_it_succeeds(toy: Toy, tell: Tell) -> None:
    message_id = tell("fail once")
    wait_until(lambda: toy.effects_of(message_id) == 1, "the effect of the second attempt")


def test_what_always_fails_ends_among_the_dead_letters_with_its_cause(
    toy: Toy, tell: Tell, dead_letters: DeadLetters
) -> None:
    message_id = tell("fail")
    wait_until(lambda: message_id in dead_letters(), "the dead letter")
    letter, _ = dead_letters()[message_id]
    assert (letter.cause, letter.attempts, letter.listener) == ("RuntimeError", 3, "reporting.play")
    assert letter.items == 1
    assert toy.effects_of(message_id) == 0


def test_an_error_s_text_is_neither_logged_nor_carried(
    toy: Toy, tell: Tell, dead_letters: DeadLetters
) -> None:
    message_id = tell("fail")
    wait_until(lambda: message_id in dead_letters(), "the dead letter")
    assert "MARTIN" not in toy.written()
    assert "2940375120005" not in toy.written()
    assert "MARTIN" not in str(dead_letters()[message_id][0])


@pytest.mark.parametrize("order", ["die once", "die after commit once"])
def test_a_process_killed_in_the_middle_leaves_one_effect(toy: Toy, tell: Tell, order: str) -> None:
    deaths = toy.deaths
    message_id = tell(order)
    wait_until(lambda: toy.effects_of(message_id) == 1 and toy.deaths > deaths, "one effect after the death")
    after = tell()
    wait_until(lambda: toy.effects_of(after) == 1, "life going on")
    assert toy.effects_of(message_id) == 1


def test_what_kills_every_process_is_given_up_by_the_broker(
    toy: Toy, tell: Tell, dead_letters: DeadLetters
) -> None:
    # It had failed otherwise before: that is not why it is here.
    message_id = tell("die", headers={CAUSE: "StorageDown", ATTEMPTS: 1})

    def given_up() -> bool:
        toy.keep_alive()
        return message_id in dead_letters()

    wait_until(given_up, "the dead letter", patience=60)
    letter, _ = dead_letters()[message_id]
    assert (letter.cause, letter.listener) == ("delivery_limit", "reporting.play")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param({"body": b"not json"}, "not_json", id="not JSON"),
        pytest.param({"body": b""}, "not_json", id="empty"),
        pytest.param({"body": b"\xff\xfe\x00"}, "not_json", id="not UTF-8"),
        pytest.param({"body": b"[" * 100_000}, "not_json", id="nested without end"),
        pytest.param({"body": b"17"}, "schema", id="a number"),
        pytest.param({"body": b'{"facts": "x"}'}, "schema", id="wrong types"),
        pytest.param({"body": b'{"at": "0001-01-01", "facts": []}'}, "schema", id="year 1"),
        pytest.param({"body": b"0" * (17 * 1024 * 1024)}, "too_large", id="17 MB"),
        pytest.param({"type": "dossier.other.v1"}, "type_unknown", id="another type"),
        pytest.param({"message_id": "x"}, "message_id_missing", id="no message id"),
    ],
)
def test_what_cannot_be_read_is_given_up_at_once_and_blocks_nothing(
    toy: Toy, tell: Tell, dead_letters: DeadLetters, change: dict[str, Any], cause: str
) -> None:
    message_id = tell(**change)
    after = tell()
    wait_until(lambda: toy.effects_of(after) == 1, "the event behind")
    wait_until(lambda: message_id in dead_letters(), "the dead letter")
    assert dead_letters()[message_id][0].cause == cause


def test_unknown_headers_and_fields_are_ignored(toy: Toy, tell: Tell) -> None:
    message_id = tell(headers={"traceparent": 17, "x-agora-attempts": "many", "call_id_stack": 3})
    wait_until(lambda: toy.effects_of(message_id) == 1, "the effect")


def test_an_error_nobody_thought_of_is_its_message_s_and_nobody_else_s(
    toy: Toy, tell: Tell, dead_letters: DeadLetters
) -> None:
    deaths = toy.deaths
    message_id = tell(headers={"x-toy": "raise"})
    after = tell()
    wait_until(lambda: toy.effects_of(after) == 1, "the event behind")
    wait_until(lambda: message_id in dead_letters(), "the dead letter")
    assert dead_letters()[message_id][0].cause == "rejected"
    assert toy.deaths == deaths
    assert "MARTIN" not in toy.written()
