"""The client as a partner's developer meets it, when the hub answers late, twice, wrongly or not at all."""

import os
import socket
import time
from collections.abc import Iterator

import pika
import pytest

from services.client.hub import Hub
from services.contracts.errors import Conflict, HubError, Malformed, Refused, Unavailable
from services.contracts.message import CALLS_EXCHANGE
from tests.client.conftest import (
    QUEUE,
    Reply,
    StandIn,
    Wire,
    error,
    late,
    raw,
    result,
    silence,
    through,
    twice,
)

pytestmark = pytest.mark.servers

ANSWERED = [
    pytest.param([result(n=1)], 1, id="at once"),
    pytest.param([twice(result(n=1))], 1, id="twice"),
    pytest.param([late(0.8, result(n=1)), result(n=2)], 1, id="late, to the first attempt"),
    pytest.param([silence, result(n=1)], 1, id="at the second attempt"),
    pytest.param([raw(b"not json"), result(n=1)], 1, id="garbage, then well"),
    pytest.param([raw(b"[]"), raw(b"{}"), result(n=1)], 1, id="no answer of ours, then well"),
    pytest.param([error("unavailable", "x"), result(n=1)], 1, id="busy, then well"),
    pytest.param([raw(b'{"result": {"n": 9}}', to="another"), result(n=1)], 1, id="to another question"),
]


@pytest.mark.parametrize(("replies", "n"), ANSWERED)
def test_a_question_gets_its_answer_and_the_next_one_its_own(
    hub: Hub, stand_in: StandIn, replies: list[Reply], n: int
) -> None:
    stand_in.replies = [*replies, result(n=n)]
    assert hub.receipt("L1") == {"n": n}
    time.sleep(0.5)  # whatever is late has come
    stand_in.replies = [result(n="next")]
    assert hub.receipt("L2") == {"n": "next"}


NOT_ANSWERED = [
    pytest.param([silence], Unavailable, "hub_injoignable", 3, id="never"),
    pytest.param([raw(b"\xff")], Unavailable, "reponse_illisible", 3, id="garbage"),
    pytest.param([error("unavailable", "stockage_indisponible")], Unavailable, "stockage_indisponible", 3,
                 id="busy for ever"),
    pytest.param([error("conflict", "reference_deja_utilisee")], Conflict, "reference_deja_utilisee", 1,
                 id="refused"),
    pytest.param([error("later", "new_kind")], HubError, "new_kind", 1, id="a kind nobody knows yet"),
]  # fmt: skip


@pytest.mark.parametrize(("replies", "kind", "code", "times"), NOT_ANSWERED)
def test_what_may_succeed_is_asked_again_unchanged_and_what_will_not_is_told_at_once(
    hub: Hub, stand_in: StandIn, replies: list[Reply], kind: type[HubError], code: str, times: int
) -> None:
    stand_in.replies = replies
    with pytest.raises(kind) as failure:
        hub.submit("L1", [{"nature": "formation"}])
    assert failure.value.code == code
    assert failure.value.message
    assert len(stand_in.ids) == times
    assert len(set(stand_in.ids)) == len(set(stand_in.bodies)) == 1


def test_a_call_lasts_no_longer_than_its_attempts(hub: Hub, stand_in: StandIn) -> None:
    stand_in.replies = [silence]
    began = time.monotonic()
    with pytest.raises(Unavailable):
        hub.receipt("L1")
    assert time.monotonic() - began < 3 * 0.6 + 0.2 + 0.8 + 1


