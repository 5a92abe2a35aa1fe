"""Nomenclatures: complete where they claim to be, and coherent with one another."""

from collections.abc import Mapping
from datetime import date

import pytest

from services.reference import nomenclatures
from services.reference.identifiers import Valid, check_commune, check_pays
from services.reference.nomenclatures import (
    DEPARTEMENTS,
    DISPOSITIFS,
    REGIONS,
    VALIDITE_DISPOSITIFS,
    Validity,
    departement_of,
    is_dispositif_open,
    region_of_commune,
    tranche_age_of,
)
from services.reference.nomenclatures.communes import COMMUNES, Commune
from services.reference.nomenclatures.pays import PAYS

LISTS: dict[str, Mapping[str, str]] = {
    name: getattr(nomenclatures, name)
    for name in nomenclatures.__all__
    if name.isupper() and name not in ("DEPARTEMENTS", "VALIDITE_DISPOSITIFS")
}


@pytest.mark.parametrize("name", list(LISTS))
def test_every_code_has_a_label_of_its_own(name: str) -> None:
    labels = list(LISTS[name].values())
    assert all(label and label == label.strip() for label in labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("name", "count"),
    [("REGIONS", 18), ("OPCOS", 11), ("FINANCEURS", 20), ("NIVEAUX_DIPLOME", 8), ("MODALITES", 5)],
)
def test_a_closed_list_is_whole(name: str, count: int) -> None:
    assert len(LISTS[name]) == count


@pytest.mark.parametrize(("name", "digits"), [("NATURES_CONTRAT", 2), ("MOTIFS_FIN_CONTRAT", 3)])
def test_a_code_of_the_dsn_has_its_number_of_digits(name: str, digits: int) -> None:
    assert all(len(code) == digits and code.isdecimal() for code in LISTS[name])


def test_there_are_101_departements_and_7_collectivities() -> None:
    assert len([one for one in DEPARTEMENTS.values() if one.region]) == 101
    assert {code for code, one in DEPARTEMENTS.items() if not one.region} == {
        "975", "977", "978", "984", "986", "987", "988",
    }  # fmt: skip


def test_every_region_has_a_departement_and_no_departement_another_region() -> None:
    assert {one.region for one in DEPARTEMENTS.values()} - {None} == set(REGIONS)


@pytest.mark.parametrize(
    ("commune", "departement", "region"),
    [
        pytest.param("75120", "75", "11", id="Paris 20e"),
        pytest.param("69383", "69", "84", id="Lyon 3e"),
        pytest.param("2A004", "2A", "94", id="Ajaccio"),
        pytest.param("2B033", "2B", "94", id="Bastia"),
        pytest.param("97105", "971", "01", id="Guadeloupe"),
        pytest.param("97209", "972", "02", id="Martinique"),
        pytest.param("97302", "973", "03", id="Guyane"),
        pytest.param("97411", "974", "04", id="La Réunion"),
        pytest.param("97611", "976", "06", id="Mayotte"),
        pytest.param("97502", "975", None, id="Saint-Pierre-et-Miquelon is in no région"),
        pytest.param("97801", "978", None, id="nor is Saint-Martin"),
        pytest.param("98818", "988", None, id="nor is Nouméa"),
        pytest.param("99109", "99", None, id="nor is Germany"),
        pytest.param("20004", "20", None, id="nor is a code that is no more"),
        pytest.param("", "", None, id="nor is nothing"),
    ],
)
def test_a_commune_leads_to_its_region(commune: str, departement: str, region: str | None) -> None:
    assert (departement_of(commune), region_of_commune(commune)) == (departement, region)


@pytest.mark.parametrize("commune", list(COMMUNES.values()), ids=list(COMMUNES))
def test_a_commune_has_a_code_of_its_departement(commune: Commune) -> None:
    assert check_commune(commune.code) == Valid(commune.code)
    assert departement_of(commune.code) == commune.departement
    assert commune.departement in DEPARTEMENTS


def test_the_communes_are_of_every_region_and_departement() -> None:
    assert {region_of_commune(code) for code in COMMUNES} >= set(REGIONS)
    assert {one.departement for one in COMMUNES.values()} == set(DEPARTEMENTS) - {"984"}


def test_the_arrondissements_are_all_there() -> None:
    paris = {f"751{number:02d}" for number in range(1, 21)}
    lyon = {f"6938{number}" for number in range(1, 10)}
    marseille = {f"132{number:02d}" for number in range(1, 17)}
    assert set(COMMUNES) >= paris | lyon | marseille | {"75056", "69123", "13055"}


@pytest.mark.parametrize(
    ("code", "nom"),
    [
        ("2A004", "Ajaccio"),
        ("2B033", "Bastia"),
        ("75120", "Paris 20e Arrondissement"),
        ("97411", "Saint-Denis"),
    ],
)
def test_a_commune_has_its_name(code: str, nom: str) -> None:
    assert COMMUNES[code].nom == nom


def test_every_country_has_a_code_of_a_country_abroad() -> None:
    assert all(check_pays(code) == Valid(code) and code != "99100" for code in PAYS)


@pytest.mark.parametrize(
    ("code", "nom", "until"),
    [
        ("99109", "Allemagne", None),
        ("99352", "Algérie", None),
        ("99243", "Vietnam", None),
        ("99141", "Allemagne de l’Est", date(1990, 10, 2)),
    ],
)
def test_a_country_has_its_name_and_its_last_day(code: str, nom: str, until: date | None) -> None:
    assert (PAYS[code].nom, PAYS[code].valid_until) == (nom, until)


def test_only_dispositifs_have_days() -> None:
    assert set(VALIDITE_DISPOSITIFS) <= set(DISPOSITIFS)


@pytest.mark.parametrize(
    ("dispositif", "day", "opened"),
    [
        pytest.param("CPF", date(2014, 12, 31), False, id="day before"),
        pytest.param("CPF", date(2015, 1, 1), True, id="first day"),
        pytest.param("PRO_A", date(2025, 12, 31), True, id="last day"),
        pytest.param("PRO_A", date(2026, 1, 1), False, id="day after"),
        pytest.param("PERIODE_RECONVERSION", date(2026, 1, 1), True, id="what came in its place"),
        pytest.param("AIF", date(1990, 1, 1), True, id="whose days are not known"),
    ],
)
def test_a_dispositif_is_open_from_its_first_day_to_its_last(
    dispositif: str, day: date, opened: bool
) -> None:
    assert is_dispositif_open(dispositif, day) == opened


def test_a_code_without_days_may_always_be_used() -> None:
    assert Validity().covers(date.min)
    assert Validity().covers(date.max)


@pytest.mark.parametrize(
    ("age", "band"),
    [(15, "moins_26"), (25, "moins_26"), (26, "26_44"), (44, "26_44"), (45, "45_plus"), (99, "45_plus")],
)
def test_an_age_is_in_one_band(age: int, band: str) -> None:
    assert tranche_age_of(age) == band
