"""The figures that identity must reach on files it has never seen, learned and set without labels.

Splink's own figures for the same columns are printed beside by `make bench`. Nothing here may be tuned to
one of these files.
"""

import pytest

from services.identity.domain.default_model import default_model
from services.identity.domain.evaluating import Evaluation, Lines, evaluate
from services.identity.domain.measuring import Truth
from services.identity.learning.learning import Effort, learn
from tests.identity.records import febrl3, febrl4, french

EFFORT = Effort(least=2, random=200_000)


def learned(lines: Lines, truth: Truth) -> Evaluation:
    return evaluate(lines, truth, learn([record for _, record in lines], "test", EFFORT))


def as_shipped(lines: Lines, truth: Truth) -> Evaluation:
    return evaluate(lines, truth, default_model().for_population(len(lines)))


def test_febrl3_is_found_person_by_person() -> None:
    found = learned(*febrl3())
    assert found.persons.f1 >= 0.991
    assert found.pairs.precision >= 0.999
    assert found.recall_of_keys >= 0.99


def test_febrl4_is_found_pair_by_pair() -> None:
    found = learned(*febrl4())
    assert found.pairs.f1 >= 0.993
    assert found.recall_of_keys >= 0.99


def test_french_persons_are_found_where_one_trait_in_ten_is_faulty() -> None:
    found = learned(*french(3000))
    assert found.persons.f1 >= 0.995


def test_french_persons_are_found_by_their_addresses_too() -> None:
    found = learned(*french(2000, seed=21, with_home=True))
    assert found.persons.f1 >= 0.995
    assert found.pairs.precision >= 0.999


@pytest.mark.parametrize("seed", [11, 12])
def test_the_model_that_ships_finds_french_persons(seed: int) -> None:
    found = as_shipped(*french(2000, seed))
    assert found.persons.f1 >= 0.99
    assert found.pairs.precision >= 0.998


def test_the_model_that_ships_links_few_strangers_abroad() -> None:
    found = as_shipped(*febrl3())
    assert found.pairs.precision >= 0.99
    assert found.persons.f1 >= 0.8
