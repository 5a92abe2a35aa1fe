"""The migrations make the tables that the code knows."""

from sqlalchemy import Engine

from services.chassis import migrations
from services.identity.storage.tables import metadata


def test_the_migrated_database_is_the_one_in_the_code(engine: Engine) -> None:
    assert migrations.differences(engine, metadata) == []
