"""Answers calls: the envelope is checked before the body is read, the caller is the broker's own word.

    @answer(DECIDE)
    def decide(self, asked: Asked) -> dict: ...

Every call that can be answered is: with a result, or with a `HubError`. What cannot be answered (no
address to answer to, an address that is not the caller's, no known caller) is counted, logged and
dropped: nobody was told that it was received.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import structlog
from kombu.message import Message
from marshmallow import ValidationError
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from services.chassis import deadline, metrics, queues, trace
from services.chassis.consuming import Consumption, body_of
from services.chassis.container import cause_of
from services.chassis.errors import StorageFailure, Unreadable
from services.chassis.logs import error_fields
from services.chassis.publishing import Publisher
from services.chassis.settings import Settings
from services.chassis.wire import flatten, read_json
from services.contracts.errors import BadRequest, HubError, Malformed, NotFound, Refused, Unavailable
from services.contracts.message import (
    CALLS_EXCHANGE,
    MAX_CALL_BYTES,
    OPERATOR,
    SPEAKERS,
    TRACEPARENT,
    Call,
    is_partner,
    reply_prefix,
)

log = structlog.get_logger(__name__)

_MALFORMED = {
    "corps_trop_volumineux": f"Le message dépasse {MAX_CALL_BYTES} octets : envoyez-le en plusieurs lots.",
    "encodage_invalide": "Le message n’est pas en UTF-8 : réencodez-le avant de l’envoyer.",
    "json_trop_profond": "Le message est imbriqué trop profondément : suivez le format publié.",
    "json_invalide": "Le message n’est pas du JSON valide : contrôlez-le avant de l’envoyer.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, read: who asks, what (as the request's schema gives it) and the bytes it came in."""

    caller: str
    body: dict[str, Any]
    raw: bytes


class CallsConsumer(SharedExtension, ProviderCollector):  # type: ignore[misc]  # nameko has no types
    """One queue for all the calls of a service."""

    consumption = Consumption()

    @property
    def settings(self) -> Settings:
        settings: Settings = self.container.config["settings"]
        return settings

    def __init__(self) -> None:
        self.doors: dict[str, Answer] = {}
        super().__init__()

    def setup(self) -> None:
        self.queue = queues.calls_queue(self.settings.service)
        self.publisher = Publisher(self.settings)
        self.consumption.register_provider(self)

    def register_provider(self, provider: "Answer") -> None:
        self.doors[provider.call.routing_key] = provider
        super().register_provider(provider)

    def unregister_provider(self, provider: "Answer") -> None:
        """With its last method gone, stop taking calls: those at hand are still answered."""
        super().unregister_provider(provider)
        if not self._providers:
            self.consumption.unregister_provider(self)

    def receive(self, message: Message) -> None:
        """Check the envelope, then let the method's own entrypoint answer."""
        caller = message.properties.get("user_id") or ""
        reply_to = message.properties.get("reply_to") or ""
        trace.begin(message.headers.get(TRACEPARENT))
        if not caller or not reply_to.startswith(reply_prefix(caller)) or len(reply_to) > 200:
            metrics.ANSWERED.labels("unknown", "unanswerable").inc()
            log.warning("call_unanswerable", bytes=len(body_of(message)), has_caller=bool(caller))
            self.consumption.ack_message(message)
            return
        if deadline.passed(message.headers):
            metrics.ANSWERED.labels("unknown", "expired").inc()
            self.consumption.ack_message(message)
            return
        try:
            self._door_of(message).receive(caller, message)
        except HubError as error:
            self.reply(message, None, error)

    def _door_of(self, message: Message) -> "Answer":
        door = self.doors.get(message.delivery_info["routing_key"])
        if door is None:
            raise NotFound("methode_inconnue", "Cette méthode n’existe pas : consultez la liste publiée.")
        return door

    def reply(self, message: Message, result: Any, error: HubError | None) -> None:
        """Send the answer, if it can be sent, and be done with the call."""
        body = {"error": error.to_wire()} if error else {"result": result}
        asked_for = message.delivery_info["routing_key"]
        method = asked_for if asked_for in self.doors else "unknown"
        metrics.ANSWERED.labels(method, error.code if error else "ok").inc()
        try:
            self.publisher.publish(
                orjson.dumps(body),
                exchange=CALLS_EXCHANGE,
                routing_key=message.properties["reply_to"],
                durable=False,
                correlation_id=str(message.properties.get("correlation_id") or ""),
                type=f"{method}.answer",
                headers={TRACEPARENT: trace.current()},
            )
        except Exception as publishing_error:  # the caller will time out and ask again
            log.warning("answer_not_sent", **error_fields(publishing_error))
        self.consumption.ack_message(message)


class Answer(Entrypoint):  # type: ignore[misc]  # nameko has no types
    """One method that may be called."""

    calls = CallsConsumer()

    def __init__(self, call: Call, **rest: Any) -> None:
        self.call = call
        self.schema = call.request()
        super().__init__(**rest)

    def setup(self) -> None:
        self.calls.register_provider(self)

    def stop(self) -> None:
        self.calls.unregister_provider(self)

    def receive(self, caller: str, message: Message) -> None:
        """Read the request and run the door. Raises `HubError` for what can be refused at once."""
        began = time.perf_counter()
        asked = self._read(caller, message)
        settle = partial(self._settle, message, began)
        try:
            self.container.spawn_worker(
                self, (asked,), {}, context_data=cause_of(message.headers), handle_result=settle
            )
        except ContainerBeingKilled:
            self.calls.consumption.requeue_message(message)

    def _read(self, caller: str, message: Message) -> Asked:
        kind = "partner" if is_partner(caller) else caller
        if kind not in self.call.callers or kind not in ("partner", OPERATOR, *SPEAKERS):
            raise Refused("appel_interdit", "Votre compte n’a pas accès à cette méthode.")
        try:
            raw = body_of(message)
            body = read_json(raw, MAX_CALL_BYTES)
        except Unreadable as error:
            raise Malformed(error.code, _MALFORMED[error.code]) from None
        try:
            return Asked(caller, self.schema.load(body), raw)
        except ValidationError as error:
            raise _bad_request(error) from None

    def _settle(self, message: Message, began: float, _: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        metrics.HANDLING.labels(self.call.routing_key).observe(time.perf_counter() - began)
        error = _answerable(exc_info[1], self.call) if exc_info else None
        self.calls.reply(message, result, error)
        return None, None


def _bad_request(error: ValidationError) -> BadRequest:
    found = flatten(error.messages)[:20]
    return BadRequest(
        "requete_invalide",
        "La requête n’a pas la forme attendue : corrigez les champs indiqués.",
        {path[:100] or "requete": code for path, code in found},
    )


def _answerable(error: BaseException, call: Call) -> HubError:
    if isinstance(error, HubError):
        return error
    incident = secrets.token_hex(8)
    log.error("call_failed", method=call.routing_key, incident=incident, **error_fields(error))
    code = "stockage_indisponible" if isinstance(error, StorageFailure) else "erreur_interne"
    return Unavailable(
        code,
        "Le service n’a pas pu répondre : renvoyez la même demande dans quelques instants.",
        {"incident": incident},
    )


def answer(call: Call) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a door of a method: it is called with an `Asked` and gives the answer, JSON-ready."""
    door: Callable[[Callable[..., Any]], Callable[..., Any]] = Answer.decorator(call)
    return door
