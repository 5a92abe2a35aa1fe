"""The field types of every message. A finding is a code; its words are looked up where it is told.

A bare code stands for the whole finding (`champ_obligatoire`); a reason may follow after a colon
(`nir_invalide:key`). The value itself is never part of it.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, missing

from services.reference.dates import parse_partial_date
from services.reference.identifiers import Invalid, Valid, check_siret

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
MAX_CENTS = 10**12

_WORDS = {"required": "champ_obligatoire", "null": "champ_vide", "validator_failed": "valeur_invalide"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


class Told(Schema):
    """Body of an event: what is not known is let through unread."""

    class Meta:
        unknown = EXCLUDE


class Asked(Schema):
    """Body of a request: what is not known is an error, for it was meant."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "champ_inconnu", "type": "objet_attendu"}


class Text(fields.Field[str]):
    """A trimmed, non-empty line of text, in NFC, without control characters."""

    default_error_messages = {
        **_WORDS,
        "invalid": "texte_attendu",
        "empty": "champ_vide",
        "long": "texte_trop_long",
        "character": "caractere_interdit",
    }

    def __init__(self, *, most: int = 255, **rest: Any) -> None:
        self.most = most
        super().__init__(**rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > 4 * self.most:
            raise self.make_error("long")
        text = value.strip()
        if not text.isprintable():
            raise self.make_error("character")
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if not text:
            raise self.make_error("empty")
        if len(text) > self.most:
            raise self.make_error("long")
        return text


class Identifier(Text):
    """An identifier of the trade, checked and put in its canonical form."""

    def __init__(self, name: str, check: Callable[[str], Valid | Invalid], **rest: Any) -> None:
        self.name_of_code = name
        self.check = check
        super().__init__(most=64, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> str:
        answer = self.check(super()._deserialize(value, attr, data, **rest))
        if isinstance(answer, Invalid):
            raise ValidationError(f"{self.name_of_code}_invalide:{answer.reason}")
        return answer.value


class Code(fields.Field[str]):
    """One of the codes of a nomenclature."""

    default_error_messages = {
        **_WORDS,
        "invalid": "texte_attendu",
        "unknown": "code_inconnu",
    }

    def __init__(self, codes: Mapping[str, Any] | frozenset[str], **rest: Any) -> None:
        self.codes = codes
        super().__init__(**rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if value not in self.codes:
            raise self.make_error("unknown")
        return value


class Day(fields.Field[date]):
    """A day, `aaaa-mm-jj`, between 1900 and 2100."""

    default_error_messages = {
        **_WORDS,
        "invalid": "date_attendue",
        "range": "date_hors_limites",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> date:
        if not isinstance(value, str) or not _DAY.match(value):
            raise self.make_error("invalid")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise self.make_error("range")
        return day

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else value.isoformat()


class PartialDay(fields.Field[str]):
    """A day whose day or month may be unknown: `1994-03-00`, `1994-00-00`."""

    default_error_messages = {
        **_WORDS,
        "invalid": "date_attendue",
        "range": "date_hors_limites",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        day = parse_partial_date(value) if isinstance(value, str) and len(value) <= 10 else None
        if day is None or isinstance(day, Invalid):
            raise self.make_error("invalid")
        if not FIRST_DAY.year - 30 <= day.year <= LAST_DAY.year:
            raise self.make_error("range")
        return str(day)


class Instant(fields.Field[datetime]):
    """An instant with its offset from UTC, given back in UTC."""

    default_error_messages = {
        **_WORDS,
        "invalid": "instant_attendu",
        "naive": "fuseau_obligatoire",
        "range": "date_hors_limites",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any
    ) -> datetime:
        if not isinstance(value, str) or len(value) > 40:
            raise self.make_error("invalid")
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None
        if instant.tzinfo is None:
            raise self.make_error("naive")
        if not FIRST_DAY.year <= instant.year <= LAST_DAY.year:
            raise self.make_error("range")
        return instant.astimezone(UTC)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else value.isoformat()


class Whole(fields.Field[int]):
    """A whole number between two bounds, both included; `1.0` and `true` are not whole numbers."""

    default_error_messages = {
        **_WORDS,
        "invalid": "entier_attendu",
        "range": "nombre_hors_limites",
    }

    def __init__(self, *, least: int = 0, most: int = 2**31 - 1, **rest: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            raise self.make_error("range")
        return value


class YesNo(fields.Field[bool]):
    """`true` or `false`; a text or a number is neither."""

    default_error_messages = {**_WORDS, "invalid": "booleen_attendu"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if type(value) is not bool:
            raise self.make_error("invalid")
        return value


class Cents(Whole):
    """An amount in euro cents."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(most=MAX_CENTS, **rest)


class Many(fields.List[Any]):
    """A list of at least `least` and at most `most` things."""

    default_error_messages = {
        **_WORDS,
        "invalid": "liste_attendue",
        "few": "liste_trop_courte",
        "many": "liste_trop_longue",
    }

    def __init__(self, inner: Any, *, least: int = 0, most: int = 100, **rest: Any) -> None:
        self.least, self.most = least, most
        super().__init__(inner, **rest)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any
    ) -> list[Any]:
        if isinstance(value, list) and len(value) < self.least:
            raise self.make_error("few")
        if isinstance(value, list) and len(value) > self.most:
            raise self.make_error("many")
        return super()._deserialize(value, attr, data, **rest)


class Rows(fields.List[Any]):
    """A list of objects, as many as a chunk has, each read straight by its fields: what marshmallow does
    around a field takes longer than reading it. What cannot be read so is left to marshmallow, which says
    where and why."""

    def __init__(self, schema: type[Schema], **rest: Any) -> None:
        super().__init__(fields.Nested(schema), **rest)
        self.read = _reader_of(schema())

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any
    ) -> list[Any]:
        try:
            if isinstance(value, list):
                return [self.read(one) for one in value]
        except (ValidationError, TypeError, AttributeError):
            pass
        return super()._deserialize(value, attr, data, **rest)


Reader = Callable[[Any, str, Any], Any]


def _reader_of(schema: Schema) -> Callable[[Any], dict[str, Any]]:
    """Reads an object as this schema does, which has fields alone: no hook, no other name for a field."""
    readers = [(name, field, _value_reader_of(field)) for name, field in schema.load_fields.items()]

    def read(one: Any) -> dict[str, Any]:
        told = {}
        for name, field, reader in readers:
            value = one.get(name, missing)
            if value is missing or value is None:
                value = field.deserialize(value)
            else:
                value = reader(value, name, one)
            if value is not missing:
                told[name] = value
        return told

    return read


def _value_reader_of(field: Any) -> Reader:
    if isinstance(field, fields.Nested):
        read = _reader_of(field.schema)
        return lambda value, *_: read(value)
    reader: Reader = field.deserialize if field.validators else field._deserialize
    return reader


class Part(fields.Nested):
    """An object inside another."""

    default_error_messages = {**_WORDS, "type": "objet_attendu"}


def siret(**rest: Any) -> Identifier:
    """A SIRET: 14 digits, Luhn, or La Poste's own rule."""
    return Identifier("siret", check_siret, **rest)
