"""Who is who among lines that arrive: in any order, through chains, and whatever is thrown at it."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.identity.domain.blocking import keys_of
from services.identity.domain.clustering import Decided, pair_of
from services.identity.domain.linkage import Linkage
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.records import Record, read_record
from services.sample.slips import statements
from tests.identity.model import MODEL, zoe

Lines = list[tuple[str, Record]]


def persons(
    lines: Lines, decided: Decided | None = None, chunk: int = 3, model: Model = MODEL
) -> set[frozenset[str]]:
    linkage = Linkage(model, decided or Decided())
    for at in range(0, len(lines), chunk):
        linkage.arrive(lines[at : at + chunk])
    return {frozenset(map(str, lines)) for lines in linkage.persons()}


def groups(*texts: str) -> set[frozenset[str]]:
    return {frozenset(text) for text in texts}


def causes(lines: Lines) -> set[str]:
    linkage = Linkage(MODEL)
    linkage.arrive(lines)
    return {doubt.cause for doubt in linkage.doubts()}


SAMPLE = [(f"{at}", read_record(one.told)) for at, one in enumerate(statements(12, seed=5, faulty=0.25))]


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 20))
def test_the_same_lines_in_any_order_give_the_same_persons(shuffle: random.Random, chunk: int) -> None:
    lines = list(SAMPLE)
    shuffle.shuffle(lines)
    assert persons(lines, chunk=chunk) == persons(SAMPLE)


def test_a_late_line_bridges_two_persons() -> None:
    maiden = zoe(prenoms="Zoé", date_naissance="", code_postal="33000", commune="Bordeaux")
    married = zoe(nom_naissance="Petit", lieu_naissance="33063")
    bridge = zoe(nom_usage="Petit", code_postal="33000", commune="Bordeaux")
    apart = [("a", maiden), ("b", married)]
    assert persons(apart) == groups("a", "b")
    assert persons([*apart, ("c", bridge)]) == groups("abc")


def test_a_twin_joins_nobody_and_opens_a_review() -> None:
    lines = [("a", zoe()), ("b", zoe(prenoms="Lucie")), ("c", zoe(prenoms="Zoe", lieu_naissance=""))]
    assert persons(lines) == groups("ac", "b")
    assert causes(lines) == {"jumeaux"}


def test_one_wrong_first_letter_does_not_make_a_twin_of_an_initial() -> None:
    lines = [("a", zoe()), ("b", zoe(prenoms="Noé")), ("c", zoe(prenoms="Z."))]
    assert persons(lines[:2]) == groups("ab")
    assert persons(lines) == groups("abc")


def test_an_initial_that_both_twins_have_does_not_make_them_one() -> None:
    lines = [("a", zoe()), ("b", zoe(prenoms="Zélie")), ("c", zoe(prenoms="Z."))]
    assert not any({"a", "b"} <= group for group in persons(lines))


def test_a_line_that_is_like_both_twins_does_not_make_them_one() -> None:
    lines = [("a", zoe()), ("b", zoe(prenoms="Lucie")), ("c", zoe(prenoms=""))]
    found = persons(lines)
    assert frozenset("abc") not in found
    assert not any({"a", "b"} <= group for group in found)


def test_homonyms_with_certified_nirs_stay_apart_through_a_third() -> None:
    lines = [
        ("a", zoe(nir="2940333063005", nir_certifie="1")),
        ("b", zoe(nir="2940333063117", nir_certifie="1")),
        ("c", zoe()),
    ]
    assert not any({"a", "b"} <= group for group in persons(lines))


def test_one_nir_used_by_two_persons_is_a_review() -> None:
    stranger = read_record(
        {"nom_naissance": "Petit", "prenoms": "Hugo", "date_naissance": "1961-11-29", "nir": "2940333063005"}
    )
    lines = [("a", zoe(nir="2940333063005")), ("b", stranger)]
    assert persons(lines) == groups("a", "b")
    assert causes(lines) == {"nir_contredit"}


def test_a_chain_of_weak_links_does_not_draw_strangers_together() -> None:
    # Each is nearly the next, and the first has nothing of the last.
    names = ["Barabe", "Barabel", "Barbabel", "Barbadel", "Barbadelo", "Carbadelo", "Carbandelo"]
    days = ["1950-01-11", "1950-01-12", "1950-02-12", "1951-02-12", "1961-02-12", "1961-02-22", "1961-12-22"]
    lines = [
        (str(at), zoe(nom_naissance=name, date_naissance=day, prenoms="Zoé"))
        for at, (name, day) in enumerate(zip(names, days, strict=True))
    ]
    found = persons(lines)
    assert not any({"0", "6"} <= group for group in found)


def test_what_humans_decide_stands() -> None:
    one, twin = zoe(), zoe(prenoms="Lucie")
    pair = frozenset({pair_of(one.fingerprint, twin.fingerprint)})
    assert persons([("a", one), ("b", twin)], Decided(must_link=pair)) == groups("ab")
    same = zoe(lieu_naissance="")
    pair = frozenset({pair_of(one.fingerprint, same.fingerprint)})
    assert persons([("a", one), ("b", same)], Decided(cannot_link=pair)) == groups("a", "b")


def test_a_link_in_force_stays_where_it_would_not_be_made() -> None:
    one, other = (
        zoe(lieu_naissance=""),
        zoe(nom_naissance="Durrand", date_naissance="1994-03-00", lieu_naissance=""),
    )
    lines = [("a", one), ("b", other)]
    linkage = Linkage(_with_join(40.0))
    linkage.arrive(lines)
    (doubt,) = linkage.doubts()
    kept = Decided(kept=frozenset({pair_of(one.fingerprint, other.fingerprint)}))
    assert doubt.cause == "incertain"
    assert persons(lines, model=_with_join(40.0)) == groups("a", "b")
    assert persons(lines, kept, model=_with_join(40.0)) == groups("ab")
    assert persons(lines, kept, model=_with_join(40.0, split=30.0)) == groups("a", "b")


def test_a_link_in_force_stays_though_no_key_of_the_new_model_finds_it() -> None:
    one = zoe()
    other = read_record({"nom_naissance": "Petit", "prenoms": "Hugo", "date_naissance": "1961-11-29"})
    lines = [("a", one), ("b", other)]
    assert not set(keys_of(one, MODEL)) & set(keys_of(other, MODEL))
    kept = Decided(kept=frozenset({pair_of(one.fingerprint, other.fingerprint)}))
    assert persons(lines, kept, model=_with_join(40.0, split=-1000.0)) == groups("ab")
    assert persons(lines[::-1], kept, chunk=1, model=_with_join(40.0, split=-1000.0)) == groups("ab")


def _with_join(join: float, split: float = -2.0) -> Model:
    return replace(MODEL, thresholds=Thresholds(join, -4.0, split))


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"nom_naissance": "TEST", "prenoms": "TEST"}, id="TEST TEST"),
        pytest.param({"nom_naissance": "Martin", "prenoms": "Marie"}, id="a common name alone"),
        pytest.param({}, id="nothing"),
    ],
)
def test_thousands_who_tell_nothing_are_no_one_person(told: dict[str, str]) -> None:
    record = read_record(told)
    began = time.perf_counter()
    assert len(persons([(str(at), record) for at in range(10_000)], chunk=500)) == 10_000
    assert time.perf_counter() - began < 10


def test_thousands_of_lines_of_one_person_are_one_person() -> None:
    lines = [(str(at), zoe()) for at in range(10_000)]
    assert len(persons(lines, chunk=500)) == 1


def test_hundreds_of_writings_of_one_person_are_one_person_in_bounded_time() -> None:
    letters = "abcdefghijklmnopqrst"
    lines = [
        (
            f"{x}{y}",
            zoe(nom_usage=f"Durand{x}", commune=f"Bordeau{y}", code_postal="33000"),
        )
        for x in letters
        for y in letters
    ]
    assert len(persons(lines, chunk=100)) == 1
