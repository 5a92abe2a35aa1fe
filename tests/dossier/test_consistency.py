"""What does not hold together is found, told to whom it concerns, and gone once it is corrected."""

from typing import Any

import pytest

from services.contracts.dossier.codes import ANOMALIES, GRAVITIES
from services.dossier.domain.consistency import GRAVITY, RULES
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.fold import fold
from tests.dossier.saying import ASP, CDC, CERTIFIER, OPCO, PERSON, event, formation, paid, said

FILE = File(OPCO, "D1")
PLANNED = said("formation", formation(certification="RNCP1", heures_prevues=300))
ENTERED = said("realisation", event("entree", "2026-02-01"), at=40)
LEFT = said("realisation", event("sortie", "2026-05-01", realisation="totale", taux_realisation=100), at=130)


def happens(evenement: str, le: str, at: float = 200, **more: Any) -> Contribution:
    return said("realisation", event(evenement, le, **more), at=at)


def funded(**more: Any) -> list[Contribution]:
    """Two funders of one path, each with a hundred."""
    return [
        said("formation", formation(**more)),
        said("financement", paid(100)),
        said("formation", formation(**more), by=CDC),
        said("financement", paid(100), by=CDC),
    ]


def apprenticed(begins: str, ends: str) -> list[Contribution]:
    training = formation("2026-09-01", "2027-06-30", dispositif="APPRENTISSAGE")
    return [said("formation", training), said("realisation", event("contrat", begins, fin=ends), at=260)]


