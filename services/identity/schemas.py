"""Wire ↔ domain: sealed traits become statements and records; decisions become what is announced and told."""

import base64
import hashlib
import json
import struct
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson

from services.chassis.sealing import Keyring, SealBroken, keyed_hash, keyed_hashes
from services.identity.domain import sketching
from services.identity.domain.certifying import is_certified, may_certify
from services.identity.domain.normalisation.names import Name
from services.identity.domain.normalisation.places import Place
from services.identity.domain.records import Record, Told, read_record
from services.identity.domain.screening import Names, Outlines
from services.identity.domain.survivorship import Said
from services.identity.errors import traits_unreadable
from services.identity.storage.decisions import Decided
from services.identity.storage.rulings import Kind, Ruling
from services.identity.storage.statements import Kept, Origin

TRAITS = b"traits"  # the purpose for which ingestion seals them

# Half of HMAC-SHA256: no two contents in the world will meet in 128 bits, and indexes are half the size.
_MARK_BYTES = 16
_KEY = struct.Struct(">q")


class Statement(NamedTuple):
    """What one line says of its person, as it was told and as it is believed (JSON), the mark of what is
    believed, and its texts."""

    declaration_id: uuid.UUID
    told: bytes
    believed: bytes
    content: bytes
    texts: Told

    def __repr__(self) -> str:
        return "Statement()"  # what it says is for no log


def read_statements(
    declarations: Sequence[uuid.UUID], sealed: str, keys: Keyring, blind: bytes, profile: str | None = None
) -> list[Statement]:
    """The statements of a chunk, one for each declaration, by a source of this profile. Raises
    `Unreadable`."""
    people = _opened(sealed, keys)
    if not isinstance(people, list) or len(people) != len(declarations):
        raise traits_unreadable("count")
    told = dict(zip(declarations, people, strict=True))
    certifies = may_certify(profile)
    return [_statement(id_, personne, blind, certifies) for id_, personne in told.items()]


def origin_of(told: Mapping[str, Any]) -> Origin:
    """Who told a chunk, and when each of its lines was said, where that is told."""
    said_at = told["emises"]
    lines = told["declarations"] if len(said_at) == len(told["declarations"]) else ()
    return Origin(told["source"], dict(zip(lines, said_at, strict=False)))


def read_said(kept: Kept) -> Said:
    """What one line tells, with what is known of who tells it."""
    told = _told(json.loads(kept.plain))
    return Said(kept.source, kept.profile, kept.said_at, is_certified(told, kept.profile), told)


# --- what is ruled -------------------------------------------------------------------------

# A ruling's id follows from who rules and its own reference: asked twice, there is one.
_RULINGS = uuid.UUID("b7a7c3d2-52a4-5f0c-8a55-0f6f3a1d7c20")


def read_ruling(kind: Kind, caller: str, asked: Mapping[str, Any]) -> Ruling:
    """What the caller asks to rule."""
    content = orjson.dumps({**asked, "kind": kind}, option=orjson.OPT_SORT_KEYS)
    return Ruling(
        uuid.uuid5(_RULINGS, f"{caller}/{asked['reference']}"),
        kind,
        asked.get("portee", "lignes"),
        author_of(caller, asked),
        asked["motif"],
        hashlib.sha256(content).digest(),
    )


def author_of(caller: str, asked: Mapping[str, Any]) -> str:
    """Who rules: the organisation, and its agent by its own word."""
    return f"{caller}/{asked['agent']}"


# --- read ----------------------------------------------------------------------------------


def _opened(sealed: str, keys: Keyring) -> Any:
    try:
        plain = keys.open(base64.b64decode(sealed, validate=True), TRAITS)
    except (ValueError, SealBroken):
        raise traits_unreadable("seal") from None
    return _loads(plain)


def _loads(plain: bytes) -> Any:
    """One lone surrogate in one name must not keep the other lines of its chunk waiting."""
    try:
        return orjson.loads(plain)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        raise traits_unreadable("json") from None


def _statement(declaration_id: uuid.UUID, personne: Any, blind: bytes, certifies: bool) -> Statement:
    texts = _told(personne)  # so that what has no shape is refused before anything is kept of its chunk
    told = believed = _canonical(personne)
    if not certifies:
        believed, texts = _uncertified(personne, told), {**texts, "nir_certifie": ""}
    return Statement(declaration_id, told, believed, mark_of_content(believed, blind), texts)


def believed_of(told: bytes, certifies: bool) -> bytes:
    """What is believed of what a line told: all of it, but that a NIR is certified, if it is not for its
    source to say."""
    return told if certifies else _uncertified(json.loads(told), told)


def _uncertified(personne: Mapping[str, Any], told: bytes) -> bytes:
    if not personne.get("nir_certifie"):
        return told
    return _canonical({name: value for name, value in personne.items() if name != "nir_certifie"})


