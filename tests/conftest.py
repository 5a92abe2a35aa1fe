"""What tests of several rooms share: the servers' addresses, and a service's own migrated database.

The servers are those of the environment (`make test` starts private ones and hands them over).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import Engine, MetaData, event, text
from sqlalchemy.orm import Session

from services.chassis import database, migrations
from services.chassis.settings import Settings, settings_of

if TYPE_CHECKING:
    from tests.running import Running

ROOT = Path(__file__).parent.parent

# A busy machine is no reason to fail: nothing is asserted by time.
settings.register_profile("agora", deadline=None)
settings.load_profile("agora")


@pytest.fixture(scope="session")
def settings_for() -> Callable[[str], Settings]:
    """The settings of a service, with retry delays a test can wait for."""

    def settings(service: str) -> Settings:
        if not os.environ.get(f"AGORA_{service.upper()}_DATABASE_URL"):
            pytest.fail("no servers: run the tests with `make test`, which starts them")
        quick = (timedelta(milliseconds=100), timedelta(milliseconds=200))
        return replace(settings_of(service), retry_delays=quick)

    return settings


@pytest.fixture(scope="session")
def migrated(settings_for: Callable[[str], Settings]) -> Iterator[Callable[[str, MetaData], Engine]]:
    """A service's own database, at its newest revision."""
    engines: dict[str, Engine] = {}

    def engine_of(service: str, metadata: MetaData) -> Engine:
        if service not in engines:
            engines[service] = database.engine_of(settings_for(service), connections=16)
            migrations.migrate(service, engines[service], metadata)
        return engines[service]

    yield engine_of
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def rolled_back() -> Callable[[Engine], "RolledBack"]:
    """A session whose every effect is undone when it is left."""
    return RolledBack


class RolledBack:
    """`with RolledBack(engine) as session`: what it does is seen by nobody else, and gone afterwards."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._transaction = self._connection.begin()
        self._session = Session(self._connection, join_transaction_mode="create_savepoint")

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._transaction.rollback()
        self._connection.close()


def empty(engine: Engine, metadata: MetaData) -> None:
    """Delete every row of a service's tables."""
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


@pytest.fixture(scope="session")
def running() -> Iterator["Running"]:
    """All five services, with their relays, on the servers of `make test`."""
    from deploy.local import processes
    from deploy.local.site import site_of
    from tests.running import Running

    made = Running(site_of())
    yield made
    processes.stop(made.site)


@pytest.fixture
def statements(session: Session) -> Iterator[list[str]]:
    """What is executed in a room's `session` from here on, statement by statement."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        executed.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield executed
    event.remove(connection, "before_cursor_execute", note)
