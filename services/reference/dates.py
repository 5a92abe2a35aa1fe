"""Dates of which the day or the month may be unknown, as civil status has them."""

import re
from dataclasses import dataclass
from datetime import date

from services.reference.identifiers import Invalid

_SHAPE = re.compile(r"(\d{4})(-?)(\d{2})\2(\d{2})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, and the month and the day as far as they are known. Written `1994-03-00`."""

    year: int
    month: int | None
    day: int | None

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month or 0:02d}-{self.day or 0:02d}"


def parse_partial_date(text: str) -> PartialDate | Invalid:
    """Read `aaaa-mm-jj` or `aaaammjj`, zeros standing for what is unknown (LHEO).

    A day without its month, the year 0000 and days that are in no calendar are `Invalid`: `empty`,
    `structure` or `calendar`.
    """
    found = _SHAPE.match(text)
    if not found:
        return Invalid("structure" if text else "empty")
    year, month, day = (int(part) for part in found.group(1, 3, 4))
    if not year or (day and not month):
        return Invalid("structure")
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return Invalid("calendar")
    return PartialDate(year, month or None, day or None)
