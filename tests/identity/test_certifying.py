"""A certified NIR is one by the word of who asks the register; anybody else's is taken in as a NIR."""

import json
from itertools import permutations
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.contracts.access import PROFILES
from services.identity import desk, schemas
from services.identity.domain.certifying import CERTIFIERS, may_certify
from services.identity.storage import decisions, records, statements, verdicts
from services.identity.storage.sources import profile_of
from tests.identity.given import KEYS, NIR, OTHER_NIR, follow, ids, personne, sealed, told

CDC, FRANCE_TRAVAIL, OPCO, DSN, NOBODY = (f"9900001{number}000015" for number in range(5))
PROFILE_OF = {CDC: "caisse_des_depots", FRANCE_TRAVAIL: "france_travail", OPCO: "opco", DSN: "dsn"}
MARIE, HOMONYM = personne(nir=NIR, nir_certifie=True), personne(nir=OTHER_NIR, nir_certifie=True)


@pytest.fixture(autouse=True)
def sources(session: Session) -> None:
    follow(session, PROFILE_OF)


def certified(session: Session) -> list[bool]:
    """Of each record, in the order in which they came, whether its NIR is believed to be certified."""
    numbers = session.scalars(text("SELECT record_id FROM record ORDER BY record_id")).all()
    opened = records.load(session, KEYS.own, numbers)
    return [schemas.unpack(opened[number]).is_certified for number in numbers]


def causes(session: Session) -> list[str]:
    """Why humans are asked."""
    return [doubt.cause for doubt in verdicts.doubts(session, (0, 0), 100)]


def test_who_certifies_is_known_to_access() -> None:
    assert PROFILES.keys() >= CERTIFIERS


@pytest.mark.parametrize(
    ("one", "other", "asked"),
    [
        pytest.param(CDC, CDC, [], id="the Caisse des Dépôts of both"),
        pytest.param(CDC, FRANCE_TRAVAIL, [], id="two who ask the register"),
        pytest.param(CDC, OPCO, ["nir_differents"], id="a funder of one"),
        pytest.param(DSN, CDC, ["nir_differents"], id="an employer's DSN of one"),
        pytest.param(OPCO, DSN, ["nir_differents"], id="neither asks the register"),
        pytest.param(CDC, NOBODY, ["nir_differents"], id="access never told of one"),
        pytest.param(CDC, None, ["nir_differents"], id="nobody knows who said one"),
    ],
)
def test_two_nirs_are_two_persons_without_a_question_when_the_register_was_asked_of_both(
    session: Session, one: str, other: str | None, asked: list[str]
) -> None:
    (first,) = told(session, [MARIE], source=one)
    (second,) = told(session, [HOMONYM], source=other)
    assert first.person_id != second.person_id
    assert causes(session) == asked


def test_the_same_words_of_two_sources_are_two_records_of_one_person_and_kept_as_told(
    session: Session,
) -> None:
    lines = ids(2)
    (first,) = told(session, [MARIE], lines[:1], source=OPCO)
    (second,) = told(session, [MARIE], lines[1:], source=CDC)
    assert (second.person_id, second.because) == (first.person_id, "nir")
    assert certified(session) == [False, True]
    kept = statements.told_by(session, KEYS.own, lines)
    assert [orjson.loads(kept[line]) for line in lines] == [MARIE, MARIE]


def test_what_is_not_believed_is_the_record_of_who_does_not_say_it(session: Session) -> None:
    told(session, [personne(nir=NIR)], source=DSN)
    (again,) = told(session, [MARIE], source=OPCO)
    assert again.because == "contenu"
    assert certified(session) == [False]


@pytest.mark.parametrize(
    ("source", "is_certified"),
    [(CDC, True), (FRANCE_TRAVAIL, True), (OPCO, False), (DSN, False), (NOBODY, False)],
)
def test_the_civil_status_says_certified_by_who_may(
    session: Session, source: str, is_certified: bool
) -> None:
    (heard,) = told(session, [MARIE], source=source)
    (said,) = desk.said_of(session, KEYS.own, heard.person_id)
    assert (said.source, said.profile, said.is_certified) == (source, PROFILE_OF.get(source), is_certified)


@pytest.mark.parametrize("profile", [None, "opco", "france_travail"])
def test_a_line_is_read_as_what_is_kept_of_it_is(profile: str | None) -> None:
    people = [MARIE, personne(), personne(nom_usage="\ud800 Léa", date="1994", commune=None, pays="99352")]
    chunk = sealed(json.dumps(people).encode())
    for said in schemas.read_statements(ids(len(people)), chunk, KEYS.traits, KEYS.blind, profile):
        believed = schemas.believed_of(said.told, may_certify(profile))
        assert (
            schemas.record_of(said) == schemas.read_content(said.believed) == schemas.read_content(believed)
        )


def test_a_source_that_access_tells_of_late_is_believed_when_it_tells_again(session: Session) -> None:
    told(session, [MARIE], source=NOBODY)
    follow(session, {NOBODY: "caisse_des_depots"})
    assert profile_of(session, NOBODY) == "caisse_des_depots"
    assert certified(session) == [False]
    told(session, [MARIE], source=NOBODY)
    assert certified(session) == [False, True]


def test_a_source_that_may_no_longer_certify_is_not_shown_nor_believed_any_more(session: Session) -> None:
    (heard,) = told(session, [MARIE], source=CDC)
    follow(session, {CDC: "opco"}, version=2)
    (said,) = desk.said_of(session, KEYS.own, heard.person_id)
    assert not said.is_certified
    told(session, [HOMONYM], source=CDC)
    assert (certified(session), causes(session)) == ([True, False], ["nir_differents"])


FOUR: tuple[tuple[str, dict[str, Any]], ...] = (
    (OPCO, MARIE),
    (CDC, MARIE),
    (FRANCE_TRAVAIL, HOMONYM),
    (DSN, personne(nom_naissance="Dupond", nir=OTHER_NIR, nir_certifie=True)),
)


def test_in_any_order_the_same_words_of_the_same_sources_make_the_same_persons(session: Session) -> None:
    found = set()
    for order in permutations(range(len(FOUR))):
        with session.begin_nested() as undone:
            lines = ids(len(FOUR))
            for at in order:
                source, told_of = FOUR[at]
                told(session, [told_of], [lines[at]], source=source)
            person_of = {one.declaration_id: one.person_id for one in decisions.standing(session, lines)}
            persons = tuple(lines.index(_first_of(person_of, line, lines)) for line in lines)
            found.add((persons, tuple(causes(session)), tuple(sorted(certified(session)))))
            undone.rollback()
    assert found == {((0, 0, 2, 2), ("nir_differents",) * 3, (False, False, True, True))}


def _first_of(person_of: dict[UUID, UUID], line: UUID, lines: list[UUID]) -> UUID:
    return next(other for other in lines if person_of[other] == person_of[line])
