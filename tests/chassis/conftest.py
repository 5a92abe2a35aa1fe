"""The toy service, and what tests say to it and hear from it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
from sqlalchemy import Engine, text

from services.chassis import database
from services.chassis.settings import Settings
from services.contracts.dossier.events import FACTS_CHANGED
from tests.broker import Envelope, connected
from tests.conftest import ROOT

PATIENCE = 20.0


def wait_until(true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for something to become true; fails, saying what did not happen."""
    until = time.monotonic() + patience
    while not true():
        assert time.monotonic() < until, f"did not happen within {patience} s: {what}"
        time.sleep(0.05)


class Toy:
    """The running toy: restarted when it dies, as a process manager would."""

    def __init__(self, engine: Engine, settings: Settings, folder: Path) -> None:
        self.engine = engine
        self.settings = settings
        self.folder = folder
        self.log = (folder / "toy.log").open("ab")
        self.deaths = 0
        self._start()

    def _start(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chassis.toy", str(self.folder), *arguments],
            cwd=ROOT,
            stderr=self.log,
        )

    def keep_alive(self) -> None:
        """Start it again if it died."""
        if self.process.poll() is not None:
            self.deaths += 1
            self._start()

    def effects_of(self, message_id: str) -> int:
        """How many effects a message had."""
        self.keep_alive()
        with self.engine.connect() as connection:
            found = connection.execute(
                text("SELECT count(*) FROM toy_effect WHERE message_id = :id"), {"id": message_id}
            )
            return int(found.scalar_one())

    def written(self) -> str:
        """Everything it logged."""
        return (self.folder / "toy.log").read_text()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@pytest.fixture(scope="package")
def toy(settings_for: Callable[[str], Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    settings = settings_for("reporting")
    engine = database.engine_of(settings, connections=4)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS inbox (message_id uuid, listener text, "
                "handled_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (message_id, listener))"
            )
        )
        connection.execute(text("DROP TABLE IF EXISTS toy_effect"))
        connection.execute(text("CREATE TABLE toy_effect (message_id uuid)"))
    folder = tmp_path_factory.mktemp("toy")
    subprocess.run(
        [sys.executable, "-m", "tests.chassis.toy", str(folder), "declare"], cwd=ROOT, check=True, timeout=30
    )
    running = Toy(engine, settings, folder)
    yield running
    running.stop()
    with connected(settings.broker_url) as channel:
        for queue in ("play", "play.retry.1.100ms", "play.retry.2.300ms"):
            channel.queue_delete(f"reporting.{queue}")
        # Reporting's own listener was told all that the toy was: it has not run, and shall not hear it.
        channel.queue_purge("reporting.count_facts")
        channel.queue_purge("reporting.dead")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE toy_effect"))
    engine.dispose()


def fact(order: str) -> dict[str, Any]:
    """A fact whose pseudonym tells the toy what to do."""
    return {
        "dossier_id": str(uuid.uuid4()),
        "version": 1,
        "stagiaire": order,
        "region": None,
        "dispositif": None,
        "entree_le": None,
        "sortie_le": None,
        "abandon": False,
        "heures": 0,
        "financements": [],
    }


Tell = Callable[..., str]


@pytest.fixture
def tell(settings_for: Callable[[str], Settings]) -> Iterator[Tell]:
    """Publish an event as dossier would; returns its message id."""
    with connected(settings_for("dossier").broker_url) as channel:

        def tell_it(order: str = "", **change: Any) -> str:
            message_id = change.pop("message_id", str(uuid.uuid4()))
            body = change.pop("body", None)
            if body is None:
                body = json.dumps({"at": "2026-01-01T00:00:00+00:00", "facts": [fact(order)]}).encode()
            properties = pika.BasicProperties(
                message_id=message_id,
                type=change.pop("type", FACTS_CHANGED.type),
                delivery_mode=2,
                user_id="dossier",
                headers=change.pop("headers", {}),
            )
            assert not change, change
            channel.basic_publish(FACTS_CHANGED.exchange, FACTS_CHANGED.routing_key, body, properties, True)
            return str(message_id)

        yield tell_it


@pytest.fixture
def dead_letters(settings_for: Callable[[str], Settings]) -> Callable[[], dict[str, tuple[Any, bytes]]]:
    """Reporting's dead letters by message id, left where they are."""
    from services.chassis.dead_letters import peek

    def read() -> dict[str, tuple[Any, bytes]]:
        with connected(os.environ["AGORA_OPERATOR_BROKER_URL"]) as channel:
            return {letter.message_id: (letter, body) for letter, body in peek(channel, "reporting")}

    return read


@pytest.fixture
def envelope(toy: Toy) -> Iterator[Envelope]:
    toy.keep_alive()
    made = Envelope(os.environ["AGORA_OPERATOR_BROKER_URL"], "operator")
    yield made
    made.close()
