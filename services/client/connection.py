"""One account's connection to the hub's broker: sends a question, waits for its answer, no longer than said.

Every failure is one of ours: `Unavailable` when asking again may succeed, anything else when it will not.
"""

import time
import uuid
from typing import Any
from urllib.parse import unquote, urlsplit

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    UnroutableError,
)

from services.client import failures
from services.contracts.message import CALLS_EXCHANGE, CONTENT_TYPE, reply_prefix

# What tells of a lost connection: a handshake that takes too long is no AMQPError of pika's.
LOST = (AMQPError, AMQPConnectorException, OSError)
NOT_ADMITTED = (AuthenticationError, ProbableAuthenticationError, ProbableAccessDeniedError)


class Connection:
    """Connects at the first question, and anew after a loss. Not shared between threads."""

    def __init__(self, url: str, timeout: float) -> None:
        self.account = account_of(url)
        self.timeout = timeout
        self._parameters = parameters_of(url, timeout)
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._reply_to = ""
        self._waited_for = ""
        self._answer: bytes | None = None

    def ask(self, method: str, call_id: str, body: bytes) -> bytes:
        """The answer to one question. Asked again under the same id, a late first answer serves as well."""
        try:
            return self._ask(method, call_id, body)
        except NOT_ADMITTED:
            raise failures.not_admitted() from None
        except UnroutableError:
            raise failures.nobody_there() from None
        except ChannelClosedByBroker as error:
            self.close()
            raise (failures.forbidden() if error.reply_code == 403 else failures.no_answer()) from None
        except LOST:
            self.close()
            raise failures.no_answer() from None
        except KeyboardInterrupt:
            # Pressed in the middle of a frame, maybe: a polite close would wait for ever.
            self._connection = self._channel = None
            raise

    def _ask(self, method: str, call_id: str, body: bytes) -> bytes:
        until = time.monotonic() + self.timeout
        if call_id != self._waited_for:
            self._waited_for, self._answer = call_id, None
        connection = self._open()
        properties = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=1,  # what speaks of persons does not wait on the broker's disk
            correlation_id=call_id,
            reply_to=self._reply_to,
            user_id=self.account,
            type=method,
            # How long it is worth answering, as a span: a partner's clock may be minutes away from the hub's.
            expiration=str(int(self.timeout * 1000)),
        )
        if self._channel is not None and self._answer is None:
            self._channel.basic_publish(CALLS_EXCHANGE, method, body, properties, mandatory=True)
        while self._answer is None:
            left = until - time.monotonic()
            if left <= 0 or self._channel is None:
                raise failures.no_answer()
            connection.process_data_events(left)  # type: ignore[arg-type]  # typed int, takes fractions
        answer, self._answer = self._answer, None
        return answer

    def _open(self) -> pika.BlockingConnection:
        if self._connection is not None and self._is_alive(self._connection):
            return self._connection
        self.close()
        self._connection = pika.BlockingConnection(self._parameters)
        channel = self._connection.channel()
        channel.confirm_delivery()  # so that a refusal is heard at once, not waited out
        self._reply_to = f"{reply_prefix(self.account)}{uuid.uuid4()}"
        channel.queue_declare(self._reply_to, exclusive=True, auto_delete=True)
        channel.queue_bind(self._reply_to, CALLS_EXCHANGE, self._reply_to)
        channel.add_on_cancel_callback(self._lose_channel)
        channel.basic_consume(self._reply_to, self._receive, auto_ack=True)
        self._channel = channel
        return self._connection

    def _is_alive(self, connection: pika.BlockingConnection) -> bool:
        """A connection closed while nobody looked is not worth an attempt; a late answer is heard here."""
        try:
            connection.process_data_events(0)
        except LOST:
            return False
        return self._channel is not None and self._channel.is_open

    def _lose_channel(self, _: Any) -> None:
        # The queue of the answers is gone, none will come.
        self._channel = None

    def _receive(self, _: BlockingChannel, __: Any, properties: pika.BasicProperties, body: bytes) -> None:
        if properties.correlation_id == self._waited_for and self._answer is None:
            self._answer = body

    def close(self) -> None:
        """Leave; the next question connects anew."""
        connection, self._connection, self._channel = self._connection, None, None
        try:
            if connection is not None and connection.is_open:
                connection.close()
        except LOST:
            return  # it was gone already


def account_of(url: str) -> str:
    """The account of an address; raises `Malformed`, which does not repeat it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise failures.bad_address() from None
    if parts.scheme not in ("amqp", "amqps") or not parts.username:
        raise failures.bad_address()
    return unquote(parts.username)


def parameters_of(url: str, timeout: float) -> pika.URLParameters:
    """An address with limits to every wait; raises `Malformed`, which does not repeat it."""
    try:
        parameters = pika.URLParameters(url)
    except (ValueError, TypeError, AttributeError):
        raise failures.bad_address() from None  # pika's own words may print the address, and its password
    parameters.socket_timeout = parameters.stack_timeout = timeout
    parameters.blocked_connection_timeout = timeout
    if parameters.heartbeat is None:
        # A broker that accepts and then says nothing is noticed by its missing heartbeats.
        parameters.heartbeat = max(10, int(timeout))
    return parameters
