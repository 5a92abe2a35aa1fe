"""Of whom a line speaks, given who is known."""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.resolution import (
    Attributed,
    Decision,
    InReview,
    Line,
    Marks,
    Person,
    Register,
    resolve,
)

P, Q, R = (uuid.UUID(int=number) for number in (1, 2, 3))
EARLIER, NOW = uuid.UUID(int=100), uuid.UUID(int=101)


def marks(nir: str | None, civil: str | None = "Marie", name: str = "Dupont", first: str = "Marie") -> Marks:
    """Marks as a reader would write them: what is equal here is equal there."""
    return Marks(
        nir.encode() if nir else None,
        civil.encode() if civil else None,
        name.encode() if name else None,
        first.encode() if first else None,
    )


def known(person_id: uuid.UUID, of: Marks) -> Person:
    return Person(person_id, EARLIER, of)


def decided(lines: Sequence[Marks], *persons: Person) -> tuple[list[Decision], Register]:
    register = Register.of(persons)
    new = (uuid.UUID(int=number) for number in itertools.count(1000))
    return resolve([Line(NOW, one) for one in lines], register, lambda: next(new)), register


NEW = Attributed(uuid.UUID(int=1000), "nouvelle_personne")
NEXT = Attributed(uuid.UUID(int=1001), "nouvelle_personne")

WITH_A_NIR = [
    pytest.param(marks("n"), [known(P, marks("n"))], Attributed(P, "nir"), id="known, traits agree"),
    pytest.param(
        marks("n", "other", name="Martin"),
        [known(P, marks("n"))],
        Attributed(P, "nir"),
        id="known, married name: first name agrees",
    ),
    pytest.param(
        marks("n", "other", first="Claire"),
        [known(P, marks("n"))],
        Attributed(P, "nir"),
        id="known, usual first name: name agrees",
    ),
    pytest.param(
        marks("n", "other", name="Martin", first="Claire"),
        [known(P, marks("n"))],
        InReview("nir_contredit"),
        id="known, neither name agrees",
    ),
    pytest.param(
        marks("n", None, name="", first=""),
        [known(P, marks("n"))],
        InReview("nir_contredit"),
        id="known, nothing to compare",
    ),
    pytest.param(
        marks("n", None, name="", first=""),
        [known(P, marks("n", None, name="", first=""))],
        InReview("nir_contredit"),
        id="known, nothing to compare on either side",
    ),
    pytest.param(
        marks("n", "other", name="Martin", first="Claire"),
        [known(P, marks("n")), known(Q, marks(None, "other"))],
        InReview("nir_contredit"),
        id="contradicted: the civil status does not decide instead",
    ),
    pytest.param(marks("n"), [], NEW, id="unknown, nobody alike"),
    pytest.param(
        marks("n"), [known(P, marks(None))], Attributed(P, "etat_civil"), id="unknown, one alike without NIR"
    ),
    pytest.param(marks("n"), [known(P, marks("m"))], NEW, id="unknown, one alike with another NIR: homonym"),
    pytest.param(
        marks("n"),
        [known(P, marks("m")), known(Q, marks(None))],
        Attributed(Q, "etat_civil"),
        id="unknown, a homonym and one alike without NIR",
    ),
    pytest.param(
        marks("n"),
        [known(P, marks(None)), known(Q, marks(None))],
        InReview("homonymes"),
        id="unknown, two alike without NIR",
    ),
    pytest.param(
        marks("n", None), [known(P, marks(None, None))], NEW, id="unknown, civil status incomplete on both"
    ),
]
WITHOUT_A_NIR = [
    pytest.param(marks(None), [known(P, marks("n"))], Attributed(P, "etat_civil"), id="one alike, with NIR"),
    pytest.param(marks(None), [known(P, marks(None))], Attributed(P, "etat_civil"), id="one alike, without"),
    pytest.param(
        marks(None), [known(P, marks("n")), known(Q, marks("m"))], InReview("homonymes"), id="two alike"
    ),
    pytest.param(marks(None), [known(P, marks("n", "other"))], NEW, id="nobody alike, names agree"),
    pytest.param(marks(None, None), [known(P, marks("n"))], NEW, id="incomplete, names agree"),
    pytest.param(marks(None, None), [known(P, marks(None, None))], NEW, id="incomplete on both sides"),
]


