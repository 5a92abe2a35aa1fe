"""Operators register organisations; partners see what they are; ingestion hears of it."""

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.access import schemas, use_cases
from services.access.domain.habilitation import Habilitation, faults_of
from services.access.storage import habilitations
from services.contracts.access import ORGANISATIONS_CHANGED, PROFILE
from services.contracts.errors import BadRequest, NotFound
from tests.access.given import CEP, NOW, OPCO, TODAY, handling, registration, right, steering


def announced(session: Session) -> list[dict[str, Any]]:
    """The organisations of every event waiting in the outbox, as a listener reads them."""
    rows = session.execute(text("SELECT type, body FROM outbox ORDER BY seq")).all()
    assert {row.type for row in rows} <= {ORGANISATIONS_CHANGED.type}
    read = ORGANISATIONS_CHANGED.schema()
    return [one for row in rows for one in read.load(orjson.loads(row.body))["organisations"]]


def profile_of(session: Session, siret: str) -> dict[str, Any]:
    """What the partner gets, as it reads it."""
    answer = schemas.profile_to_wire(*use_cases.get_profile(session, siret), TODAY)
    read: dict[str, Any] = PROFILE.answer().load(orjson.loads(orjson.dumps(answer)))
    return read


def test_an_organisation_finds_itself_when_it_logs_in(session: Session) -> None:
    ended = right("dossiers_payes", valid_until=date(2026, 6, 14))
    assert use_cases.register(session, [registration(right(), ended, steering())], NOW) == 1

    found = profile_of(session, OPCO)

    assert (found["profile"], found["services"]) == ("opco", ["dossier", "ingestion", "reporting"])
    assert set(found["natures"]) == {"formation", "realisation", "financement", "suppression"}
    assert {(one["perimetre"], one["in_force"]) for one in found["habilitations"]} == {
        ("dossiers_finances", True),
        ("dossiers_payes", False),
        (None, True),
    }


def test_an_organisation_without_rights_is_known(session: Session) -> None:
    use_cases.register(session, [registration()], NOW)
    assert profile_of(session, OPCO)["habilitations"] == []
    assert habilitations.of_organisation(session, OPCO) == []
    assert habilitations.of_organisation(session, CEP) is None


def test_an_unknown_organisation_is_told_what_to_do(session: Session) -> None:
    with pytest.raises(NotFound) as refused:
        use_cases.get_profile(session, CEP)
    assert refused.value.code == "organisation_inconnue"
    assert "administration du hub" in refused.value.message


def test_registering_anew_replaces_every_right_and_announces_a_higher_version(session: Session) -> None:
    use_cases.register(session, [registration(right(), right("dossiers_payes"))], NOW)
    use_cases.register(
        session,
        [
            registration(right(), steering(), profile="region"),
            registration(siret=CEP, profile="operateur_cep"),
        ],
        NOW,
    )
    assert set(habilitations.of_organisation(session, OPCO) or ()) == {right(), steering()}
    assert [(one["siret"], one["version"], one["profile"]) for one in announced(session)] == [
        (OPCO, 1, "opco"),
        (OPCO, 2, "region"),
        (CEP, 1, "operateur_cep"),
    ]


def test_registering_leaves_other_organisations_alone(session: Session) -> None:
    use_cases.register(session, [registration(right())], NOW)
    use_cases.register(session, [registration(siret=CEP)], NOW)
    assert habilitations.of_organisation(session, OPCO) == [right()]


def test_a_withdrawn_right_is_kept_for_the_journal_and_may_be_granted_again(session: Session) -> None:
    for rights in ([right()], [], [right()]):
        use_cases.register(session, [registration(*rights)], NOW)
        assert habilitations.of_organisation(session, OPCO) == rights
        rows = session.execute(text("SELECT habilitation_id FROM habilitation")).scalars().all()
        assert rows == [right().habilitation_id]


def test_the_same_right_twice_is_one_right(session: Session) -> None:
    use_cases.register(session, [registration(right(), right())], NOW)
    assert habilitations.of_organisation(session, OPCO) == [right()]


def test_one_fault_refuses_the_whole_request_and_all_faults_are_told(session: Session) -> None:
    backwards = right(valid_until=date(2025, 12, 31))
    with pytest.raises(BadRequest) as refused:
        use_cases.register(
            session,
            [registration(right(), backwards), registration(right(None), siret=CEP), registration(siret=CEP)],
            NOW,
        )
    assert refused.value.details == {
        "organisations.0.habilitations.1.valid_until": "fin_avant_debut",
        "organisations.1.siret": "siret_en_double",
        "organisations.1.habilitations.0.perimetre": "champ_obligatoire",
        "organisations.2.siret": "siret_en_double",
    }
    assert announced(session) == []
    assert habilitations.of_organisation(session, OPCO) is None


@pytest.mark.parametrize(
    ("habilitation", "faults"),
    [
        pytest.param(handling(), {}, id="as it should be"),
        pytest.param(
            handling(perimetre="dossiers_finances"), {"perimetre": "champ_sans_objet"}, id="a reach"
        ),
        pytest.param(handling(blocs=("dates",)), {"blocs": "champ_sans_objet"}, id="blocks"),
        pytest.param(handling(service="identity"), {"finalite": "finalite_hors_service"}, id="elsewhere"),
    ],
)
def test_the_right_to_rule_on_dossiers_is_no_right_to_read(
    habilitation: Habilitation, faults: dict[str, str]
) -> None:
    assert dict(faults_of(habilitation)) == faults


def test_a_national_registration_takes_a_handful_of_statements(
    session: Session, statements: list[str]
) -> None:
    many = [
        registration(
            *(right(siret=siret, valid_until=TODAY + timedelta(days=each)) for each in range(5)), siret=siret
        )
        for siret in (f"{number:014d}" for number in range(500))
    ]
    use_cases.register(session, many, NOW)
    assert len(statements) <= 5
