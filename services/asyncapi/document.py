"""The AsyncAPI 3 document: every event and every call, who says them, who hears them, and how."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from services.asyncapi import metadata
from services.asyncapi.bodies import answer_name, json_schemas, request_name
from services.asyncapi.messages import error_schema, messages
from services.asyncapi.words import ACCOUNT, INTRODUCTION, OPERATIONS, REPLIES
from services.contracts.message import CALLS_EXCHANGE, CONTENT_TYPE, SPEAKERS, Call, Event
from services.contracts.topology import CALLS, EVENTS, LISTENS


def document(samples: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document; `samples` gives, by a body's name, an example of it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "agora-hub",
            "version": version("agora-hub"),
            "description": INTRODUCTION,
            "tags": _tags(),
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"hub": _server()},
        "channels": {
            **{event.type: _event_channel(event) for event in EVENTS},
            **{call.routing_key: _call_channel(call) for call in CALLS},
            "replies": _reply_channel(),
        },
        "operations": dict(sorted(_operations())),
        "components": {
            "messages": messages(samples),
            "messageTraits": metadata.traits(),
            "schemas": {**json_schemas(), "Error": error_schema()},
            "securitySchemes": {"account": {"type": "userPassword", "description": ACCOUNT}},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}",
        "pathname": "/{vhost}",
        "protocol": "amqp",
        "protocolVersion": "0-9-1",
        "description": "RabbitMQ. The operator of the hub gives the address.",
        "variables": {
            "host": {"description": "Name and port of the broker.", "examples": ["hub.example:5672"]},
            "vhost": {"description": "The hub's virtual host.", "default": "agora"},
        },
        "security": [{"$ref": "#/components/securitySchemes/account"}],
    }


def _tags() -> list[dict[str, str]]:
    services = [{"name": name, "description": f"Said, heard or answered by {name}."} for name in SPEAKERS]
    return [
        {"name": "partner", "description": "Open to partners."},
        {"name": "operator", "description": "Open to the operator of the hub."},
        *services,
    ]


# --- channels ----------------------------------------------------------------------------


def _channel(address: str, exchange: str, message: str, words: str) -> dict[str, Any]:
    return {
        "address": address,
        "title": message,
        "description": words,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange, "type": "topic", "durable": True, "autoDelete": False},
                **metadata.AMQP,
            }
        },
    }


def _event_channel(event: Event) -> dict[str, Any]:
    words = f"Exchange `{event.exchange}`, routing key `{event.routing_key}`."
    return _channel(event.routing_key, event.exchange, event.type, words)


def _call_channel(call: Call) -> dict[str, Any]:
    words = (
        f"Exchange `{CALLS_EXCHANGE}`, routing key `{call.routing_key}`. Open to: {_callers_of(call)}. "
        f"The answer comes to `reply_to`: see the channel `replies`."
    )
    return _channel(call.routing_key, CALLS_EXCHANGE, request_name(call), words)


def _callers_of(call: Call) -> str:
    return ", ".join(sorted(call.callers))


def _reply_channel() -> dict[str, Any]:
    names = [*map(answer_name, CALLS), "error"]
    return {
        "address": None,
        "title": "replies",
        "description": REPLIES,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {
                    "name": "<account>.reply.<anything>",
                    "durable": False,
                    "exclusive": True,
                    "autoDelete": True,
                },
                **metadata.AMQP,
            }
        },
    }


# --- operations --------------------------------------------------------------------------


def _operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        *((f"{event.speaker}.tells.{event.routing_key}", _telling(event)) for event in EVENTS),
        *(
            (f"{listener}.hears.{event.type}", _hearing(listener, event))
            for listener, events in LISTENS.items()
            for event in events
        ),
        *((f"{call.service}.answers.{call.method}", _answering(call)) for call in CALLS),
        *(
            (f"{service}.asks.{call.routing_key}", _asking(service, call))
            for service in SPEAKERS
            for call in CALLS
            if service in call.callers
        ),
    ]


def _operation(action: str, sort: str, channel: str, message: str, tags: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
        "tags": [{"name": name} for name in tags],
        "bindings": {"amqp": {**OPERATIONS[sort], **metadata.AMQP}},
    }


def _telling(event: Event) -> dict[str, Any]:
    words = f"{event.speaker} tells it to: {', '.join(_listeners_of(event)) or 'whoever will listen'}."
    return _operation("send", "tells", event.type, event.type, [event.speaker]) | {"summary": words}


def _hearing(listener: str, event: Event) -> dict[str, Any]:
    words = f"{listener} hears it from {event.speaker}."
    return _operation("receive", "hears", event.type, event.type, [listener]) | {"summary": words}


def _listeners_of(event: Event) -> list[str]:
    return [listener for listener, events in LISTENS.items() if event in events]


def _answering(call: Call) -> dict[str, Any]:
    tags: list[str] = sorted({call.service, *call.callers})
    return _operation("receive", "answers", call.routing_key, request_name(call), tags) | {
        "summary": f"Asked of {call.service} by: {_callers_of(call)}.",
        "description": _errors_of(call),
        "reply": _reply(call),
    }


def _asking(service: str, call: Call) -> dict[str, Any]:
    return _operation("send", "asks", call.routing_key, request_name(call), [service]) | {
        "summary": f"{service} asks {call.service}.",
        "reply": _reply(call),
    }


def _reply(call: Call) -> dict[str, Any]:
    return {
        "address": {
            "location": "$message.header#/reply_to",
            "description": "AMQP's property `reply_to`.",
        },
        "channel": {"$ref": "#/channels/replies"},
        "messages": [
            {"$ref": f"#/channels/replies/messages/{name}"} for name in (answer_name(call), "error")
        ],
    }


def _errors_of(call: Call) -> str:
    own = "\n".join(f"- `{code}` ({kind})" for code, kind in call.errors.items())
    return (
        f"Answered with an error, besides those of any call, of code:\n{own}"
        if own
        else "Answered with no error of its own: with those of any call."
    )
