"""Which traits are the same, and which say nothing."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.traits import Comparable, Traits, comparable, normalised

TODAY = date(2026, 6, 15)
MARIE = Traits("2940375120005", "Dupont", "Marie", "F", "1994-03-12", "75120")
# Any text at all, lone surrogates and NUL included.
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        pytest.param("DUPONT", "DUPONT", id="as it is"),
        pytest.param("  Dupont ", "DUPONT", id="case and spaces around"),
        pytest.param("Jean-Noël", "JEANNOEL", id="hyphen and diaeresis"),
        pytest.param("JEAN NOEL", "JEANNOEL", id="space in its place"),
        pytest.param("Jean\u2010Noe\u0308l", "JEANNOEL", id="typographic hyphen, accent apart"),
        pytest.param("D'Artagnan", "DARTAGNAN", id="apostrophe"),
        pytest.param("d’Artagnan", "DARTAGNAN", id="typographic apostrophe"),
        pytest.param("de La Fontaine", "DELAFONTAINE", id="particles stay"),
        pytest.param("Fontaine", "FONTAINE", id="without its particles it is another name"),
        pytest.param("Œuvrard", "OEUVRARD", id="ligature"),
        pytest.param("Lætitia", "LAETITIA", id="another ligature"),
        pytest.param("François", "FRANCOIS", id="cedilla"),
        pytest.param("Strauß", "STRAUSS", id="eszett"),
        pytest.param("Łukasz Sørensen", "LUKASZSORENSEN", id="strokes"),
        pytest.param("Nguyễn", "NGUYEN", id="two accents on one letter"),
        pytest.param("Иванов", "ИВАНОВ", id="another alphabet"),
        pytest.param("ＤＵＰＯＮＴ", "DUPONT", id="full width"),
        pytest.param("DU\x00PONT\ud800", "DUPONT", id="NUL and a lone surrogate"),
        pytest.param("-'.", "", id="nothing but signs"),
    ],
)
def test_a_name_is_compared_by_its_letters(written: str, compared: str) -> None:
    assert normalised(written) == compared


@given(ANY_TEXT)
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(ANY_TEXT)
def test_case_makes_no_difference(text: str) -> None:
    assert normalised(text.casefold()) == normalised(text)


@given(ANY_TEXT)
def test_what_is_normalised_can_be_written(text: str) -> None:
    normalised(text).encode()


@pytest.mark.parametrize(
    "written",
    [
        {"name": "dupont"},
        {"first_name": "MARIE"},
        {"birth": "19940312"},
        {"nir": "2 94 03 75 120 005 91"},
        {"place": " 75120 ".strip()},
    ],
)
def test_the_way_of_writing_makes_no_difference(written: dict[str, str]) -> None:
    assert comparable(replace(MARIE, **written), TODAY) == comparable(MARIE, TODAY)


@pytest.mark.parametrize(
    "written",
    [
        {"name": "Durand"},
        {"first_name": "Anne"},
        {"sex": "M"},
        {"birth": "1994-03-13"},
        {"place": "75119"},
        {"place": "99109"},
    ],
)
def test_another_trait_makes_another_civil_status(written: dict[str, str]) -> None:
    other = comparable(replace(MARIE, **written), TODAY)
    assert other.civil_status not in (None, comparable(MARIE, TODAY).civil_status)


@pytest.mark.parametrize(
    "filler",
    [
        "TEST",
        "Test 2",
        "INCONNU",
        "inconnue",
        "X",
        "xxx",
        "NC",
        "N.C.",
        "Non renseigné",
        "-",
        "0",
        "?",
        "aaa",
    ],
)
@pytest.mark.parametrize("field", ["name", "first_name"])
def test_a_filler_is_the_name_of_nobody(field: str, filler: str) -> None:
    filled = comparable(replace(MARIE, **{field: filler}), TODAY)
    assert filled.civil_status is None
    assert (filled.by_name if field == "name" else filled.by_first_name) is None


@pytest.mark.parametrize("surname", ["Sans", "Na", "Toto", "Vidé-Martin", "Testard", "O’", "Li"])
def test_a_surname_that_looks_like_a_filler_is_somebodys(surname: str) -> None:
    told = comparable(replace(MARIE, name=surname), TODAY)
    assert (told.civil_status is None) == (surname == "O’")


@pytest.mark.parametrize(
    ("birth", "beside_a_nir", "alone"),
    [
        pytest.param("1994-03-12", True, True, id="a day"),
        pytest.param("1994-03-00", True, False, id="day unknown"),
        pytest.param("1994-00-00", True, False, id="month unknown"),
        pytest.param("1900-01-01", False, False, id="filler"),
        pytest.param("1970-01-01", True, False, id="a real day, and a machine's"),
        pytest.param("1900-12-31", False, False, id="126 years ago"),
        pytest.param("1901-12-31", True, True, id="very old"),
        pytest.param("2026-06-15", True, True, id="born today"),
        pytest.param("2026-06-16", False, False, id="born tomorrow"),
        pytest.param("1994-02-30", False, False, id="in no calendar"),
        pytest.param("0001-01-01", False, False, id="year 1"),
        pytest.param("12/03/1994", False, False, id="not a date"),
        pytest.param("", False, False, id="nothing"),
    ],
)
def test_a_date_of_birth_counts_as_far_as_it_can_be_true(birth: str, beside_a_nir: bool, alone: bool) -> None:
    told = comparable(replace(MARIE, birth=birth), TODAY)
    assert (told.by_name is not None, told.by_first_name is not None) == (beside_a_nir, beside_a_nir)
    assert (told.civil_status is not None) == alone


@pytest.mark.parametrize("place", [None, "", "99999", "75000", "Paris", "\ud800"])
def test_without_a_birthplace_there_is_no_civil_status(place: str | None) -> None:
    assert comparable(replace(MARIE, place=place), TODAY).civil_status is None


@pytest.mark.parametrize(
    "nir",
    [
        pytest.param("", id="empty"),
        pytest.param("0000000000000", id="zeros"),
        pytest.param("1111111111111", id="ones"),
        pytest.param("1999999999999", id="nines"),
        pytest.param("2941375120005", id="month 13"),
        pytest.param("294037512000592", id="wrong key"),
        pytest.param("\ud8002940375120", id="surrogate"),
    ],
)
def test_a_number_that_is_no_nir_is_none(nir: str) -> None:
    assert comparable(replace(MARIE, nir=nir), TODAY).nir is None


@given(st.builds(Traits, st.none() | ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.none() | ANY_TEXT))
def test_garbage_is_compared_with_nothing(traits: Traits) -> None:
    assert comparable(traits, TODAY) == Comparable(None, None, None, None)


@given(
    st.builds(
        Traits,
        st.none() | ANY_TEXT,
        ANY_TEXT,
        ANY_TEXT,
        st.sampled_from("MF"),
        st.just("1994-03-12"),
        st.just("75120"),
    )
)
def test_any_name_can_be_hashed(traits: Traits) -> None:
    for value in comparable(traits, TODAY):
        assert value is None or value.encode()


def test_traits_never_show_themselves() -> None:
    assert "upont" not in repr(MARIE)
