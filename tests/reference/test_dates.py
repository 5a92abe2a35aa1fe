"""Dates of which the day or the month may be unknown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reference.dates import PartialDate, parse_partial_date
from services.reference.identifiers import Invalid
from tests.reference.given import ANY_TEXT

NEAR_DATES = st.text(st.sampled_from("0123456789-٣ "), max_size=12)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        pytest.param("1994-03-12", PartialDate(1994, 3, 12), id="full"),
        pytest.param("19940312", PartialDate(1994, 3, 12), id="AAAAMMJJ"),
        pytest.param("1994-03-00", PartialDate(1994, 3, None), id="day unknown"),
        pytest.param("19940300", PartialDate(1994, 3, None), id="AAAAMM00"),
        pytest.param("1994-00-00", PartialDate(1994, None, None), id="month unknown"),
        pytest.param("19940000", PartialDate(1994, None, None), id="AAAA0000"),
        pytest.param("1996-02-29", PartialDate(1996, 2, 29), id="leap day"),
        pytest.param("1994-02-29", Invalid("calendar"), id="no leap day"),
        pytest.param("1994-04-31", Invalid("calendar"), id="in no calendar"),
        pytest.param("1994-13-00", Invalid("calendar"), id="month 13"),
        pytest.param("1994-00-12", Invalid("structure"), id="a day without its month"),
        pytest.param("00000000", Invalid("structure"), id="nothing known"),
        pytest.param("1994-0312", Invalid("structure"), id="half written"),
        pytest.param("12/03/1994", Invalid("structure"), id="the French way"),
        pytest.param("1994-03-12 ", Invalid("structure"), id="something behind"),
        pytest.param("１９９４0312", Invalid("structure"), id="full width digits"),
        pytest.param("", Invalid("empty"), id="empty"),
        pytest.param("1" * 5_000_000, Invalid("structure"), id="a number without end"),
    ],
)
def test_a_partial_date_is_read(text: str, parsed: object) -> None:
    assert parse_partial_date(text) == parsed


@pytest.mark.parametrize("text", ["1994-03-12", "1994-03-00", "1994-00-00", "0099-01-01"])
def test_a_partial_date_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_partial_date(text)) == text


@given(st.dates())
def test_a_full_date_is_written_as_iso(day: date) -> None:
    assert str(parse_partial_date(day.isoformat())) == day.isoformat()


@given(ANY_TEXT | NEAR_DATES)
def test_any_text_is_answered(text: str) -> None:
    parsed = parse_partial_date(text)
    assert isinstance(parsed, Invalid) or parse_partial_date(str(parsed)) == parsed
