"""A private PostgreSQL cluster: one database and one role for each service, durability on."""

import os
import shutil

import psycopg
from psycopg import sql

from deploy.local import packages, programs
from deploy.local.credentials import password_of
from deploy.local.houses import House, house_of
from deploy.local.ports import ports_of
from deploy.local.site import Site
from deploy.local.waiting import wait_until
from services.contracts.message import SPEAKERS

ADMIN = "agora_admin"

# lz4: keys go all over their index, so pages are logged whole, and the default compression takes longer than
# all the rest of taking in a record (2.8 ms against 0.8). So do large values: messages that wait, changes.
# After a checkpoint each page goes to the journal whole once more: checkpoints are as far apart as the disk
# allows (see `_journal_megabytes`).
# What is asked for lies in memory or on flash, where a page here and there costs what the next one does: by
# the default of 4, whole tables of some ten thousand rows are read for a hundred persons.
# `terse` leaves out DETAIL, which prints the values; no statement is ever logged with its values.
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
checkpoint_timeout = 30min
wal_compression = lz4
default_toast_compression = lz4
random_page_cost = 1.1
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
# What identity keeps is hashed or sealed, and hardly gets smaller: to compress its pages is a fifth of what
# PostgreSQL does for a new line, and saves a quarter of the journal.
_OF_ROLES = {"identity": sql.SQL("SET wal_compression = off")}
_IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
_OTHERS = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
)
"""


def start(site: Site) -> None:
    """Start the site's cluster, made the first time; nothing when it runs."""
    if is_running(site):
        return
    house = house_of(site, "postgres", "postgres")
    data = house.folder / "data"
    if not (data / "PG_VERSION").exists():
        _initialise(site, house)
    # A cluster that was killed leaves its pid behind; pg_ctl sees that nobody has it.
    log = house.folder / "log"
    programs.run(
        house,
        [str(packages.postgres_bin() / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", "60", "start"],
        seconds=90,
        log=log,
    )
    wait_until(lambda: is_running(site), 30, "PostgreSQL's answer", log)


def _initialise(site: Site, house: House) -> None:
    print("→ making a private PostgreSQL cluster")
    secret = house.file("password", password_of(site, ADMIN))
    programs.run(
        house,
        [
            *(str(packages.postgres_bin() / "initdb"), "-D", str(house.folder / "data"), "-U", ADMIN),
            *("-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8"),
        ],
        seconds=90,
    )
    secret.unlink()
    configuration = house.folder / "data" / "postgresql.auto.conf"
    configuration.write_text(
        f"{_SETTINGS}\nshared_buffers = {_shared_megabytes()}MB"
        f"\nmax_wal_size = {_journal_megabytes(house)}MB\nport = {ports_of(site)['postgres']}\n"
    )
    house.give(configuration)


def _shared_megabytes() -> int:
    """A quarter of the machine's memory, as PostgreSQL advises, up to 8 GB: a million persons are 1.5 GB, and
    what is not there is read anew for every line."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return min(max(memory // 4, 128), 8192)


def _journal_megabytes(house: House) -> int:
    """How long the journal may grow between two checkpoints: half of what is free on its disk, up to 32 GB.
    Of ten million persons all pages are 10 GB, and go there whole when they are written to first."""
    return min(max(shutil.disk_usage(house.folder).free // 2**21, 1024), 32768)


def stop(site: Site) -> None:
    """Stop the cluster; its data stay."""
    if not is_running(site):
        return
    house = house_of(site, "postgres", "postgres")
    control = [str(packages.postgres_bin() / "pg_ctl"), "-D", str(house.folder / "data"), "-m", "fast"]
    programs.run(house, [*control, "-w", "-t", "60", "stop"], seconds=90)


def admin_url(site: Site) -> str:
    """Where the site's cluster is, for its administrator."""
    password = password_of(site, ADMIN)
    return f"postgresql://{ADMIN}:{password}@127.0.0.1:{ports_of(site)['postgres']}/postgres"


def is_running(site: Site) -> bool:
    """Whether the site's own cluster answers."""
    try:
        with psycopg.connect(admin_url(site), connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def is_in_use(site: Site) -> bool:
    """Whether anybody else is connected to the site's own cluster."""
    try:
        with psycopg.connect(admin_url(site), connect_timeout=3) as connection:
            row = connection.execute(_OTHERS).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


def provision(site: Site, admin: str) -> dict[str, str]:
    """One role and one database for each service; returns the URL of each."""
    parts = psycopg.conninfo.conninfo_to_dict(admin)
    urls: dict[str, str] = {}
    with psycopg.connect(admin, autocommit=True, connect_timeout=5) as connection:
        known = {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        is_superuser = connection.execute(_IS_SUPERUSER).fetchone() == (True,)
        databases = {str(name) for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for service in SPEAKERS:
            name, password = f"agora_{service}", password_of(site, f"postgres:{service}")
            verb = "ALTER" if name in known else "CREATE"
            connection.execute(
                sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(password)
                )
            )
            if is_superuser and service in _OF_ROLES:
                role = sql.Identifier(name)
                connection.execute(sql.SQL("ALTER ROLE {} {}").format(role, _OF_ROLES[service]))
            if name not in databases:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(name))
                )
                connection.execute(
                    sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
                )
            urls[service] = f"postgresql+psycopg://{name}:{password}@{parts['host']}:{parts['port']}/{name}"
    return urls
