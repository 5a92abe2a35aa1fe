"""Dead letters are read as often as one likes, and sent back once, to whom they were for."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from services.chassis.dead_letters import count, described, peek, send_back
from services.chassis.queues import ATTEMPTS, CAUSE, LISTENER
from services.chassis.settings import Settings
from services.contracts.access import ORGANISATIONS_CHANGED
from tests.broker import connected
from tests.chassis.conftest import wait_until

pytestmark = pytest.mark.servers

DEAD, LISTENER_QUEUE = "access.dead", "access.follow_dossiers"

GiveUp = Callable[..., str]


@pytest.fixture
def operator() -> Iterator[BlockingChannel]:
    """The operator's channel; what a test leaves among access's messages goes away."""
    with connected(os.environ["AGORA_OPERATOR_BROKER_URL"]) as channel:
        yield channel


@pytest.fixture
def give_up(settings_for: Callable[[str], Settings]) -> Iterator[GiveUp]:
    """Put a message among access's dead letters, as its listener would; returns its id."""
    with connected(settings_for("access").broker_url) as channel:
        channel.confirm_delivery()  # it is there before anybody looks
        _purge(channel)  # what the test before looked at may have come back after its own

        def give_it_up(listener: str = LISTENER_QUEUE, **headers: Any) -> str:
            message_id = str(uuid.uuid4())
            properties = pika.BasicProperties(
                message_id=message_id,
                type=ORGANISATIONS_CHANGED.type,
                user_id="access",
                headers={LISTENER: listener, CAUSE: "StorageDown", ATTEMPTS: 8, **headers},
            )
            body = json.dumps({"organisations": [{}, {}, {}]}).encode()
            channel.basic_publish("access.delivery", DEAD, body, properties, mandatory=True)
            return message_id

        yield give_it_up
        _purge(channel)


def _purge(channel: BlockingChannel) -> None:
    for queue in (DEAD, LISTENER_QUEUE):
        channel.queue_purge(queue)


def ids(channel: BlockingChannel) -> list[str]:
    return [letter.message_id for letter in described(channel, "access")]


def test_reading_a_hundred_times_loses_nothing_and_changes_no_order(
    operator: BlockingChannel, give_up: GiveUp
) -> None:
    given = [give_up() for _ in range(3)]
    for _ in range(100):
        assert ids(operator) == given


def test_a_reader_that_is_cut_off_takes_nothing_with_it(operator: BlockingChannel, give_up: GiveUp) -> None:
    given = [give_up() for _ in range(3)]
    with connected(os.environ["AGORA_OPERATOR_BROKER_URL"]) as cut_off:
        assert cut_off.basic_get(DEAD)[0] is not None
        assert count(operator, "access") == 2
    wait_until(lambda: ids(operator) == given, "all of them again, in order")


def test_a_dead_letter_says_whose_it_was_and_why_but_not_what_it_said(
    operator: BlockingChannel, give_up: GiveUp
) -> None:
    give_up()
    ((letter, body),) = peek(operator, "access")
    assert (letter.listener, letter.cause, letter.attempts) == (LISTENER_QUEUE, "StorageDown", 8)
    assert letter.items == 3
    assert body.decode() not in str(letter)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({ATTEMPTS: "many"}, id="a number that is none"),
        pytest.param({LISTENER: None, CAUSE: None}, id="no header"),
    ],
)
def test_headers_nobody_understands_do_not_stop_the_listing(
    operator: BlockingChannel, give_up: GiveUp, headers: dict[str, Any]
) -> None:
    given = [give_up(**headers), give_up()]
    assert ids(operator) == given


def test_a_letter_sent_back_is_with_its_listener_as_new(operator: BlockingChannel, give_up: GiveUp) -> None:
    given = give_up()
    done = send_back(operator, "access", "operator")
    assert (done.sent, done.kept) == ({LISTENER_QUEUE: 1}, {})
    assert ids(operator) == []
    with connected(os.environ["AGORA_ACCESS_BROKER_URL"]) as channel:
        _, properties, _ = channel.basic_get(LISTENER_QUEUE, auto_ack=True)
    assert properties is not None
    assert properties.message_id == given
    assert not {ATTEMPTS, CAUSE, LISTENER} & set(properties.headers or {})


def test_a_letter_that_fails_again_at_once_is_not_sent_in_circles(
    operator: BlockingChannel, give_up: GiveUp
) -> None:
    # Its listener is the dead queue itself: it is back before the next is taken.
    given = [give_up(DEAD), give_up(DEAD)]
    done = send_back(operator, "access", "operator")
    assert (done.sent, done.kept) == ({DEAD: 2}, {}), "each was taken once"
    assert sorted(ids(operator)) == sorted(given)


def test_one_listener_s_letters_go_back_and_the_others_stay_in_order(
    operator: BlockingChannel, give_up: GiveUp
) -> None:
    given = [give_up("access.other"), give_up(), give_up("access.other")]
    done = send_back(operator, "access", "operator", listener=LISTENER_QUEUE)
    assert (done.sent, done.kept) == ({LISTENER_QUEUE: 1}, {})
    assert ids(operator) == [given[0], given[2]]


def test_no_more_go_back_than_asked(operator: BlockingChannel, give_up: GiveUp) -> None:
    given = [give_up() for _ in range(3)]
    assert send_back(operator, "access", "operator", most=2).sent == {LISTENER_QUEUE: 2}
    assert ids(operator) == given[2:]


def test_what_nobody_takes_any_more_stays(operator: BlockingChannel, give_up: GiveUp) -> None:
    given = [give_up("access.renamed"), give_up()]
    done = send_back(operator, "access", "operator")
    assert (done.sent, done.kept) == ({LISTENER_QUEUE: 1}, {"access.renamed": 1})
    assert ids(operator) == given[:1]
