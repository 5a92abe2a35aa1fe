"""The messages of the document: each body with what travels beside it, and the error any call may get."""

import inspect
from collections.abc import Mapping
from typing import Any

from services.asyncapi.bodies import BODIES, answer_name, reference_to, request_name, words_of
from services.asyncapi.metadata import AMQP
from services.contracts.errors import KINDS, OF_ANY_CALL, BadRequest
from services.contracts.topology import CALLS, EVENTS


def messages(samples: Mapping[str, Any]) -> dict[str, Any]:
    """Every message by its name; `samples` gives, by a body's name, an example of it."""
    told = {event.type: _message("event", event.type, event.type, samples) for event in EVENTS}
    asked = {
        name: _message("call", name, call.routing_key, samples)
        for call in CALLS
        for name in [request_name(call)]
    }
    answered = {
        name: _answer(_message("answer", name, name, samples))
        for call in CALLS
        for name in [answer_name(call)]
    }
    return {**told, **asked, **answered, "error": _error_message()}


def _message(sort: str, name: str, amqp_type: str, samples: Mapping[str, Any]) -> dict[str, Any]:
    schema = BODIES[name]
    words = words_of(schema)
    return {
        "name": name,
        "title": name,
        **({"summary": words.splitlines()[0]} if words else {}),
        "traits": [{"$ref": f"#/components/messageTraits/{sort}"}],
        "bindings": {"amqp": {"messageType": amqp_type, **AMQP}},
        "payload": reference_to(schema.__name__),
        "examples": [{"name": key, "payload": samples[key]} for key in sorted(samples) if _is_of(key, name)],
    }


def _is_of(sample: str, name: str) -> bool:
    return sample == name or sample.removeprefix(f"{name}.").isdigit()


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    """An answer's body is in its member `result`."""
    body = {"type": "object", "properties": {"result": message["payload"]}, "required": ["result"]}
    examples = [one | {"payload": {"result": one["payload"]}} for one in message["examples"]]
    return message | {"payload": body, "examples": examples}


def _error_message() -> dict[str, Any]:
    return {
        "name": "error",
        "title": "error",
        "summary": "What a call is answered instead of a result. Its `type` is that of the answer.",
        "traits": [{"$ref": "#/components/messageTraits/answer"}],
        "payload": {"type": "object", "properties": {"error": reference_to("Error")}, "required": ["error"]},
        "examples": [{"name": "error", "payload": {"error": _EXAMPLE.to_wire()}}],
    }


_EXAMPLE = BadRequest(
    "requete_invalide",
    "La requête n’a pas la forme attendue : corrigez les champs indiqués.",
    {"finalite": "code_inconnu"},
)


def error_schema() -> dict[str, Any]:
    """The JSON Schema of an error, its kinds and the codes of any call in words."""
    kinds = "\n".join(f"- `{kind}`: {inspect.getdoc(error)}" for kind, error in KINDS.items())
    codes = "\n".join(f"- `{code}` ({kind})" for code, kind in OF_ANY_CALL.items())
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "description": "Why there is no result, and what to do about it.",
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": list(KINDS), "description": kinds},
            "code": {
                "type": "string",
                "description": f"Stable. Those of one call are in its operation; those of any call:\n{codes}",
            },
            "message": {"type": "string", "description": "What to do about it, in French, for a person."},
            "details": texts | {"description": "Facts: by path, the code of each fault of a request."},
        },
        "required": ["kind", "code", "message", "details"],
    }
