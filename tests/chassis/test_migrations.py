"""A service's database comes to the tables its code knows, however many bring it there at once."""

import importlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import Engine, MetaData, text

from deploy.local import postgres
from deploy.local.site import site_of
from services.chassis import database, migrations
from services.chassis.settings import Settings
from services.contracts.message import SPEAKERS

pytestmark = pytest.mark.servers


def _metadata(service: str) -> MetaData:
    metadata: MetaData = importlib.import_module(f"services.{service}.storage.tables").metadata
    return metadata


@pytest.fixture
def fresh(settings_for: Callable[[str], Settings], request: pytest.FixtureRequest) -> Iterator[Settings]:
    """A service's settings, with an empty database of its own role's."""
    service: str = request.param
    settings = settings_for(service)
    name = f"agora_{service}_fresh"
    with psycopg.connect(postgres.admin_url(site_of()), autocommit=True) as admin:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        admin.execute(drop)
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(f"agora_{service}")
            )
        )
        yield replace(settings, database_url=f"{settings.database_url.rsplit('/', 1)[0]}/{name}")
        admin.execute(drop)


@pytest.mark.parametrize("fresh", SPEAKERS, indirect=True)
def test_three_migrations_at_once_leave_the_tables_of_the_code_and_nothing_pending(fresh: Settings) -> None:
    service, metadata = fresh.service, _metadata(fresh.service)
    engines = [database.engine_of(fresh, connections=2) for _ in range(3)]
    assert migrations.pending(service, engines[0], metadata)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda engine: migrations.migrate(service, engine, metadata), engines))
    assert migrations.pending(service, engines[0], metadata) == []
    assert migrations.differences(engines[0], metadata) == []
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("fresh", ["dossier"], indirect=True)
def test_a_migration_gives_way_to_traffic_rather_than_queue_everybody_behind_it(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = _metadata("dossier")
    engine: Engine = database.engine_of(fresh, connections=2)
    with engine.connect() as connection:
        command.upgrade(migrations._config("dossier", metadata, connection), "0001")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "200ms")
    with engine.connect() as traffic:
        traffic.execute(text("SELECT count(*) FROM outbox"))  # its lock lasts until the end of the block
        with pytest.raises(Exception, match="lock timeout"):
            migrations.migrate("dossier", engine, metadata)
        traffic.rollback()
    migrations.migrate("dossier", engine, metadata)
    assert migrations.differences(engine, metadata) == []
    engine.dispose()
