"""Who follows or funds a person is told what happened: what access lets it know, and once."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.contracts.dossier.codes import NOTIFIED, NOTIFIED_OF_PARCOURS
from services.contracts.dossier.events import LIVES_CHANGED, Notifications
from services.dossier import notifying
from services.dossier.domain import news
from services.dossier.domain.lifecycle import TRANSITIONS
from services.sample.organisations import of_profile
from tests.dossier.copying import Access, right
from tests.dossier.given import (
    BODY,
    CDC,
    CEP,
    CERTIFIER,
    DSN,
    OPCO,
    OTHER,
    Spoken,
    at,
    attribution,
    event,
    formation,
    line,
)
from tests.dossier.test_feed import Ask, opening

pytestmark = pytest.mark.servers

DATES = opening("dates")
OTHER_CEP = of_profile("operateur_cep")[1]


@pytest.fixture
def spoken(session: Session) -> Spoken:
    """An OPCO's trainee, whom a CEP operator follows; what happened before is told to nobody here."""
    spoken = Spoken(session)
    spoken.say(line("A", "formation", formation(), reference="A"))
    followed = line(
        "S", "accompagnement", {"niveau": "2", "debut": "2026-01-05"}, source=CEP, reference="CEP-1"
    )
    spoken.say(followed, source=CEP, profile="operateur_cep")
    session.execute(text("DELETE FROM outbox"))
    return spoken


def happens(spoken: Spoken, name: str, evenement: str, le: str, days: float = 60, **more: Any) -> None:
    said = line(name, "realisation", event(evenement, le), reference="A", said=days, **more)
    spoken.say(said, days=days)


def lives(spoken: Spoken) -> list[dict[str, Any]]:
    """What is announced to have happened."""
    found = [orjson.loads(orjson.dumps(one)) for one in spoken.announced("lives_changed")]
    told: list[dict[str, Any]] = LIVES_CHANGED.schema().load({"at": at(0).now.isoformat(), "lives": found})[
        "lives"
    ]
    return told


def notified(spoken: Spoken, ask: Ask = DATES) -> list[tuple[str, dict[str, Any]]]:
    """What each reader is told, by the address of its message: it conforms to the contract."""
    notifying.notify(spoken.session, notifying.decide(ask, lives(spoken)), at(60).now)
    rows = spoken.session.execute(text("SELECT routing_key, body FROM outbox ORDER BY seq"))
    return [
        (row.routing_key.rpartition(".")[2], one)
        for row in rows
        if row.routing_key.startswith("notifications.")
        for message in [Notifications().load(orjson.loads(bytes(row.body)))]
        for one in (*message["notifications"], *message["parcours"])
    ]


def test_the_one_who_follows_is_told_under_its_own_reference_and_nothing_of_the_person(
    spoken: Spoken,
) -> None:
    happens(spoken, "E", "entree", "2026-02-02")
    ((reader, told),) = notified(spoken)
    assert reader == CEP
    assert (told["reference"], told["evenement"], str(told["le"]), told["avant"]) == (
        "CEP-1",
        "entree",
        "2026-02-02",
        None,
    )
    assert told.keys() == {
        "notification_id",
        "reference",
        "dossier_id",
        "evenement",
        "le",
        "avant",
        "decision",
    }


def test_who_told_it_is_not_told_and_a_co_funder_is(spoken: Spoken) -> None:
    other = line("C", "formation", formation(dispositif="CPF"), source=CDC, reference="C-9")
    spoken.say(other, source=CDC, profile="caisse_des_depots")
    happens(spoken, "E", "entree", "2026-02-02")
    told = [(reader, one["reference"]) for reader, one in notified(spoken) if one["evenement"] == "entree"]
    assert sorted(told) == sorted([(CEP, "CEP-1"), (CDC, "C-9")])
    assert OPCO not in dict(told)


def test_each_event_is_told_to_all_but_who_told_that_one(spoken: Spoken) -> None:
    """Of what is shown together, one tells the beginning and another the end."""
    other = line("C", "formation", formation(dispositif="CPF"), source=CDC, reference="C-9")
    spoken.say(other, source=CDC, profile="caisse_des_depots")
    happens(spoken, "I", "interruption", "2026-03-02")
    resumed = line("R", "realisation", event("reprise", "2026-03-16"), source=CDC, reference="C-9", said=61)
    spoken.say(resumed, source=CDC, profile="caisse_des_depots", days=61)
    happens(spoken, "N", "refus", "2026-03-20", days=62)
    told = notified(spoken)
    for evenement, by in (("interruption", OPCO), ("reprise", CDC), ("refus", OPCO)):
        heard = {reader for reader, one in told if one["evenement"] == evenement}
        assert heard == {CEP, CDC, OPCO} - {by}, evenement


