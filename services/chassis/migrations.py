"""Brings a service's database to the tables its code knows: one at a time, and giving way to traffic."""

import zlib
from collections.abc import Callable
from pathlib import Path

import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text

log = structlog.get_logger(__name__)

_SERVICES = Path(__file__).parent.parent
# A migration that cannot have its lock at once gives up and is run again, rather than queue
# everybody behind it. Building an index on a large table is done CONCURRENTLY, by a job of its own.
_LOCK_TIMEOUT, _STATEMENT_TIMEOUT = "5s", "10min"
_PARTS_OF_TABLES = text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")


def _config(service: str, metadata: MetaData, connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / "chassis" / "alembic"))
    config.set_main_option("path_separator", "os")
    config.set_main_option(
        "version_locations", str(_SERVICES / service / "storage" / "migrations" / "versions")
    )
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def migrate(service: str, engine: Engine, metadata: MetaData) -> None:
    """Run what is missing. A second one started meanwhile waits, then finds nothing to do."""
    with engine.connect() as connection:
        # Another migration is waited for as long as it may take; then everything else is not.
        for wait in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"SET {wait} = '{_STATEMENT_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": zlib.crc32(service.encode())})
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        try:
            command.upgrade(_config(service, metadata, connection), "heads")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.commit()
    log.info("migrated", service=service)


def pending(service: str, engine: Engine, metadata: MetaData) -> list[str]:
    """Revisions the database does not have yet."""
    script = ScriptDirectory.from_config(_config(service, metadata, None))
    with engine.connect() as connection:
        done = set(MigrationContext.configure(connection).get_current_heads())
    return [head for head in script.get_heads() if head not in done]


def differences(engine: Engine, metadata: MetaData) -> list[object]:
    """How the database differs from the tables in the code; nothing, after `migrate`."""
    with engine.connect() as connection:
        options = {"include_name": whole_tables(connection)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def whole_tables(connection: Connection) -> Callable[[str | None, str, object], bool]:
    """Which names of the database stand for something of the code: the parts of a table are the table's."""
    parts = set(connection.execute(_PARTS_OF_TABLES).scalars())

    def stands_for_something(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name not in parts

    return stands_for_something


def write(service: str, engine: Engine, metadata: MetaData, message: str) -> None:
    """Write a new revision file from the difference between the database and the code."""
    with engine.connect() as connection:
        command.revision(_config(service, metadata, connection), message, autogenerate=True)
