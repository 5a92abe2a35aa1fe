"""A partner follows its notifications: each once, and again what it was not done with."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from deploy.local.__main__ import administration
from deploy.local.site import site_of
from services.chassis.mailboxes import open_mailboxes
from services.chassis.settings import Settings
from services.client.hub import Hub
from services.contracts.dossier.events import NOTIFICATIONS
from services.contracts.errors import Unavailable
from services.contracts.message import mailbox
from tests.broker import connected

pytestmark = pytest.mark.servers

SIRET, STRANGER = "73282932000074", "19750655300019"
Tell = Callable[..., None]


@pytest.fixture
def tell() -> Iterator[Tell]:
    """Tells the partner, as dossier does, of notifications by their ids: one message."""
    url = os.environ["AGORA_DOSSIER_BROKER_URL"]
    with connected(url) as channel:
        for siret in (SIRET, STRANGER):
            channel.queue_delete(mailbox(siret))
        settings = Settings(service="dossier", database_url="", broker_url=url)
        open_mailboxes(settings, NOTIFICATIONS, [SIRET], 100, timedelta(days=1))

        def tell(*ids: str, parcours: tuple[str, ...] = ()) -> None:
            lists = {"notifications": ids, "parcours": parcours}
            told = {name: [{"notification_id": one} for one in many] for name, many in lists.items()}
            body = json.dumps(
                {name: many for name, many in told.items() if many or name != "parcours"}
            ).encode()
            key = NOTIFICATIONS.key_for(SIRET)
            channel.basic_publish(NOTIFICATIONS.exchange, key, body, mandatory=True)

        yield tell
        channel.queue_delete(mailbox(SIRET))


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(administration(site_of()).partners([SIRET])[SIRET], attempts=1) as hub:
        yield hub


def test_what_comes_twice_is_told_once(tell: Tell, hub: Hub) -> None:
    tell("a", "b")
    tell("b", "c")
    tell("a", "b")
    assert [one["notification_id"] for one in hub.follow(0.5)] == ["a", "b", "c"]
    assert list(hub.follow(0.5)) == [], "what one was done with is gone"


def test_what_is_in_no_dossier_is_told_as_well(tell: Tell, hub: Hub) -> None:
    tell("a")
    tell(parcours=("b",))
    assert [one["notification_id"] for one in hub.follow(0.5)] == ["a", "b"]


def test_what_one_was_not_done_with_is_told_again(tell: Tell, hub: Hub) -> None:
    tell("a")
    tell("b")
    following = hub.follow(5.0)
    assert next(following)["notification_id"] == "a"
    assert next(following)["notification_id"] == "b"
    following.close()  # type: ignore[attr-defined]  # a generator
    assert [one["notification_id"] for one in hub.follow(0.5)] == ["b"]


def test_whom_the_hub_does_not_know_is_told_so(tell: Tell) -> None:
    url = administration(site_of()).partners([STRANGER])[STRANGER]
    with Hub(url, attempts=1) as hub, pytest.raises(Unavailable) as nothing:
        next(hub.follow(0.5))
    assert nothing.value.code == "notifications_absentes"
