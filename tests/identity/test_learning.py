"""What is learned from records that nobody has labelled."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

import duckdb
import pyarrow
import pytest

from services.identity.domain.comparison import NEAR, NOM, TRAITS
from services.identity.domain.deciding import Answer, judge
from services.identity.domain.model import Model, dump_model
from services.identity.domain.records import Record, Told, read_record
from services.identity.domain.scoring import Scorer
from services.identity.learning import batch, start
from services.identity.learning.counting import frequencies_of
from services.identity.learning.learning import Effort, best_expected_f1, learn, thresholds_of
from services.identity.learning.maximisation import maximise
from services.identity.learning.pairs import Pair, candidate_pairs
from services.sample.slips import statements
from tests.identity.model import MODEL

TOLD = statements(400, seed=7)
RECORDS = [read_record(one.told) for one in TOLD]
EFFORT = Effort(least=2, random=20_000)


def linked_pairs(records: Sequence[Record], model: Model) -> list[Pair]:
    scorer = Scorer(model)
    prepared = [scorer.prepare(record) for record in records]
    return [
        (one, other)
        for one, other in candidate_pairs(records, model, 10**6)
        if judge(prepared[one], prepared[other], scorer).answer is Answer.LINKED
    ]


def test_the_same_records_give_the_same_model() -> None:
    assert dump_model(learn(RECORDS, "a", EFFORT)) == dump_model(learn(RECORDS, "a", EFFORT))


def test_what_is_learned_without_labels_is_what_labels_would_tell() -> None:
    model = learn(RECORDS, "a", EFFORT)
    sizes = Counter(one.number for one in TOLD)
    siblings = sum(size * (size - 1) for size in sizes.values()) / len(TOLD)
    assert model.siblings == pytest.approx(siblings, rel=0.05)
    for trait in TRAITS:
        for side in (model.m, model.u):
            assert math.fsum(side[trait.name]) == pytest.approx(1, abs=1e-6)
    assert model.m["nom"][-1] > 0.7
    assert model.u["nom"][0] > 0.8


@pytest.mark.parametrize("families", [6, 7, 8])
def test_twins_are_not_learned_to_be_one_person_with_two_first_names(families: int) -> None:
    """Of 554 records, 2 to 3 % are of somebody who has a twin, as of those born in France."""
    told_of: dict[int, list[Told]] = defaultdict(list)
    for statement in TOLD:
        told_of[statement.number].append(statement.told)
    twice = [of_one[:2] for of_one in told_of.values() if len(of_one) > 1]
    twins = [
        (said, {**said, "prenoms": ("Wilfrid", "Quitterie")[at % 2]}) for at, (said, _) in enumerate(twice)
    ]
    told = [*chain.from_iterable(twins[:families]), *chain.from_iterable(twice[families:])]
    scorer = Scorer(learn([read_record(said) for said in told], "a", EFFORT))
    for pair in twins[:families]:
        one, other = (scorer.prepare(read_record(said)) for said in pair)
        verdict = judge(one, other, scorer)
        assert (verdict.answer, verdict.cause) == (Answer.DOUBT, "jumeaux")


@pytest.mark.parametrize("untold", [0, 1 / 3, 1])
def test_those_of_one_home_are_not_learned_to_be_one_person(untold: float) -> None:
    """Three to a home, each told at most twice: most pairs that are alike are of two of a home. Of as many
    records the birth is not told."""
    chance = random.Random(7)
    home_of: dict[int, Told] = {}
    times = Counter[int]()
    told: list[tuple[int, Told]] = []
    for one in statements(450, seed=7, with_home=True):
        shared = ("nom_naissance", "nom_usage", "code_postal", "commune")
        home = home_of.setdefault(one.number // 3, {trait: one.told[trait] for trait in shared})
        times[one.number] += 1
        if times[one.number] <= 2:
            birth = "" if chance.random() < untold else one.told["date_naissance"]
            told.append((one.number, {**one.told, **home, "date_naissance": birth}))
    records = [read_record(said) for _, said in told]
    model = learn(records, "a", EFFORT)
    assert math.fsum(model.m["prenom"][:NEAR]) < 0.1
    linked = [told[one][0] == told[other][0] for one, other in linked_pairs(records, model)]
    assert linked.count(True) > 0.9 * sum(count > 1 for count in times.values())
    assert linked.count(False) < 0.1 * len(linked)


def test_splink_finds_the_m_by_which_pairs_were_made() -> None:
    draw = random.Random(3)
    made, u = {**start.M, "nom": [0.05, 0.02, 0.01, 0.02, 0.1, 0.1, 0.7]}, start.U
    patterns: Counter[tuple[int, ...]] = Counter()
    for side, size in ((made, 4000), (u, 16_000)):
        for _ in range(size):
            drawn = [draw.choices(range(len(side[one.name])), side[one.name])[0] for one in TRAITS]
            patterns[tuple(drawn)] += 1
    found, rounds = maximise(patterns, start.M, u, odds=0.25)
    assert rounds > 1
    assert found["nom"] == pytest.approx(made["nom"], abs=0.02)


@pytest.mark.parametrize(("of_one_town", "are_met"), [(14, True), (15, False)])
def test_splink_is_asked_by_no_rule_by_which_a_whole_town_meets(
    of_one_town: int, are_met: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_MOST_PAIRS", 14 * 13 // 2)
    towns = [*["35000"] * of_one_town, *[None] * 20]  # who tells no town meets nobody by it
    columns = {"postcode": towns, "surname": [f"NOM {at}" for at in range(len(towns))]}
    with duckdb.connect() as connection:
        connection.register("rows", pyarrow.table(columns))
        rules = batch.affordable(
            connection, list(columns), [("postcode",), ("surname", "postcode"), ("dob",)]
        )
    assert rules == [("postcode",), ("surname", "postcode")][not are_met :]


def test_a_trait_nobody_tells_keeps_what_is_expected_of_it() -> None:
    untold = (*[5 if at == NOM else -1 for at in range(len(TRAITS))],)
    found, _ = maximise({untold: 10}, start.M, start.U, odds=0.1)
    assert found["sexe"] == start.M["sexe"]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_learned_from_nobody(count: int) -> None:
    with pytest.raises(ValueError, match="fewer than two"):
        learn(RECORDS[:count], "a")


def test_records_of_which_no_two_are_of_one_person_teach_that() -> None:
    """And not that whoever has another's first names is that person; how often traits come wrong they do not
    teach."""
    told_of = {one.number: one.told for one in statements(1000, seed=7)}
    alone = [read_record(told) for told in told_of.values()]
    model = learn(alone, "a", EFFORT)
    assert all(turn["siblings"] < 0.005 for turn in model.report["turns"])
    assert model.m == {name: pytest.approx(expected, abs=0.02) for name, expected in start.M.items()}
    assert linked_pairs(alone, model) == []


def test_a_file_holds_no_value_that_few_bear() -> None:
    model = learn(RECORDS, "a", Effort(least=20, random=1000))
    borne = Counter(name.text for record in RECORDS for name in record.surnames)
    assert model.frequencies["nom"]
    assert all(borne[name] >= 20 for name in model.frequencies["nom"])


def test_ones_own_person_does_not_make_a_name_common() -> None:
    records = [read_record({"nom_naissance": "Rarissime"})] * 3 + [
        read_record({"nom_naissance": "Petit"})
    ] * 97
    listed, _ = frequencies_of(records, least=2, siblings=2.0)
    assert listed["nom"]["RARISSIME"] == pytest.approx(1.5 / 100)  # half a person of three records
    assert listed["nom"]["PETIT"] == pytest.approx(94 / 100)


def test_candidates_are_pairs_that_share_a_key_and_no_more_than_asked() -> None:
    pairs = candidate_pairs(RECORDS, MODEL.for_population(1000), 10**6)
    assert pairs == sorted(set(pairs))
    assert all(one < other for one, other in pairs)
    assert len(candidate_pairs(RECORDS, MODEL.for_population(1000), 100)) < len(pairs)


def test_thresholds_are_set_by_what_the_model_expects_of_itself() -> None:
    assert best_expected_f1([1.0, 1.0, 0.0]) == 1.0
    assert best_expected_f1([0.5]) == pytest.approx(2 / 3)
    assert best_expected_f1([]) == 1.0
    assert thresholds_of(1.0).join == 0.0  # as likely as not
    low = thresholds_of(0.5)
    assert low.review <= low.split <= low.join < 0