# For each code: what is wrong, where it shows, in how many declarations, and what sets it right.
CASES: dict[str, tuple[list[Contribution], str, int, list[Contribution]]] = {
    "sortie_avant_entree": (
        [PLANNED, ENTERED, happens("sortie", "2026-01-15")],
        "dates.sortie_le",
        2,
        [happens("sortie", "2026-05-01", at=201)],
    ),
    "sortie_sans_entree": ([PLANNED, LEFT], "dates.entree_le", 1, [ENTERED]),
    "evenement_futur": (
        [PLANNED, happens("entree", "2026-02-01", at=3)],
        "dates.entree_le",
        1,
        [happens("entree", "2026-02-01", at=40)],
    ),
    "entree_apres_fin_prevue": (
        [PLANNED, happens("entree", "2026-05-11")],
        "dates.entree_le",
        2,
        [happens("report", "2026-05-04", debut_prevu="2026-05-11", fin_prevue="2026-08-01")],
    ),
    "dates_prevues_inversees": (
        [PLANNED, happens("report", "2026-01-20", fin_prevue="2026-01-30")],
        "dates.fin_prevue",
        2,
        [
            happens("report", "2026-01-20", at=201, debut_prevu="2026-01-21", fin_prevue="2026-01-30"),
            said("formation", formation("2026-01-21", "2026-01-30"), at=1),
        ],
    ),
    "entree_ancienne": (
        [PLANNED, happens("entree", "2024-12-01")],
        "dates.entree_le",
        1,
        [happens("entree", "2026-02-01", at=201)],
    ),
    "heures_prevues_excessives": (
        [said("formation", formation(heures_prevues=901))],
        "dates.heures_prevues",
        1,
        [said("formation", formation(heures_prevues=900), at=1)],
    ),
    "heures_realisees_excessives": (
        [PLANNED, ENTERED, happens("sortie", "2026-02-10", heures_realisees=101)],
        "dates.heures_realisees",
        1,
        [happens("sortie", "2026-02-10", at=201, heures_realisees=100)],
    ),
    "taux_incoherent": (
        [PLANNED, ENTERED, happens("sortie", "2026-05-01", realisation="totale", taux_realisation=80)],
        "dates.taux_realisation",
        1,
        [happens("sortie", "2026-05-01", at=201, realisation="partielle", taux_realisation=80)],
    ),
    "abandon_realise_en_entier": (
        [PLANNED, ENTERED, happens("abandon", "2026-03-01", taux_realisation=100)],
        "dates.taux_realisation",
        1,
        [happens("abandon", "2026-03-01", at=201, taux_realisation=30)],
    ),
    "reprise_sans_interruption": (
        [PLANNED, ENTERED, happens("reprise", "2026-03-10")],
        "dates.interruptions",
        1,
        [happens("interruption", "2026-03-01")],
    ),
    "evenement_apres_sortie": (
        [PLANNED, ENTERED, LEFT, happens("interruption", "2026-05-11")],
        "dates.interruptions",
        1,
        [happens("sortie", "2026-06-01", at=201)],
    ),
    "evenement_apres_refus": (
        [PLANNED, happens("refus", "2026-01-20"), ENTERED],
        "dates.entree_le",
        1,
        [happens("accord", "2026-01-25")],
    ),
    "annulation_apres_entree": (
        [PLANNED, ENTERED, happens("annulation", "2026-02-10")],
        "dates",
        1,
        [happens("annulation", "2026-01-10", at=201), happens("entree", "2026-02-01", at=201)],
    ),
    "service_fait_sans_sortie": (
        [PLANNED, ENTERED, happens("service_fait", "2026-05-04")],
        "dates.service_fait_le",
        1,
        [LEFT],
    ),
    "financements_superieurs_au_cout": (
        funded(cout_total=150),
        "financements",
        4,
        [said("financement", paid(50), by=CDC, at=1)],
    ),
    "financements_inferieurs_au_cout": (
        funded(cout_total=250),
        "financements",
        2,
        [said("financement", paid(150), by=CDC, at=1)],
    ),
    "couts_differents": (
        [*funded(cout_total=200), said("formation", formation(cout_total=201), by=CDC, at=1)],
        "financements",
        2,
        [said("formation", formation(cout_total=200), by=CDC, at=2)],
    ),
    "remuneration_hors_formation": (
        [
            PLANNED,
            ENTERED,
            LEFT,
            said(
                "remuneration", {"debut": "2026-05-02", "fin": "2026-05-31", "montant": 1}, by=ASP, file=FILE
            ),
        ],
        "remunerations",
        1,
        [happens("sortie", "2026-05-29", at=201)],
    ),
    "certification_avant_entree": (
        [
            PLANNED,
            ENTERED,
            said(
                "certification",
                {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-01-02"},
                by=CERTIFIER,
            ),
        ],
        "certifications",
        2,
        [
            said(
                "certification",
                {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-06-02"},
                by=CERTIFIER,
                at=1,
            )
        ],
    ),
    "dispositif_ferme": (
        [said("formation", formation(dispositif="PRO_A"))],
        "formation.dispositif",
        1,
        [said("formation", formation(dispositif="PERIODE_RECONVERSION"), at=1)],
    ),
    "duree_contrat": (
        apprenticed("2026-09-01", "2026-12-31"),
        "dates.contrats",
        1,
        [said("realisation", event("contrat", "2026-09-01", fin="2027-08-31"), at=261)],
    ),
    "contrat_hors_formation": (
        apprenticed("2026-05-01", "2027-06-30"),
        "dates.contrats",
        1,
        [said("formation", formation("2026-07-01", "2027-06-30", dispositif="APPRENTISSAGE"), at=1)],
    ),
    "dossier_peut_etre_en_double": (
        [PLANNED, said("formation", formation(), ref="D2")],
        "formation",
        1,
        [said("formation", formation("2027-02-01", "2027-03-01", certification="RNCP2"), ref="D2", at=1)],
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_it_is_found_and_gone_once_it_is_corrected(code: str) -> None:
    wrong, path, declarations, right = CASES[code]
    dossier = fold(PERSON, wrong).dossiers[0]
    (found,) = [one for one in dossier.anomalies if one.code == code]
    assert found.path == path
    assert len(found.blamed) == declarations
    after = fold(PERSON, [*wrong, *right])
    assert code not in {one.code for dossier in after.dossiers for one in dossier.anomalies}
    told = [one for effect in after.effects.values() for one, _ in effect.findings]
    assert code not in told, "and its sources are told of it no more"


@pytest.mark.parametrize("code", CASES)
def test_its_sources_are_told_in_which_of_their_declarations_and_where(code: str) -> None:
    wrong = CASES[code][0]
    parcours = fold(PERSON, wrong)
    nature_of = {one.declaration_id: one for one in wrong}
    for declaration_id, effect in parcours.effects.items():
        for _, where in effect.findings:
            name = where.removeprefix("faits.")
            assert where == "reference" or name in nature_of[declaration_id].faits, where


def test_a_path_in_which_nothing_is_wrong_has_no_anomaly() -> None:
    got = {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-06-02"}
    parcours = fold(
        PERSON,
        [
            PLANNED,
            said("financement", paid(100)),
            happens("accord", "2026-01-10"),
            ENTERED,
            happens("interruption", "2026-03-01"),
            happens("reprise", "2026-03-10"),
            LEFT,
            happens("service_fait", "2026-05-04"),
            said(
                "remuneration", {"debut": "2026-02-01", "fin": "2026-02-28", "montant": 1}, by=ASP, file=FILE
            ),
            said("certification", got, by=CERTIFIER),
        ],
    )
    assert parcours.dossiers[0].state == "certifie"
    assert not parcours.dossiers[0].anomalies


def test_every_rule_has_a_case_words_and_a_gravity_that_has_words() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert set(codes) == set(CASES) == set(ANOMALIES)
    assert set(GRAVITY.values()) == set(GRAVITIES)
