"""Takes messages from the broker as bytes: nothing is decoded before somebody can refuse it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import structlog
from kombu import Consumer, Queue
from kombu.message import Message
from nameko.messaging import QueueConsumer

from services.chassis.logs import error_fields

log = structlog.get_logger(__name__)


class Provider(Protocol):
    """Whoever consumes a queue: it must answer for every message, and never raise."""

    queue: Queue

    def receive(self, message: Message) -> None: ...


def body_of(message: Message) -> bytes:
    """The bytes of a message; amqp gives an empty body as text."""
    body = message.body
    return body.encode() if isinstance(body, str) else bytes(body)


class Consumption(QueueConsumer):  # type: ignore[misc]  # nameko has no types
    """nameko's consumer without its decoding, which a malformed body would make kill the container."""

    def get_consumers(self, _: Callable[..., Consumer], channel: Any) -> list[Consumer]:
        for provider in self._providers:
            # One channel each, so that each has its own prefetch and a slow one delays no other.
            own_channel = channel.connection.client.channel()
            consumer = Consumer(
                own_channel,
                queues=[provider.queue],
                on_message=partial(self._receive, provider),
                prefetch_count=self.prefetch_count,
            )
            self._consumers[provider] = consumer
        return list(self._consumers.values())

    def _receive(self, provider: Provider, message: Message) -> None:
        self.container.spawn_managed_thread(
            partial(self._hand_over, provider, message), identifier=f"receive[{provider.queue.name}]"
        )

    def _hand_over(self, provider: Provider, message: Message) -> None:
        """An error that escapes here would kill the container, and its message the next one."""
        try:
            provider.receive(message)
        except Exception as error:  # whatever it was, it is this message's and nobody else's
            log.error(  # noqa: TRY400  # the text of an error may hold values
                "message_refused", queue=provider.queue.name, **error_fields(error)
            )
            if not message.acknowledged:
                message.reject()  # to the dead letters, or dropped where nobody was promised

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.warning("broker_unreachable", error=type(exc).__name__, retry_in=interval)
