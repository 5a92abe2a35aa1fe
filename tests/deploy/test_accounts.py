"""An intruder with a real account tries what its account may not do, and RabbitMQ refuses each of it."""

import os
import uuid
from collections.abc import Callable, Iterator

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from deploy.local.__main__ import administration
from deploy.local.site import site_of
from services.contracts.message import CALLS_EXCHANGE, SPEAKERS
from services.contracts.topology import CALLS, EVENTS, LISTENS

pytestmark = pytest.mark.servers

PARTNER, OTHER = "73282932000074", "19750655300019"
Attempt = Callable[[BlockingChannel], object]


@pytest.fixture(scope="module")
def urls() -> dict[str, str]:
    """The address of each account, as it was provisioned."""
    services: dict[str, str] = {
        account: os.environ[f"AGORA_{account.upper()}_BROKER_URL"] for account in SPEAKERS
    }
    return {**services, **administration(site_of()).partners([PARTNER, OTHER])}


@pytest.fixture
def channel_of(urls: dict[str, str]) -> Iterator[Callable[[str], BlockingChannel]]:
    opened: list[pika.BlockingConnection] = []

    def channel(account: str) -> BlockingChannel:
        opened.append(pika.BlockingConnection(pika.URLParameters(urls[account])))
        made = opened[-1].channel()
        made.confirm_delivery()
        return made

    yield channel
    for connection in opened:
        connection.close()


def _own_queue(channel: BlockingChannel, account: str) -> str:
    name = f"{account}.reply.{uuid.uuid4()}"
    channel.queue_declare(name, exclusive=True, auto_delete=True)
    return name


def bind(key: str, exchange: str = CALLS_EXCHANGE) -> Attempt:
    return lambda channel: channel.queue_bind(_own_queue(channel, PARTNER), exchange, key)


def call(method: str, user_id: str = PARTNER) -> Attempt:
    given = pika.BasicProperties(user_id=user_id)
    return lambda channel: channel.basic_publish(CALLS_EXCHANGE, method, b"{}", given)


def publish(exchange: str, key: str) -> Attempt:
    return lambda channel: channel.basic_publish(exchange, key, b"{}")


def consume(queue: str) -> Attempt:
    return lambda channel: channel.basic_get(queue)


def declare(queue: str) -> Attempt:
    return lambda channel: channel.queue_declare(queue, durable=True)


CLOSED_TO_PARTNERS = sorted(one.routing_key for one in CALLS if "partner" not in one.callers)
ATTEMPTS: dict[str, Attempt] = {
    "hear every call and answer": bind("#"),
    "hear what is asked of ingestion": bind("ingestion.*"),
    "hear another partner's answers": bind(f"{OTHER}.reply.*"),
    "hear every partner's answers": bind("*.reply.*"),
    **{f"hear what {service} tells": bind("#", f"{service}.events") for service in SPEAKERS},
    **{f"call {method}": call(method) for method in CLOSED_TO_PARTNERS},
    "call what does not exist": call("identity.list_persons"),
    "throw an answer at another partner": call(f"{OTHER}.reply.x"),
    "speak as another partner": call("ingestion.submit", user_id=OTHER),
    "speak as a service": call("ingestion.submit", user_id="dossier"),
    **{f"tell in {service}'s name": publish(f"{service}.events", "x.v1") for service in SPEAKERS},
    **{
        f"put a message on {service}'s own exchange": publish(f"{service}.delivery", "x")
        for service in SPEAKERS
    },
    **{f"take what is asked of {service}": consume(f"{service}.calls") for service in SPEAKERS},
    **{f"read {service}'s dead letters": consume(f"{service}.dead") for service in SPEAKERS},
    "make a queue in a service's name": declare("ingestion.mine"),
    "make a queue in another partner's name": declare(f"{OTHER}.notifications"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_a_partner_s_account_may_not(channel_of: Callable[[str], BlockingChannel], attempt: Attempt) -> None:
    with pytest.raises(ChannelClosedByBroker) as refusal:
        attempt(channel_of(PARTNER))
    # 403 refuses an account, 406 a message that says it is somebody else's.
    assert refusal.value.reply_code in (403, 406)


def test_a_partner_s_account_may_call_what_is_open_to_partners_and_hear_its_answers(
    channel_of: Callable[[str], BlockingChannel],
) -> None:
    channel = channel_of(PARTNER)
    reply_to = _own_queue(channel, PARTNER)
    channel.queue_bind(reply_to, CALLS_EXCHANGE, reply_to)
    for method in sorted(one.routing_key for one in CALLS if "partner" in one.callers):
        # Without an address to answer to, the hub drops it; the broker let it through.
        call(method)(channel)


def _unheard(service: str) -> list[str]:
    return sorted({event.exchange for event in EVENTS} - {event.exchange for event in LISTENS[service]})


@pytest.mark.parametrize(
    ("service", "exchange"), [(service, exchange) for service in SPEAKERS for exchange in _unheard(service)]
)
def test_a_service_hears_only_whom_it_listens_to(
    channel_of: Callable[[str], BlockingChannel], service: str, exchange: str
) -> None:
    channel = channel_of(service)
    with pytest.raises(ChannelClosedByBroker) as refusal:
        channel.queue_bind(_own_queue(channel, service), exchange, "#")
    assert refusal.value.reply_code == 403


@pytest.mark.parametrize("service", [service for service in SPEAKERS if service != "identity"])
def test_only_identity_may_hear_of_whom_lines_speak(
    channel_of: Callable[[str], BlockingChannel], service: str
) -> None:
    channel = channel_of(service)
    with pytest.raises(ChannelClosedByBroker) as refusal:
        channel.queue_bind(_own_queue(channel, service), "ingestion.events", "traits_received.v1")
    assert refusal.value.reply_code == 403


@pytest.mark.parametrize("service", SPEAKERS)
def test_a_service_may_not_take_another_s_messages_or_speak_for_it(
    channel_of: Callable[[str], BlockingChannel], service: str
) -> None:
    for other in SPEAKERS:
        if other == service:
            continue
        for attempt in (consume(f"{other}.dead"), publish(f"{other}.events", "x.v1")):
            with pytest.raises(ChannelClosedByBroker) as refusal:
                attempt(channel_of(service))
            assert refusal.value.reply_code == 403
