"""Says whether a service can do its work, and serves that and its metrics to whoever watches."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import orjson
from kombu import Connection
from prometheus_client import make_wsgi_app
from sqlalchemy import Engine, MetaData, text
from sqlalchemy.exc import SQLAlchemyError

from services.chassis import migrations
from services.chassis.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_WAITING = text("SELECT count(*), coalesce(extract(epoch FROM now() - min(written_at)), 0) FROM outbox")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    well: bool
    detail: str


def look(settings: Settings, engine: Engine, metadata: MetaData) -> list[Finding]:
    """Everything a service needs in order to work, looked at now; each look ends within 5 s or so."""
    return [*_database(settings, engine, metadata), _broker(settings)]


def _database(settings: Settings, engine: Engine, metadata: MetaData) -> Iterable[Finding]:
    try:
        missing = migrations.pending(settings.service, engine, metadata)
        yield Finding("database", True, "reachable")
        yield Finding(
            "migrations", not missing, f"missing: {', '.join(missing)}" if missing else "up to date"
        )
        if not missing and "outbox" in metadata.tables:
            with engine.connect() as connection:
                count, seconds = connection.execute(_WAITING).one()
            yield Finding("outbox", seconds < 60, f"{count} waiting, the oldest for {int(seconds)} s")
    except SQLAlchemyError as error:
        yield Finding("database", False, type(error).__name__)


def _broker(settings: Settings) -> Finding:
    try:
        with Connection(settings.broker_url, connect_timeout=5) as connection:
            connection.connect()
    except Exception as error:  # whatever it is, the broker is not to be had
        return Finding("broker", False, type(error).__name__)
    return Finding("broker", True, "reachable")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """A probe every few seconds is no news."""


def serve(settings: Settings, engine: Engine, metadata: MetaData) -> None:
    """Serve `/metrics` and `/health` on the settings' port, beside the work; nothing without a port."""
    if settings.http_port is None:
        return
    metrics = make_wsgi_app()

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/health":
            answer: Iterable[bytes] = metrics(environ, start)
            return answer
        findings = look(settings, engine, metadata)
        well = all(finding.well for finding in findings)
        start("200 OK" if well else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [orjson.dumps(findings)]

    server = make_server("127.0.0.1", settings.http_port, application, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True, name="health").start()
