"""The state follows from what happened, whenever it was told."""

from datetime import date

import pytest

from services.contracts.dossier import codes
from services.dossier import drawing
from services.dossier.domain.apprenticeship import Contract, Session, Statut, statut_of
from services.dossier.domain.fold import fold
from services.dossier.domain.lifecycle import (
    STATES,
    TRANSITIONS,
    UNMOVED,
    Happened,
    State,
    replay,
    state_on,
)
from services.reference.nomenclatures import EVENEMENTS
from tests.dossier.saying import BODY, DSN, OPCO, PERSON, event, formation, job, said

ENTERED = ("entree", "2026-02-01")
STOPPED, RESUMED = ("interruption", "2026-03-01"), ("reprise", "2026-03-10")
LEFT = ("sortie", "2026-05-01")


@pytest.mark.parametrize(
    ("events", "state"),
    [
        pytest.param([], "prevu", id="nothing yet"),
        pytest.param([("accord", "2026-01-10")], "accorde", id="agreed to"),
        pytest.param([("refus", "2026-01-10")], "refuse", id="refused"),
        pytest.param(
            [("refus", "2026-01-10"), ("accord", "2026-01-20")], "accorde", id="agreed to after all"
        ),
        pytest.param([("annulation", "2026-01-20")], "annule", id="cancelled"),
        pytest.param([ENTERED], "en_formation", id="entered"),
        pytest.param([ENTERED, STOPPED], "interrompu", id="stopped"),
        pytest.param([ENTERED, STOPPED, RESUMED], "en_formation", id="resumed"),
        pytest.param([RESUMED, STOPPED, ENTERED], "en_formation", id="told backwards"),
        pytest.param([ENTERED, ("report", "2026-03-01")], "en_formation", id="postponed"),
        pytest.param([ENTERED, LEFT], "termine", id="ended"),
        pytest.param([LEFT], "termine", id="ended, and nobody told that it began"),
        pytest.param([ENTERED, ("abandon", "2026-03-01")], "abandonne", id="abandoned"),
        pytest.param([ENTERED, ("exclusion", "2026-03-01")], "abandonne", id="excluded"),
        pytest.param([ENTERED, ("rupture", "2026-03-01")], "rompu", id="contract broken"),
        pytest.param(
            [ENTERED, ("rupture", "2026-03-01"), ("contrat", "2026-04-01")],
            "en_formation",
            id="another contract",
        ),
        pytest.param([ENTERED, LEFT, ("service_fait", "2026-05-04")], "service_fait", id="service fait"),
        pytest.param([ENTERED, LEFT, ENTERED], "termine", id="told again"),
    ],
)
def test_the_state_follows_from_what_happened(events: list[tuple[str, str]], state: State) -> None:
    told = [said("realisation", event(kind, day), at=place) for place, (kind, day) in enumerate(events)]
    dispositif = "APPRENTISSAGE" if "rupture" in dict(events) else "CPF"
    known = [said("formation", formation(dispositif=dispositif)), *told]
    assert fold(PERSON, known).dossiers[0].state == state


def test_a_partial_exit_that_the_stagiaire_caused_is_an_abandon() -> None:
    left = event(
        "sortie", "2026-03-01", motif="abandon_stagiaire", realisation="partielle", taux_realisation=40
    )
    (dossier,) = fold(PERSON, [said("formation", formation()), said("realisation", left)]).dossiers
    assert dossier.state == "abandonne"
    assert dossier.blocks["dates"]["abandon"] is True
    assert dossier.blocks["dates"]["taux_realisation"] == 40


@pytest.mark.parametrize(
    ("first", "last", "state"), [("sortie", "abandon", "abandonne"), ("abandon", "sortie", "termine")]
)
def test_of_two_ends_the_last_word_stands(first: str, last: str, state: State) -> None:
    told = [said("realisation", event(kind, "2026-03-01"), at=day) for day, kind in ((70, first), (80, last))]
    (dossier,) = fold(PERSON, [said("formation", formation()), *told]).dossiers
    assert dossier.state == state


