"""Many readings are decided at once, each as if it were asked alone, and remembered."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.access import schemas, use_cases
from services.access.domain.decision import Decided, Granted, Reading, Refused
from services.access.domain.parcours import Parcours, Relation
from services.access.storage import relations
from services.contracts.errors import Unavailable
from tests.access.given import CEP, FIRST, NOW, OPCO, PERSON, SECOND, TODAY, reading, registration, right

pytestmark = pytest.mark.servers

OTHER = UUID("00000000-0000-4000-8000-000000000002")
APPEL = "dossier.changes"
FOLLOWING = right("personnes_accompagnees", "dates", siret=CEP, finalite="accompagnement")


@pytest.fixture
def known(session: Session) -> Session:
    """The OPCO funds a dossier of one person, the CEP operator follows another."""
    use_cases.register(session, [registration(right())], NOW)
    use_cases.register(session, [registration(FOLLOWING, siret=CEP, profile="operateur_cep")], NOW)
    relations.replace(
        session,
        [
            Parcours(PERSON, 3, frozenset({Relation(OPCO, "finance", FIRST)})),
            Parcours(OTHER, 1, frozenset({Relation(CEP, "accompagne", None)})),
        ],
    )
    return session


def decided(session: Session, *asked: Reading, together: bool = False) -> list[tuple[Decided, str] | None]:
    return use_cases.decide_readings(session, APPEL, asked, NOW, TODAY, together=together)


def told(purpose: str, siret: str, person_id: UUID, *dossier_ids: UUID, version: int = 0) -> Reading:
    return replace(reading(*dossier_ids), siret=siret, finalite=purpose, person_id=person_id, version=version)


ASKED = (
    told("prise_en_charge", OPCO, PERSON, FIRST, SECOND),
    told("prise_en_charge", OPCO, OTHER, SECOND),
    told("accompagnement", CEP, OTHER, SECOND),
    told("suivi", CEP, OTHER, SECOND),
)


def test_many_are_decided_as_each_would_be_alone(known: Session) -> None:
    together = [one[0].answer for one in decided(known, *ASKED) if one]
    alone = [use_cases.decide(known, one, NOW, TODAY)[0] for one in ASKED]
    assert together == alone
    assert [isinstance(one, Granted) for one in together] == [True, False, True, False]


def test_what_nobody_asked_for_is_decided_for_a_purpose_that_its_reader_has(known: Session) -> None:
    found = decided(known, told("", CEP, OTHER, SECOND), told("", OPCO, OTHER, SECOND))
    assert [(one[0].purpose, type(one[0].answer)) for one in found if one] == [
        ("accompagnement", Granted),
        ("prise_en_charge", Refused),
    ]


def test_what_belongs_to_the_person_is_opened_beside_her_dossiers_or_alone(session: Session) -> None:
    """As `decide` opens it; asked for alone and for no purpose, by the first right that opens any of it."""
    rights = (
        right(siret=CEP),
        right("personnes_accompagnees", "dates", "emplois", siret=CEP, finalite="accompagnement"),
    )
    use_cases.register(session, [registration(*rights, siret=CEP, profile="france_travail")], NOW)
    held = frozenset({Relation(CEP, "finance", FIRST), Relation(CEP, "accompagne", None)})
    relations.replace(session, [Parcours(PERSON, 1, held)])
    asked = (
        told("accompagnement", CEP, PERSON, FIRST),
        told("prise_en_charge", CEP, PERSON, FIRST),
        told("", CEP, PERSON, FIRST),
        told("", CEP, PERSON),
    )
    wire = [schemas.reading_to_wire(one) for one in decided(session, *asked)]
    assert [(one["finalite"], len(one["dossiers"]), one["blocs"]) for one in wire] == [
        ("accompagnement", 1, ("emplois",)),
        ("prise_en_charge", 1, ()),
        ("prise_en_charge", 1, ()),
        ("accompagnement", 0, ("emplois",)),
    ]
    assert [one["bloc"] for one in wire[0]["masques"]] == ["certifications", "accompagnements"]
    shown = text("SELECT person_ids FROM journal WHERE siret = :siret AND finalite = 'accompagnement'")
    assert session.scalars(shown, {"siret": CEP}).all() == [[PERSON]], "it is remembered whose it was"


def test_what_is_looked_for_is_decided_for_the_purpose_that_opens_it_and_remembered_under_it(
    session: Session,
) -> None:
    """Whichever of its purposes comes first, and opens something else."""
    rights = (
        right("personnes_financees", "certifications", "formation", siret=CEP),
        right("personnes_accompagnees", "dates", "emplois", siret=CEP, finalite="accompagnement"),
    )
    use_cases.register(session, [registration(*rights, siret=CEP, profile="france_travail")], NOW)
    held = frozenset({Relation(CEP, "finance", FIRST), Relation(CEP, "accompagne", None)})
    relations.replace(session, [Parcours(PERSON, 1, held)])
    asked = (
        replace(told("", CEP, PERSON), blocs=("emplois",)),
        replace(told("", CEP, PERSON), blocs=("certifications",)),
        replace(told("", CEP, PERSON, FIRST), blocs=("dates",)),
        replace(told("", CEP, PERSON, FIRST), blocs=("formation",)),
    )
    found = [one for one in decided(session, *asked) if one]
    purposes = ["accompagnement", "prise_en_charge", "accompagnement", "prise_en_charge"]
    assert [one.purpose for one, _ in found] == purposes
    by_number = text("SELECT finalite FROM journal WHERE chain || '-' || seq = :number")
    assert [session.scalars(by_number, {"number": number}).one() for _, number in found] == purposes


def test_of_whom_nothing_but_a_block_of_hers_is_opened_is_remembered(session: Session) -> None:
    right_to_jobs = right("personnes_accompagnees", "emplois", siret=CEP, finalite="accompagnement")
    use_cases.register(session, [registration(right_to_jobs, siret=CEP, profile="operateur_cep")], NOW)
    relations.replace(session, [Parcours(PERSON, 1, frozenset({Relation(CEP, "accompagne", None)}))])
    decided(session, told("accompagnement", CEP, PERSON, FIRST))
    shown = text("SELECT person_ids, dossier_ids FROM journal WHERE siret = :siret")
    assert [tuple(row) for row in session.execute(shown, {"siret": CEP})] == [([PERSON], [])]


def test_each_organisation_has_an_entry_with_whom_it_was_shown_and_what(known: Session) -> None:
    numbers = [one[1] for one in decided(known, *ASKED) if one]
    written = text("SELECT * FROM (SELECT chain || '-' || seq AS number, * FROM journal) AS entry")
    rows = [row for row in known.execute(written) if row.number in numbers]
    assert len(rows) == len(set(numbers)) == 4
    assert {(row.siret, row.finalite, row.granted, row.appel) for row in rows} == {
        (OPCO, "prise_en_charge", True, APPEL),
        (OPCO, "prise_en_charge", False, APPEL),
        (CEP, "accompagnement", True, APPEL),
        (CEP, "suivi", False, APPEL),
    }
    by = {row.number: row for row in rows}
    assert (by[numbers[0]].person_ids, by[numbers[0]].dossier_ids) == ([PERSON], [FIRST])
    assert (by[numbers[1]].person_ids, by[numbers[1]].reason) == ([OTHER], "no_relation")
    assert use_cases.verify_journal(known).broken_at is None


def test_whose_relations_are_not_known_yet_is_not_decided_and_not_remembered(known: Session) -> None:
    before = known.execute(text("SELECT count(*) FROM journal")).scalar_one()
    ahead = told("prise_en_charge", OPCO, PERSON, FIRST, version=4)
    assert decided(known, ahead) == [None]
    with pytest.raises(Unavailable) as behind:
        decided(known, ASKED[2], ahead, together=True)
    assert behind.value.code == "relations_en_retard"
    assert known.execute(text("SELECT count(*) FROM journal")).scalar_one() == before
    assert decided(known, replace(ahead, version=3)) != [None]


def test_many_take_as_many_statements_as_few(known: Session, statements: list[str]) -> None:
    counts = []
    for size in (1, 200):
        statements.clear()
        decided(known, *(told("prise_en_charge", OPCO, UUID(int=one), FIRST) for one in range(size)))
        counts.append(len(statements))
    assert counts == [5, 5]
