"""The NIR: its structure, its key, and what it tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fr import nir as stdnum_nir

from services.reference.identifiers import Invalid, Nir, Valid, check_nir, nir_key
from tests.reference.given import NEAR_TEXT, THIRTEEN, read_cases

VECTORS = read_cases("identifiers.json")["nir"]
# What the vectors say in words, as it is answered.
REASONS = {
    "key": "key",
    "first digit": "structure",
    "month 13": "structure",
    "month 00": "structure",
    "commune 000": "structure",
    "order 000": "structure",
    "letter": "characters",
    "length when the key is required": "length",
    "empty": "empty",
    "placeholder": "placeholder",
}


@pytest.mark.parametrize("text", VECTORS["valid"])
def test_a_nir_is_kept_without_its_key(text: str) -> None:
    assert check_nir(text) == Valid(text[:13])


@pytest.mark.parametrize("text", VECTORS["valid_written_otherwise"])
def test_the_way_of_writing_makes_no_difference(text: str) -> None:
    assert check_nir(text) in (Valid("2940375120005"), Valid("188052A004012"))


@pytest.mark.parametrize(("text", "words"), list(VECTORS["invalid"].items()))
def test_a_refused_nir_is_told_why(text: str, words: str) -> None:
    assert check_nir(text) == Invalid(REASONS[words])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param("2940375120005", Valid("2940375120005"), id="13 characters, as OPCO collect them"),
        pytest.param("2 94 03 75 120 005 ", Valid("2940375120005"), id="with separators"),
        pytest.param("294037512000591", Valid("2940375120005"), id="with its key"),
        pytest.param("294037512000592", Invalid("key"), id="a key that is given is checked"),
        pytest.param("29403751200059", Invalid("length"), id="half a key"),
        pytest.param("5940375120005", Invalid("structure"), id="first digit"),
        pytest.param("29403A5120005", Invalid("structure"), id="letter out of place"),
        pytest.param("7777777777777", Invalid("placeholder"), id="one digit over and over"),
        pytest.param("1111111111111", Invalid("placeholder"), id="even where its structure is right"),
        pytest.param("5555555555555", Invalid("placeholder"), id="and where it is not"),
    ],
)
def test_the_key_may_be_left_out_where_it_is_not_required(text: str, answer: object) -> None:
    assert check_nir(text, key_required=False) == answer


@pytest.mark.parametrize(
    ("place", "accepted"),
    [
        pytest.param("75120", True, id="commune"),
        pytest.param("2A004", True, id="Corse-du-Sud"),
        pytest.param("20004", True, id="Corsica before 1976"),
        pytest.param("92050", True, id="Algeria before independence"),
        pytest.param("96001", True, id="Tunisia before independence"),
        pytest.param("97411", True, id="overseas"),
        pytest.param("98818", True, id="overseas collectivity"),
        pytest.param("99352", True, id="abroad"),
        pytest.param("00001", False, id="no département 00"),
        pytest.param("97900", False, id="no département 979"),
        pytest.param("97400", False, id="no overseas commune 00"),
        pytest.param("98301", False, id="no collectivity 983"),
        pytest.param("99000", False, id="no country 000"),
    ],
)
def test_the_place_is_that_of_the_birth(place: str, accepted: bool) -> None:
    answer = check_nir(f"19403{place}005", key_required=False)
    assert isinstance(answer, Valid) == accepted


@pytest.mark.parametrize("month", range(100))
def test_a_month_is_known_or_one_of_the_incomplete_civil_statuses(month: int) -> None:
    known = month in {*range(1, 13), 20, *range(30, 43), *range(50, 100)}
    answer = check_nir(f"194{month:02d}75120005", key_required=False)
    assert isinstance(answer, Valid) == known


@given(THIRTEEN)
def test_a_nir_with_its_key_is_accepted(thirteen: str) -> None:
    assert check_nir(thirteen + nir_key(thirteen)) == Valid(thirteen)


@given(THIRTEEN)
def test_a_nir_without_its_key_is_accepted_only_where_it_may_be(thirteen: str) -> None:
    assert check_nir(thirteen, key_required=False) == Valid(thirteen)
    assert check_nir(thirteen) == Invalid("length")


@given(THIRTEEN, st.integers(0, 1), st.integers(1, 9))
def test_one_changed_digit_in_the_key_is_refused(thirteen: str, position: int, change: int) -> None:
    key = list(nir_key(thirteen))
    key[position] = str((int(key[position]) + change) % 10)
    assert check_nir(thirteen + "".join(key)) == Invalid("key")


@given(THIRTEEN)
def test_the_key_is_stdnums(thirteen: str) -> None:
    assert nir_key(thirteen) == stdnum_nir.calc_check_digits(thirteen)


@given(THIRTEEN.map(lambda thirteen: thirteen + nir_key(thirteen)) | NEAR_TEXT)
def test_what_is_accepted_with_its_key_stdnum_accepts(text: str) -> None:
    answer = check_nir(text)
    if isinstance(answer, Valid):
        assert stdnum_nir.is_valid(answer.value + nir_key(answer.value))


@given(THIRTEEN | NEAR_TEXT)
def test_a_canonical_nir_is_its_own(text: str) -> None:
    answer = check_nir(text, key_required=False)
    assert isinstance(answer, Invalid) or check_nir(answer.value, key_required=False) == answer


@given(THIRTEEN, st.sampled_from([" ", ".", "-", "\u00a0", "  "]))
def test_separators_are_taken_away(thirteen: str, separator: str) -> None:
    assert check_nir(separator.join(thirteen), key_required=False) == Valid(thirteen)


@pytest.mark.parametrize(
    ("thirteen", "told"),
    [
        pytest.param("2940375120005", ("2", 94, 3, "75120", False), id="woman, March, Paris 20e"),
        pytest.param("188052A004012", ("1", 88, 5, "2A004", False), id="man, May, Ajaccio"),
        pytest.param("2010997411003", ("2", 1, 9, "97411", False), id="overseas"),
        pytest.param("1751299109015", ("1", 75, 12, "99109", False), id="abroad"),
        pytest.param("1853399352021", ("1", 85, None, "99352", False), id="month unknown"),
        pytest.param("2905399999001", ("2", 90, None, "99999", False), id="month and country unknown"),
        pytest.param("1852099352021", ("1", 85, None, "99352", False), id="month 20 is none"),
        pytest.param("7920699243112", ("7", 92, 6, "99243", True), id="provisional, former practice"),
        pytest.param("8870499212034", ("8", 87, 4, "99212", True), id="provisional woman, former practice"),
        pytest.param("3940375120005", ("3", 94, 3, "75120", True), id="being registered"),
        pytest.param("4940375120005", ("4", 94, 3, "75120", True), id="woman being registered"),
    ],
)
def test_a_nir_tells(thirteen: str, told: tuple[str, int, int | None, str, bool]) -> None:
    nir = Nir(thirteen)
    assert (nir.sexe, nir.annee, nir.mois, nir.lieu, nir.is_provisional) == told


@given(THIRTEEN)
def test_every_accepted_nir_can_be_read(thirteen: str) -> None:
    nir = Nir(thirteen)
    assert nir.mois is None or 1 <= nir.mois <= 12
    assert f"{nir.sexe}{nir.annee:02d}" == thirteen[:3]
    assert thirteen[5:].startswith(nir.lieu)


@given(THIRTEEN)
def test_a_nir_has_no_text_of_its_own(thirteen: str) -> None:
    assert thirteen not in f"{Nir(thirteen)} {Nir(thirteen)!r}"
