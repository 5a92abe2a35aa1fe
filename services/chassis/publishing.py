"""Publishes from a cooperative process: confirmed by the broker, and never into the void unnoticed."""

from typing import Any

from kombu import Connection, Producer
from kombu.pools import producers

from services.chassis.settings import Settings
from services.contracts.message import CONTENT_TYPE

_TIMEOUT = 10


class Publisher:
    """Pooled connections of one account to the broker."""

    def __init__(self, settings: Settings) -> None:
        self.account = settings.service
        self._connection = Connection(
            settings.broker_url,
            connect_timeout=_TIMEOUT,
            heartbeat=30,
            transport_options={"confirm_publish": True, "max_retries": 2, "read_timeout": _TIMEOUT},
        )

    def publish(
        self, body: bytes, *, exchange: str, routing_key: str, durable: bool = True, **properties: Any
    ) -> None:
        """Publish one message and wait for the broker's confirmation.

        Raises kombu's operational errors when the broker cannot be reached or refuses.
        """
        with producers[self._connection].acquire(block=True, timeout=_TIMEOUT) as producer:
            self._send(producer, body, exchange, routing_key, durable, properties)

    def _send(
        self,
        producer: Producer,
        body: bytes,
        exchange: str,
        routing_key: str,
        durable: bool,
        properties: dict[str, Any],
    ) -> None:
        producer.publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            delivery_mode=2 if durable else 1,
            retry=True,
            retry_policy={"max_retries": 2, "interval_start": 0.1, "interval_step": 0.5},
            timeout=_TIMEOUT,
            confirm_timeout=_TIMEOUT,
            user_id=self.account,
            app_id=self.account,
            **properties,
        )
