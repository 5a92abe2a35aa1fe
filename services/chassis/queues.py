"""The queues of a service, their names and their promises.

    <service>.calls                  what is asked of it: memory only, nothing older than a minute
    <service>.<listener>             one event, for one listener: quorum, with a delivery limit
    <service>.<listener>.retry.<n>   where a message waits before its next attempt
    <service>.dead                   what was given up, with its cause
    <service>.reply.<uuid>           the answers to what it asked itself
    <account>.notifications          what is told to one partner alone, who may read it and nothing else

A listener's name is its door's method name: renaming one is a migration (tests/contracts freezes them).
Requests hold civil status on their way in, so they never touch the broker's disk: they are lost with
the broker, their callers ask again, and a lot submitted twice has one effect.
"""

from datetime import timedelta
from typing import Any

from kombu import Exchange, Queue, binding

from services.contracts.message import CALLS_EXCHANGE, Event, mailbox, reply_prefix

CALLS_TTL = timedelta(minutes=1)

# Headers of a message that failed: how often, of what, and whose it was.
ATTEMPTS, CAUSE, LISTENER = "x-agora-attempts", "x-agora-cause", "x-agora-listener"

# Reading a dead letter and leaving it counts as a delivery. RabbitMQ 4 drops a message after 20 of these
# unless told otherwise; its own word for "never", -1, makes RabbitMQ 3.10 drop it after the first.
NEVER_DROPPED = 2**31 - 1


def delivery_exchange(service: str) -> str:
    """Where a service's own messages come back after waiting, and go when given up."""
    return f"{service}.delivery"


def dead_queue_name(service: str) -> str:
    return f"{service}.dead"


def listener_queue_name(service: str, listener: str) -> str:
    return f"{service}.{listener}"


def _told_elsewhere(name: str) -> Exchange:
    # Passive: exchanges others speak on are provisioned, a service may not make them.
    return Exchange(name, type="topic", durable=True, passive=True)


def _delivery(service: str) -> Exchange:
    return Exchange(delivery_exchange(service), type="direct", durable=True)


def _quorum(service: str, routing_key: str) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": delivery_exchange(service),
        "x-dead-letter-routing-key": routing_key,
        # Moved to the dead letters only when these have it: at-least-once needs reject-publish.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def calls_queue(service: str) -> Queue:
    """Where what is asked of a service waits."""
    return Queue(
        f"{service}.calls",
        exchange=_told_elsewhere(CALLS_EXCHANGE),
        routing_key=f"{service}.*",
        durable=True,
        queue_arguments={"x-message-ttl": int(CALLS_TTL.total_seconds() * 1000)},
    )


def listener_queue(service: str, listener: str, event: Event, delivery_limit: int) -> Queue:
    """Where one listener's messages wait."""
    name = listener_queue_name(service, listener)
    dead = dead_queue_name(service)
    return Queue(
        name,
        bindings=[
            binding(_told_elsewhere(event.exchange), routing_key=event.routing_key),
            binding(_delivery(service), routing_key=name),
        ],
        durable=True,
        queue_arguments={**_quorum(service, dead), "x-delivery-limit": delivery_limit},
    )


def retry_queue(service: str, listener: str, step: int, delay: timedelta) -> Queue:
    """Where a message waits before attempt number `step + 1`, and comes back by itself."""
    name = listener_queue_name(service, listener)
    milliseconds = int(delay.total_seconds() * 1000)
    waiting = f"{name}.retry.{step}.{milliseconds}ms"  # a queue cannot change its delay: it is in the name
    return Queue(
        waiting,
        exchange=_delivery(service),
        routing_key=waiting,
        durable=True,
        queue_arguments={**_quorum(service, name), "x-message-ttl": milliseconds},
    )


def dead_queue(service: str) -> Queue:
    """Where what was given up stays until an operator decides."""
    name = dead_queue_name(service)
    return Queue(
        name,
        exchange=_delivery(service),
        routing_key=name,
        durable=True,
        queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": NEVER_DROPPED},
    )


def mailbox_queue(event: Event, account: str, most: int, kept: timedelta) -> Queue:
    """Where what is told to one account waits until it is read: `most` messages, for so long.

    What is too much or too old goes, the oldest first, and to no dead letters: an account that is never there
    must not fill the broker, stop who tells it, or leave what speaks of persons where nobody asked for it.
    """
    return Queue(
        mailbox(account),
        exchange=_told_elsewhere(event.exchange),
        routing_key=event.key_for(account),
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-max-length": most,
            "x-overflow": "drop-head",
            "x-message-ttl": int(kept.total_seconds() * 1000),
            "x-delivery-limit": NEVER_DROPPED,
        },
    )


def reply_queue(service: str, token: str) -> Queue:
    """Where the answers to this process's own questions arrive; gone with the process."""
    name = f"{reply_prefix(service)}{token}"
    return Queue(
        name,
        exchange=_told_elsewhere(CALLS_EXCHANGE),
        routing_key=name,
        durable=False,
        exclusive=True,
        auto_delete=True,
    )
