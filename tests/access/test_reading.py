"""Every decision is answered in the contract's words, and remembered in the journal."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from services.access import schemas, use_cases
from services.access.domain.decision import Consultation, Reading
from services.contracts.access import DECIDE, DECIDE_DOSSIERS, DECIDE_FIGURES, DECIDE_IDENTITY
from services.contracts.dossier.codes import BLOCKS
from tests.access.given import (
    CEP,
    FIRST,
    NOW,
    OPCO,
    PERSON,
    SECOND,
    TODAY,
    consultation,
    finances,
    follows,
    handling,
    keeping,
    parcours,
    reading,
    registration,
    right,
    steering,
)


@pytest.fixture
def financed(session: Session) -> None:
    """The OPCO finances the first of a person's two dossiers, and may read its dates."""
    use_cases.register(session, [registration(right("dossiers_finances", "dates"))], NOW)
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), finances(SECOND, CEP))])


def decided(session: Session, asked: Reading) -> dict[str, Any]:
    """The answer, as dossier reads it."""
    answer = schemas.decision_to_wire(*use_cases.decide(session, asked, NOW, TODAY))
    read: dict[str, Any] = DECIDE.answer().load(orjson.loads(orjson.dumps(answer)))
    return read


def entry(session: Session, number: str) -> Any:
    chain, seq = number.split("-")
    return session.execute(
        text("SELECT * FROM journal WHERE chain = :chain AND seq = :seq"), {"chain": chain, "seq": seq}
    ).one()


@pytest.mark.usefixtures("financed")
def test_an_open_dossier_says_which_blocks_stay_closed(session: Session) -> None:
    answer = decided(session, reading(FIRST, SECOND))

    assert answer["granted"]
    (dossier,) = answer["dossiers"]
    assert (dossier["dossier_id"], dossier["blocs"]) == (FIRST, ["dates"])
    assert dossier["masques"] == [
        {"bloc": bloc, "motif": "bloc_non_habilite"}
        for bloc in ("formation", "financements", "remunerations", "certifications")
    ]
    assert answer["blocs"] == []
    assert {one["bloc"] for one in answer["masques"]} == {"certifications", "emplois", "accompagnements"}
    assert {one["bloc"] for one in [*dossier["masques"], *answer["masques"]]} | {"dates"} == set(BLOCKS)


@pytest.mark.usefixtures("financed")
def test_a_granted_reading_is_remembered_with_what_it_opened_and_on_what_ground(session: Session) -> None:
    answer = decided(session, reading(FIRST, SECOND))
    found = entry(session, answer["decision"])
    assert (found.siret, found.service, found.finalite) == (OPCO, "dossier", "prise_en_charge")
    assert (found.at, found.person_id, found.dossier_ids) == (NOW, PERSON, [FIRST])
    assert (found.granted, found.reason) == (True, "habilitation_in_force")
    assert found.habilitation_ids == [right("dossiers_finances", "dates").habilitation_id]


@pytest.mark.usefixtures("financed")
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (reading(FIRST, siret="19750655300019"), "organisation_unknown"),
        (reading(FIRST, finalite="suivi"), "purpose_not_covered"),
        (reading(SECOND), "no_relation"),
        (reading(), "no_relation"),
    ],
)
def test_a_refused_reading_shows_nothing_and_is_remembered(
    session: Session, asked: Reading, reason: str
) -> None:
    answer = decided(session, asked)
    assert (answer["granted"], answer["reason"]) == (False, reason)
    assert answer["dossiers"] == answer["blocs"] == answer["masques"] == []
    found = entry(session, answer["decision"])
    assert (found.granted, found.reason, found.siret) == (False, reason, asked.siret)
    assert (found.person_id, found.dossier_ids) == (PERSON, [])


@pytest.mark.usefixtures("financed")
def test_a_withdrawn_right_opens_nothing_from_the_next_question_on(session: Session) -> None:
    assert decided(session, reading(FIRST))["granted"]
    use_cases.register(session, [registration()], NOW)
    assert decided(session, reading(FIRST))["reason"] == "no_habilitation_for_service"


@pytest.mark.usefixtures("financed")
def test_what_cannot_be_remembered_is_not_answered(session: Session) -> None:
    session.execute(text("DELETE FROM journal_head"))
    with pytest.raises(NoResultFound):
        decided(session, reading(FIRST))


