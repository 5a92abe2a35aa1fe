"""What an apprentice is on a day: derived from the session and the contracts, for any day, by no clock.

The rules are those of the Tableau de bord de l’apprentissage (`domain.md` §5.2), recomputed for each day:

1. a day within a contract is a day as an apprentice; a rupture's day is the first without;
2. an exclusion is an abandon until the end;
3. without a contract: whoever never had one is enrolled, and after 90 days has abandoned; whoever had one is
   between two, and after 180 days in a row has abandoned;
4. after the end: whoever was enrolled or an apprentice on the last day, or whose contract ended by itself
   within the 60 days before, has finished; the others have abandoned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Statut = Literal["pre_inscrit", "inscrit", "apprenti", "rupturant", "fin_de_formation", "abandon"]

DAYS_WITHOUT_CONTRACT = 90
DAYS_AFTER_RUPTURE = 180
DAYS_BEFORE_THE_END = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract from its first day to its last; `ruptured_on` is the first day without it."""

    begins_on: date
    ends_on: date | None = None
    ruptured_on: date | None = None

    @property
    def last_day(self) -> date:
        """The last day within the contract."""
        ruptured = self.ruptured_on - _DAY if self.ruptured_on else date.max
        return min(self.ends_on or date.max, ruptured)

    @property
    def is_ruptured(self) -> bool:
        """Whether it ended before its end."""
        return self.ruptured_on is not None and self.ruptured_on - _DAY == self.last_day

    def covers(self, day: date) -> bool:
        """Whether the day is within the contract."""
        return self.begins_on <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Session:
    """The training from its first day to its last."""

    begins_on: date
    ends_on: date


def statut_of(session: Session, contracts: Iterable[Contract], excluded_on: date | None, day: date) -> Statut:
    """What the person is in this training on this day."""
    begun = sorted((one for one in contracts if one.begins_on <= day), key=lambda one: one.last_day)
    if day < min([session.begins_on, *(one.begins_on for one in begun)]):
        return "pre_inscrit"
    if day <= session.ends_on:
        return _during(session, begun, excluded_on, day)
    last = [one for one in begun if one.begins_on <= session.ends_on]
    on_last_day = _during(session, last, excluded_on, session.ends_on)
    if on_last_day in ("inscrit", "apprenti") or (on_last_day == "rupturant" and _ended_well(session, last)):
        return "fin_de_formation"
    return "abandon"


def _during(session: Session, begun: Sequence[Contract], excluded_on: date | None, day: date) -> Statut:
    if any(one.covers(day) for one in begun):
        return "apprenti"
    if excluded_on is not None and excluded_on <= day:
        return "abandon"
    if not begun:
        return "abandon" if (day - session.begins_on).days + 1 > DAYS_WITHOUT_CONTRACT else "inscrit"
    return "abandon" if (day - begun[-1].last_day).days > DAYS_AFTER_RUPTURE else "rupturant"


def _ended_well(session: Session, begun: Sequence[Contract]) -> bool:
    last = begun[-1]
    return not last.is_ruptured and (session.ends_on - last.last_day).days <= DAYS_BEFORE_THE_END
