"""What travels beside a body: AMQP's own properties and two headers, for each sort of message.

AsyncAPI has no place for AMQP's properties: they are in `x-amqp-properties`, as JSON Schema.
"""

from typing import Any

from services.contracts.message import CONTENT_TYPE, DEADLINE, TRACEPARENT

AMQP = {"bindingVersion": "0.3.0"}  # of AsyncAPI's bindings

_TEXT: dict[str, Any] = {"type": "string"}
_UUID: dict[str, Any] = {"type": "string", "format": "uuid"}

_OF_ALL: dict[str, Any] = {
    "type": _TEXT | {"description": "The message's `messageType` in this document."},
    "app_id": _TEXT | {"description": "The service that wrote it."},
    "user_id": _TEXT
    | {"description": "The broker's account that sent it; RabbitMQ refuses any but the connection's own."},
}
_CORRELATION = _TEXT | {"description": "Chosen by the caller, at most 255 bytes; given back by the answer."}

_EVENT = _OF_ALL | {
    "message_id": _UUID | {"description": "One per message; a message told twice has the same: ignore it."},
    "timestamp": {"type": "integer", "description": "When it was sent, in seconds since 1970, UTC."},
}
_CALL = _OF_ALL | {
    "app_id": _TEXT | {"description": "The service that asks; partners need not give it."},
    "correlation_id": _CORRELATION,
    "reply_to": _TEXT
    | {
        "description": "The routing key of the caller's own reply queue: `<account>.reply.<anything>`, "
        "at most 200 characters. A call without it, or with another account's, is dropped unanswered.",
        "pattern": r"^[^.]+\.reply\..+$",
        "maxLength": 200,
    },
    "expiration": _TEXT | {"description": "How long the caller waits, in milliseconds.", "pattern": r"^\d+$"},
}
_ANSWER = _OF_ALL | {"correlation_id": _CORRELATION | {"description": "The call's."}}

_TRACE = {
    TRACEPARENT: {
        "type": "string",
        "description": "W3C Trace Context, given on from message to message.",
        "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
    }
}
_UNTIL = {
    DEADLINE: {
        "type": "integer",
        "description": "Until when the caller waits, in milliseconds since 1970: past it, nobody answers. "
        "Left out by whoever's clock may differ from the hub's.",
    }
}


def traits() -> dict[str, Any]:
    """What all events, all calls and all answers have besides their bodies."""
    return {
        "event": _trait(_EVENT, ["message_id", "type", "app_id", "user_id", "timestamp"], _TRACE),
        "call": _trait(_CALL, ["user_id", "correlation_id", "reply_to"], _TRACE | _UNTIL) | _correlated(),
        "answer": _trait(_ANSWER, ["type", "app_id", "user_id", "correlation_id"], _TRACE) | _correlated(),
    }


def _trait(properties: dict[str, Any], required: list[str], headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": headers},
        "bindings": {"amqp": {"contentEncoding": "utf-8", **AMQP}},
        "x-amqp-properties": {"type": "object", "properties": properties, "required": required},
    }


def _correlated() -> dict[str, Any]:
    return {
        "correlationId": {
            "location": "$message.header#/correlation_id",
            "description": "AMQP's own property `correlation_id`.",
        }
    }