def test_a_day_that_is_corrected_is_told_with_the_one_before(spoken: Spoken) -> None:
    happens(spoken, "E", "entree", "2026-02-02")
    happens(spoken, "F", "entree", "2026-02-05", days=61)
    assert [(str(one["le"]), str(one["avant"])) for _, one in notified(spoken)] == [
        ("2026-02-02", "None"),
        ("2026-02-05", "2026-02-02"),
    ]


def test_what_did_not_happen_after_all_is_told(spoken: Spoken) -> None:
    happens(spoken, "I", "interruption", "2026-03-02")
    taken_back = line("X", "suppression", {}, reference="A", said=62, rectifie="I")
    spoken.say(taken_back, days=62)
    told = [one for reader, one in notified(spoken) if reader == CEP]
    assert [(one["evenement"], one["le"] and str(one["le"])) for one in told] == [
        ("interruption", "2026-03-02"),
        ("interruption", None),
    ]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(opening("formation"), id="dates closed"),
        pytest.param(opening(reason="habilitation_not_in_force"), id="no right any more"),
        pytest.param(opening(reason="no_relation"), id="no relation"),
    ],
)
def test_nothing_is_told_of_what_access_does_not_open(spoken: Spoken, ask: Ask) -> None:
    happens(spoken, "E", "entree", "2026-02-02")
    assert notified(spoken, ask) == []


