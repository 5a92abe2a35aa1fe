"""Errors that cross the wire: a code, facts as strings, and what to do about it, in French.

    HubError
    ├── BadRequest       the caller must change what it asks
    │   └── Malformed    it could not even be read
    ├── Refused          the caller may not have it
    ├── NotFound         there is no such thing, or none that the caller may see
    ├── Conflict         it contradicts what was said before
    └── Unavailable      nobody is at fault; asking again later may succeed

Details are ours (identifiers, counts, limits): never a value the caller sent, never a database's text.
"""

from collections.abc import Mapping
from typing import ClassVar


class HubError(Exception):
    """What a call answers instead of a result."""

    kind: ClassVar[str] = "error"

    def __init__(self, code: str, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = dict(details or {})

    def to_wire(self) -> dict[str, object]:
        """Body of the `error` member of an answer."""
        return {"kind": self.kind, "code": self.code, "message": self.message, "details": self.details}


class BadRequest(HubError):
    """The caller must change what it asks."""

    kind = "bad_request"


class Malformed(BadRequest):
    """The request could not be read."""

    kind = "malformed"


class Refused(HubError):
    """The caller may not have it."""

    kind = "refused"


class NotFound(HubError):
    """There is no such thing, or none that the caller may see."""

    kind = "not_found"


class Conflict(HubError):
    """It contradicts what was said before."""

    kind = "conflict"


class Unavailable(HubError):
    """Nobody is at fault; asking again later may succeed."""

    kind = "unavailable"


KINDS: dict[str, type[HubError]] = {
    error.kind: error for error in (BadRequest, Malformed, Refused, NotFound, Conflict, Unavailable)
}

# Codes with which any call may be answered, and their kinds. Those of one call are beside it.
OF_ANY_CALL: dict[str, str] = {
    "corps_trop_volumineux": "malformed",
    "encodage_invalide": "malformed",
    "json_invalide": "malformed",
    "json_trop_profond": "malformed",
    "requete_invalide": "bad_request",
    "appel_interdit": "refused",
    "methode_inconnue": "not_found",
    "erreur_interne": "unavailable",
    "service_indisponible": "unavailable",
    "stockage_indisponible": "unavailable",
}


def from_wire(error: Mapping[str, object]) -> HubError:
    """The error an answer carries; an unknown kind is a plain `HubError`."""
    details = error.get("details")
    return KINDS.get(str(error.get("kind")), HubError)(
        str(error.get("code", "unknown")),
        str(error.get("message", "")),
        {str(k): str(v) for k, v in details.items()} if isinstance(details, Mapping) else {},
    )
