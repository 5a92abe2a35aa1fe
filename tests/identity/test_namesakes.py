"""Two of one surname, one first name and one commune: rare in the country, and not where they were born."""

from datetime import date, timedelta
from itertools import combinations, permutations
from random import Random
from typing import Any

import pytest

from services.identity.domain import deciding
from services.identity.domain.deciding import Answer, judge
from services.identity.domain.default_model import default_model
from services.identity.domain.linkage import Linkage
from services.identity.domain.records import Record, read_record
from services.identity.domain.scoring import Scorer
from tests.identity.table import cases_of

MODEL = default_model()
SCORER = Scorer(MODEL)
TOLD = {
    "nom_naissance": "Abgrall",
    "prenoms": "Solenn",
    "sexe": "F",
    "date_naissance": "1990-01-11",
    "lieu_naissance": "29232",
}
ANOTHER_DAY = "1990-02-03"


def solenn(**but: str) -> Record:
    return read_record({**TOLD, **but})


@pytest.mark.parametrize("population", [MODEL.population, 60_000_000])
@pytest.mark.parametrize("row", cases_of("homonymes"))
def test_namesakes_are_told_apart_by_their_births(row: dict[str, Any], population: int) -> None:
    scorer = Scorer(MODEL.for_population(population))
    one, other = (scorer.prepare(solenn(**row.get(side, {}))) for side in ("une", "autre"))
    verdict = judge(one, other, scorer)
    assert (verdict.answer.value, verdict.cause) == (row["reponse"], row["raison"])
    assert judge(other, one, scorer) == verdict


def test_among_few_a_namesake_is_less_likely_than_a_wrong_date() -> None:
    scorer = Scorer(MODEL.for_population(10_000))
    pair = scorer.prepare(solenn()), scorer.prepare(solenn(date_naissance=ANOTHER_DAY))
    assert judge(*pair, scorer).answer is Answer.LINKED


def test_the_explanation_of_namesakes_says_that_the_weight_alone_would_have_linked_them() -> None:
    pair = SCORER.prepare(solenn()), SCORER.prepare(solenn(date_naissance=ANOTHER_DAY))
    explained, verdict = SCORER.explain(*pair), judge(*pair, SCORER)
    assert {part.trait: part.level for part in explained.parts}["naissance"] == "une_partie"
    assert explained.total > explained.thresholds.join > verdict.weight
    assert verdict.cause == "homonyme"


BRIDGES = [
    pytest.param({"date_naissance": "1990"}, id="the year alone"),
    pytest.param({"date_naissance": "1990-01-01"}, id="the first of January"),
    pytest.param({"date_naissance": ""}, id="no date"),
    pytest.param({"date_naissance": "1990-01-03"}, id="the month of one, the day of the other"),
]


@pytest.mark.parametrize("bridge", BRIDGES)
def test_a_line_that_is_like_both_namesakes_does_not_make_them_one(bridge: dict[str, str]) -> None:
    lines = [("a", solenn()), ("b", solenn(date_naissance=ANOTHER_DAY)), ("c", solenn(**bridge))]
    found = set()
    for order in permutations(lines):
        linkage = Linkage(MODEL)
        for line in order:
            linkage.arrive([line])
        found.add(frozenset(frozenset(map(str, person)) for person in linkage.persons()))
    assert len(found) == 1
    (persons,) = found
    assert not any({"a", "b"} <= person for person in persons)


def test_a_wrong_date_joins_where_other_lines_of_the_person_bear_it_out() -> None:
    days = ("1990-01-11", "1990-11-01", "1990-01-21")  # the first is right; of the others, each has its slip
    lines = [(day, solenn(date_naissance=day)) for day in days]
    linkage = Linkage(MODEL)
    linkage.arrive(lines[1:])
    assert len(linkage.persons()) == 2
    linkage.arrive(lines[:1])
    assert len(linkage.persons()) == 1


def test_namesakes_of_a_village_are_not_linked_unless_two_parts_of_their_births_agree() -> None:
    persons = 0
    namesakes: list[tuple[dict[str, str], dict[str, str]]] = []
    for births in _village(Random(1)).values():
        persons += len(births)
        namesakes += combinations(births, 2)
    linked = [(one, other) for one, other in namesakes if _answer(one, other) is Answer.LINKED]
    # What `_NAMES_AND_PLACES_TELL` says of so many records.
    expected = MODEL.population * 2**-deciding._NAMES_AND_PLACES_TELL
    assert 2 * len(namesakes) / persons == pytest.approx(expected, rel=0.5)
    assert len(linked) < 0.05 * len(namesakes)
    for one, other in linked:
        first, second = one["date_naissance"], other["date_naissance"]
        alike = sum(a == b for a, b in zip(first.split("-"), second.split("-"), strict=True))
        assert alike == 2 or first[:4] == second[:4]  # exchanged, or the first of January


def _answer(one: dict[str, str], other: dict[str, str]) -> Answer:
    first, second = (SCORER.prepare(read_record(told)) for told in (one, other))
    return judge(first, second, SCORER).answer


def _village(random: Random) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Who was born in 46 years in a village of 40 births a year, and is trained, by surname and first name: a
    third bear three surnames, and each seven years have first names of their own, of women and of men."""
    surnames, first_names = _words("Ker", 300), _words("So", 600)
    shares = [1 / (rank + 3) for rank in range(300)]
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for year in range(1964, 2010):
        of_generation = Random(year // 7).sample(first_names, 600)
        for _ in range(random.randint(20, 28)):  # six in ten of 40
            is_of_three = random.random() < 1 / 3
            surname = random.choice(surnames[:3]) if is_of_three else random.choices(surnames, shares)[0]
            first_name = random.choices(of_generation, [*shares, *shares])[0]
            day = date(year, 1, 1) + timedelta(random.randrange(365))
            told = {**TOLD, "nom_naissance": surname, "prenoms": first_name, "date_naissance": f"{day}"}
            found.setdefault((surname, first_name), []).append(told)
    return found


def _words(beginning: str, count: int) -> list[str]:
    random = Random(beginning)
    found: dict[str, None] = {}
    while len(found) < count:
        rest = "".join(random.choice("bdfgklmnprstvz") + random.choice("aeiou") for _ in range(3))
        found[beginning + rest] = None
    return list(found)
