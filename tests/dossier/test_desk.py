"""What readers are shown: of now and of then, with why; and nothing of what access does not open."""

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from services.contracts.access import DECIDE, Decision
from services.contracts.dossier.reading import DossierRead, History, MomentsCompared, ParcoursRead, Why
from services.contracts.errors import NotFound
from services.contracts.message import Call
from services.dossier import desk
from services.dossier.desk import Found, Question, When
from tests.contracts.golden import samples_of
from tests.dossier.given import (
    BODY,
    CDC,
    CEP,
    CERTIFIER,
    DSN,
    OPCO,
    PERSON,
    Spoken,
    at,
    attribution,
    event,
    formation,
    line,
    now,
    paid,
)

pytestmark = pytest.mark.servers

DOSSIER = ("formation", "dates", "financements", "remunerations", "certifications")
PERSONAL = ("certifications", "emplois", "accompagnements")
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def spoken(session: Session) -> Spoken:
    return Spoken(session)


def closed(there_are: Sequence[str], opened: Sequence[str]) -> list[dict[str, str]]:
    """The blocks that stay closed, as access tells them: whatever there is in them."""
    return [{"bloc": one, "motif": "bloc_non_habilite"} for one in there_are if one not in opened]


def opening(*blocs: str, personal: tuple[str, ...] = ()) -> Ask:
    """Access, answering as its golden sample does, with these blocks open in every dossier asked for."""
    (granted, *_) = samples_of("access.decide.answer")

    def ask(call: Call, **body: Any) -> dict[str, Any]:
        assert call is DECIDE
        of_each = {"blocs": list(blocs), "masques": closed(DOSSIER, blocs)}
        dossiers = [{"dossier_id": str(one), **of_each} for one in body["dossiers"]] if blocs else []
        of_the_person = {"blocs": list(personal), "masques": closed(PERSONAL, personal)}
        answer = {**granted, "dossiers": dossiers, **of_the_person}
        return dict(Decision().load(answer))

    return ask


EVERYTHING = opening(*DOSSIER, personal=PERSONAL)


