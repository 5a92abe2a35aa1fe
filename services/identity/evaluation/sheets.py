"""Reads a file of records whatever wrote it: its encoding, its separator and its columns are found out."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.contracts.errors import Malformed

_SEPARATORS = (",", ";", "\t", "|")
_BLOCK = 1 << 20
_SAMPLED_ROWS = 200
# A separator of the file gives nearly all its rows as many cells as its first.
_AGREEING = 0.8
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it is to be read; `columns` in its own words, each once."""

    path: Path
    encoding: str
    separator: str
    columns: tuple[str, ...]

    def rows(self) -> Iterator[list[str]]:
        """The rows after the header, each with a cell for every column; empty rows are left out."""
        width = len(self.columns)
        try:
            for row in islice(_rows(self.path, self.encoding, self.separator), 1, None):
                yield (row + [""] * (width - len(row)))[:width]
        except csv.Error:
            raise Malformed(
                "fichier_illisible",
                "Une ligne du fichier n’a pas de fin : un guillemet est sans doute ouvert.",
            ) from None


def open_sheet(path: Path) -> Sheet:
    """How the file is to be read. Raises `Malformed` where it is not to be."""
    try:
        encoding = _encoding_of(path)
    except OSError as error:
        raise Malformed("fichier_illisible", f"Le fichier ne s’ouvre pas : {error.strerror}.") from None
    separator = max(_SEPARATORS, key=lambda one: _worth(path, encoding, one))
    header = next(_rows(path, encoding, separator), None)
    if header is None:
        raise Malformed("fichier_vide", "Le fichier est vide : il lui faut une ligne de titres.")
    return Sheet(path, encoding, separator, _told_apart(header))


def _encoding_of(path: Path) -> str:
    """UTF-8 where all of it is; otherwise what Windows writes in Western Europe (Latin-1 and more)."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding in _BOMS:
            if start.startswith(mark):
                return encoding
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _rows(path: Path, encoding: str, separator: str) -> Iterator[list[str]]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        yield from (row for row in csv.reader(file, delimiter=separator) if any(cell.strip() for cell in row))


def _worth(path: Path, encoding: str, separator: str) -> tuple[bool, int]:
    """Whether rows agree on a number of cells by this separator, and on how many."""
    try:
        widths = [len(row) for row in islice(_rows(path, encoding, separator), _SAMPLED_ROWS)]
    except csv.Error:
        return False, 0
    first = widths[0] if widths else 0
    return first > 1 and widths.count(first) >= _AGREEING * len(widths), first


def _told_apart(header: list[str]) -> tuple[str, ...]:
    """The titles, of which the second and third of a name say so."""
    seen: dict[str, int] = {}
    titles = []
    for cell in header:
        title = cell.strip()
        seen[title] = seen.get(title, 0) + 1
        titles.append(title if seen[title] == 1 else f"{title}_{seen[title]}")
    return tuple(titles)
