"""What pairs weigh, and why."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.comparison import TRAITS
from services.identity.domain.default_model import default_model
from services.identity.domain.model import Model, dump_model, load_model
from services.identity.domain.records import read_record
from services.identity.domain.scoring import Scorer, probability_of
from services.identity.learning.pairs import candidate_pairs
from services.sample.slips import statements
from tests.identity.model import MODEL, zoe
from tests.identity.test_comparison import TOLD

SCORER = Scorer(MODEL)


def weight(one: dict[str, str], other: dict[str, str]) -> float:
    return SCORER.weigh(SCORER.prepare(zoe(**one)), SCORER.prepare(zoe(**other)))


def test_an_explanation_adds_up_to_the_weight() -> None:
    one, other = SCORER.prepare(zoe()), SCORER.prepare(zoe(prenoms="Zoée", lieu_naissance="33281"))
    told = SCORER.explain(one, other)
    assert told.total == pytest.approx(SCORER.weigh(one, other))
    assert [part.trait for part in told.parts] == [trait.name for trait in TRAITS]
    assert {part.trait: part.level for part in told.parts if part.level} == {
        "nom": "identique",
        "prenom": "une_faute",
        "ordre": "droit",
        "naissance": "identique",
        "lieu_naissance": "meme_departement",
    }


def test_what_is_missing_says_nothing() -> None:
    told = SCORER.explain(SCORER.prepare(zoe()), SCORER.prepare(zoe(date_naissance="", lieu_naissance="")))
    assert all(part.weight == 0 for part in told.parts if part.level is None)


def test_to_agree_on_a_rare_name_tells_more_than_on_a_common_one() -> None:
    assert weight({}, {}) > weight({"nom_naissance": "Martin"}, {"nom_naissance": "Martin"}) + 3


def test_a_slip_in_a_common_name_does_not_make_it_rare() -> None:
    common = weight({"nom_naissance": "Martin"}, {"nom_naissance": "Marttin"})
    assert common < weight({"nom_naissance": "Durand"}, {"nom_naissance": "Durrand"})


def test_the_more_records_the_less_sure_two_alike_are_one() -> None:
    more = Scorer(MODEL.for_population(50_000_000))
    one = SCORER.prepare(zoe())
    assert SCORER.weigh(one, one) - more.weigh(one, one) == pytest.approx(math.log2(50), abs=1e-3)


@given(TOLD, TOLD, st.sampled_from([MODEL, *(default_model().for_population(size) for size in (10, 10**6))]))
def test_two_records_may_weigh_what_they_weigh(
    one: dict[str, str], other: dict[str, str], model: Model
) -> None:
    scorer = Scorer(model)
    first, second = (scorer.prepare(read_record(told)) for told in (one, other))
    weight = scorer.weigh(first, second)
    assert scorer.may_weigh(scorer.reach(first), second.record, weight)
    assert scorer.may_weigh(scorer.reach(second), first.record, weight)


def test_whoever_may_not_weigh_enough_does_not_and_most_strangers_may_not() -> None:
    told = statements(250, seed=7, with_home=True)
    records = [read_record(one.told) for one in told]
    model = default_model().for_population(10**6)
    scorer = Scorer(model)
    least, told_apart, strangers = model.thresholds.review, 0, 0
    pairs = candidate_pairs(records, model.for_population(len(records)), 10**6)
    assert len(pairs) > 10_000
    reaches = [scorer.reach(scorer.prepare(record)) for record in records]
    for one, other in pairs:
        weight = scorer.weigh(scorer.prepare(records[one]), scorer.prepare(records[other]))
        may = scorer.may_weigh(reaches[one], records[other], least)
        assert may or weight < least
        assert scorer.may_weigh(reaches[one], records[other], weight)
        strangers += weight < least
        told_apart += not may
    assert told_apart >= 0.95 * strangers


def test_odds_and_probabilities_are_the_same_thing() -> None:
    assert probability_of(0) == 0.5
    assert probability_of(math.log2(3)) == pytest.approx(0.75)
    assert probability_of(-2000) == 0


def test_a_model_is_what_its_file_says() -> None:
    assert load_model(dump_model(MODEL)) == MODEL


def test_a_model_of_other_traits_is_not_loaded() -> None:
    other = replace(MODEL, m={**MODEL.m, "nom": (0.5, 0.5)})
    with pytest.raises(ValueError, match="other traits or levels"):
        load_model(dump_model(other))
