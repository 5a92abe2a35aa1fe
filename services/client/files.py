"""Reads a delivery from a file of any size, one declaration at a time: JSON Lines, or one JSON array.

Each declaration is checked to be JSON and given as it was written. No streaming parser is needed: the
standard decoder says where a value ends, and a parser's values would not be what the partner wrote.
Raises `Malformed` with the number of the line; nothing is skipped.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from services.client import failures
from services.client.lots import MAX_DECLARATION_BYTES, Written
from services.contracts.errors import Malformed

_BLOCK = 1024 * 1024
# The beginning of `1e+5` is a number already: what is read this near to the end of a block may go on.
_OPEN_END = len("e+5")
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\r\n]*")

_BAD = "cette déclaration n’est pas du JSON valide, corrigez-la."
_BAD_OR_TOO_LARGE = f"cette déclaration n’est pas du JSON valide, ou dépasse {MAX_DECLARATION_BYTES} octets."


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that can be read to its end. The same declarations have the same `digest`, however laid out."""

    declarations: int
    digest: str


def check(path: Path) -> Checked:
    """Read a file to its end without keeping it."""
    count, digest = 0, hashlib.sha256()
    for written in read(path):
        count += 1
        digest.update(written.text + b"\n")
    return Checked(count, digest.hexdigest())


def read(path: Path) -> Iterator[Written]:
    """The declarations of a file, in order. Raises `Malformed`, and `OSError` when it cannot be opened."""
    with path.open("rb") as file:
        if _begins_an_array(file):
            # Line ends are counted, never translated: the text is sent as it was written.
            with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
                yield from _Array(text).read()
        else:
            yield from _read_lines(file)


def _begins_an_array(file: BinaryIO) -> bool:
    head = file.read(_BLOCK)
    file.seek(len(_BOM) if head.startswith(_BOM) else 0)
    return head.removeprefix(_BOM).lstrip(b" \t\r\n").startswith(b"[")


def _not_a_number(_: str) -> NoReturn:
    raise ValueError


# As the hub reads: NaN and Infinity are no JSON, long numbers and lone surrogates are content.
_DECODER = json.JSONDecoder(parse_constant=_not_a_number)


def _read_lines(file: BinaryIO) -> Iterator[Written]:
    number = empty = 0
    while line := file.readline(MAX_DECLARATION_BYTES + 2):
        number += 1
        text = line.strip(b" \t\r\n")
        if not text and len(line) <= MAX_DECLARATION_BYTES:
            empty = empty or number
            continue
        if empty:
            raise failures.bad_file("ligne_vide", "elle est vide, supprimez-la.", empty)
        if not text or len(text) > MAX_DECLARATION_BYTES:
            raise _too_large(number)
        _check(text, number)
        yield Written(text)


def _check(text: bytes, line: int) -> None:
    try:
        _DECODER.decode(text.decode())
    except UnicodeDecodeError:
        raise failures.bad_file("encodage_invalide", "elle n’est pas en UTF-8, réencodez-la.", line) from None
    except json.JSONDecodeError as error:
        what = f"elle n’est pas du JSON valide à partir du caractère {error.colno}, corrigez-la."
        raise failures.bad_file("json_invalide", what, line) from None
    except (ValueError, RecursionError):
        what = "elle n’est pas du JSON valide, corrigez-la."
        raise failures.bad_file("json_invalide", what, line) from None


def _too_large(line: int) -> Malformed:
    what = f"la déclaration dépasse {MAX_DECLARATION_BYTES} octets."
    return failures.bad_file("declaration_trop_volumineuse", what, line)


class _Array:
    """One JSON array: what has been given is forgotten, what is not yet whole is completed."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._text, self._at, self._lines_before = "", 0, 0

    def read(self) -> Iterator[Written]:
        self._take("[")
        if self._next() != "]":
            yield self._declaration()
            while self._next() == ",":
                self._at += 1
                yield self._declaration()
        self._take("]")
        if self._next():
            raise self._malformed("du texte suit la fin du tableau.")

    def _declaration(self) -> Written:
        self._next()
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                end = 0
            if (end == 0 or end + _OPEN_END > len(self._text)) and self._more():
                continue
            if end == 0:
                raise self._malformed(_BAD if self._is_short() else _BAD_OR_TOO_LARGE)
            return self._given(end)

    def _given(self, end: int) -> Written:
        text = self._text[self._at : end].encode()
        if len(text) > MAX_DECLARATION_BYTES:
            raise _too_large(self._line())
        self._at = end
        return Written(text)

    def _take(self, expected: str) -> None:
        if self._next() != expected:
            raise self._malformed(f"« {expected} » est attendu ici.")
        self._at += 1

    def _next(self) -> str:
        """The next character that is not white space; nothing at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Read on; nothing at the end of the file, or when one declaration fills more than a lot may."""
        if not self._is_short():
            return False
        try:
            read = self._file.read(_BLOCK)
        except UnicodeDecodeError:
            raise self._malformed("le texte qui suit n’est pas en UTF-8.", "encodage_invalide") from None
        if read:
            self._lines_before += self._text.count("\n", 0, self._at)
            self._text, self._at = self._text[self._at :] + read, 0
        return bool(read)

    def _is_short(self) -> bool:
        return len(self._text) - self._at <= MAX_DECLARATION_BYTES

    def _line(self) -> int:
        return 1 + self._lines_before + self._text.count("\n", 0, self._at)

    def _malformed(self, what: str, code: str = "json_invalide") -> Malformed:
        return failures.bad_file(code, what, self._line())