def _canonical(personne: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(personne, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return json.dumps(personne, sort_keys=True).encode()  # escapes what has no UTF-8


def record_of(statement: Statement) -> Record:
    """What is believed of the statement, read into what can be compared."""
    return read_record(statement.texts)


def read_content(believed: bytes) -> Record:
    """The record of what is believed of a line (JSON). Raises `Unreadable`."""
    return read_record(_told(_loads(believed)))


def _told(personne: Any) -> Told:
    """The texts by which a record is read. Raises `Unreadable` where there is no person's shape."""
    try:
        birth, address = personne["naissance"], personne.get("adresse") or {}
        told = {
            "nom_naissance": personne["nom_naissance"],
            "nom_usage": personne.get("nom_usage") or "",
            "sexe": personne["sexe"],
            "date_naissance": birth["date"],
            "lieu_naissance": birth.get("commune") or birth.get("pays") or "",
            "code_postal": address.get("code_postal") or "",
            "commune": address.get("commune") or "",
            "nir": personne.get("nir") or "",
            "nir_certifie": "1" if personne.get("nir_certifie") else "",
        }
        first_names = personne["prenoms"]
    except (KeyError, TypeError, AttributeError):
        raise traits_unreadable("shape") from None
    if not isinstance(first_names, list) or set(map(type, (*told.values(), *first_names))) != {str}:
        raise traits_unreadable("shape")
    return {**told, "prenoms": first_names}


# --- marks, keys and sketches: what may be known of a record without opening it ----------


def _mark(blind: bytes, kind: bytes, value: bytes) -> bytes:
    return keyed_hash(blind, (kind + value).decode("latin-1"))[:_MARK_BYTES]


def mark_of_content(believed: bytes, blind: bytes) -> bytes:
    """The keyed hash of what is believed of a line, to the letter."""
    return _mark(blind, b"content:", believed)


def mark_of(record: Record, blind: bytes) -> bytes:
    """The keyed hash of what a record compares as."""
    return _mark(blind, b"record:", record.fingerprint.encode())


def hashed_keys(keys: Sequence[str], blind: bytes) -> list[int]:
    """Eight bytes of the keyed hash of each key, as a signed number."""
    hashes = keyed_hashes(blind, [f"key:{key}" for key in keys])
    return [_KEY.unpack_from(one)[0] for one in hashes]


def sketch_of(record: Record, blind: bytes) -> bytes:
    """The record's sketch, by the keyed hash of each of its features."""
    return sketching.sketch_of(record, _numbers_under(blind))


@lru_cache(maxsize=16)  # one for all records, so that what it says of a name is known again
def _numbers_under(blind: bytes) -> sketching.NumberOf:
    @lru_cache(maxsize=10_000)  # pairs of letters and digits: few, and each in many values
    def number_of(feature: str) -> int:
        return int.from_bytes(keyed_hash(blind, f"bit:{feature}")[:4])

    return number_of


def name_of_key(blind: bytes) -> str:
    """A name for a blind key that tells nothing about it: what is marked with it says so."""
    return keyed_hash(blind, "name").hex()[:8]


# --- records at rest -----------------------------------------------------------------------


def pack(record: Record) -> bytes:
    """A record as it is sealed."""
    place = record.place and [record.place.code, record.place.label, record.place.zone]
    return orjson.dumps(
        [
            [_packed(name) for name in record.surnames],
            [_packed(name) for name in record.first_names],
            record.sex,
            record.birth,
            place,
            record.postcode,
            record.commune and _packed(record.commune),
            record.nir,
            record.is_certified,
            record.fingerprint,
        ]
    )


def _packed(name: Name) -> list[str]:
    return [name.text, name.core, " ".join(sorted(name.parts)), name.sound]


def unpack(packed: bytes) -> Record:
    """What `pack` was given."""
    told = orjson.loads(packed)
    told[0] = tuple([_name(*name) for name in told[0]])
    told[1] = tuple([_name(*name) for name in told[1]])
    if told[4]:
        told[4] = _place(*told[4])
    if told[6]:
        told[6] = _name(*told[6])
    return Record._make(told)


def outlines_of(packed: Sequence[bytes]) -> Outlines:
    """What tells most of these records from another, without the time that it takes to unpack them."""
    records = orjson.loads(b"[%b]" % b",".join(packed))
    surnames, first_names, _, births, places, postcodes, communes, nirs, are_certified, _ = zip(
        *records, strict=True
    )
    return Outlines(
        surnames=_names_of(surnames),
        first_names=_names_of(first_names),
        births=births,
        # Of a place that has no code, the label tells more than the zone.
        zones=[place[2] if place and place[0] else "" for place in places],
        postcodes=postcodes,
        have_commune=[commune is not None for commune in communes],
        nirs=nirs,
        are_certified=are_certified,
    )


def _names_of(names: Sequence[Sequence[Sequence[str]]]) -> Names:
    named = list(chain.from_iterable(names))
    told = [name if " " not in name[2] else (*name, *name[2].split()) for name in named]
    return Names([name[0] for name in named], told, [*map(len, names)])


@lru_cache(maxsize=100_000)  # a name is made once for all the records that bear it
def _name(text: str, core: str, parts: str, sound: str) -> Name:
    return Name(text, core, frozenset(parts.split()), sound)


@lru_cache(maxsize=50_000)  # and so is a place
def _place(code: str, label: str, zone: str) -> Place:
    return Place(code, label, zone)


def attributions_to_wire(decided: Sequence[Decided]) -> list[dict[str, Any]]:
    """What dossier and ingestion hear of the lines whose person is known."""
    return [one._asdict() for one in decided]
