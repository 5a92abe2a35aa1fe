"""What followed a training, by both definitions of domain.md §6.1: they differ, and both are told."""

from datetime import date
from typing import Any

import pytest

from services.dossier.domain.following import months_after, what_followed
from tests.dossier.saying import job

EXIT, LATER = "2026-01-31", date(2027, 12, 31)
PERMANENT = {"nature_contrat": "01"}


@pytest.mark.parametrize(
    ("jobs", "at_six", "within_six", "lasting"),
    [
        pytest.param([], False, False, False, id="nothing"),
        pytest.param([job("2026-03-01", **PERMANENT)], True, True, True, id="a job without end"),
        pytest.param([job("2026-02-02", "2026-04-30")], False, True, False, id="a short one, over by then"),
        pytest.param([job("2025-11-01")], True, False, False, id="the one she had before"),
        pytest.param([job("2026-07-31")], True, True, False, id="begun on the very day"),
        pytest.param([job("2026-08-01")], False, False, False, id="begun the day after"),
        pytest.param([job("2026-02-01", "2026-08-01")], True, True, True, id="six months"),
        pytest.param([job("2026-02-01", "2026-07-31")], True, True, False, id="a day less"),
        pytest.param([job("2026-02-01", nature_contrat="29")], False, False, False, id="a stage is no job"),
        pytest.param([job("2026-01-31")], True, False, False, id="begun on the day of the exit"),
    ],
)
def test_what_is_known_of_the_sixth_month(
    jobs: list[dict[str, Any]], at_six: bool, within_six: bool, lasting: bool
) -> None:
    six, _ = what_followed(EXIT, jobs, LATER)
    assert (six.on, six.at, six.within, six.lasting) == (date(2026, 7, 31), at_six, within_six, lasting)


def test_of_a_day_still_to_come_nothing_is_said() -> None:
    six, twelve = what_followed(EXIT, [job("2026-03-01")], date(2026, 7, 31))
    assert six.at is True
    assert (twelve.at, twelve.within, twelve.lasting) == (None, None, None)


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        pytest.param(date(2026, 8, 31), 6, date(2027, 2, 28), id="February is short"),
        pytest.param(date(2023, 8, 31), 6, date(2024, 2, 29), id="a leap year"),
        pytest.param(date(2026, 6, 30), 12, date(2027, 6, 30), id="a year"),
    ],
)
def test_a_month_has_the_days_it_has(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after
