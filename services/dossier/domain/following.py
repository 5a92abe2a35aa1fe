"""What followed a training: a job at six and at twelve months, by both definitions of `domain.md` §6.1.

At M months: a contract runs on that day. Within M months: a contract began between the exit and that day.
They differ, and both are told. A stage is no job; a contract of which the day is not yet past is not yet
known.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

MONTHS = (6, 12)
NOT_A_JOB = frozenset({"29", "89"})  # NEODeS S21.G00.40.007: convention de stage, service civique
_LASTING = frozenset({"01", "07", "08", "09", "50", "82", "91"})  # those without an end
_LASTING_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed an exit at so many months. None: that day is still to come.

    `at`: a job runs that day; `within`: one began until then; `lasting`: one of these is without an end, or
    of six months at least.
    """

    months: int
    on: date
    at: bool | None
    within: bool | None
    lasting: bool | None


def what_followed(exit_on: str, jobs: Iterable[Mapping[str, Any]], today: date) -> list[Followed]:
    """What followed an exit at each of `MONTHS`; `jobs` as the parcours shows them."""
    left = date.fromisoformat(exit_on)
    known = [_Job(one) for one in jobs if one["nature_contrat"] not in NOT_A_JOB]
    return [_followed(left, months, known, today) for months in MONTHS]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class _Job:
    """A job's days, and whether it lasts."""

    def __init__(self, faits: Mapping[str, Any]) -> None:
        self.begins_on = date.fromisoformat(faits["debut"])
        self.ends_on = date.fromisoformat(faits["fin"]) if faits.get("fin") else None
        without_end = faits["nature_contrat"] in _LASTING
        long = self.ends_on is not None and self.ends_on >= months_after(self.begins_on, _LASTING_MONTHS)
        self.lasts = without_end or long

    def runs(self, day: date) -> bool:
        """Whether the contract runs on a day."""
        return self.begins_on <= day and (self.ends_on is None or day <= self.ends_on)


def _followed(left: date, months: int, jobs: Sequence[_Job], today: date) -> Followed:
    on = months_after(left, months)
    if on > today:
        return Followed(months, on, None, None, None)
    running = [job for job in jobs if job.runs(on)]
    begun = [job for job in jobs if left < job.begins_on <= on]
    return Followed(months, on, bool(running), bool(begun), any(job.lasts for job in (*running, *begun)))
