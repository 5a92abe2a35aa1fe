"""Takes messages from the broker as bytes: nothing is decoded before somebody can refuse it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import structlog
from eventlet.event import Event as Gone
from kombu import Connection, Consumer, Queue
from kombu.message import Message
from nameko.messaging import QueueConsumer, QueueConsumerStopped

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

    def run(self, *arguments: Any, **named: Any) -> None:
        """Consume until stopped, whether or not there is a broker to be stopped from."""
        try:
            super().run(*arguments, **named)
        except QueueConsumerStopped:
            log.info("stopped_without_broker")

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        """kombu waits up to half a minute between its attempts; a broker is back sooner, and so is a stop."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.2, interval_step=0.4, interval_max=2
            )
            yield connection

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.warning("broker_unreachable", error=type(exc).__name__, retry_in=interval)
        self._let_go()

    def _let_go(self) -> None:
        """Without a connection there is no consumer to cancel: whoever waits for that waits no more."""
        leaving: dict[Provider, Gone] = dict(self._pending_remove_providers)
        self._pending_remove_providers.clear()
        for provider, gone in leaving.items():
            self._consumers.pop(provider, None)
            gone.send()
        if leaving and not self._consumers:
            raise QueueConsumerStopped
