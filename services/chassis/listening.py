"""Listens to events: acknowledged after their effect is committed, tried again with growing delays,
and in the end put among the dead letters with their cause. No message stops a service or blocks a queue.

    @listen(DOSSIERS_CHANGED)
    def follow_dossiers(self, told: Told) -> None:
        with self.transaction(told) as session:      # does nothing for a message handled before
            use_cases.follow_dossiers(session, **told.body)
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import structlog
from kombu.message import Message
from marshmallow import ValidationError
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from services.chassis import metrics, queues, trace
from services.chassis.consuming import Consumption, body_of
from services.chassis.container import cause_of
from services.chassis.errors import AlreadyHandled, Unreadable
from services.chassis.logs import error_fields
from services.chassis.publishing import Publisher
from services.chassis.queues import ATTEMPTS, CAUSE, LISTENER
from services.chassis.settings import Settings
from services.chassis.wire import flatten
from services.contracts.message import TRACEPARENT, Event

log = structlog.get_logger(__name__)

MAX_EVENT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """One message, read: `body` is what the event's schema gives."""

    message_id: str
    listener: str
    body: dict[str, Any]


class Listener(Entrypoint):  # type: ignore[misc]  # nameko has no types
    """One event for one door."""

    consumption = Consumption()

    def __init__(self, event: Event, unread: Sequence[str] = (), **rest: Any) -> None:
        self.event = event
        self.schema = event.schema(exclude=unread)
        super().__init__(**rest)

    @property
    def settings(self) -> Settings:
        settings: Settings = self.container.config["settings"]
        return settings

    def setup(self) -> None:
        service, name = self.settings.service, self.method_name
        self.queue = queues.listener_queue(service, name, self.event, self.settings.delivery_limit)
        self.waiting = [
            queues.retry_queue(service, name, step, delay)
            for step, delay in enumerate(self.settings.retry_delays, start=1)
        ]
        self.publisher = Publisher(self.settings)
        self.consumption.register_provider(self)

    def stop(self) -> None:
        self.consumption.unregister_provider(self)

    def receive(self, message: Message) -> None:
        """Read one message and hand it to the door; whatever happens is answered for in `settle`."""
        began = time.perf_counter()
        try:
            told = self._read(message)
        except Unreadable as error:
            self._give_up(message, error)
            return
        settle = partial(self._settle, message, told, began)
        try:
            self.container.spawn_worker(
                self, (told,), {}, context_data=cause_of(message.headers), handle_result=settle
            )
        except ContainerBeingKilled:
            self.consumption.requeue_message(message)

    def _read(self, message: Message) -> Told:
        trace.begin(message.headers.get(TRACEPARENT))
        message_id = str(message.properties.get("message_id") or "")
        if message.properties.get("type") != self.event.type:
            raise Unreadable("type_unknown")
        if len(message_id) != 36:
            raise Unreadable("message_id_missing")
        raw = body_of(message)
        if len(raw) > MAX_EVENT_BYTES:
            raise Unreadable("too_large")
        try:
            body = self.schema.load(orjson.loads(raw))
        except orjson.JSONDecodeError:
            raise Unreadable("not_json") from None
        except ValidationError as error:
            path, code = flatten(error.messages)[0]
            log.warning("event_refused", listener=self.method_name, path=path, code=code)
            raise Unreadable("schema") from None
        return Told(message_id, self.method_name, body)

    def _settle(
        self, message: Message, told: Told, began: float, _: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        metrics.HANDLING.labels(self.queue.name).observe(time.perf_counter() - began)
        if exc_info is None or isinstance(exc_info[1], AlreadyHandled):
            self.consumption.ack_message(message)
            metrics.HANDLED.labels(self.queue.name, "repeated" if exc_info else "done").inc()
            if not exc_info:
                metrics.ITEMS.labels(self.queue.name).inc(len(told.body[self.event.items]))
        elif isinstance(exc_info[1], Unreadable):
            self._give_up(message, exc_info[1])
        else:
            self._try_again(message, exc_info[1])
        return result, None

    def _try_again(self, message: Message, error: BaseException) -> None:
        attempts = _attempts(message) + 1
        if attempts > len(self.waiting):
            self._give_up(message, error, attempts)
            return
        log.warning("event_failed", listener=self.method_name, attempts=attempts, **error_fields(error))
        metrics.HANDLED.labels(self.queue.name, "failed").inc()
        self._move(message, self.waiting[attempts - 1].name, attempts, error)

    def _give_up(self, message: Message, error: BaseException, attempts: int = 1) -> None:
        log.error("event_given_up", listener=self.method_name, attempts=attempts, **error_fields(error))
        metrics.HANDLED.labels(self.queue.name, "dead").inc()
        self._move(message, queues.dead_queue_name(self.settings.service), attempts, error)

    def _move(self, message: Message, routing_key: str, attempts: int, error: BaseException) -> None:
        """Publish to where it goes next, then acknowledge: a crash between leaves two, never none."""
        try:
            self.publisher.publish(
                body_of(message),
                exchange=queues.delivery_exchange(self.settings.service),
                routing_key=routing_key,
                mandatory=True,
                message_id=message.properties.get("message_id"),
                type=message.properties.get("type"),
                headers={
                    TRACEPARENT: trace.current(),
                    ATTEMPTS: attempts,
                    CAUSE: str(getattr(error, "code", "") or type(error).__name__),
                    LISTENER: self.queue.name,
                },
            )
        except Exception as publishing_error:  # whatever it was, the message must stay
            log.warning("event_not_moved", listener=self.method_name, **error_fields(publishing_error))
            self.consumption.requeue_message(message)
        else:
            self.consumption.ack_message(message)


def _attempts(message: Message) -> int:
    value = message.headers.get(ATTEMPTS, 0)
    return value if isinstance(value, int) and value >= 0 else 0


def listen(
    event: Event, *, unread: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a door of a method: it is called with a `Told` for every message of this event, without the
    fields that it leaves `unread` (`parcours.changes`)."""
    door: Callable[[Callable[..., None]], Callable[..., None]] = Listener.decorator(event, unread)
    return door
