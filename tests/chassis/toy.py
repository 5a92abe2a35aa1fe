"""A service of nothing but mechanics, run as a process of its own by the chassis tests.

It borrows reporting's account and database. Its listener does what each message tells it to: take
effect, fail, fail a few times, or kill its own process before or after committing.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta

import services.chassis.green  # noqa: F401  # isort: skip  # before psycopg, sockets and threads

import eventlet
from kombu.message import Message
from nameko.runners import ServiceRunner
from sqlalchemy import text

from services.chassis import logs
from services.chassis.answering import Asked, answer
from services.chassis.calling import Calls
from services.chassis.listening import Listener, Told, listen
from services.chassis.providers import Transaction
from services.chassis.settings import settings_of
from services.contracts.access import DECIDE_FIGURES
from services.contracts.dossier.events import FACTS_CHANGED
from services.contracts.errors import Conflict
from services.contracts.reporting import FIGURES


class Toy:
    """One listener and one call."""

    name = "toy"
    transaction = Transaction()
    others = Calls()

    @listen(FACTS_CHANGED)
    def play(self, told: Told) -> None:
        with self.transaction(told) as session:
            for fact in told.body["facts"]:
                session.execute(
                    text("INSERT INTO toy_effect (message_id) VALUES (:id)"), {"id": told.message_id}
                )
                self._misbehave(fact["stagiaire"], told)
        if told.body["facts"][0]["stagiaire"] == "die after commit once" and _first_time(told.message_id):
            os.kill(os.getpid(), signal.SIGKILL)

    def _misbehave(self, order: str, told: Told) -> None:
        if order == "fail" or (order == "fail once" and _first_time(told.message_id)):
            raise RuntimeError("name=MARTIN nir=2940375120005")
        if order == "die" or (order == "die once" and _first_time(told.message_id)):
            os.kill(os.getpid(), signal.SIGKILL)

    @answer(FIGURES)
    def figures(self, asked: Asked) -> object:
        match asked.body["du"]:
            case "ask":
                return self.others.ask(DECIDE_FIGURES, siret=asked.caller, table="x")
            case "refuse":
                raise Conflict("toy_refuses", "Non.", {"why": "toy"})
            case "fail":
                raise RuntimeError("name=MARTIN nir=2940375120005")
            case "sleep":
                eventlet.sleep(float(asked.body["au"]))
        return {"caller": asked.caller, "said": asked.body}


def _read_or_raise(listener: Listener, message: Message) -> Told:
    """An error nobody thought of, before a door is reached."""
    if message.headers.get("x-toy") == "raise":
        raise RuntimeError("name=MARTIN nir=2940375120005")
    return _read(listener, message)


_read = Listener._read
Listener._read = _read_or_raise  # type: ignore[method-assign,assignment]  # the toy misbehaves


def _first_time(message_id: str) -> bool:
    """Whether no earlier life of this process met this message; remembered in a file."""
    try:
        os.close(os.open(f"{sys.argv[1]}/{message_id}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


if __name__ == "__main__":
    settings = replace(
        settings_of("reporting"),
        retry_delays=(timedelta(milliseconds=100), timedelta(milliseconds=300)),
        delivery_limit=3,
        call_timeout=timedelta(seconds=1),
    )
    logs.configure("toy")
    if sys.argv[2:] == ["declare"]:
        from services.chassis import topology

        topology.declare(settings, (Toy,))
        sys.exit(0)
    runner = ServiceRunner(
        {
            "AMQP_URI": settings.broker_url,
            "max_workers": 4,
            "settings": settings,
            "SERVICE_CONTAINER_CLS": "services.chassis.container.Container",
        }
    )
    runner.add_service(Toy)
    runner.start()
    runner.wait()
