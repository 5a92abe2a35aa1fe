"""The persons that the online way finds in a file, held against the truth, at one threshold or many."""

import itertools
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.identity.domain.linkage import Linkage
from services.identity.domain.measuring import (
    Quality,
    Truth,
    quality_of_pairs,
    quality_of_persons,
    recall_of_keys,
    sizes_of,
)
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.records import Record

Lines = Sequence[tuple[Hashable, Record]]
# How far from the threshold in force others are tried, in bits.
SHIFTS = (-6.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found at one threshold. `recall_of_keys`: of the pairs of one person, how many were compared
    at all. `compared`: how many comparisons that took. `sizes`: how many persons have how many lines."""

    join: float
    pairs: Quality
    persons: Quality
    recall_of_keys: float
    compared: int
    sizes: Mapping[int, int]
    doubts: Mapping[str, int]


def evaluate(lines: Lines, truth: Truth, model: Model, chunk: int = 500) -> Evaluation:
    """Feed the lines chunk by chunk, and hold what is found against whose each line is."""
    linkage = Linkage(model)
    for at in range(0, len(lines), chunk):
        linkage.arrive(lines[at : at + chunk])
    found = linkage.persons()
    return Evaluation(
        join=model.thresholds.join,
        pairs=quality_of_pairs(found, truth),
        persons=quality_of_persons(found, truth),
        recall_of_keys=recall_of_keys(_compared(linkage), truth),
        compared=linkage.compared,
        sizes=sizes_of(found),
        doubts=Counter(doubt.cause for doubt in linkage.doubts()),
    )


def curve(lines: Lines, truth: Truth, model: Model, shifts: Sequence[float] = SHIFTS) -> list[Evaluation]:
    """The same at thresholds around the one in force, from the lowest to the highest."""
    return [evaluate(lines, truth, _shifted(model, shift)) for shift in sorted(shifts)]


def _shifted(model: Model, shift: float) -> Model:
    in_force = model.thresholds
    join = in_force.join + shift
    return replace(model, thresholds=Thresholds(join, min(in_force.review, join), min(in_force.split, join)))


def _compared(linkage: Linkage) -> Iterator[tuple[Hashable, Hashable]]:
    """The lines that shared a key: those of one record are together without one."""
    for one, other in linkage.candidate_pairs():
        lines, others = linkage.lines_of(one), linkage.lines_of(other)
        yield from itertools.combinations(lines, 2) if one == other else itertools.product(lines, others)
