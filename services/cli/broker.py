"""Reaches the broker as the operator, for what no service can be asked: its dead letters."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from services.cli.reaching import no_address, told
from services.client import failures
from services.client.connection import LOST, NOT_ADMITTED, account_of, parameters_of
from services.contracts.errors import HubError, NotFound, Refused, Unavailable

_SECONDS = 30


class Broker:
    """An open connection; each task takes a channel of its own."""

    def __init__(self, address: str) -> None:
        self.account = account_of(address)
        self._connection = pika.BlockingConnection(parameters_of(address, _SECONDS))

    def channel(self) -> BlockingChannel:
        """A new channel: the broker closes one at the first refusal."""
        return self._connection.channel()

    def close(self) -> None:
        """Leave: what was read and not acknowledged is put back."""
        if self._connection.is_open:
            self._connection.close()


@contextmanager
def broker_at(address: str, variable: str) -> Iterator[Broker]:
    """The broker, for as long as it is held; what goes wrong is told, and ends the command."""
    with told():
        if not address:
            raise no_address(variable)
        try:
            with closing(Broker(address)) as broker:
                yield broker
        except NOT_ADMITTED:
            raise failures.not_admitted() from None
        except ChannelClosedByBroker as error:
            raise _refused(error.reply_code) from None
        except LOST:
            raise _lost() from None


def _refused(code: int) -> HubError:
    if code == 404:
        return NotFound("file_absente", "Ce service n’a jamais été installé sur ce courtier : il n’a rien.")
    return Refused("appel_interdit", "Ce compte n’a pas accès aux rebuts : employez celui de l’exploitation.")


def _lost() -> Unavailable:
    return Unavailable(
        "courtier_injoignable",
        "Le courtier ne répond pas, ou plus : rien n’est perdu, relancez la même commande.",
    )