def as_wire(schema: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as its reader gets it: it conforms to the contract."""
    told: dict[str, Any] = json.loads(schema().dumps(answer))
    schema().load(told)
    return told


def trained(spoken: Spoken) -> uuid.UUID:
    """A CPF with a co-funder: entered, and left; an OPCO that says otherwise; a job."""
    spoken.say(
        line("C", "formation", formation(dispositif="CPF", cout_total=150_000), source=CDC),
        line("P", "financement", paid(100_000), source=CDC),
        line("E", "realisation", event("entree", "2026-02-02"), source=CDC, said=35),
        source=CDC,
        profile="caisse_des_depots",
        days=40,
    )
    spoken.say(
        line("O", "formation", formation(cout_total=150_000), said=1),
        line("Q", "financement", paid(50_000, "transport"), said=1),
        line("F", "realisation", event("entree", "2026-02-05"), said=50),
        days=50,
    )
    spoken.say(
        line("S", "realisation", event("sortie", "2026-05-29"), source=CDC, said=150),
        source=CDC,
        profile="caisse_des_depots",
        days=150,
    )
    job = {"employeur": OPCO, "nature_contrat": "01", "debut": "2026-06-15"}
    spoken.say(line("J", "emploi", job, source=DSN, reference="J1"), source=DSN, profile="dsn", days=170)
    (dossier,) = spoken.parcours().dossiers
    return dossier.dossier_id


def test_a_dossier_is_shown_with_its_costs_by_nature_and_checked_against_the_total(spoken: Spoken) -> None:
    dossier_id = trained(spoken)
    found = desk.find_dossier(spoken.session, dossier_id, now())
    shown = as_wire(DossierRead, desk.show_dossier(found, EVERYTHING, CDC, "prise_en_charge", now()))
    assert shown["etat"] == "termine"
    assert shown["couts"] == {
        "par_nature": {"pedagogique": 100_000, "transport": 50_000},
        "total": 150_000,
        "cout_total": 150_000,
        "ecart": 0,
    }
    assert shown["anomalies"] == []


def test_what_is_not_opened_is_shown_in_no_part_of_the_answer(spoken: Spoken) -> None:
    dossier_id = trained(spoken)
    spoken.say(line("X", "financement", paid(1), said=9), days=180)
    found = desk.find_dossier(spoken.session, dossier_id, now())
    shown = as_wire(DossierRead, desk.show_dossier(found, opening("dates"), CEP, "accompagnement", now()))
    assert set(shown["blocs"]) == {"dates"}
    assert shown["couts"] is None
    assert shown["anomalies"] == [], "the anomaly is of the financements"
    with pytest.raises(NotFound):
        desk.show_dossier(found, opening(), CEP, "accompagnement", now())


def test_that_there_is_something_in_a_closed_block_is_not_told(spoken: Spoken) -> None:
    """That somebody has a job, or is advised, is known to nobody by what is masked."""
    trained(spoken)

    def masked() -> list[dict[str, str]]:
        found = desk.find_parcours(spoken.session, CDC, "D1", now())
        shown = desk.show_parcours(found, opening("formation"), CDC, "prise_en_charge", now())
        told = as_wire(ParcoursRead, shown)
        return [*told["masques"], *(mask for one in told["dossiers"] for mask in one["masques"])]

    before = masked()
    assert {one["bloc"] for one in before} == {*DOSSIER, *PERSONAL} - {"formation"}
    spoken.say(line("S", "accompagnement", {"niveau": "1", "debut": "2026-01-05"}, source=CEP), source=CEP)
    assert masked() == before


def test_why_tells_the_winner_the_others_and_the_rule_and_a_lot_to_its_source_alone(spoken: Spoken) -> None:
    dossier_id = trained(spoken)
    past = desk.find_past_of(spoken.session, dossier_id)
    asked = Question(OPCO, "prise_en_charge", dossier_id, now(), "dates.entree_le")
    told = as_wire(Why, desk.explain(past, EVERYTHING, asked))
    assert (told["valeur"], told["regle"]) == ("2026-02-02", "autorite")
    assert (told["gagnante"]["source"], told["gagnante"]["lot"]) == (CDC, None)
    (other,) = told["autres"]
    assert (other["source"], other["valeur"], other["lot"], other["ligne"]) == (
        OPCO,
        "2026-02-05",
        "LOT-1",
        1,
    )


@pytest.mark.parametrize(
    ("champ", "source", "valeur"),
    [
        pytest.param("formation.organisme.siret", OPCO, BODY, id="a part of a field"),
        pytest.param("financements.1.cout_total", CDC, 150_000, id="of the file, not of what is paid of it"),
    ],
)
def test_why_tells_the_word_on_what_is_inside_another(
    spoken: Spoken, champ: str, source: str, valeur: object
) -> None:
    dossier_id = trained(spoken)
    asked = Question(OPCO, "prise_en_charge", dossier_id, now(), champ)
    told = as_wire(Why, desk.explain(desk.find_past_of(spoken.session, dossier_id), EVERYTHING, asked))
    assert (told["valeur"], told["regle"]) == (valeur, "unanime")
    assert (told["gagnante"]["source"], told["gagnante"]["valeur"]) == (source, valeur)


@pytest.mark.parametrize(
    "champ",
    ["financements.0.total", "dates.inconnu", "emplois.0.debut", "formation", "", "dates.interruptions.9"],
)
def test_a_field_that_is_not_there_and_one_that_is_not_open_are_told_alike(
    spoken: Spoken, champ: str
) -> None:
    dossier_id = trained(spoken)
    past = desk.find_past_of(spoken.session, dossier_id)
    asked = Question(CEP, "accompagnement", dossier_id, now(), champ)
    with pytest.raises(NotFound) as refusal:
        desk.explain(past, opening("dates", "formation"), asked)
    assert refusal.value.code == "champ_introuvable"


def test_a_dossier_is_read_as_it_was_on_a_day_as_it_was_known_on_another(spoken: Spoken) -> None:
    dossier_id = trained(spoken)
    seen = {}
    for day, days in (("2026-01-20", 200), ("2026-03-01", 200), ("2026-03-01", 39), ("2026-06-30", 100)):
        when = When(datetime.fromisoformat(day).date(), at(days).now, is_now=False)
        found = desk.find_dossier(spoken.session, dossier_id, when)
        shown = [desk.show_dossier(found, EVERYTHING, CDC, "suivi", when)] if found.dossiers else []
        seen[day, days] = [(one["etat"], one["blocs"]["dates"].get("sortie_le")) for one in shown]
    assert seen == {
        ("2026-01-20", 200): [("prevu", None)],
        ("2026-03-01", 200): [("en_formation", None)],
        ("2026-03-01", 39): [],  # nothing was known of it yet
        ("2026-06-30", 100): [("en_formation", None)],  # that she had left was told later
    }


def test_the_history_of_a_field_is_what_it_was_known_to_be(spoken: Spoken) -> None:
    dossier_id = trained(spoken)
    spoken.say(
        line("E2", "realisation", event("entree", "2026-02-09"), source=CDC, rectifie="E", said=160),
        source=CDC,
        profile="caisse_des_depots",
        days=160,
    )
    past = desk.find_past_of(spoken.session, dossier_id)
    asked = Question(CDC, "suivi", dossier_id, now(), "dates.entree_le")
    told = as_wire(History, desk.recount(past, EVERYTHING, asked))
    assert [(one["valeur"], one["source"]) for one in told["valeurs"]] == [
        ("2026-02-02", CDC),
        ("2026-02-09", CDC),
    ]
    assert told["complete"]


def test_two_moments_are_compared_field_by_field(spoken: Spoken) -> None:
    dossier_id = trained(spoken)
    past = desk.find_past_of(spoken.session, dossier_id)
    moments = [When(now().day, at(100).now, is_now=False), now()]
    told = as_wire(
        MomentsCompared, desk.compare(past, EVERYTHING, Question(CDC, "suivi", dossier_id, now()), moments)
    )
    assert (told["etat_avant"], told["etat_apres"]) == ("en_formation", "termine")
    assert {one["chemin"]: (one["avant"], one["apres"]) for one in told["differences"]} == {
        "dates.abandon": (None, False),
        "dates.sortie_le": (None, "2026-05-29"),
        "financements.0.etat": ("en_formation", "termine"),
        "financements.1.etat": ("en_formation", "termine"),
    }


@pytest.mark.parametrize(
    ("ask", "followed"),
    [
        pytest.param(EVERYTHING, [(6, True, True, True), (12, None, None, None)], id="dates and jobs"),
        pytest.param(opening(*DOSSIER), [], id="no jobs"),
        pytest.param(opening("formation", personal=PERSONAL), [], id="no dates"),
    ],
)
def test_what_followed_is_told_to_whoever_may_see_dates_and_jobs(
    spoken: Spoken, ask: Ask, followed: list[tuple[object, ...]]
) -> None:
    trained(spoken)
    when = now("2026-12-31")
    found = desk.find_parcours(spoken.session, CDC, "D1", when)
    shown = as_wire(ParcoursRead, desk.show_parcours(found, ask, CDC, "suivi", when))
    told = [(one["mois"], one["en_emploi"], one["emploi_trouve"], one["durable"]) for one in shown["suites"]]
    assert told == followed


def test_an_apprentice_is_shown_for_what_the_day_makes_of_it(spoken: Spoken) -> None:
    training = formation(dispositif="APPRENTISSAGE", debut_prevu="2026-09-01", fin_prevue="2027-06-30")
    spoken.say(
        line("A", "formation", training),
        line("K", "realisation", event("contrat", "2026-09-01", fin="2027-08-31")),
    )
    spoken.say(line("R", "realisation", event("rupture", "2026-11-02"), said=1), days=1)
    found: Found = desk.find_parcours(spoken.session, OPCO, "D1", now())
    seen = {}
    for day in ("2026-10-01", "2026-12-01", "2027-05-15"):
        (shown,) = desk.show_parcours(found, EVERYTHING, OPCO, "suivi", now(day))["dossiers"]
        seen[day] = (shown["statut_apprenti"], shown["etat"])
    assert seen == {
        "2026-10-01": ("apprenti", "prevu"),
        "2026-12-01": ("rupturant", "rompu"),
        "2027-05-15": ("abandon", "rompu"),
    }


def test_a_reference_finds_the_person_it_speaks_of_now(spoken: Spoken) -> None:
    trained(spoken)
    other = uuid.UUID(int=5)
    spoken.attribute(*(attribution(name, other, 2) for name in ("C", "P", "E", "S")), days=200)
    assert desk.find_parcours(spoken.session, CDC, "D1", now()).person_id == other
    assert desk.find_parcours(spoken.session, OPCO, "D1", now()).person_id == PERSON
    known_then = When(now().day, datetime(2026, 3, 1, tzinfo=UTC), is_now=False)
    assert not desk.find_parcours(spoken.session, CDC, "D1", known_then).dossiers, "of another, by then"


def test_what_was_never_hers_is_not_shown_of_her_past(spoken: Spoken) -> None:
    """A wrong link is undone in the past too: who reads what was known then learns nothing of the other."""
    trained(spoken)
    when = When(now().day, at(180).now, is_now=False)
    asked = (EVERYTHING, OPCO, "suivi", when)

    def funders() -> set[str]:
        found = desk.find_parcours(spoken.session, OPCO, "D1", when)
        (shown,) = desk.show_parcours(found, *asked)["dossiers"]
        return {one["financeur"] for one in shown["blocs"]["financements"]}

    assert funders() == {OPCO, CDC}
    spoken.attribute(*(attribution(name, uuid.UUID(int=5), 2) for name in ("C", "P", "E", "S")), days=200)
    assert funders() == {OPCO}
    spoken.attribute(*(attribution(name, PERSON, 3) for name in ("C", "P", "E", "S")), days=210)
    assert funders() == {OPCO, CDC}


def test_of_before_her_first_dossier_a_funder_is_shown_nothing_and_is_not_refused(spoken: Spoken) -> None:
    """Who may read is asked about what there is now; what there was then is what is shown."""
    dossier_id = trained(spoken)
    before = When(date(2025, 6, 1), is_now=False)
    asked: list[uuid.UUID] = []

    def ask(call: Call, **body: Any) -> dict[str, Any]:
        asked.extend(body["dossiers"])
        return EVERYTHING(call, **body)

    found = desk.find_parcours(spoken.session, OPCO, "D1", before)
    shown = desk.show_parcours(found, ask, OPCO, "prise_en_charge", before)
    assert (shown["dossiers"], asked) == ([], [dossier_id])


@pytest.mark.parametrize(
    ("blocs", "etat"), [(DOSSIER, "certifie"), (("formation", "dates", "financements"), "termine")]
)
def test_that_somebody_is_certified_is_told_to_whoever_may_see_certifications(
    spoken: Spoken, blocs: tuple[str, ...], etat: str
) -> None:
    got = {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-06-20"}
    spoken.say(
        line("F", "formation", formation(certification="RNCP1")),
        line("P", "financement", paid(100)),
        line("E", "realisation", event("entree", "2026-02-02"), said=40),
        line("S", "realisation", event("sortie", "2026-05-29"), said=150),
    )
    spoken.say(line("C", "certification", got, source=CERTIFIER), source=CERTIFIER, profile="certificateur")
    found = desk.find_parcours(spoken.session, OPCO, "D1", now())
    (shown,) = desk.show_parcours(found, opening(*blocs), OPCO, "suivi", now())["dossiers"]
    assert shown["etat"] == etat
    assert shown["blocs"]["financements"][0]["etat"] == "termine"
