"""Takes messages from the broker as bytes: nothing is decoded before somebody can refuse it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import structlog
from kombu import Consumer, Queue
from kombu.message import Message
from nameko.messaging import QueueConsumer

log = structlog.get_logger(__name__)


class Provider(Protocol):
    """Whoever consumes a queue: it must answer for every message, and never raise."""

    queue: Queue

    def receive(self, message: Message) -> None: ...


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
            partial(provider.receive, message), identifier=f"receive[{provider.queue.name}]"
        )

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.warning("broker_unreachable", error=type(exc).__name__, retry_in=interval)
