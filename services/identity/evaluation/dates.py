"""Reads dates of birth as a file writes them: which number is the day is what most of its dates allow.

`03/04/1994` alone says nothing of its order; `25/04/1994` among them does. Where no date of the file tells,
the day comes first, as nearly everywhere.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files

from services.identity.domain.normalisation.letters import words_of

# ISO, then numbers with the year last, then first; eight digits in either order.
_PARTS = re.compile(r"\s*(\d{1,4})\s*[-/. ]\s*(\d{1,4})\s*[-/. ]\s*(\d{1,4})(?:[T\s].*)?\Z", re.ASCII)
_EIGHT = re.compile(r"\s*(\d{8})(?:\.0+|[T\s].*|\d{4,6})?\s*\Z", re.ASCII)
_MONTH_YEAR = re.compile(r"\s*(\d{1,2})[-/.](\d{4})\s*\Z", re.ASCII)
_YEAR = re.compile(r"\s*(\d{4})(?:\.0+)?\s*\Z", re.ASCII)
_WORDS = re.compile(r"[A-Z]+|\d+", re.ASCII)
_YEARS = range(1850, 2100)
_MONTHS = {
    start: int(month)
    for month, starts in json.loads((files(__package__) / "months.json").read_text(encoding="utf-8")).items()
    if month != "_"
    for start in starts
}
ORDERS = {
    "ymd": "année-mois-jour",
    "ydm": "année-jour-mois",
    "dmy": "jour/mois/année",
    "mdy": "mois/jour/année",
}


@dataclass(frozen=True, slots=True)
class DateForm:
    """How a file writes its dates: with the year first, with the year last, and as eight digits in a row.
    `this_year` decides of which century two digits are: nobody was born later."""

    year_first: str = "ymd"
    year_last: str = "dmy"
    digits: str = "ymd"
    this_year: int = 2100

    def read(self, text: str) -> str:
        """The date as `aaaa-mm-jj`, zeros for what is unknown; what is no date as it is."""
        named = _named(text)
        if named:
            return self._iso(*named)
        if eight := _EIGHT.match(text):
            return self._iso(*_split(eight[1], self.digits))
        if parts := _PARTS.match(text):
            order = self.year_first if len(parts[1]) > 2 else self.year_last
            return self._iso(*_in_order(parts[1], parts[2], parts[3], order))
        if partial := _MONTH_YEAR.match(text):
            return self._iso(partial[2], partial[1], "0")
        year = _YEAR.match(text)
        return year[1] if year else text.strip()

    def of_parts(self, year: str, month: str, day: str) -> str:
        """The date of three columns."""
        numbers = [re.sub(r"\.0+\Z", "", part.strip()) for part in (year, month, day)]
        if not numbers[1].isdecimal():
            numbers[1] = str(_month_of(numbers[1]))
        return self._iso(*(number if number.isdecimal() else "0" for number in numbers))

    def _iso(self, year: str, month: str, day: str) -> str:
        if not int(year):
            return "" if len(year) != 2 else self._iso(f"{self._century(0)}", month, day)
        full = int(year) if len(year) > 2 else self._century(int(year))
        return f"{full:04d}-{int(month):02d}-{int(day):02d}"

    def _century(self, year: int) -> int:
        recent = self.this_year // 100 * 100 + year
        return recent if recent <= self.this_year else recent - 100


@dataclass(slots=True)
class DateSurvey:
    """What the dates of a file allow, counted as they pass."""

    allowed: Counter[tuple[str, str]] = field(default_factory=Counter)
    short_years: int = 0

    def see(self, text: str) -> None:
        """One date more."""
        if not text or _named(text):
            return
        if eight := _EIGHT.match(text):
            self._count("digits", {order: _split(eight[1], order) for order in ("ymd", "dmy", "mdy")})
        elif parts := _PARTS.match(text):
            first = len(parts[1]) > 2
            orders = ("ymd", "ydm") if first else ("dmy", "mdy")
            found = {order: _in_order(parts[1], parts[2], parts[3], order) for order in orders}
            self._count("year_first" if first else "year_last", found)
            self.short_years += not first and len(parts[3]) <= 2

    def form(self, this_year: int) -> DateForm:
        """The order that most dates allow, of each way of writing; of equal ones, the commoner."""

        def best(kind: str, orders: tuple[str, ...]) -> str:
            return max(orders, key=lambda order: self.allowed[kind, order])

        return DateForm(
            best("year_first", ("ymd", "ydm")),
            best("year_last", ("dmy", "mdy")),
            best("digits", ("ymd", "dmy", "mdy")),
            this_year,
        )

    def described(self, form: DateForm) -> list[str]:
        """The ways of writing that were seen, as they are read."""
        kinds = {kind for kind, _ in self.allowed}
        orders = [getattr(form, kind) for kind in ("year_first", "digits", "year_last") if kind in kinds]
        return list(dict.fromkeys(ORDERS[order] for order in orders))

    def _count(self, kind: str, found: dict[str, tuple[str, str, str]]) -> None:
        for order, (year, month, day) in found.items():
            plausible = len(year) <= 2 or int(year) in _YEARS
            self.allowed[kind, order] += plausible and int(month) <= 12 and int(day) <= 31


def _in_order(one: str, two: str, three: str, order: str) -> tuple[str, str, str]:
    at = dict(zip(order, (one, two, three), strict=True))
    return at["y"], at["m"], at["d"]


def _split(digits: str, order: str) -> tuple[str, str, str]:
    if order == "ymd":
        return digits[:4], digits[4:6], digits[6:]
    return _in_order(digits[:2], digits[2:4], digits[4:], order)


def _named(text: str) -> tuple[str, str, str] | None:
    """Year, month and day of a date whose month is a word."""
    if text.isascii() and not any(letter.isalpha() for letter in text):
        return None
    words = _WORDS.findall(" ".join(words_of(text)))
    month = next((number for word in words if (number := _month_of(word))), 0)
    numbers = [word for word in words if word.isdecimal()]
    if not month or len(numbers) not in (1, 2):
        return None
    if len(numbers) == 1:
        return (numbers[0], str(month), "0") if len(numbers[0]) == 4 else None
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    return (year, str(month), day) if len(day) <= 2 else None


def _month_of(word: str) -> int:
    letters = "".join(words_of(word))
    return _MONTHS.get(letters[:4]) or _MONTHS.get(letters[:3]) or 0
