"""Every identifier: what is accepted, in which form, and why the rest is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reference.identifiers import Answer, Invalid, Valid
from tests.reference.given import ANY_TEXT, CHECKERS, NEAR_TEXT, REASONS, read_cases

VECTORS = read_cases("identifiers.json")
CODES = read_cases("codes.json")
HUGE = 5_000_000


VALID_VECTORS = [
    pytest.param(name, text, id=f"{name} {text}")
    for name, cases in VECTORS.items()
    for text in [*cases["valid"], *cases.get("valid_written_otherwise", [])]
]
INVALID_VECTORS = [
    pytest.param(name, text, id=f"{name} {text or 'empty'}")
    for name, cases in VECTORS.items()
    for text in cases["invalid"]
]


def _codes(verdict: str) -> list[object]:
    return [
        pytest.param(name, text, expected, id=f"{name} {text or 'empty'}")
        for name, cases in CODES.items()
        for text, expected in cases[verdict].items()
    ]


@pytest.mark.parametrize(("name", "text"), VALID_VECTORS)
def test_a_valid_vector_is_accepted(name: str, text: str) -> None:
    assert isinstance(CHECKERS[name](text), Valid)


@pytest.mark.parametrize(("name", "text"), INVALID_VECTORS)
def test_an_invalid_vector_is_refused(name: str, text: str) -> None:
    assert isinstance(CHECKERS[name](text), Invalid)


@pytest.mark.parametrize(("text", "canonical"), list(VECTORS["rncp"]["normalised"].items()))
def test_a_rncp_without_its_prefix_is_given_it(text: str, canonical: str) -> None:
    assert CHECKERS["rncp"](text) == Valid(canonical)


@pytest.mark.parametrize(("name", "text", "canonical"), _codes("valid"))
def test_a_code_is_put_in_its_canonical_form(name: str, text: str, canonical: str) -> None:
    assert CHECKERS[name](text) == Valid(canonical)


@pytest.mark.parametrize(("name", "text", "reason"), _codes("invalid"))
def test_a_refused_code_is_told_why(name: str, text: str, reason: str) -> None:
    assert CHECKERS[name](text) == Invalid(reason)


def test_every_checker_has_cases() -> None:
    assert set(CHECKERS) == {*VECTORS, *CODES}


@pytest.mark.parametrize("name", list(CHECKERS))
@given(text=ANY_TEXT | NEAR_TEXT)
def test_any_text_is_answered(name: str, text: str) -> None:
    answer = CHECKERS[name](text)
    assert isinstance(answer, Valid) or answer.reason in REASONS


@pytest.mark.parametrize("name", list(CHECKERS))
@given(text=NEAR_TEXT)
def test_what_is_accepted_is_plain_letters_and_digits(name: str, text: str) -> None:
    answer = CHECKERS[name](text)
    assert isinstance(answer, Invalid) or (answer.value.isascii() and answer.value.isalnum())


@given(data=st.data())
@pytest.mark.parametrize("name", [name for name in CHECKERS if name != "nir"])
def test_a_canonical_form_is_its_own(name: str, data: st.DataObject) -> None:
    known = [*VECTORS.get(name, {}).get("valid", []), *CODES.get(name, {}).get("valid", {})]
    answer = CHECKERS[name](data.draw(NEAR_TEXT | st.sampled_from(known)))
    assert isinstance(answer, Invalid) or CHECKERS[name](answer.value) == answer


@pytest.mark.parametrize("name", list(CHECKERS))
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" * HUGE, id="digits"),
        pytest.param(" " * HUGE, id="spaces"),
        pytest.param("\x00" * HUGE, id="NUL"),
        pytest.param("\ud800" * HUGE, id="lone surrogates"),
        pytest.param("ß" * HUGE, id="letters that double as capitals"),
    ],
)
def test_a_huge_text_is_refused_for_its_length(name: str, text: str) -> None:
    assert CHECKERS[name](text) == Invalid("length")


@pytest.mark.parametrize(("name", "text"), VALID_VECTORS)
def test_what_follows_an_identifier_is_never_cut_off(name: str, text: str) -> None:
    assert CHECKERS[name](text + " " * 64 + "X") == Invalid("length")


@pytest.mark.parametrize(("name", "text"), VALID_VECTORS)
@pytest.mark.parametrize("sign", ["\x00", "\ud800", "é", "９", "/", "_"])
def test_a_foreign_sign_is_no_part_of_an_identifier(name: str, text: str, sign: str) -> None:
    assert CHECKERS[name](text + sign) == Invalid("characters")


def test_a_reason_never_holds_the_value() -> None:
    answers: list[Answer] = [CHECKERS["nir"]("294037512000592"), CHECKERS["siret"]("73282932000075")]
    assert answers == [Invalid("key"), Invalid("key")]