def test_the_same_change_gives_the_same_notification_however_often_it_is_handled(spoken: Spoken) -> None:
    happens(spoken, "E", "entree", "2026-02-02")
    notified(spoken)
    ids = [one["notification_id"] for _, one in notified(spoken)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_all_readers_of_a_message_are_decided_upon_in_one_call(spoken: Spoken) -> None:
    calls: list[int] = []

    def ask(call: Any, **body: Any) -> dict[str, Any]:
        calls.append(len(body["lectures"]))
        return DATES(call, **body)

    happens(spoken, "E", "entree", "2026-02-02")
    happens(spoken, "I", "interruption", "2026-03-02", days=61)
    assert len(notified(spoken, ask)) == 2
    assert calls == [1], "one reader of one dossier, for two things that happened"


def test_who_has_no_line_about_the_person_any_more_is_told_nothing(spoken: Spoken) -> None:
    happens(spoken, "E", "entree", "2026-02-02")
    heard = lives(spoken)
    spoken.attribute(attribution("S", OTHER, version=2), days=70)
    spoken.session.execute(text("DELETE FROM outbox"))
    notifying.notify(spoken.session, notifying.decide(DATES, heard), at(71).now)
    assert list(spoken.announced("notifications")) == []


def test_what_happened_long_ago_is_history_and_told_to_nobody(spoken: Spoken) -> None:
    happens(spoken, "E", "entree", "2024-02-02")
    assert lives(spoken) == []


def test_the_contract_names_what_is_notified_and_the_life_cycle_knows_it() -> None:
    assert news.NOTIFIED.keys() == NOTIFIED.keys()
    assert {event for event, *_ in news.NOTIFIED_OF_PARCOURS} == NOTIFIED_OF_PARCOURS.keys()
    assert NOTIFIED.keys() - {"retrait"} == TRANSITIONS.keys() - {"declaration"}


# --- what belongs to no dossier --------------------------------------------------------------------

JOBS = opening("emplois", "accompagnements", "certifications")


def works(spoken: Spoken, debut: str, days: float = 60, name: str = "J", **more: Any) -> None:
    """A job told by the DSN."""
    faits = {"employeur": BODY, "numero_contrat": "1", "nature_contrat": "01", "debut": debut, **more}
    spoken.say(
        line(name, "emploi", faits, source=DSN, reference="J", said=days),
        source=DSN,
        profile="dsn",
        days=days,
    )


def certified(spoken: Spoken, name: str, certification: str, days: float = 60) -> None:
    """A result of a jury."""
    obtained = {"certification": certification, "resultat": "obtenue", "le": "2026-02-27"}
    said = line(name, "certification", obtained, source=CERTIFIER, reference=name)
    spoken.say(said, source=CERTIFIER, profile="certificateur", days=days)


def test_who_follows_is_told_of_a_job_under_its_own_reference_and_nothing_of_the_employer(
    spoken: Spoken,
) -> None:
    works(spoken, "2026-02-23")
    told = dict(notified(spoken, JOBS))
    assert told.keys() == {CEP, OPCO}, "whoever is related to her and may know"
    assert (told[CEP]["reference"], told[CEP]["evenement"], str(told[CEP]["le"])) == (
        "CEP-1",
        "emploi",
        "2026-02-23",
    )
    assert told[CEP].keys() == {
        "notification_id",
        "reference",
        "person_id",
        "evenement",
        "le",
        "avant",
        "decision",
    }
    assert told[OPCO]["reference"] == "A"


def test_the_end_of_a_job_its_correction_and_its_withdrawal_are_told(spoken: Spoken) -> None:
    works(spoken, "2026-02-23")
    works(spoken, "2026-02-23", days=61, name="K", fin="2026-06-30")
    works(spoken, "2026-02-23", days=62, name="L", fin="2026-05-29")
    works(spoken, "2026-02-23", days=63, name="M", motif_fin="099")
    told = [one for reader, one in notified(spoken, JOBS) if reader == CEP]
    assert [(one["evenement"], *(one[day] and str(one[day]) for day in ("le", "avant"))) for one in told] == [
        ("emploi", "2026-02-23", None),
        ("fin_emploi", "2026-06-30", None),
        ("fin_emploi", "2026-05-29", "2026-06-30"),
        ("fin_emploi", None, "2026-05-29"),
    ]


def test_a_stage_is_no_job(spoken: Spoken) -> None:
    works(spoken, "2026-02-23", nature_contrat="29")
    assert notified(spoken, JOBS) == []


def test_a_job_is_told_to_nobody_from_whom_jobs_are_closed(spoken: Spoken) -> None:
    works(spoken, "2026-02-23")
    everything_else = opening("formation", "dates", "certifications", "accompagnements")
    assert notified(spoken, everything_else) == []


def test_that_somebody_comes_to_follow_her_is_told_to_who_funds_her_and_not_to_itself(spoken: Spoken) -> None:
    faits = {"niveau": "2", "debut": "2026-02-05", "fin": "2026-02-26"}
    spoken.say(
        line("T", "accompagnement", faits, source=OTHER_CEP, reference="T"),
        source=OTHER_CEP,
        profile="operateur_cep",
        days=60,
    )
    told = notified(spoken, JOBS)
    assert {reader for reader, _ in told} == {OPCO, CEP}
    assert [one["evenement"] for reader, one in told if reader == OPCO] == [
        "accompagnement",
        "fin_accompagnement",
    ]


def test_a_certification_without_a_dossier_is_told_and_one_to_which_a_dossier_leads_is_that_dossier_s(
    spoken: Spoken,
) -> None:
    spoken.say(line("B", "formation", formation(certification="RNCP38430"), reference="A", said=9), days=9)
    spoken.session.execute(text("DELETE FROM outbox"))
    for name, certification in (("Y", "RS5000"), ("Z", "RNCP38430")):
        certified(spoken, name, certification)
    told = [one for reader, one in notified(spoken, JOBS) if reader == CEP]
    assert [(one["evenement"], "dossier_id" in one) for one in told] == [
        ("certification", True),
        ("certification", False),
    ]


def test_each_event_is_told_for_whichever_purpose_opens_it(spoken: Spoken) -> None:
    """Who funds her and follows her: its first purpose opens something, and the second what happened."""
    funds = right(OPCO, "prise_en_charge", "personnes_financees", "formation certifications")
    advises = right(OPCO, "accompagnement", "personnes_accompagnees", "dates emplois")
    faits = {"niveau": "2", "debut": "2026-01-05"}
    spoken.say(line("T", "accompagnement", faits, reference="T"), profile="france_travail", days=50)
    spoken.session.execute(text("DELETE FROM outbox"))
    other = line("C", "formation", formation(dispositif="CPF"), source=CDC, reference="C-9")
    spoken.say(other, source=CDC, profile="caisse_des_depots", days=55)
    entered = line("E", "realisation", event("entree", "2026-02-02"), source=CDC, reference="C-9", said=60)
    spoken.say(entered, source=CDC, profile="caisse_des_depots", days=60)
    works(spoken, "2026-02-23")
    certified(spoken, "Y", "RS5000", days=61)
    access = Access(funds, advises)
    access.hear(spoken.session)
    heard = [one["evenement"] for reader, one in notified(spoken, access) if reader == OPCO]
    assert sorted(heard) == ["certification", "emploi", "entree"]


def test_for_a_job_access_is_asked_apart_for_another_purpose_may_open_it(spoken: Spoken) -> None:
    asked: list[list[Any]] = []

    def ask(call: Any, **body: Any) -> dict[str, Any]:
        asked.append([len(one["dossiers"]) for one in body["lectures"]])
        return opening("dates", "emplois")(call, **body)

    happens(spoken, "E", "entree", "2026-02-02")
    works(spoken, "2026-02-23")
    assert sorted(one["evenement"] for _, one in notified(spoken, ask)) == ["emploi", "emploi", "entree"]
    assert [sorted(one) for one in asked] == [[0, 0, 1]]
