"""An intruder with a real account tries what its account may not do, and RabbitMQ refuses each of it."""

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from deploy.local.__main__ import administration
from deploy.local.site import site_of
from services.chassis.mailboxes import open_mailboxes
from services.chassis.settings import Settings
from services.contracts.dossier.events import NOTIFICATIONS
from services.contracts.message import CALLS_EXCHANGE, SPEAKERS, mailbox
from services.contracts.topology import CALLS, EVENTS, LISTENS

pytestmark = pytest.mark.servers

PARTNER, OTHER = "73282932000074", "19750655300019"
Attempt = Callable[[BlockingChannel], object]
Mailbox = Callable[..., BlockingChannel]


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


def delete(queue: str) -> Attempt:
    return lambda channel: channel.queue_delete(queue)


def hear_on(queue: str, exchange: str) -> Attempt:
    return lambda channel: channel.queue_bind(queue, exchange, "#")


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
    "read another partner's notifications": consume(f"{OTHER}.notifications"),
    "notify another partner": publish("", f"{OTHER}.notifications"),
    "notify in dossier's name": publish("dossier.events", f"notifications.v1.{OTHER}"),
    "hear another partner's notifications": bind(f"notifications.v1.{OTHER}", "dossier.events"),
    "make its notifications another queue": declare(f"{PARTNER}.notifications"),
    "hear more on its notifications": hear_on(f"{PARTNER}.notifications", "dossier.events"),
    "do away with its notifications": delete(f"{PARTNER}.notifications"),
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


@pytest.fixture
def mailbox_of(urls: dict[str, str], channel_of: Callable[[str], BlockingChannel]) -> Iterator[Mailbox]:
    """Opens the mailbox of a partner as dossier does, for so many messages; it is gone afterwards."""
    opened: list[str] = []

    def open_it(siret: str, most: int = 100) -> BlockingChannel:
        settings = Settings(service="dossier", database_url="", broker_url=urls["dossier"])
        channel_of("dossier").queue_delete(mailbox(siret))
        open_mailboxes(settings, NOTIFICATIONS, [siret], most, timedelta(days=1))
        opened.append(siret)
        return channel_of("dossier")

    yield open_it
    for siret in opened:
        channel_of("dossier").queue_delete(mailbox(siret))


def _told(channel: BlockingChannel, siret: str) -> list[str | bytes]:
    """What waits in a partner's mailbox, taken."""
    found: list[str | bytes] = []
    while (got := channel.basic_get(mailbox(siret), auto_ack=True))[0] is not None:
        found.append(got[2] or b"")
    return found


def test_a_partner_reads_what_it_is_told_and_no_other_does(
    channel_of: Callable[[str], BlockingChannel], mailbox_of: Mailbox
) -> None:
    dossier = mailbox_of(PARTNER)
    dossier.basic_publish(NOTIFICATIONS.exchange, NOTIFICATIONS.key_for(PARTNER), b"{}", mandatory=True)
    with pytest.raises(ChannelClosedByBroker) as refusal:
        channel_of(OTHER).basic_get(mailbox(PARTNER))
    assert refusal.value.reply_code == 403
    assert _told(channel_of(PARTNER), PARTNER) == [b"{}"]


def test_a_mailbox_has_an_end_and_the_oldest_goes(
    channel_of: Callable[[str], BlockingChannel], mailbox_of: Mailbox
) -> None:
    """Who tells is not stopped by a partner that is never there."""
    dossier = mailbox_of(PARTNER, 3)
    for number in range(8):
        key = NOTIFICATIONS.key_for(PARTNER)
        dossier.basic_publish(NOTIFICATIONS.exchange, key, str(number).encode(), mandatory=True)
    assert _told(channel_of(PARTNER), PARTNER) == [b"5", b"6", b"7"]


def test_no_service_but_dossier_may_touch_a_mailbox(channel_of: Callable[[str], BlockingChannel]) -> None:
    for service in sorted({*SPEAKERS} - {"dossier"}):
        for attempt in (declare(mailbox(PARTNER)), consume(mailbox(PARTNER)), delete(mailbox(PARTNER))):
            with pytest.raises(ChannelClosedByBroker) as refusal:
                attempt(channel_of(service))
            assert refusal.value.reply_code == 403
