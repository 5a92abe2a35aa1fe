"""The migrations make the tables that the code knows."""

from sqlalchemy import Engine, text

from services.chassis import migrations
from services.identity.storage.tables import metadata


def test_the_migrated_database_is_the_one_in_the_code(engine: Engine) -> None:
    assert migrations.differences(engine, metadata) == []


def test_what_is_held_is_not_logged(engine: Engine) -> None:
    with engine.connect() as connection:
        kind = connection.execute(text("SELECT relpersistence FROM pg_class WHERE relname = 'held'"))
        assert kind.scalar_one() in ("u", b"u")
