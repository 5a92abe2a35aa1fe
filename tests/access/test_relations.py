"""Access follows the dossiers: any order, any repetition, any cut gives the same relations."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from services.access import use_cases
from services.access.domain.parcours import Parcours, Relation
from services.access.storage import relations
from services.chassis.database import transaction
from tests.access.given import CEP, FIRST, OPCO, PERSON, SECOND, finances, follows, parcours, pays
from tests.conftest import RolledBack

PERSONS = [UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2, 3)]


def known(session: Session, person_id: UUID = PERSON) -> set[Relation]:
    return {one for siret in (OPCO, CEP) for one in relations.of_reader(session, person_id, siret)}


def test_a_later_version_replaces_all_relations_of_the_person(session: Session) -> None:
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), follows(CEP), version=1)])
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), pays(SECOND), version=2)])
    assert known(session) == {finances(FIRST), pays(SECOND)}


def test_an_older_version_changes_nothing(session: Session) -> None:
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), version=2)])
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), finances(SECOND), version=1)])
    assert known(session) == {finances(FIRST)}


def test_a_person_left_without_dossiers_is_related_to_nobody(session: Session) -> None:
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), follows(), version=1)])
    use_cases.follow_dossiers(session, [parcours(version=2)])
    assert known(session) == set()


def test_another_persons_relations_are_left_alone(session: Session) -> None:
    use_cases.follow_dossiers(session, [parcours(finances(FIRST), person_id=PERSONS[1])])
    use_cases.follow_dossiers(session, [parcours(finances(SECOND), person_id=PERSONS[0])])
    assert known(session, PERSONS[1]) == {finances(FIRST)}


def test_a_chunk_takes_three_statements(session: Session, statements: list[str]) -> None:
    chunk = [parcours(finances(FIRST), person_id=UUID(int=number)) for number in range(500)]
    use_cases.follow_dossiers(session, chunk)
    assert len(statements) == 3


held = st.builds(
    Relation,
    st.sampled_from([OPCO, CEP]),
    st.sampled_from(["finance", "paie", "accompagne"]),
    st.sampled_from([FIRST, SECOND, None]),
)


@st.composite
def histories(draw: Any) -> list[Parcours]:
    """Some persons, each with some versions, in the order in which they came to be."""
    return [
        Parcours(person_id, version, draw(st.frozensets(held, max_size=4)))
        for person_id in PERSONS
        for version in range(1, draw(st.integers(1, 4)) + 1)
    ]


def after(engine: Engine, chunks: Sequence[Sequence[Parcours]]) -> dict[UUID, set[Relation]]:
    with RolledBack(engine) as session:
        for chunk in chunks:
            use_cases.follow_dossiers(session, chunk)
        return {person_id: known(session, person_id) for person_id in PERSONS}


@settings(max_examples=60)
@given(data=st.data(), history=histories())
def test_any_order_gives_the_same(engine: Engine, data: Any, history: list[Parcours]) -> None:
    told = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history), max_size=3))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), max_size=3)))
    chunks = [told[start:end] for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True)]
    expected = {person_id: set[Relation]() for person_id in PERSONS}
    for one in history:  # in the order of the versions: the last one stands
        expected[one.person_id] = set(one.relations)
    assert after(engine, chunks) == expected


def test_two_chunks_that_share_persons_do_not_block_each_other_for_ever(engine: Engine) -> None:
    persons = [uuid4() for _ in range(100)]

    def follow(turn: int) -> None:
        ordered = persons if turn % 2 else persons[::-1]
        with transaction(engine) as session:
            use_cases.follow_dossiers(
                session, [parcours(finances(FIRST), person_id=one, version=turn) for one in ordered]
            )

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(follow, range(1, 41)))
    with transaction(engine) as session:
        assert all(known(session, person_id) == {finances(FIRST)} for person_id in persons)
