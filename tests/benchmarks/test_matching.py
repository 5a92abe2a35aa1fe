"""How well and how fast persons are found by the pure online way, beside Splink's batch on the same columns.

    .venv/bin/python -m pytest tests/benchmarks/test_matching.py -m benchmark -s

Learned without labels on each file. In force: at the threshold that the model set; best: at any other.
"""

import time
from collections.abc import Callable, Hashable

import pytest

from services.identity.domain.default_model import default_model
from services.identity.domain.evaluating import Evaluation, Lines, curve, evaluate
from services.identity.domain.linkage import Linkage
from services.identity.domain.measuring import quality_of_pairs, quality_of_persons
from services.identity.domain.scoring import Scorer
from services.identity.learning.batch import persons_by_splink
from services.identity.learning.learning import Effort, learn
from tests.identity.records import febrl3, febrl4, french

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

File = tuple[Lines, dict[Hashable, Hashable]]
_PROBABILITIES = (0.001, 0.01, 0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(febrl3, id="febrl3"),
        pytest.param(febrl4, id="febrl4"),
        pytest.param(lambda: french(4000, seed=21), id="french"),
    ],
)
def test_quality_beside_splink(file: Callable[[], File], request: pytest.FixtureRequest) -> None:
    lines, truth = file()
    began = time.monotonic()
    model = learn([record for _, record in lines], "benchmark", Effort(least=2))
    learned = time.monotonic() - began
    began = time.monotonic()
    found = evaluate(lines, truth, model)
    took = time.monotonic() - began
    print(f"\n{request.node.callspec.id}: {len(lines)} records, learned in {learned:.1f} s")
    print(f"  in force  {_line(found)}")
    tried = curve(lines, truth, model)
    print(f"  best persons {_line(max(tried, key=lambda one: one.persons.f1))}")
    print(f"  best pairs   {_line(max(tried, key=lambda one: one.pairs.f1))}")
    print(f"  keys bring together {found.recall_of_keys:.4f} of the pairs of one person;", end=" ")
    print(f"{found.compared / len(lines):.1f} comparisons a record; {len(lines) / took:.0f} records/s")
    print(f"  sizes {dict(found.sizes)}; doubts {dict(found.doubts)}")
    began = time.monotonic()
    persons, pairs = _splink(lines, truth)
    print(f"  Splink alone, each at its best: persons {persons:.4f}, pairs {pairs:.4f}", end=" ")
    print(f"({time.monotonic() - began:.1f} s)")


def test_one_line_against_two_hundred_candidates() -> None:
    lines, _ = french(500, seed=5)
    model = default_model()
    scorer = Scorer(model)
    candidates = [scorer.prepare(record) for _, record in lines[1:201]]
    linkage = Linkage(model)
    times = []
    for _, record in lines[201:401]:
        began = time.perf_counter()
        one = scorer.prepare(record)
        for candidate in candidates:
            scorer.weigh(one, candidate)
        times.append(time.perf_counter() - began)
    times.sort()
    print(f"\n200 candidates: median {times[100] * 1e3:.2f} ms, 99th {times[198] * 1e3:.2f} ms")
    began = time.perf_counter()
    linkage.arrive(lines)
    print(f"{len(lines)} lines, {linkage.compared} comparisons: {time.perf_counter() - began:.2f} s")


def _line(one: Evaluation) -> str:
    parts = {"persons": one.persons, "pairs": one.pairs}
    told = [f"{name} {it.precision:.4f} {it.recall:.4f} F1 {it.f1:.4f}" for name, it in parts.items()]
    return f"join {one.join:+.2f}: " + "; ".join(told)


def _splink(lines: Lines, truth: dict[Hashable, Hashable]) -> tuple[float, float]:
    names = [line for line, _ in lines]
    persons = pairs = 0.0
    for _, groups in persons_by_splink([record for _, record in lines], _PROBABILITIES):
        found = [[names[at] for at in group] for group in groups]
        persons = max(persons, quality_of_persons(found, truth).f1)
        pairs = max(pairs, quality_of_pairs(found, truth).f1)
    return persons, pairs
