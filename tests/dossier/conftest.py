"""Dossier's own database, migrated; and sessions of which nothing is left."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, MetaData, delete
from sqlalchemy.orm import Session

from services.dossier.storage.tables import metadata
from tests.conftest import RolledBack, empty


@pytest.fixture(scope="session")
def engine(migrated: Callable[[str, MetaData], Engine]) -> Engine:
    return migrated("dossier", metadata)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with RolledBack(engine) as session:
        # Other rooms' tests may have left theirs in this database; they get them back.
        for table in metadata.sorted_tables:
            session.execute(delete(table))
        yield session


@pytest.fixture
def emptied(engine: Engine) -> Iterator[Engine]:
    """The database without a row, for tests that commit; nothing of theirs is left either."""
    empty(engine, metadata)
    yield engine
    empty(engine, metadata)
