"""Asks something of another service, and does not wait for ever.

others = Calls()
…
decision = self.others.ask(DECIDE, siret=…, dossiers=[…])
"""

import time
import uuid
from typing import Any, Protocol

import eventlet
import orjson
from eventlet.event import Event as Promise
from kombu.message import Message
from nameko.extensions import DependencyProvider, SharedExtension

from services.chassis import deadline, queues, trace
from services.chassis.consuming import Consumption, body_of
from services.chassis.publishing import Publisher
from services.chassis.settings import Settings
from services.contracts.errors import HubError, Unavailable, from_wire
from services.contracts.message import CALLS_EXCHANGE, DEADLINE, TRACEPARENT, Call


class AskOthers(Protocol):
    """What a door asks through."""

    def ask(self, call: Call, **body: Any) -> dict[str, Any]:
        """The answer, read with the call's schema; raises the `HubError` answered, or `Unavailable`."""
        ...


class Replies(SharedExtension):  # type: ignore[misc]  # nameko has no types
    """Where this process's answers arrive."""

    consumption = Consumption()

    def __init__(self) -> None:
        self.waiting: dict[str, Promise] = {}
        super().__init__()

    def setup(self) -> None:
        settings: Settings = self.container.config["settings"]
        self.queue = queues.reply_queue(settings.service, str(uuid.uuid4()))
        self.consumption.register_provider(self)

    def stop(self) -> None:
        self.consumption.unregister_provider(self)
        super().stop()

    def receive(self, message: Message) -> None:
        """Give an answer to whoever waits for it; a late one is nobody's."""
        self.consumption.ack_message(message)
        promise = self.waiting.pop(str(message.properties.get("correlation_id")), None)
        if promise is not None:
            promise.send(body_of(message))


class Calls(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Calls to the other services, with this service's own account."""

    replies = Replies()

    def setup(self) -> None:
        self.settings: Settings = self.container.config["settings"]
        self.publisher = Publisher(self.settings)

    def get_dependency(self, _: Any) -> AskOthers:
        return self

    def ask(self, call: Call, **body: Any) -> dict[str, Any]:
        """See `AskOthers.ask`. Waits `call_timeout`, or what is left of the asker's own deadline."""
        patience = deadline.remaining(self.settings.call_timeout.total_seconds())
        correlation_id = str(uuid.uuid4())
        promise = self.replies.waiting[correlation_id] = Promise()
        try:
            with eventlet.Timeout(patience, _no_answer(call)):
                self._send(call, body, correlation_id, patience)
                answered: bytes = promise.wait()
        except HubError:
            raise
        except Exception as error:
            raise _no_answer(call) from error
        finally:
            self.replies.waiting.pop(correlation_id, None)
        return _read(call, answered)

    def _send(self, call: Call, body: dict[str, Any], correlation_id: str, patience: float) -> None:
        milliseconds = int(patience * 1000)
        self.publisher.publish(
            orjson.dumps(body),
            exchange=CALLS_EXCHANGE,
            routing_key=call.routing_key,
            durable=False,
            mandatory=True,
            correlation_id=correlation_id,
            reply_to=self.replies.queue.name,
            expiration=patience,
            type=call.routing_key,
            headers={
                TRACEPARENT: trace.current(),
                DEADLINE: int(time.time() * 1000) + milliseconds,
            },
        )


def _no_answer(call: Call) -> Unavailable:
    return Unavailable(
        "service_indisponible",
        "Un service nécessaire ne répond pas : renvoyez la même demande dans quelques instants.",
        {"service": call.service},
    )


def _read(call: Call, answered: bytes) -> dict[str, Any]:
    answer = orjson.loads(answered)
    if error := answer.get("error"):
        raise from_wire(error)
    result: dict[str, Any] = call.answer().load(answer["result"])
    return result
