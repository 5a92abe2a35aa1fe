"""Wire ↔ domain: sealed traits become lines that can be compared; decisions become what is announced."""

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.chassis.sealing import Keyring, SealBroken, keyed_hash
from services.identity.domain.resolution import Attributed, Decision, InReview, Line, Marks
from services.identity.domain.traits import Comparable, Traits, comparable
from services.identity.errors import traits_unreadable

TRAITS = b"traits"  # the purpose for which ingestion seals them

# Half of HMAC-SHA256: two persons in the world will not meet in 128 bits, and indexes are half the size.
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """What one line says of its person, as it was told (JSON), and the marks of it."""

    line: Line
    told: bytes


def read_statements(
    declarations: Sequence[uuid.UUID], sealed: str, keys: Keyring, blind: bytes, today: date
) -> list[Statement]:
    """The statements of a chunk, one for each declaration. Raises `Unreadable`."""
    people = _opened(sealed, keys)
    if not isinstance(people, list) or len(people) != len(declarations):
        raise traits_unreadable("count")
    told = dict(zip(declarations, people, strict=True))
    return [_statement(id_, personne, blind, today) for id_, personne in told.items()]


def _opened(sealed: str, keys: Keyring) -> Any:
    try:
        plain = keys.open(base64.b64decode(sealed, validate=True), TRAITS)
    except (ValueError, SealBroken):
        raise traits_unreadable("seal") from None
    try:
        return orjson.loads(plain)
    except orjson.JSONDecodeError:
        return _loads_leniently(plain)


def _loads_leniently(plain: bytes) -> Any:
    """One lone surrogate in one name must not keep the other lines of its chunk waiting."""
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        raise traits_unreadable("json") from None


def _statement(declaration_id: uuid.UUID, personne: Any, blind: bytes, today: date) -> Statement:
    marks = marks_of(comparable(_traits(personne), today), blind)
    return Statement(Line(declaration_id, marks), _dumped(personne))


def _traits(personne: Any) -> Traits:
    try:
        birth = personne["naissance"]
        place = birth.get("commune") or birth.get("pays")
        needed = (personne["nom_naissance"], personne["prenoms"][0], personne["sexe"], birth["date"])
        nir = personne.get("nir")
    except (KeyError, TypeError, IndexError, AttributeError):
        raise traits_unreadable("shape") from None
    if not all(isinstance(one, str) for one in (*needed, nir or "", place or "")):
        raise traits_unreadable("shape")
    return Traits(nir, *needed, place)


def _dumped(personne: Any) -> bytes:
    try:
        return orjson.dumps(personne)
    except orjson.JSONEncodeError:
        return json.dumps(personne).encode()  # escapes what has no UTF-8


def marks_of(told: Comparable, blind: bytes) -> Marks:
    """The keyed hash of each thing compared; of two kinds, the same text has two different ones."""
    kinds = zip(Comparable._fields, told, strict=True)
    return Marks(*(_mark(blind, kind, value) if value else None for kind, value in kinds))


def _mark(blind: bytes, kind: str, value: str) -> bytes:
    return keyed_hash(blind, f"{kind}:{value}")[:_MARK_BYTES]


def name_of_key(blind: bytes) -> str:
    """A name for a blind key that tells nothing about it: what is marked with it says so."""
    return keyed_hash(blind, "name").hex()[:8]


def attributions_to_wire(decided: Sequence[tuple[uuid.UUID, int, Decision]]) -> list[dict[str, Any]]:
    """What dossier and ingestion hear of the lines whose person is known."""
    return [
        {"declaration_id": id_, "person_id": decision.person_id, "version": version, "rule": decision.rule}
        for id_, version, decision in decided
        if isinstance(decision, Attributed)
    ]


def reviews_to_wire(decided: Sequence[tuple[uuid.UUID, int, Decision]]) -> list[dict[str, Any]]:
    """What ingestion hears of the lines that wait for a human."""
    return [
        {"declaration_id": id_, "version": version, "cause": decision.cause}
        for id_, version, decision in decided
        if isinstance(decision, InReview)
    ]
