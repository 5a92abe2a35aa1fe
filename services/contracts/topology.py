"""Who may say what to whom: the events each service listens to, and what each broker account may do.

Least privilege, derived from the contracts: a service owns what begins with its name; it hears the
events listed here and no others; it calls whom the calls' `callers` name it for. A partner makes the queues
of its answers, reads that of its notifications, and calls what is open to partners. RabbitMQ enforces it.
"""

import re
from dataclasses import dataclass, field

from services.contracts import access, dossier, identity, ingestion, reporting
from services.contracts.dossier.events import (
    DECLARATIONS_APPLIED,
    DOSSIERS_CHANGED,
    FACTS_CHANGED,
    LIVES_CHANGED,
    NOTIFICATIONS,
    VALUES_SPARED,
)
from services.contracts.message import CALLS_EXCHANGE, OPERATOR, SPEAKERS, Call, Event, mailbox, reply_prefix

EVENTS: tuple[Event, ...] = (
    *ingestion.EVENTS,
    *identity.EVENTS,
    *dossier.EVENTS,
    *access.EVENTS,
    *reporting.EVENTS,
)
CALLS: tuple[Call, ...] = (
    *ingestion.CALLS,
    *identity.CALLS,
    *dossier.CALLS,
    *access.CALLS,
    *reporting.CALLS,
)

LISTENS: dict[str, tuple[Event, ...]] = {
    "ingestion": (
        access.ORGANISATIONS_CHANGED,
        identity.DECLARATIONS_ATTRIBUTED,
        DECLARATIONS_APPLIED,
    ),
    "identity": (ingestion.TRAITS_RECEIVED, access.ORGANISATIONS_CHANGED),
    "dossier": (
        ingestion.DECLARATIONS_ACCEPTED,
        identity.DECLARATIONS_ATTRIBUTED,
        LIVES_CHANGED,
        access.ORGANISATIONS_CHANGED,
    ),
    "access": (DOSSIERS_CHANGED,),
    "reporting": (FACTS_CHANGED, VALUES_SPARED),
}

# Told to one partner each, on a queue of its own that the speaker makes: who may read it may do nothing else
# with it. The routing key ends with the partner's SIRET.
ADDRESSED: tuple[Event, ...] = (NOTIFICATIONS,)
_MAILBOX = re.escape(mailbox("SIRET")).replace("SIRET", r"\d{14}")

NOTHING = "^$"


@dataclass(frozen=True, slots=True)
class Permissions:
    """RabbitMQ's permissions of one account, as regular expressions.

    `topics` gives, for an exchange, on which routing keys it may write and which it may bind.
    """

    configure: str
    write: str
    read: str
    topics: dict[str, tuple[str, str]] = field(default_factory=dict)


def _any_of(alternatives: list[str]) -> str:
    return f"^({'|'.join(alternatives)})$" if alternatives else NOTHING


def _own(account: str) -> str:
    return rf"{re.escape(account)}\..*"


def of_service(service: str) -> Permissions:
    """What a service's account may do."""
    heard = [event for event in EVENTS if event in LISTENS[service]]
    asked = [call for call in CALLS if service in call.callers]
    answers = {caller for call in CALLS if call.service == service for caller in call.callers}
    replies = [r"\d{14}\.reply\..*" if caller == "partner" else rf"{caller}\.reply\..*" for caller in answers]
    addressed = [event for event in ADDRESSED if event.speaker == service]
    boxes = [_MAILBOX] if addressed else []
    bound = [re.escape(event.routing_key) for event in heard if event.speaker == service]
    bound += [rf"{re.escape(event.routing_key)}\.\d{{14}}" for event in addressed]
    return Permissions(
        configure=_any_of([_own(service), *boxes]),
        write=_any_of([_own(service), re.escape(CALLS_EXCHANGE), *boxes]),
        read=_any_of(
            [
                _own(service),
                re.escape(CALLS_EXCHANGE),
                *sorted({re.escape(event.exchange) for event in heard}),
            ]
        ),
        topics={
            CALLS_EXCHANGE: (
                _any_of(sorted(replies) + [re.escape(call.routing_key) for call in asked]),
                _any_of([rf"{service}\.\*", rf"{service}\.reply\..*"]),
            ),
            **{
                f"{speaker}.events": (
                    ".*" if speaker == service else NOTHING,
                    _any_of(
                        bound
                        if speaker == service
                        else [re.escape(event.routing_key) for event in heard if event.speaker == speaker]
                    ),
                )
                for speaker in SPEAKERS
            },
        },
    )


def _of_caller(account: str, caller: str, read: list[str], write: list[str]) -> Permissions:
    calls = [re.escape(call.routing_key) for call in CALLS if caller in call.callers]
    replies = rf"{re.escape(reply_prefix(account))}.*"
    return Permissions(
        configure=_any_of([replies]),
        write=_any_of([replies, re.escape(CALLS_EXCHANGE), *write]),
        read=_any_of([replies, re.escape(CALLS_EXCHANGE), *read]),
        topics={
            CALLS_EXCHANGE: (_any_of(calls), _any_of([replies])),
            **{f"{speaker}.events": (NOTHING, NOTHING) for speaker in SPEAKERS},
        },
    )


def of_partner(siret: str) -> Permissions:
    """What a partner's account, whose name is its SIRET, may do: its calls, and reading its notifications."""
    return _of_caller(siret, "partner", read=[re.escape(mailbox(siret))], write=[])


def of_operator() -> Permissions:
    """What the operator's account may do: its calls, and reading and returning dead letters."""
    anyone = "|".join(SPEAKERS)
    return _of_caller(OPERATOR, OPERATOR, read=[rf"({anyone})\.dead"], write=[rf"({anyone})\.delivery"])
