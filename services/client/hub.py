"""Speaks with the hub as a partner: calls with time-outs, tried again with the same content.

    with Hub("amqp://73282932000074:secret@hub.example/agora") as hub:
        accuse = hub.submit("LOT-2026-001", declarations)
        hub.receipt("LOT-2026-001")["etats"]

Trying again is safe: a lot submitted twice under its reference has one effect and one receipt, and
the rest only reads.
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from services.contracts.errors import Malformed, Refused, Unavailable, from_wire
from services.contracts.message import CALLS_EXCHANGE, CONTENT_TYPE, DEADLINE, MAX_CALL_BYTES, reply_prefix

LINES_PER_LOT = 500


class Hub:
    """One partner's connection to the hub. Not shared between threads."""

    def __init__(self, url: str, *, timeout: float = 30.0, attempts: int = 4) -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.socket_timeout = 10
        self._parameters.blocked_connection_timeout = timeout
        self.account = unquote(urlsplit(url).username or "")
        self.timeout = timeout
        self.attempts = attempts
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._reply_to = ""
        self._answers: dict[str, bytes] = {}

    # --- what a partner does -------------------------------------------------------------

    def submit(self, reference: str, declarations: list[Any]) -> dict[str, Any]:
        """Submit one lot; returns its receipt. The same reference must have the same content."""
        lot = {"reference": reference, "emetteur": self.account, "declarations": declarations}
        return self.call("ingestion.submit", lot)

    def deliver(self, reference: str, declarations: Iterable[Any]) -> Iterator[dict[str, Any]]:
        """Submit a delivery of any length as lots `reference-0001`, …; yields each receipt as it comes.

        Run again after a failure, it gives the receipts of what had arrived, and goes on.
        """
        remaining = iter(declarations)
        number = 0
        while lines := list(islice(remaining, LINES_PER_LOT)):
            number += 1
            yield self.submit(f"{reference}-{number:04d}", lines)

    def receipt(self, reference: str, **page: Any) -> dict[str, Any]:
        """A lot's receipt as it stands now; `apres`, `lignes` and `etats` choose its lines."""
        return self.call("ingestion.receipt", {"reference": reference, **page})

    def profile(self) -> dict[str, Any]:
        """What one's own organisation may do."""
        return self.call("access.profile", {})

    def read_parcours(self, reference: str, finalite: str) -> dict[str, Any]:
        """The parcours of the person of whom one's own reference speaks, as far as one may see it."""
        return self.call("dossier.read_parcours", {"reference": reference, "finalite": finalite})

    def read_dossier(self, dossier_id: str, finalite: str) -> dict[str, Any]:
        """One dossier, as far as one may see it."""
        return self.call("dossier.read_dossier", {"dossier_id": dossier_id, "finalite": finalite})

    def figures(self, axes: list[str], du: str, au: str) -> dict[str, Any]:
        """A table of figures over one or two axes, for the months from `du` to `au`."""
        return self.call("reporting.figures", {"axes": axes, "du": du, "au": au})

    # --- how -----------------------------------------------------------------------------

    def call(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        """Ask `service.method`; returns its result.

        Raises the `HubError` answered, or `Unavailable` when nobody answered in time, `attempts` times.
        """
        body = _encoded(request)
        for attempt in range(self.attempts):
            try:
                return _result(self._ask(method, body))
            except ChannelClosedByBroker as error:
                self.close()
                if error.reply_code == 403:
                    raise _forbidden() from None
            except (AMQPError, OSError):
                self.close()
            except Unavailable:
                if attempt == self.attempts - 1:
                    raise
            if attempt < self.attempts - 1:
                time.sleep(min(0.2 * 4**attempt, 5.0))
        raise _no_answer()

    def _ask(self, method: str, body: bytes) -> bytes:
        channel = self._open()
        correlation_id = str(uuid.uuid4())
        until = time.time() + self.timeout
        properties = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=1,  # what speaks of persons does not wait on the broker's disk
            correlation_id=correlation_id,
            reply_to=self._reply_to,
            user_id=self.account,
            type=method,
            expiration=str(int(self.timeout * 1000)),
            headers={DEADLINE: int(until * 1000)},  # nobody works on what nobody waits for
        )
        channel.basic_publish(CALLS_EXCHANGE, method, body, properties, mandatory=True)
        while correlation_id not in self._answers:
            left = until - time.time()
            if left <= 0:
                raise _no_answer()
            self._connection.process_data_events(left)  # type: ignore[union-attr,arg-type]  # `_open` made it
        return self._answers.pop(correlation_id)

    def _open(self) -> BlockingChannel:
        if self._channel is not None and self._channel.is_open:
            return self._channel
        self.close()
        self._connection = pika.BlockingConnection(self._parameters)
        channel = self._connection.channel()
        channel.confirm_delivery()  # so that a refusal is heard at once, not waited out
        self._reply_to = f"{reply_prefix(self.account)}{uuid.uuid4()}"
        channel.queue_declare(self._reply_to, exclusive=True, auto_delete=True)
        channel.queue_bind(self._reply_to, CALLS_EXCHANGE, self._reply_to)
        channel.basic_consume(self._reply_to, self._receive, auto_ack=True)
        self._answers.clear()
        self._channel = channel
        return channel

    def _receive(self, _: BlockingChannel, __: Any, properties: pika.BasicProperties, body: bytes) -> None:
        # Only the last question is waited for: an answer that comes too late is dropped with the next one.
        self._answers.clear()
        self._answers[properties.correlation_id or ""] = body

    def close(self) -> None:
        """Leave; the next call connects anew."""
        connection, self._connection, self._channel = self._connection, None, None
        try:
            if connection is not None and connection.is_open:
                connection.close()
        except (AMQPError, OSError):
            return  # it was gone already

    def __enter__(self) -> "Hub":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _encoded(request: dict[str, Any]) -> bytes:
    body = orjson.dumps(request)
    if len(body) > MAX_CALL_BYTES:
        raise Malformed(
            "corps_trop_volumineux",
            f"Le message dépasse {MAX_CALL_BYTES} octets : envoyez-le en plusieurs lots.",
            {"octets": str(len(body))},
        )
    return body


def _result(body: bytes) -> dict[str, Any]:
    answer = orjson.loads(body)
    if error := answer.get("error"):
        raise from_wire(error)
    result: dict[str, Any] = answer["result"]
    return result


def _no_answer() -> Unavailable:
    return Unavailable(
        "hub_injoignable",
        "Le hub n’a pas répondu à temps : renvoyez la même demande, elle n’aura qu’un effet.",
    )


def _forbidden() -> Refused:
    return Refused("appel_interdit", "Votre compte n’a pas accès à cette méthode.")