def test_figures_are_decided_and_remembered(session: Session) -> None:
    use_cases.register(session, [registration(steering(), profile="ministere")], NOW)
    for siret, granted, reason in [
        (OPCO, True, "habilitation_in_force"),
        (CEP, False, "organisation_unknown"),
    ]:
        answer = schemas.plain_decision_to_wire(
            *use_cases.decide_figures(session, siret, "entrees", NOW, TODAY)
        )
        assert DECIDE_FIGURES.answer().load(answer) == answer
        assert (answer["granted"], answer["reason"]) == (granted, reason)
        found = entry(session, answer["decision"])
        assert (found.siret, found.figures, found.granted) == (siret, "entrees", granted)


def consulted(session: Session, asked: Consultation) -> dict[str, Any]:
    """The answer, as identity reads it."""
    answer = schemas.plain_decision_to_wire(*use_cases.decide_identity(session, asked, NOW, TODAY))
    read: dict[str, Any] = DECIDE_IDENTITY.answer().load(orjson.loads(orjson.dumps(answer)))
    return read


def test_a_call_to_identity_is_remembered_with_who_when_whom_which_and_why(session: Session) -> None:
    use_cases.register(session, [registration(keeping())], NOW)
    asked = consultation(PERSON, FIRST, appel="identity.link", motif="acte_presente")
    found = entry(session, consulted(session, asked)["decision"])
    assert (found.siret, found.agent, found.at) == (OPCO, "AGT-1", NOW)
    assert (found.appel, found.person_ids) == ("identity.link", [PERSON, FIRST])
    assert (found.service, found.finalite, found.motif) == ("identity", "gestion_identites", "acte_presente")
    assert (found.granted, found.habilitation_ids) == (True, [keeping().habilitation_id])
    assert use_cases.verify_journal(session).broken_at is None


def test_a_ruling_on_dossiers_is_remembered_with_which_and_why(session: Session) -> None:
    use_cases.register(session, [registration(handling())], NOW)
    asked = consultation(
        PERSON,
        appel="dossier.join",
        finalite="gestion_dossiers",
        dossier_ids=(FIRST,),
        motif="convention_presentee",
    )
    answer = schemas.plain_decision_to_wire(*use_cases.decide_dossiers(session, asked, NOW, TODAY))
    found = entry(session, DECIDE_DOSSIERS.answer().load(answer)["decision"])
    assert (found.service, found.appel, found.granted) == ("dossier", "dossier.join", True)
    assert (found.person_ids, found.dossier_ids) == ([PERSON], [FIRST])
    assert (found.agent, found.motif) == ("AGT-1", "convention_presentee")
    assert use_cases.verify_journal(session).broken_at is None


def test_a_refused_call_to_identity_is_remembered_too(session: Session) -> None:
    use_cases.register(session, [registration(right())], NOW)
    answer = consulted(session, consultation(PERSON))
    assert (answer["granted"], answer["reason"]) == (False, "no_habilitation_for_service")
    found = entry(session, answer["decision"])
    assert (found.granted, found.person_ids, found.habilitation_ids) == (False, [PERSON], [])


def test_an_adviser_sees_whom_it_follows_as_long_as_it_does(session: Session) -> None:
    purpose, reach = "accompagnement", "personnes_accompagnees"
    use_cases.register(session, [registration(keeping(finalite=purpose, perimetre=reach))], NOW)
    asked = consultation(PERSON, finalite=purpose, appel="identity.civil_status")
    assert not consulted(session, asked)["granted"]
    use_cases.follow_dossiers(session, [parcours(follows(), version=1)])
    assert consulted(session, asked)["granted"]
    use_cases.follow_dossiers(session, [parcours(version=2)])
    assert consulted(session, asked)["reason"] == "no_relation"


def test_a_call_that_cannot_be_remembered_is_not_let(session: Session) -> None:
    use_cases.register(session, [registration(keeping())], NOW)
    session.execute(text("DELETE FROM journal_head"))
    with pytest.raises(NoResultFound):
        consulted(session, consultation(PERSON))


@pytest.mark.usefixtures("financed")
def test_a_decision_takes_four_statements(session: Session, statements: list[str]) -> None:
    use_cases.decide(session, reading(FIRST, SECOND), NOW, TODAY)
    assert len(statements) == 4
