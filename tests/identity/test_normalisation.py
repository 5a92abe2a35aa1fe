"""How civil status is read, as tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.normalisation.births import read_birth
from services.identity.domain.normalisation.letters import words_of
from services.identity.domain.normalisation.names import commune_name_of, first_names_of, surnames_of
from services.identity.domain.normalisation.places import place_of
from services.identity.domain.records import read_record
from tests.identity.table import cases_of

Row = dict[str, Any]


@pytest.mark.parametrize("row", cases_of("noms"))
def test_a_surname_is_read_by_its_letters(row: Row) -> None:
    assert [name.text for name in surnames_of(row["naissance"], row.get("usage", ""))] == row["lus"]


@pytest.mark.parametrize("row", cases_of("prenoms"))
def test_first_names_are_read_in_their_order(row: Row) -> None:
    assert [name.text for name in first_names_of(row["prenoms"])] == row["lus"]


@pytest.mark.parametrize("row", cases_of("naissances"))
def test_a_birth_is_read_as_far_as_it_is_told(row: Row) -> None:
    assert read_birth(row["ecrit"]) == row["lu"]


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ("LYON CEDEX 03", "LYON"),
        ("Paris 12e Arrondissement", "PARIS"),
        ("St-Étienne", "SAINTETIENNE"),
        ("L’Haÿ-les-Roses", "LHAYLESROSES"),
    ],
)
def test_a_commune_is_read_without_what_the_post_adds(label: str, read: str) -> None:
    name = commune_name_of(label)
    assert name is not None
    assert name.text == read


@given(st.text())
def test_any_text_is_read_and_read_again_it_is_the_same(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    surnames_of(text, text)
    first_names_of(text)
    read_birth(text)
    place_of(text)


_NAMES = st.sampled_from(
    [
        "LE ROUX",
        "LEROUX",
        "Le-Roux",
        "JEAN PAUL",
        "JEAN-PAUL",
        "JEANPAUL",
        "JEAN, PAUL",
        "PAUL JEAN",
        "DE LA TOUR",
        "DELATOUR",
        "",
    ]
)
_TOLD = st.fixed_dictionaries(
    {
        "nom_naissance": _NAMES,
        "nom_usage": _NAMES,
        "prenoms": _NAMES,
        "commune": _NAMES,
        "lieu_naissance": st.sampled_from(["PARIS", "PARIS (75)", "75056", "75101", "Paris 1er", ""]),
    }
)


@given(_TOLD, _TOLD)
def test_two_records_have_one_fingerprint_when_nothing_tells_them_apart(
    one: dict[str, str], other: dict[str, str]
) -> None:
    first, second = read_record(one), read_record(other)
    assert (first.fingerprint == second.fingerprint) == (first == second)
    same_but_for_that = second._replace(fingerprint=first.fingerprint) == first
    assert same_but_for_that == (first.fingerprint == second.fingerprint)
