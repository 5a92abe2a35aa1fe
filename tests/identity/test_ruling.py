"""Guarantee 5: what a human ties or parts is undone exactly; and the order of lines changes nobody."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from services.contracts.errors import BadRequest, Conflict, NotFound
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import ruling, use_cases
from services.identity.storage import decisions, records, verdicts
from services.identity.storage.rulings import Kind, Ruling
from services.sample.slips import statements as told_with_slips
from tests.conftest import RolledBack
from tests.identity.given import NOW, announced, ids, linker, personne, sealed, told

MARIE, ANNE = (
    personne(),
    personne(nom_naissance="Lefebvre", prenoms=["Anne"], date="1971-08-30", commune="13055"),
)
SOLANGE = personne(nom_naissance="Kervadec", prenoms=["Solange"], date="1984-02-11", commune="29232")


def ruled(kind: Kind, scope: str = "lignes") -> Ruling:
    return Ruling(uuid.uuid4(), kind, scope, "agent 12", "acte de naissance vu")


def persons(session: Session, declarations: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The person of each line, as it stands."""
    return {one.declaration_id: one.person_id for one in decisions.standing(session, declarations)}


def test_two_lines_tied_are_of_one_person_the_older_and_revoked_they_are_as_before(session: Session) -> None:
    lines = ids(3)
    told(session, [MARIE, ANNE, ANNE], lines)
    before = persons(session, lines)
    tie = ruled("link")
    assert ruling.link(linker(session), NOW, tie, lines[0], lines[1]) == 2
    assert set(persons(session, lines).values()) == {before[lines[0]]}
    heard = announced(session, DECLARATIONS_ATTRIBUTED)
    assert [one["rule"] for one in heard if one["declaration_id"] == lines[2]] == [
        "nouvelle_personne",
        "liaison",
    ]
    ruling.revoke(linker(session), NOW, tie.ruling_id, "agent 13", "erreur")
    assert persons(session, lines) == before


def test_lines_parted_are_of_two_persons_and_revoked_they_are_as_before(session: Session) -> None:
    lines = ids(3)
    told(session, [MARIE, personne(nom_naissance="Dupond"), personne(nom_usage="Roux")], lines)
    before = persons(session, lines)
    assert len(set(before.values())) == 1
    part = ruled("split", "personnes")
    ruling.split(linker(session), NOW, part, [lines[1]], lines[0])
    parted = persons(session, lines)
    assert parted[lines[0]] == parted[lines[2]] == before[lines[0]] != parted[lines[1]]
    ruling.revoke(linker(session), NOW, part.ruling_id, "agent 13", "erreur")
    assert persons(session, lines) == before


def test_a_ruling_outlives_what_comes_after(session: Session) -> None:
    lines = ids(2)
    told(session, [MARIE, personne(nom_naissance="Dupond")], lines)
    ruling.split(linker(session), NOW, ruled("split"), [lines[1]], lines[0])
    (bridge,) = told(session, [personne(nom_naissance="Dupont", nom_usage="Dupond")])
    assert len(set(persons(session, lines).values())) == 2
    assert bridge.person_id in persons(session, lines).values()


def test_a_doubt_ruled_on_is_asked_no_more(session: Session) -> None:
    lines = ids(2)
    told(session, [MARIE, personne(prenoms=["Anne"])], lines)
    assert len(verdicts.doubts(session, (0, 0), 10)) == 1
    ruling.split(linker(session), NOW, ruled("split"), [lines[1]], lines[0])
    assert verdicts.doubts(session, (0, 0), 10) == []


def test_a_ruling_against_another_is_refused(session: Session) -> None:
    lines = ids(2)
    told(session, [MARIE, ANNE], lines)
    ruling.split(linker(session), NOW, ruled("split"), [lines[1]], lines[0])
    with pytest.raises(Conflict, match="decision_contraire"):
        ruling.link(linker(session), NOW, ruled("link"), lines[0], lines[1])


