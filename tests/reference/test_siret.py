"""SIRET: its key, La Poste's, and the zeros that spreadsheets lose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from services.reference.identifiers import Invalid, Valid, check_siren, check_siret, propose_siret
from tests.reference.given import ANY_TEXT, NEAR_TEXT

VALID_SIRENS = (
    st.integers(0, 10**8 - 1)
    .map(lambda number: f"{number:08d}")
    .map(lambda eight: eight + luhn.calc_check_digit(eight))
)
VALID_SIRETS = st.tuples(VALID_SIRENS, st.integers(1, 9999)).map(
    lambda made: (first := f"{made[0]}{made[1]:04d}") + luhn.calc_check_digit(first)
)
LA_POSTE = st.integers(1, 99999).map(lambda nic: f"356000000{nic:05d}")


@given(st.from_regex(r"[0-9]{9}", fullmatch=True) | VALID_SIRENS)
def test_a_siren_is_stdnums_but_for_placeholders(digits: str) -> None:
    expected = bool(stdnum_siren.is_valid(digits)) and len(set(digits)) > 1
    assert isinstance(check_siren(digits), Valid) == expected


@given(st.from_regex(r"[0-9]{14}", fullmatch=True) | VALID_SIRETS)
def test_a_siret_is_stdnums_but_for_placeholders(digits: str) -> None:
    placeholder = len(set(digits[:9])) == 1 or digits.endswith("00000")
    expected = bool(stdnum_siret.is_valid(digits)) and not placeholder
    assert isinstance(check_siret(digits), Valid) == expected


@given(LA_POSTE)
def test_la_poste_may_pass_by_luhn_or_by_its_own_sum(digits: str) -> None:
    expected = luhn.is_valid(digits) or sum(map(int, digits)) % 5 == 0
    assert isinstance(check_siret(digits), Valid) == expected


@given(VALID_SIRETS.filter(lambda siret: not siret.startswith("356000000")), st.integers(1, 9))
def test_one_changed_digit_in_the_key_is_refused(siret: str, change: int) -> None:
    changed = siret[:13] + str((int(siret[13]) + change) % 10)
    assert isinstance(check_siret(changed), Invalid)


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        pytest.param("5410345000010", None, id="a wrong key"),
        pytest.param("732829320", None, id="a valid SIREN misses its NIC, not its zeros"),
        pytest.param("73282932000074", None, id="14 digits miss nothing"),
        pytest.param("7328293200007", None, id="a digit lost at the end"),
        pytest.param("32517500016", "00032517500016", id="three zeros, as the first SIREN has"),
        pytest.param("32 517 500 016", "00032517500016", id="with separators"),
        pytest.param("12345678", None, id="too short"),
        pytest.param("3251750001A", None, id="a letter"),
        pytest.param("0" * 13, None, id="zeros"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_lost_zeros_are_proposed_not_accepted(text: str, proposed: str | None) -> None:
    assert isinstance(check_siret(text), Invalid) or proposed is None
    assert propose_siret(text) == proposed


@given(
    VALID_SIRETS.map(lambda siret: "0" + siret[1:]).filter(lambda siret: check_siret(siret) == Valid(siret))
)
def test_a_siret_that_lost_its_zeros_is_proposed_again(siret: str) -> None:
    lost = siret.lstrip("0")
    if len(lost) > 9:
        assert propose_siret(lost) == siret


@given(ANY_TEXT | NEAR_TEXT | st.integers(0, 10**14).map(str))
def test_what_is_proposed_is_valid_and_ends_as_it_was_written(text: str) -> None:
    proposed = propose_siret(text)
    assert proposed is None or check_siret(proposed) == Valid(proposed)
