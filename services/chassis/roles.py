"""What one process of a service can be.

python -m services.dossier run [dossier dossier_bulk]    the doors, all or the ones named
python -m services.dossier relay                         publishes what the outbox holds
python -m services.dossier migrate                       tables and queues, then ends
python -m services.dossier check                         says whether it could work; 0 or 1
python -m services.identity job rotate                   a task of the service's own, by its name; then ends
"""

import argparse
import gc
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from services.chassis.settings import Settings


def main(service: str, arguments: list[str] | None = None) -> int:
    """Run one role of a service; returns the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service}", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("run").add_argument("doors", nargs="*", help="names of nameko services; all by default")
    for role in ("relay", "migrate", "check"):
        roles.add_parser(role)
    job = roles.add_parser("job", help="a task of the service's own")
    job.add_argument("name")
    revision = roles.add_parser("revision", help="write a migration from the tables in the code")
    revision.add_argument("message")
    asked = parser.parse_args(arguments)

    # nameko imports eventlet, which announces its retirement each time; see `green`.
    warnings.filterwarnings("ignore", "(?s).*Eventlet is deprecated")
    if asked.role == "run":
        importlib.import_module("services.chassis.green")  # before psycopg, sockets and threads

    from services.chassis import logs
    from services.chassis.settings import SettingMissing, settings_of

    try:
        settings = settings_of(service)
    except SettingMissing as missing:
        print(missing, file=sys.stderr)  # noqa: T201  # there is no log yet
        return 2
    logs.configure(service, settings.log_level)
    return _ROLES[asked.role](settings, asked)


def _tables(settings: "Settings") -> "MetaData":
    tables = importlib.import_module(f"services.{settings.service}.storage.tables")
    metadata: MetaData = tables.metadata
    return metadata


def _doors(settings: "Settings") -> tuple[type, ...]:
    doors: tuple[type, ...] = importlib.import_module(f"services.{settings.service}.service").DOORS
    return doors


def _run(settings: "Settings", asked: argparse.Namespace) -> int:
    import eventlet
    from nameko.runners import ServiceRunner

    from services.chassis import database, health

    doors = [door for door in _doors(settings) if not asked.doors or door.name in asked.doors]  # type: ignore[attr-defined]  # every door has its nameko name
    runner = ServiceRunner(
        {
            "AMQP_URI": settings.broker_url,
            "HEARTBEAT": 30,
            "max_workers": settings.workers,
            "settings": settings,
            "SERVICE_CONTAINER_CLS": "services.chassis.container.Container",
        }
    )
    for door in doors:
        runner.add_service(door)

    started = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if not started:
            # nameko cannot stop what is still starting. Nothing was acknowledged that was not done.
            os._exit(0)
        eventlet.spawn_n(runner.stop)  # a signal handler runs in the hub, which may not wait

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    health.serve(settings, database.engine_of(settings, connections=1), _tables(settings))
    runner.start()
    collect_seldom()
    started = True
    runner.wait()
    return 0


def collect_seldom() -> None:
    """A chunk makes values by ten thousands that are gone without a collector, and Python's would look at all
    that a process holds for every few hundred of them: a quarter of the time of identity. For every twenty
    thousand it is a tenth still."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def _relay(settings: "Settings", _: argparse.Namespace) -> int:
    from services.chassis import database, health
    from services.chassis.relay import Relay

    health.serve(settings, database.engine_of(settings, connections=1), _tables(settings))
    Relay(settings).run()
    return 0


def _migrate(settings: "Settings", _: argparse.Namespace) -> int:
    from services.chassis import database, migrations, topology

    migrations.migrate(settings.service, database.engine_of(settings, connections=2), _tables(settings))
    topology.declare(settings, _doors(settings))
    return 0


def _check(settings: "Settings", _: argparse.Namespace) -> int:
    from services.chassis import database, health

    findings = health.look(settings, database.engine_of(settings, connections=2), _tables(settings))
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'FAIL'} {finding.name}: {finding.detail}")  # noqa: T201  # a command's answer
    return 0 if all(finding.well for finding in findings) else 1


def _job(settings: "Settings", asked: argparse.Namespace) -> int:
    from services.chassis import database

    jobs = importlib.import_module(f"services.{settings.service}.jobs").JOBS
    if asked.name not in jobs:
        print(f"no such job; there are: {', '.join(sorted(jobs))}", file=sys.stderr)  # noqa: T201  # the answer
        return 2
    jobs[asked.name](settings, database.engine_of(settings, connections=2))
    return 0


def _revision(settings: "Settings", asked: argparse.Namespace) -> int:
    from services.chassis import database, migrations

    engine = database.engine_of(settings, connections=2)
    migrations.write(settings.service, engine, _tables(settings), asked.message)
    return 0


_ROLES: dict[str, Callable[["Settings", Any], int]] = {
    "run": _run,
    "relay": _relay,
    "migrate": _migrate,
    "check": _check,
    "job": _job,
    "revision": _revision,
}