def test_what_cannot_be_ruled_on_is_refused_with_a_word(session: Session) -> None:
    lines = ids(4)
    test = personne(nom_naissance="TEST", prenoms=["TEST"])
    told(session, [MARIE, MARIE, test, ANNE], lines)
    with pytest.raises(Conflict, match="meme_contenu"):
        ruling.split(linker(session), NOW, ruled("split"), [lines[1]], lines[0])
    with pytest.raises(BadRequest, match="declaration_sans_identite"):
        ruling.link(linker(session), NOW, ruled("link"), lines[0], lines[2])
    with pytest.raises(NotFound, match="declaration_inconnue"):
        ruling.link(linker(session), NOW, ruled("link"), lines[0], uuid.uuid4())
    with pytest.raises(NotFound, match="decision_inconnue"):
        ruling.revoke(linker(session), NOW, uuid.uuid4(), "agent 12", "erreur")


def test_whom_a_line_was_of_on_a_day_is_remembered(session: Session) -> None:
    lines = ids(2)
    told(session, [MARIE, ANNE], lines)
    before = persons(session, lines)
    ruling.link(linker(session), NOW + timedelta(days=10), ruled("link"), lines[0], lines[1])
    known = {one.declaration_id: one.person_id for one in decisions.as_known(session, lines, NOW)}
    assert known == before
    later = decisions.as_known(session, lines, NOW + timedelta(days=10))
    assert {one.person_id for one in later} == {before[lines[0]]}


# --- any order, any rulings --------------------------------------------------------------------


def _people(seed: int) -> list[dict[str, Any]]:
    """A few persons, each told of several times, one trait in four not quite right."""
    return [_personne(one.told) for one in told_with_slips(8, seed=seed, faulty=0.25)]


def _personne(said: dict[str, str]) -> dict[str, Any]:
    return personne(
        nom_naissance=said.get("nom_naissance", ""),
        nom_usage=said.get("nom_usage"),
        prenoms=said.get("prenoms", "").split(),
        sexe=said.get("sexe", ""),
        date=said.get("date_naissance", ""),
        commune=said.get("lieu_naissance"),
    )


def _feed(session: Session, lines: Sequence[uuid.UUID], people: Sequence[Any], size: int) -> None:
    for at in range(0, len(lines), size):
        chunk = lines[at : at + size], people[at : at + size]
        use_cases.resolve_persons(linker(session), NOW, chunk[0], sealed(list(chunk[1])))


def _partition(session: Session, lines: Sequence[uuid.UUID]) -> set[frozenset[uuid.UUID]]:
    groups: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for line, person_id in persons(session, lines).items():
        groups[person_id].add(line)
    return set(map(frozenset, groups.values()))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), order=st.randoms(use_true_random=False), size=st.integers(1, 24))
def test_the_same_lines_in_any_order_and_any_chunks_give_the_same_persons(
    engine: Engine, seed: int, order: Random, size: int
) -> None:
    people = _people(seed)
    lines = ids(len(people))
    with RolledBack(engine) as session:
        _feed(session, lines, people, len(lines))
        straight = _partition(session, lines)
    shuffled = list(zip(lines, people, strict=True))
    order.shuffle(shuffled)
    with RolledBack(engine) as session:
        _feed(session, [line for line, _ in shuffled], [one for _, one in shuffled], size)
        assert _partition(session, lines) == straight


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), chance=st.randoms(use_true_random=False), count=st.integers(1, 6))
def test_rulings_taken_back_in_any_order_leave_no_trace(
    engine: Engine, seed: int, chance: Random, count: int
) -> None:
    people = _people(seed)
    lines = ids(len(people))
    with RolledBack(engine) as session:
        _feed(session, lines, people, len(lines))
        before = persons(session, lines)
        made = []
        for _ in range(count):
            one, other = chance.sample(lines, 2)
            kind: Kind = chance.choice(["link", "split"])
            rule = ruled(kind, chance.choice(["lignes", "personnes"]))
            with session.begin_nested() as attempt:
                try:
                    if kind == "link":
                        ruling.link(linker(session), NOW, rule, one, other)
                    else:
                        ruling.split(linker(session), NOW, rule, [one], other)
                    made.append(rule)
                except (Conflict, BadRequest):
                    attempt.rollback()
        chance.shuffle(made)
        for rule in made:
            ruling.revoke(linker(session), NOW, rule.ruling_id, "agent 12", "erreur")
        assert persons(session, lines) == before
        moves = records.moves(session, 0, 1000)
        assert [one.seq for one in moves] == sorted(one.seq for one in moves)
