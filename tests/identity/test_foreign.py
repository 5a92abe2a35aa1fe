"""What holds on files that resemble none of ours, learned or only fitted: floors, well under what is found.

They are not aims: something is broken where one of them gives way. Nothing is ever tuned to these files.
"""

import pytest

from services.identity.domain.default_model import default_model
from services.identity.domain.evaluating import Evaluation, Lines, evaluate
from services.identity.domain.measuring import Truth
from services.identity.learning.learning import Effort, fit, learn
from tests.identity.foreign import DUTCH, ENGLISH, FINNISH, POLISH, Country, file_of

EFFORT = Effort(least=2, random=20_000)


def learned(lines: Lines, truth: Truth) -> Evaluation:
    return evaluate(lines, truth, learn([record for _, record in lines], "test", EFFORT))


def fitted(lines: Lines, truth: Truth) -> Evaluation:
    return evaluate(lines, truth, fit(default_model(), [record for _, record in lines], EFFORT))


@pytest.mark.parametrize(
    ("country", "floor", "floor_fitted"),
    [
        pytest.param(POLISH, 0.86, 0.85, id="scanned, one trait in seven missing"),
        pytest.param(ENGLISH, 0.95, 0.93, id="heard, cut short, married"),
        pytest.param(FINNISH, 0.975, 0.98, id="hardly anybody twice, postcodes a slip apart"),
        pytest.param(DUTCH, 0.8, 0.75, id="few persons, each many times"),
    ],
)
def test_persons_are_found_in_files_unlike_ours(country: Country, floor: float, floor_fitted: float) -> None:
    file = file_of(country, seed=8)
    found, without_learning = learned(*file), fitted(*file)
    assert found.persons.f1 >= floor
    assert without_learning.persons.f1 >= floor_fitted


@pytest.mark.parametrize("count", [2, 10, 24])
def test_a_tiny_file_is_learned_from_too(count: int) -> None:
    lines, truth = file_of(ENGLISH, seed=3)
    few = lines[:count]
    found = learned(few, {line: truth[line] for line, _ in few})
    assert found.persons.f1 >= 0.9
