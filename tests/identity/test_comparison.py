"""On which level two traits meet, as tables; and what holds for any two records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.comparison import (
    AUTRES_PRENOMS,
    COMMUNE,
    INITIAL,
    LIEU,
    NAISSANCE,
    NOM,
    ORDRE,
    PRENOM,
    SAME_NAME,
    SEXE,
    TRAITS,
    UNKNOWN,
    VARIANT,
    compare,
)
from services.identity.domain.records import read_record
from tests.identity.table import cases_of

Row = dict[str, Any]


def level(one: dict[str, Any], other: dict[str, Any], trait: int) -> str | None:
    found = compare(read_record(one), read_record(other)).levels[trait]
    return None if found == UNKNOWN else TRAITS[trait].levels[found]


@pytest.mark.parametrize("row", cases_of("noms_compares"))
def test_names_are_as_alike_as_their_writings_may_be(row: Row) -> None:
    one, other = row["noms"]
    assert level({"nom_naissance": one}, {"nom_naissance": other}, NOM) == row["niveau"]


@pytest.mark.parametrize("row", cases_of("naissances_comparees"))
def test_births_differ_by_slips_or_altogether(row: Row) -> None:
    one, other = row["dates"]
    assert level({"date_naissance": one}, {"date_naissance": other}, NAISSANCE) == row["niveau"]


@pytest.mark.parametrize("row", cases_of("lieux_compares"))
def test_places_are_the_same_by_code_or_by_label_now_or_then(row: Row) -> None:
    one, other = row["lieux"]
    assert level({"lieu_naissance": one}, {"lieu_naissance": other}, LIEU) == row["niveau"]


@pytest.mark.parametrize("row", cases_of("personnes_comparees"))
def test_names_meet_in_whatever_field_they_were_typed(row: Row) -> None:
    one, other = row["personnes"]
    found = {TRAITS[trait].name: level(one, other, trait) for trait in (NOM, PRENOM, ORDRE)}
    assert found == row["niveaux"]


@pytest.mark.parametrize("row", cases_of("autres_prenoms_compares"))
def test_first_names_beside_those_that_met_tell_too(row: Row) -> None:
    one, other = ({"nom_naissance": "Durand", "prenoms": told} for told in row["prenoms"])
    assert level(one, other, AUTRES_PRENOMS) == row["niveau"]


def test_first_names_typed_as_the_surname_have_no_others_beside_them() -> None:
    one = {"nom_naissance": "Durand", "prenoms": "Zoé Anne"}
    assert level(one, {"nom_naissance": "Zoé", "prenoms": "Durand Anne"}, AUTRES_PRENOMS) is None


def test_the_sex_counts_where_the_first_names_do_not_tell_it() -> None:
    one = {"prenoms": "Camille", "sexe": "F"}
    assert level(one, {"prenoms": "Camille", "sexe": "M"}, SEXE) is None
    assert level(one, {"prenoms": "Hugo", "sexe": "1"}, SEXE) == "autre"


def test_the_commune_is_not_counted_twice_beside_its_postcode() -> None:
    one = {"code_postal": "33000", "commune": "Bordeaux"}
    levels = compare(read_record(one), read_record(one)).levels
    assert levels[COMMUNE] == UNKNOWN
    assert levels[COMMUNE + 1] == SAME_NAME


def test_postcodes_a_slip_apart_promise_a_commune_only_where_it_is_the_same() -> None:
    one, other = {"code_postal": "94591", "commune": "Kerava"}, {"code_postal": "94951"}
    assert level(one, {**other, "commune": "Kerava"}, COMMUNE + 1) == "identique"
    assert level(one, {**other, "commune": "Lumijoki"}, COMMUNE + 1) is None
    assert level(one, {**other, "commune": "Lumijoki"}, COMMUNE) == "autre"


NAMES = st.sampled_from(
    ["", "Durand", "Durrand", "Jean", "Jean-Noël", "J", "de La Tour", "Tour", "Test", "Zoé"]
)
FIRST_NAMES = st.lists(NAMES, max_size=4).map(" ".join)
LETTER = "J"
TOLD = st.fixed_dictionaries(
    {
        "nom_naissance": NAMES,
        "nom_usage": NAMES,
        "prenoms": FIRST_NAMES,
        "sexe": st.sampled_from(["", "M", "F"]),
        "date_naissance": st.sampled_from(
            ["", "1994-03-12", "1994-12-03", "1994-03-00", "1994", "1961-11-29"]
        ),
        "lieu_naissance": st.sampled_from(["", "75056", "75112", "Paris", "99352", "Trifouilly", "20004"]),
        "code_postal": st.sampled_from(["", "33000", "33100", "75001"]),
        "commune": st.sampled_from(["", "Bordeaux", "Paris 1er", "Bordeau"]),
        "nir": st.sampled_from(["", "2940375120005", "2940375120006"]),
    }
)


@given(TOLD, TOLD)
def test_a_comparison_is_the_same_from_either_side(one: dict[str, str], other: dict[str, str]) -> None:
    first, second = read_record(one), read_record(other)
    assert compare(first, second).levels == compare(second, first).levels


@given(TOLD)
def test_a_record_is_on_the_highest_levels_with_itself(told: dict[str, str]) -> None:
    record = read_record(told)
    levels = compare(record, record).levels
    highest = [len(trait.levels) - 1 for trait in TRAITS]
    highest[NAISSANCE] -= record.birth.endswith("00")  # as much as is told
    for trait, names in ((NOM, record.surnames), (PRENOM, record.first_names)):
        if {name.text for name in names} == {LETTER}:
            highest[trait] = INITIAL
        elif trait == PRENOM and names and names[0].text == LETTER:
            highest[trait] = VARIANT  # the usual one is another than the first
    assert all(level in (UNKNOWN, high) for level, high in zip(levels, highest, strict=True))