def test_a_certificate_that_comes_before_the_exit_counts_once_the_exit_is_told() -> None:
    got = {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-04-20"}
    known = [
        said("formation", formation(certification="RNCP1")),
        said("realisation", event("entree", "2026-02-01")),
        said("certification", got, by=BODY, profile="certificateur"),
    ]
    assert fold(PERSON, known).dossiers[0].state == "en_formation"
    known.append(said("realisation", event("sortie", "2026-05-01"), at=9))
    assert fold(PERSON, known).dossiers[0].state == "certifie"


def test_the_state_on_a_day_is_that_of_what_had_happened() -> None:
    happened = {
        None: [Happened("declaration", "2026-01-01"), *(Happened(*one) for one in (ENTERED, STOPPED, LEFT))]
    }
    days = ("2025-12-31", "2026-01-01", "2026-02-01", "2026-03-01", "2026-05-01")
    assert [state_on(happened, day) for day in days] == [
        "annonce",
        "prevu",
        "en_formation",
        "interrompu",
        "termine",
    ]


def test_every_event_has_its_place_and_every_state_its_word() -> None:
    assert {*TRANSITIONS, *UNMOVED} == {"declaration", "certification", *EVENEMENTS}
    assert set(codes.STATES) == set(STATES)
    reached = {to for arrows in TRANSITIONS.values() for to in arrows.values()}
    assert reached == set(STATES) - {"annonce"}


def test_what_has_no_arrow_changes_nothing_and_is_told() -> None:
    state, refused, _ = replay([Happened(*LEFT), Happened("interruption", "2026-06-01")])
    assert state == "termine"
    assert [(one.happened.event, one.state) for one in refused] == [("interruption", "termine")]


def test_the_page_shows_the_life_as_the_code_has_it() -> None:
    page = drawing.PAGE.read_text()
    assert page == drawing.page(page), "run `python -m services.dossier.drawing`"
    assert "en_formation --> interrompu : interruption" in page


# --- apprentices: domain.md §5.2 -----------------------------------------------------------------

SESSION = Session(date(2026, 9, 1), date(2027, 6, 30))
WHOLE = Contract(date(2026, 9, 1), date(2027, 8, 31))
BROKEN = Contract(date(2026, 9, 1), date(2027, 8, 31), ruptured_on=date(2026, 11, 2))


@pytest.mark.parametrize(
    ("contracts", "excluded", "day", "statut"),
    [
        pytest.param([], None, "2026-08-31", "pre_inscrit", id="the day before"),
        pytest.param([], None, "2026-09-01", "inscrit", id="without contract, day 1"),
        pytest.param([], None, "2026-11-29", "inscrit", id="day 90"),
        pytest.param([], None, "2026-11-30", "abandon", id="day 91"),
        pytest.param([WHOLE], None, "2026-11-30", "apprenti", id="under contract"),
        pytest.param(
            [Contract(date(2026, 8, 1))], None, "2026-08-15", "apprenti", id="the contract came first"
        ),
        pytest.param([BROKEN], None, "2026-11-01", "apprenti", id="the last day of the contract"),
        pytest.param([BROKEN], None, "2026-11-02", "rupturant", id="the day of the rupture"),
        pytest.param([BROKEN], None, "2027-04-30", "rupturant", id="day 180 without"),
        pytest.param([BROKEN], None, "2027-05-01", "abandon", id="day 181 without"),
        pytest.param(
            [BROKEN, Contract(date(2027, 5, 3))], None, "2027-05-03", "apprenti", id="another contract"
        ),
        pytest.param([], date(2026, 10, 1), "2026-09-30", "inscrit", id="before the exclusion"),
        pytest.param([], date(2026, 10, 1), "2026-10-01", "abandon", id="excluded"),
        pytest.param([WHOLE], None, "2027-07-01", "fin_de_formation", id="over, under contract"),
        pytest.param(
            [Contract(date(2026, 9, 1), date(2027, 5, 1))],
            None,
            "2027-07-01",
            "fin_de_formation",
            id="60 days before the end",
        ),
        pytest.param(
            [Contract(date(2026, 9, 1), date(2027, 4, 30))],
            None,
            "2027-07-01",
            "abandon",
            id="61 days before the end",
        ),
        pytest.param(
            [Contract(date(2026, 9, 1), None, date(2027, 6, 15))],
            None,
            "2027-07-01",
            "abandon",
            id="broken just before the end",
        ),
        pytest.param([], None, "2027-07-01", "abandon", id="over, without contract ever"),
    ],
)
def test_an_apprentice_is_on_a_day_what_the_contracts_make_of_it(
    contracts: list[Contract], excluded: date | None, day: str, statut: Statut
) -> None:
    assert statut_of(SESSION, contracts, excluded, date.fromisoformat(day)) == statut


def _contracts(*told: tuple[str, dict[str, object], str]) -> list[dict[str, object]]:
    known = [said(nature, faits, by=by, at=place) for place, (nature, faits, by) in enumerate(told)]
    (dossier,) = fold(PERSON, known).dossiers
    return [
        {name: one[name] for name in ("debut", "fin", "rompu_le")}
        for one in dossier.blocks["dates"]["contrats"]
    ]


APPRENTICE = formation("2026-09-01", "2027-06-30", dispositif="APPRENTISSAGE")


def test_the_contracts_of_an_apprentice_are_the_funders_and_the_dsns() -> None:
    first = event("contrat", "2026-09-01", fin="2027-08-31", employeur=BODY)
    broken = event("rupture", "2026-11-02")
    again = job("2027-01-04", dispositif="65", numero_contrat="2")
    told = [("formation", APPRENTICE, OPCO), ("realisation", first, OPCO), ("realisation", broken, OPCO)]
    assert _contracts(*told, ("emploi", again, DSN)) == [
        {"debut": "2026-09-01", "fin": "2027-08-31", "rompu_le": "2026-11-02"},
        {"debut": "2027-01-04", "fin": None, "rompu_le": None},
    ]


@pytest.mark.parametrize(
    ("motif", "broken"),
    [
        pytest.param("036", "2026-11-02", id="by the employer"),
        pytest.param("081", None, id="at its end"),
    ],
)
def test_a_rupture_is_told_by_the_dsn_too(motif: str, broken: str | None) -> None:
    ended = job("2026-09-01", "2026-11-01", dispositif="64", motif_fin=motif)
    (contract,) = _contracts(("formation", APPRENTICE, OPCO), ("emploi", ended, DSN))
    assert contract["rompu_le"] == broken


def test_a_job_that_is_no_apprenticeship_is_no_contract_of_it() -> None:
    known = [said("formation", APPRENTICE), said("emploi", job("2026-09-01", dispositif="99"), by=DSN)]
    assert "contrats" not in fold(PERSON, known).dossiers[0].blocks["dates"]
