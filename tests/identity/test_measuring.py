"""How finds are held against the truth."""

from collections.abc import Hashable

import pytest

from services.identity.domain.measuring import (
    quality_of_pairs,
    quality_of_persons,
    recall_of_keys,
    sizes_of,
)

TRUTH: dict[Hashable, Hashable] = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 3}

# found, pairs (precision, recall), persons (precision, recall)
CASES = [
    pytest.param(["abc", "d", "e"], (1, 1), (1, 1), id="all found"),
    pytest.param(["ab", "c", "d", "e"], (1, 1 / 3), (2 / 4, 2 / 3), id="one lost"),
    pytest.param(["abcd", "e"], (3 / 6, 1), (1 / 2, 1 / 3), id="one too many"),
    pytest.param(["a", "b", "c", "d", "e"], (1, 0), (2 / 5, 2 / 3), id="nobody linked"),
    pytest.param(["abcde"], (3 / 10, 1), (0, 0), id="all are one"),
]


@pytest.mark.parametrize(("found", "pairs", "persons"), CASES)
def test_pairs_and_whole_persons_are_counted(
    found: list[str], pairs: tuple[float, float], persons: tuple[float, float]
) -> None:
    of_pairs, of_persons = quality_of_pairs(found, TRUTH), quality_of_persons(found, TRUTH)
    assert (of_pairs.precision, of_pairs.recall) == pytest.approx(pairs)
    assert (of_persons.precision, of_persons.recall) == pytest.approx(persons)


def test_f1_is_the_harmonic_mean() -> None:
    assert quality_of_pairs(["abcd", "e"], TRUTH).f1 == pytest.approx(2 / 3)
    assert quality_of_persons(["abcde"], TRUTH).f1 == 0


def test_keys_are_held_to_the_pairs_of_one_person() -> None:
    assert recall_of_keys([("a", "b"), ("a", "d")], TRUTH) == pytest.approx(1 / 3)
    assert recall_of_keys([], {"a": 1, "b": 2}) == 1


def test_sizes_are_counted() -> None:
    assert sizes_of(["abc", "d", "e"]) == {1: 2, 3: 1}