@pytest.mark.parametrize(("line", "persons", "answer"), WITH_A_NIR)
def test_a_nir_decides_if_nothing_speaks_against_it(
    line: Marks, persons: list[Person], answer: Decision
) -> None:
    assert decided([line], *persons)[0] == [answer]


@pytest.mark.parametrize(("line", "persons", "answer"), WITHOUT_A_NIR)
def test_without_a_nir_the_exact_civil_status_decides(
    line: Marks, persons: list[Person], answer: Decision
) -> None:
    assert decided([line], *persons)[0] == [answer]


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        pytest.param([marks("n"), marks("n")], [NEW, replace(NEW, rule="nir")], id="one NIR, one person"),
        pytest.param([marks("n"), marks("m")], [NEW, NEXT], id="two NIRs, two homonyms"),
        pytest.param(
            [marks(None), marks(None)], [NEW, replace(NEW, rule="etat_civil")], id="one civil status"
        ),
        pytest.param(
            [marks(None), marks("n"), marks("n")],
            [NEW, replace(NEW, rule="etat_civil"), replace(NEW, rule="nir")],
            id="the NIR comes after, and is known from then on",
        ),
        pytest.param(
            [marks(None), marks("n"), marks("m")],
            [NEW, replace(NEW, rule="etat_civil"), NEXT],
            id="the NIR comes after, then another",
        ),
        pytest.param(
            [marks("n"), marks("m"), marks(None)], [NEW, NEXT, InReview("homonymes")], id="ambiguous by then"
        ),
        pytest.param(
            [marks("n"), marks("n", "other", "Martin", "Claire")],
            [NEW, InReview("nir_contredit")],
            id="contradicted within the chunk",
        ),
        pytest.param([marks(None, None), marks(None, None)], [NEW, NEXT], id="incomplete: one person each"),
    ],
)
def test_the_lines_of_a_chunk_are_read_in_order(lines: list[Marks], answers: list[Decision]) -> None:
    assert decided(lines)[0] == answers


def test_a_person_who_gains_a_nir_is_known_by_the_line_that_told_it() -> None:
    _, register = decided([marks("n")], known(P, marks(None)))
    assert (register.created, register.adopted) == (set(), {P})
    assert register.persons[P] == Person(P, NOW, marks("n"))


def test_a_new_person_who_gains_a_nir_is_still_new() -> None:
    _, register = decided([marks(None), marks("n")])
    assert (len(register.created), register.adopted) == (1, set())


# A person has one NIR, tells its name now one way and now another, and may have homonyms.
NIRS = st.sampled_from("abcdef")
TOLD = NIRS.flatmap(
    lambda nir: st.sampled_from(["civil 1", "civil 2", None]).map(lambda civil: marks(nir, civil, name=nir))
)


def partition(lines: Sequence[tuple[int, Marks]], *persons: Person) -> set[frozenset[int]]:
    """Which lines speak of the same person."""
    answers = decided([one for _, one in lines], *persons)[0]
    groups: dict[object, set[int]] = {}
    for (number, _), answer in zip(lines, answers, strict=True):
        groups.setdefault(answer.person_id if isinstance(answer, Attributed) else number, set()).add(number)
    return {frozenset(group) for group in groups.values()}


@given(st.lists(TOLD, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_lines_with_nirs_makes_no_difference(lines: list[Marks], random: object) -> None:
    numbered = list(enumerate(lines))
    shuffled = list(numbered)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    homonym = known(P, marks(None, "civil 1", name="a"))
    assert partition(shuffled) == partition(numbered)
    assert partition(shuffled, homonym) == partition(numbered, homonym)


@given(st.lists(TOLD, max_size=20))
def test_a_nir_is_one_person_and_a_person_has_one_nir(lines: list[Marks]) -> None:
    by_nir: dict[bytes | None, set[int]] = {}
    for number, one in enumerate(lines):
        by_nir.setdefault(one.nir, set()).add(number)
    assert partition(list(enumerate(lines))) == {frozenset(group) for group in by_nir.values()}
