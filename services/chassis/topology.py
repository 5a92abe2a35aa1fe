"""Makes a service's queues, so that what is told before it first runs is not lost.

Which queues there are is read from the doors themselves: there is no second list to forget.
"""

from collections.abc import Iterator
from typing import Any

from kombu import Connection, Queue
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from services.chassis import queues
from services.chassis.answering import Answer
from services.chassis.listening import Listener
from services.chassis.settings import Settings


def entrypoints(doors: tuple[type, ...]) -> Iterator[tuple[str, Any]]:
    """(method name, entrypoint) of every door of these classes, in the order of their names."""
    for door in doors:
        for name in sorted(vars(door)):
            for entrypoint in getattr(getattr(door, name), ENTRYPOINT_EXTENSIONS_ATTR, ()):
                yield name, entrypoint


def queues_of(settings: Settings, doors: tuple[type, ...]) -> list[Queue]:
    """Every lasting queue of a service."""
    service = settings.service
    found = [queues.dead_queue(service)]
    if any(isinstance(entrypoint, Answer) for _, entrypoint in entrypoints(doors)):
        found.append(queues.calls_queue(service))
    for name, entrypoint in entrypoints(doors):
        if isinstance(entrypoint, Listener):
            found.append(queues.listener_queue(service, name, entrypoint.event, settings.delivery_limit))
            found += [
                queues.retry_queue(service, name, step, delay)
                for step, delay in enumerate(settings.retry_delays, start=1)
            ]
    return found


def declare(settings: Settings, doors: tuple[type, ...]) -> list[str]:
    """Declare them all; returns their names. What is declared already is left as it is."""
    found = queues_of(settings, doors)
    with Connection(settings.broker_url, connect_timeout=10) as connection:
        for queue in found:
            queue(connection.default_channel).declare()
    return [queue.name for queue in found]
