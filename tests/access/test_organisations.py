"""What a profile may declare and finds, in the contract's own words."""

from datetime import date

import pytest

from services.access.domain.habilitation import Habilitation, faults_of
from services.access.domain.organisation import natures_of, services_of
from services.access.domain.perimetre import OF_A_DOSSIER, OF_A_PERSON, PERIMETRES
from services.contracts import access
from services.contracts.declaration import NATURES
from services.contracts.dossier import codes
from tests.access.given import TODAY, keeping, right, steering

FUNDER = {"formation", "realisation", "financement", "suppression"}


@pytest.mark.parametrize(
    ("profile", "natures"),
    [
        ("opco", FUNDER),
        ("transitions_pro", FUNDER),
        ("region", FUNDER),
        ("france_travail", {*FUNDER, "accompagnement"}),
        ("caisse_des_depots", FUNDER),
        ("agefiph", FUNDER),
        ("payeur", {"remuneration", "suppression"}),
        ("certificateur", {"certification", "suppression"}),
        ("dsn", {"emploi", "suppression"}),
        ("operateur_cep", {"accompagnement", "suppression"}),
        ("ministere", set()),
        ("profil_inconnu", set()),
    ],
)
def test_a_profile_declares_its_own_kinds(profile: str, natures: set[str]) -> None:
    assert set(natures_of(profile)) == natures


def test_every_profile_of_the_contract_declares_kinds_of_the_contract() -> None:
    declared = {nature for profile in access.PROFILES for nature in natures_of(profile)}
    assert declared == set(NATURES)
    assert {profile for profile in access.PROFILES if not natures_of(profile)} == {
        "ministere",
        "bureau_identites",
    }


def test_the_domain_speaks_the_contracts_words() -> None:
    assert set(PERIMETRES) == set(access.PERIMETRES)
    assert {*OF_A_DOSSIER, *OF_A_PERSON} == set(codes.BLOCKS)
    assert {one.role for one in PERIMETRES.values()} <= set(codes.ROLES)


@pytest.mark.parametrize(
    ("profile", "rights", "services"),
    [
        pytest.param("opco", [], ("ingestion",), id="declares, reads nothing"),
        pytest.param("opco", [right()], ("dossier", "ingestion"), id="declares and reads"),
        pytest.param("opco", [right(valid_until=date(2026, 6, 14))], ("ingestion",), id="no longer reads"),
        pytest.param("ministere", [steering()], ("reporting",), id="steers"),
        pytest.param("ministere", [], (), id="finds nothing without a right"),
    ],
)
def test_services_are_those_of_the_profile_and_of_the_rights_in_force(
    profile: str, rights: list[Habilitation], services: tuple[str, ...]
) -> None:
    assert services_of(profile, rights, TODAY) == services


@pytest.mark.parametrize(
    ("habilitation", "faults"),
    [
        pytest.param(right(), [], id="well formed"),
        pytest.param(right(valid_until=date(2026, 1, 1)), [], id="one day"),
        pytest.param(steering(), [], id="figures"),
        pytest.param(
            right(valid_until=date(2025, 12, 31)), [("valid_until", "fin_avant_debut")], id="ends before"
        ),
        pytest.param(right(None), [("perimetre", "champ_obligatoire")], id="no perimetre"),
        pytest.param(right(blocs=()), [("blocs", "liste_trop_courte")], id="opens nothing"),
        pytest.param(
            right("dossiers_finances", "emplois"), [("blocs", "bloc_hors_perimetre")], id="block out of reach"
        ),
        pytest.param(right("personnes_financees", "emplois"), [], id="block of the person"),
        pytest.param(right(finalite="pilotage"), [("finalite", "finalite_hors_service")], id="no figures"),
        pytest.param(
            steering(finalite="suivi"), [("finalite", "finalite_hors_service")], id="follows figures"
        ),
        pytest.param(
            steering(perimetre="dossiers_payes", blocs=("dates",)),
            [("perimetre", "champ_sans_objet"), ("blocs", "champ_sans_objet")],
            id="figures have no blocks",
        ),
        pytest.param(keeping(), [], id="looks after identities"),
        pytest.param(keeping(finalite="droits_personne"), [], id="answers the person"),
        pytest.param(
            keeping(finalite="accompagnement", perimetre="personnes_accompagnees"),
            [],
            id="follows the person",
        ),
        pytest.param(
            keeping(finalite="prise_en_charge"),
            [("perimetre", "perimetre_hors_finalite")],
            id="a funder sees whom it funds, not everybody",
        ),
        pytest.param(
            keeping(finalite="accompagnement", perimetre="personnes_financees"),
            [("perimetre", "perimetre_hors_finalite")],
            id="an adviser sees whom it follows",
        ),
        pytest.param(
            keeping(perimetre="personnes_financees"),
            [("perimetre", "champ_sans_objet")],
            id="identities are kept of everybody",
        ),
        pytest.param(
            keeping(blocs=("dates",)), [("blocs", "champ_sans_objet")], id="no blocks in identities"
        ),
        pytest.param(
            keeping(finalite="remuneration"),
            [("finalite", "finalite_hors_service")],
            id="who pays knows whom",
        ),
        pytest.param(
            right(finalite="gestion_identites"),
            [("finalite", "finalite_hors_service")],
            id="no dossier for it",
        ),
    ],
)
def test_a_right_that_contradicts_itself_is_told_where(
    habilitation: Habilitation, faults: list[tuple[str, str]]
) -> None:
    assert list(faults_of(habilitation)) == faults


def test_a_right_is_its_content() -> None:
    assert right().habilitation_id == right().habilitation_id
    assert right().habilitation_id != right(base_legale="L.6353-10").habilitation_id
    assert right().habilitation_id != right(siret="35600000000048").habilitation_id
