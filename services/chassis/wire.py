"""Reads what comes from outside: strict JSON, within limits, and remembering keys that were written twice."""

import json
from collections import Counter
from typing import Any, NoReturn

from services.chassis.errors import Unreadable


class Ambiguous(dict[str, Any]):
    """An object in which a key was written twice: the last one counts, and somebody must be told."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = sorted(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else Ambiguous(pairs)


def _not_a_number(_: str) -> NoReturn:
    raise Unreadable("json_invalide")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_not_a_number)


def read_json(body: bytes, limit: int) -> Any:
    """The value of a JSON text of at most `limit` bytes, in UTF-8.

    Raises `Unreadable`: `corps_trop_volumineux`, `encodage_invalide`, `json_trop_profond`, `json_invalide`.
    """
    if len(body) > limit:
        raise Unreadable("corps_trop_volumineux")
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise Unreadable("encodage_invalide") from None
    except RecursionError:
        raise Unreadable("json_trop_profond") from None
    except ValueError:
        raise Unreadable("json_invalide") from None


def flatten(errors: Any, path: str = "") -> list[tuple[str, str]]:
    """marshmallow's tree of errors as (path, code), in order: `personne.prenoms.0`, `texte_attendu`."""
    if isinstance(errors, dict):
        return [
            leaf
            for key, below in errors.items()
            for leaf in flatten(below, path if key == "_schema" else f"{path}.{key}" if path else str(key))
        ]
    if isinstance(errors, list):
        return [leaf for below in errors for leaf in flatten(below, path)]
    return [(path, str(errors))]
