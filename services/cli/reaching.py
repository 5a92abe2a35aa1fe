"""Reaches the hub for the time of one command; what goes wrong becomes words and an exit status.

0  done, and nothing left to do
1  done, and something is left to do: lines to correct, dead letters, a broken journal
2  not done: the reason is on the standard error
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from services.cli import words
from services.client.hub import Hub
from services.contracts.errors import HubError, Malformed

SOMETHING_LEFT, NOT_DONE = 1, 2

# pika tells its own story of every lost connection, in English; ours is told once, with what to do.
logging.getLogger("pika").addHandler(logging.NullHandler())
logging.getLogger("pika").propagate = False


@contextmanager
def told() -> Iterator[None]:
    """An error of the hub is told without its traceback, and ends the command; so does the keyboard."""
    try:
        yield
    except KeyboardInterrupt:
        words.remark("✗ Interrompu.")
        raise typer.Exit(NOT_DONE) from None
    except HubError as error:
        words.complain(error)
        raise typer.Exit(NOT_DONE) from None


@contextmanager
def hub_at(address: str, variable: str, *, timeout: float = 30.0) -> Iterator[Hub]:
    """The hub, for as long as it is held. The address, which has a password, is never printed."""
    with told():
        if not address:
            raise no_address(variable)
        with Hub(address, timeout=timeout) as hub:
            yield hub


def no_address(variable: str) -> Malformed:
    """Nobody said where the hub is."""
    return Malformed(
        "adresse_absente", f"L’adresse du hub manque : donnez-la dans la variable d’environnement {variable}."
    )
