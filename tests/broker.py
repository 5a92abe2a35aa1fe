"""What tests say to the broker by hand, so that it can be said wrong."""

import json
import time
import uuid
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from services.contracts.message import CALLS_EXCHANGE

PATIENCE = 20.0


class connected:  # noqa: N801  # reads as what it is: `with connected(url) as channel`
    """A confirming channel of an account, for as long as it is held."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))

    def __enter__(self) -> BlockingChannel:
        channel = self._connection.channel()
        channel.confirm_delivery()
        return channel

    def __exit__(self, *_: object) -> None:
        if self._connection.is_open:
            self._connection.close()


class Envelope:
    """Calls written by hand, so that they can be written wrong."""

    def __init__(self, url: str, account: str) -> None:
        self.account = account
        self._connected = connected(url)
        self.channel = self._connected.__enter__()
        self.reply_to = f"{account}.reply.{uuid.uuid4()}"
        self.channel.queue_declare(self.reply_to, exclusive=True)
        self.channel.queue_bind(self.reply_to, CALLS_EXCHANGE, self.reply_to)
        self.answers: dict[str, dict[str, Any]] = {}

    def send(self, body: bytes, *, key: str = "reporting.figures", **properties: Any) -> None:
        given = {"user_id": self.account, "reply_to": self.reply_to, "correlation_id": "c1", **properties}
        kept = {name: value for name, value in given.items() if value is not None}
        self.channel.basic_publish(CALLS_EXCHANGE, key, body, pika.BasicProperties(**kept))

    def answer(self, to: str = "c1", patience: float = PATIENCE) -> dict[str, Any] | None:
        """The answer to a call, or None when none comes."""
        until = time.monotonic() + patience
        while to not in self.answers and time.monotonic() < until:
            _, properties, body = self.channel.basic_get(self.reply_to, auto_ack=True)
            if properties is not None and body is not None:
                self.answers[str(properties.correlation_id)] = json.loads(body)
            else:
                time.sleep(0.02)
        return self.answers.pop(to, None)

    def close(self) -> None:
        self._connected.__exit__()
