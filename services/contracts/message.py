"""What a message is: events told to whoever listens, calls asked of one service.

Plain data, importable with no library: the partners' client reads it too.

The metadata travel in AMQP's own properties, so that a consumer in any language can take part:

    message_id      one per message; a redelivery has the same
    type            `dossier.dossiers_changed.v1`, `ingestion.submit`
    app_id          the service that wrote it
    user_id         the broker's account that sent it; RabbitMQ refuses any other than the connection's own
    timestamp       when it was written (seconds, UTC)
    correlation_id  of a call, given back by its answer
    reply_to        of a call: `<account>.reply.<anything>`, the account being the caller's
    expiration      of a call: how long the caller waits (milliseconds)
    traceparent     header of the W3C, given on from message to message

A call between services has a header of ours besides: `x-agora-deadline`, until when the caller waits
(milliseconds since 1970), for AMQP's `expiration` is forgotten once a message is delivered. A partner has
no need of it, and had better not: its clock may be minutes away, and its calls past before they arrive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

CALLS_EXCHANGE = "agora.calls"
CONTENT_TYPE = "application/json"
TRACEPARENT = "traceparent"
DEADLINE = "x-agora-deadline"

# A call's body is read whole in memory: past this, it is refused before it is read.
MAX_CALL_BYTES = 8 * 1024 * 1024

Speaker = Literal["ingestion", "identity", "dossier", "access", "reporting"]
SPEAKERS: tuple[Speaker, ...] = ("ingestion", "identity", "dossier", "access", "reporting")

Caller = Literal["partner", "operator", "ingestion", "identity", "dossier", "access", "reporting"]
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as its speaker tells it.

    `schema` is the marshmallow schema of the body; `items` names its list, whose length is the
    number of things told. A change that would break a listener gets a new version beside the old.
    """

    speaker: Speaker
    name: str
    version: int
    schema: Any
    items: str

    @property
    def exchange(self) -> str:
        return events_exchange(self.speaker)

    @property
    def routing_key(self) -> str:
        return f"{self.name}.v{self.version}"

    @property
    def type(self) -> str:
        return f"{self.speaker}.{self.routing_key}"

    def key_for(self, account: str) -> str:
        """The routing key of what is told to this account alone."""
        return f"{self.routing_key}.{account}"


@dataclass(frozen=True, slots=True)
class Call:
    """Something one may ask of a service, and by whom it may be asked.

    `request` and `answer` are marshmallow schemas; a partner is any account whose name is a SIRET.
    `errors` gives the kind of each code it may be refused with, besides `errors.OF_ANY_CALL`.
    """

    service: Speaker
    method: str
    request: Any
    answer: Any
    callers: frozenset[Caller]
    errors: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def routing_key(self) -> str:
        return f"{self.service}.{self.method}"


def events_exchange(speaker: str) -> str:
    """Name of the exchange on which a service tells its events."""
    return f"{speaker}.events"


def reply_prefix(account: str) -> str:
    """What every reply address of this account begins with."""
    return f"{account}.reply."


def mailbox(account: str) -> str:
    """Name of the queue on which an account is told what is for it alone."""
    return f"{account}.notifications"


def is_partner(account: str) -> bool:
    """Whether a broker account is a partner's: its name is then the partner's SIRET."""
    return len(account) == 14 and account.isascii() and account.isdigit()