def test_a_partner_whose_clock_is_wrong_is_answered(
    hub: Hub, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time = time.time
    monkeypatch.setattr(time, "time", lambda: true_time() - 3600)
    headers: list[object] = []

    def keep_headers(channel: object, asked: pika.BasicProperties, body: bytes) -> None:
        headers.append(asked.headers)
        result(n=1)(channel, asked, body)  # type: ignore[arg-type]  # a channel, as every reply gets

    stand_in.replies = [keep_headers]
    assert hub.receipt("L1") == {"n": 1}
    assert not headers[0], "an instant by the partner's clock would tell the hub that nobody waits"


def test_a_connection_cut_in_the_middle_is_made_anew_and_the_question_asked_again(
    partner_url: str, stand_in: StandIn, wire: Wire
) -> None:
    def cut(*_: object) -> None:
        wire.cut()

    stand_in.replies = [cut, result(n=1)]
    with Hub(through(wire, partner_url), timeout=5, attempts=2) as hub:
        assert hub.receipt("L1") == {"n": 1}
    assert len(set(stand_in.ids)) == 1


def test_a_connection_lost_while_nobody_looked_costs_no_attempt(
    partner_url: str, stand_in: StandIn, wire: Wire
) -> None:
    stand_in.replies = [result(n=1)]
    with Hub(through(wire, partner_url), timeout=5, attempts=1) as hub:
        hub.receipt("L1")
        wire.cut()
        time.sleep(0.2)
        assert hub.receipt("L2") == {"n": 1}


@pytest.fixture
def unbound() -> Iterator[None]:
    """A hub on which ingestion was never installed."""
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AGORA_INGESTION_BROKER_URL"]))
    channel = connection.channel()
    channel.queue_unbind(QUEUE, CALLS_EXCHANGE, "ingestion.*")
    yield
    channel.queue_bind(QUEUE, CALLS_EXCHANGE, "ingestion.*")
    connection.close()


@pytest.mark.usefixtures("unbound")
def test_a_service_that_is_not_there_is_told_and_not_waited_for(partner_url: str) -> None:
    began = time.monotonic()
    with Hub(partner_url, timeout=30, attempts=2) as hub, pytest.raises(Unavailable) as failure:
        hub.receipt("L1")
    assert failure.value.code == "service_absent"
    assert time.monotonic() - began < 5


def test_a_method_that_is_not_the_partner_s_is_refused_at_once(hub: Hub, stand_in: StandIn) -> None:
    with pytest.raises(Refused) as refusal:
        hub.call("access.register", {})
    assert refusal.value.code == "appel_interdit"
    assert hub.receipt("L1") == {}, "and the next question is asked"


def test_a_wrong_password_is_told_at_once_and_not_repeated(partner_url: str) -> None:
    wrong = partner_url.replace(partner_url.split(":")[2].split("@")[0], "wrong-secret")
    began = time.monotonic()
    with Hub(wrong, timeout=10) as hub, pytest.raises(Refused) as refusal:
        hub.profile()
    assert refusal.value.code == "compte_refuse"
    assert "wrong-secret" not in f"{refusal.value!r} {refusal.value.message} {refusal.value.details}"
    assert time.monotonic() - began < 5


def test_what_accepts_and_never_speaks_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"amqp://73282932000074:s@127.0.0.1:{mute.getsockname()[1]}/agora"
        began = time.monotonic()
        with Hub(url, timeout=0.5, attempts=2) as hub, pytest.raises(Unavailable) as failure:
            hub.profile()
    assert failure.value.code == "hub_injoignable"
    assert time.monotonic() - began < 3


def test_where_nobody_listens_the_hub_is_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Hub(f"amqp://a:s@127.0.0.1:{port}/agora", attempts=2) as hub, pytest.raises(Unavailable) as failure:
        hub.profile()
    assert failure.value.code == "hub_injoignable"


@pytest.mark.parametrize(
    "address", ["", "amqp://", "http://a:hidden@h/agora", "amqp://a:hidden@h:port/agora", "amqp://[a:hidden"]
)
def test_an_address_that_is_none_is_told_without_repeating_it(address: str) -> None:
    with pytest.raises(Malformed) as failure:
        Hub(address)
    assert failure.value.code == "adresse_invalide"
    assert "hidden" not in f"{failure.value!r} {failure.value.message} {failure.value.details}"
