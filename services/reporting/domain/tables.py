"""A table that may be asked for, and what stands in it."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

MOST_MONTHS = 120

_MONTH = re.compile(r"(\d{4})-(\d{2})\Z", re.ASCII)

Fault = Literal["mois_invalide", "periode_inversee", "periode_trop_longue", "axe_en_double"]

# The value on each axis of a table.
Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A table over one or two axes, for the months from `du` to `au`, both included."""

    axes: tuple[str, ...]
    du: str
    au: str

    @property
    def name(self) -> str:
        """What the journal of access remembers: `region×mois 2025-01..2025-12`."""
        return f"{'×'.join(self.axes)} {self.du}..{self.au}"

    @property
    def margins(self) -> tuple["Asked", ...]:
        """The tables that hold the totals of this one, line by line."""
        return tuple(Asked((axis,), self.du, self.au) for axis in self.axes) if len(self.axes) > 1 else ()

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.du}-01")

    @property
    def last_day(self) -> date:
        first = date.fromisoformat(f"{self.au}-01")
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])


class Figures(NamedTuple):
    """One cell of a table; the cost in cents. `sortants`, the persons behind the exits, is never told."""

    entrees: int
    stagiaires: int
    sorties: int
    heures: int
    cout: int
    sortants: int


Table = Mapping[Place, Figures]


def ask(axes: tuple[str, ...], du: str, au: str) -> Asked | Fault:
    """The table asked for, or what is wrong with it."""
    first, last = _number_of(du), _number_of(au)
    if first is None or last is None:
        return "mois_invalide"
    if last < first:
        return "periode_inversee"
    if last - first >= MOST_MONTHS:
        return "periode_trop_longue"
    if len(set(axes)) < len(axes):
        return "axe_en_double"
    return Asked(axes, du, au)


def _number_of(month: str) -> int | None:
    """Months since the year 0."""
    found = _MONTH.match(month)
    year, number = (int(found[1]), int(found[2])) if found else (0, 0)
    return 12 * year + number - 1 if year and 1 <= number <= 12 else None
