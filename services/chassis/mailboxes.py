"""Makes the mailboxes of accounts: queues on which each is told what is for it alone.

mailboxes = Mailboxes(NOTIFICATIONS, most=100_000, kept=timedelta(days=7))
…
self.mailboxes.open(sirets)
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from kombu import Connection
from nameko.extensions import DependencyProvider

from services.chassis import queues
from services.chassis.settings import Settings
from services.contracts.message import Event

_TIMEOUT = 10


def open_mailboxes(
    settings: Settings, event: Event, accounts: Iterable[str], most: int, kept: timedelta
) -> None:
    """Declare a mailbox for each account; one that is there is left as it is. Raises kombu's operational
    errors when the broker cannot be reached or refuses."""
    options = {"read_timeout": _TIMEOUT, "write_timeout": _TIMEOUT}
    with Connection(settings.broker_url, connect_timeout=_TIMEOUT, transport_options=options) as connection:
        for account in accounts:
            queues.mailbox_queue(event, account, most, kept)(connection.default_channel).declare()


class Mailboxes(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Opens mailboxes for one event, with the service's own account."""

    def __init__(self, event: Event, *, most: int, kept: timedelta) -> None:
        self.event, self.most, self.kept = event, most, kept
        super().__init__()

    def get_dependency(self, _: Any) -> Callable[[Iterable[str]], None]:
        settings: Settings = self.container.config["settings"]

        def open_them(accounts: Iterable[str]) -> None:
            open_mailboxes(settings, self.event, accounts, self.most, self.kept)

        return open_them
