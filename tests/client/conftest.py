"""A hub that answers as a test tells it to, and a wire to it that can be cut: the outside of the client."""

import json
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from deploy.local.__main__ import administration
from deploy.local.site import site_of
from services.client.hub import Hub
from services.contracts.message import CALLS_EXCHANGE

SIRET = "73282932000074"
QUEUE = "ingestion.calls"

Reply = Callable[[BlockingChannel, pika.BasicProperties, bytes], None]


def raw(body: bytes, to: str | None = None) -> Reply:
    """Answer with these bytes, to the question or to another."""

    def reply(channel: BlockingChannel, asked: pika.BasicProperties, _: bytes) -> None:
        properties = pika.BasicProperties(correlation_id=to or asked.correlation_id)
        channel.basic_publish(CALLS_EXCHANGE, str(asked.reply_to), body, properties)

    return reply


def result(**content: Any) -> Reply:
    """Answer as the hub does."""
    return raw(json.dumps({"result": content}).encode())


def error(kind: str, code: str) -> Reply:
    """Refuse as the hub does."""
    return raw(json.dumps({"error": {"kind": kind, "code": code, "message": "Non.", "details": {}}}).encode())


def silence(*_: object) -> None:
    """Never answer."""


def late(seconds: float, reply: Reply) -> Reply:
    """Answer after a while."""

    def wait_then(channel: BlockingChannel, asked: pika.BasicProperties, body: bytes) -> None:
        time.sleep(seconds)
        reply(channel, asked, body)

    return wait_then


def twice(reply: Reply) -> Reply:
    """Answer two times."""

    def reply_twice(channel: BlockingChannel, asked: pika.BasicProperties, body: bytes) -> None:
        reply(channel, asked, body)
        reply(channel, asked, body)

    return reply_twice


class StandIn:
    """Answers each question by the next of its replies, the last for ever; remembers what it was asked."""

    def __init__(self, url: str, queue: str = QUEUE) -> None:
        self.replies: list[Reply] = [result()]
        self.ids: list[str] = []
        self.bodies: list[bytes] = []
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.queue_purge(queue)
        self._channel.basic_consume(queue, self._receive, auto_ack=True)
        self._thread = threading.Thread(target=self._channel.start_consuming)
        self._thread.start()

    def _receive(
        self, channel: BlockingChannel, _: Any, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self.ids.append(str(properties.correlation_id))
        self.bodies.append(body)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        reply(channel, properties, body)

    def stop(self) -> None:
        self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join(10)
        self._connection.close()


class Wire:
    """Carries bytes between the client and the broker, until it is cut."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._carrying = True
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def _carry(self) -> None:
        while self._carrying:
            ready, _, _ = select.select([self._server, *self._pairs], [], [], 0.05)
            for one in ready:
                if one is self._server:
                    self._accept()
                elif one in self._pairs:
                    self._pass_on(one)

    def _accept(self) -> None:
        near, _ = self._server.accept()
        far = socket.create_connection(self._to)
        self._pairs |= {near: far, far: near}

    def _pass_on(self, one: socket.socket) -> None:
        try:
            read = one.recv(65536)
            self._pairs[one].sendall(read)
        except OSError:
            read = b""
        if not read:
            self._hang_up(one)

    def _hang_up(self, one: socket.socket) -> None:
        other = self._pairs.pop(one, None)
        for end in (one, other):
            if end is not None:
                self._pairs.pop(end, None)
                end.close()

    def cut(self) -> None:
        """Close every connection; the next one is carried again."""
        for one in list(self._pairs):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def hold(self) -> None:
        """Carry nothing any more, and close nothing: the other end is silent."""
        self._carrying = False
        self._thread.join(10)

    def stop(self) -> None:
        self.hold()
        for one in list(self._pairs):
            self._hang_up(one)
        self._server.close()


@pytest.fixture(scope="session")
def partner_url() -> str:
    """The address of a partner's account, on the broker of the tests."""
    if not os.environ.get("AGORA_INGESTION_BROKER_URL"):
        pytest.fail("no servers: run the tests with `make test`, which starts them")
    return administration(site_of()).partners([SIRET])[SIRET]


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    made = StandIn(os.environ["AGORA_INGESTION_BROKER_URL"])
    yield made
    made.stop()


@pytest.fixture
def wire(partner_url: str) -> Iterator[Wire]:
    parts = urlsplit(partner_url)
    made = Wire((str(parts.hostname), int(parts.port or 5672)))
    yield made
    made.stop()


def through(wire: Wire, url: str) -> str:
    """The same address, by way of a wire."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@{wire.address}").geturl()


@pytest.fixture
def hub(partner_url: str, stand_in: StandIn) -> Iterator[Hub]:
    """An impatient client of the stand-in."""
    with Hub(partner_url, timeout=0.6, attempts=3) as made:
        yield made
