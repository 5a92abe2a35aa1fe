"""Publishes what the outbox holds: with confirms, nothing skipped, and no table locked.

A row is deleted in the transaction that published it, so a crash publishes twice rather than never
(the inbox takes the second for what it is). There is no cursor: a row with a smaller number that is
committed later is simply found later. Several relays may run: each takes rows no other holds. What the
broker does not take (nobody listens yet, or too large) stays, is tried again later and later, and lets
the others pass; `health` tells how long the oldest has waited.
"""

import signal
import time
from types import FrameType

import pika
import psycopg
import structlog
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker, UnroutableError
from psycopg import sql

from services.chassis import metrics
from services.chassis.logs import error_fields
from services.chassis.outbox import CHANNEL
from services.chassis.settings import Settings
from services.contracts.message import CONTENT_TYPE, TRACEPARENT

log = structlog.get_logger(__name__)

BATCH = 100
IDLE_SECONDS = 2.0  # a notification may be lost with its connection: look at least this often
PURGE_SECONDS = 600.0
RETRY_SECONDS = 1.0

_TAKE = """
    SELECT seq, message_id, exchange, routing_key, type, traceparent, body FROM outbox
    WHERE not_before <= now() ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED
"""
_DELETE = "DELETE FROM outbox WHERE seq = ANY(%s)"
# One second, then twice as long each time, up to about a quarter of an hour.
_POSTPONE = """
    UPDATE outbox SET attempts = attempts + 1,
        not_before = now() + interval '1 second' * (1 << least(attempts, 10))
    WHERE seq = ANY(%s)
"""
_PURGE = """
    DELETE FROM inbox WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM inbox WHERE handled_at < now() - %s LIMIT 10000
    ))
"""

Row = tuple[int, object, str, str, str, str, bytes]


class Relay:
    """One relay of one service. `run` returns when asked to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = False
        self._purged_at = 0.0

    def stop(self, _signal: int | None = None, _frame: FrameType | None = None) -> None:
        """Finish the batch at hand, then return from `run`."""
        self.stopping = True

    def run(self) -> None:
        """Relay until stopped; a server that is down is tried again every second."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        log.info("relay_started")
        while not self.stopping:
            try:
                self._relay_while_connected()
            except (psycopg.Error, AMQPError, OSError) as error:
                log.warning("relay_interrupted", **error_fields(error))
                time.sleep(RETRY_SECONDS)

    def _relay_while_connected(self) -> None:
        with psycopg.connect(_dsn(self.settings), autocommit=True, connect_timeout=5) as database:
            database.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            broker = pika.BlockingConnection(_parameters(self.settings))
            try:
                channel = broker.channel()
                channel.confirm_delivery()
                while not self.stopping and channel.is_open:
                    if relay_batch(database, channel, self.settings.service) < BATCH:
                        self._rest(database, broker)
            finally:
                if broker.is_open:
                    broker.close()

    def _rest(self, database: psycopg.Connection, broker: pika.BlockingConnection) -> None:
        if time.monotonic() - self._purged_at > PURGE_SECONDS:
            database.execute(_PURGE, (self.settings.inbox_kept,))
            self._purged_at = time.monotonic()
        for _ in database.notifies(timeout=IDLE_SECONDS, stop_after=1):
            pass
        broker.process_data_events(0)  # heartbeats


def relay_batch(database: psycopg.Connection, channel: BlockingChannel, account: str) -> int:
    """Publish up to `BATCH` rows and delete those that were taken, in one transaction; returns how many
    rows were looked at.

    Raises pika's and psycopg's errors: then nothing is deleted, and some may be published twice.
    """
    with database.transaction():
        rows: list[Row] = database.execute(_TAKE, (BATCH,)).fetchall()
        taken, refused = _publish_all(channel, account, rows)
        if taken:
            database.execute(_DELETE, (taken,))
        if refused:
            database.execute(_POSTPONE, (refused,))
    return len(rows)


def _publish_all(channel: BlockingChannel, account: str, rows: list[Row]) -> tuple[list[int], list[int]]:
    """The numbers of the rows that the broker took, and of those that it did not."""
    taken: list[int] = []
    refused: list[int] = []
    for row in rows:
        try:
            _publish(channel, account, row)
        except (UnroutableError, ChannelClosedByBroker) as error:
            log.warning("event_not_taken", type=row[4], bytes=len(row[6]), error=type(error).__name__)
            refused.append(row[0])
            if channel.is_closed:  # the rest goes through another channel, after this is committed
                break
        else:
            taken.append(row[0])
            metrics.RELAYED.labels(row[4]).inc()
    return taken, refused


def _publish(channel: BlockingChannel, account: str, row: Row) -> None:
    _, message_id, exchange, routing_key, kind, traceparent, body = row
    properties = pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=2,
        message_id=str(message_id),
        timestamp=int(time.time()),
        type=kind,
        user_id=account,
        app_id=account,
        headers={TRACEPARENT: traceparent},
    )
    channel.basic_publish(exchange, routing_key, body, properties, mandatory=True)


def _dsn(settings: Settings) -> str:
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _parameters(settings: Settings) -> pika.URLParameters:
    parameters = pika.URLParameters(settings.broker_url)
    parameters.heartbeat = 30
    parameters.socket_timeout = 10
    parameters.blocked_connection_timeout = 30
    return parameters
