"""Counts of pairs and persons that add up, part by part, to precision and recall."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb

from services.identity.domain.measuring import Quality


@dataclass(slots=True)
class Tally:
    """What was found so far: pairs of lines put together and how many are of one person; persons found and
    how many of them are exactly a person."""

    pairs: int = 0
    right_pairs: int = 0
    persons: int = 0
    right_persons: int = 0

    def add(self, truths: Iterable[int], sizes: Sequence[int]) -> None:
        """One person found: whose its lines are; `sizes` tells how many lines each person has in truth."""
        counts = Counter(truths)
        total = counts.total()
        self.pairs += comb(total, 2)
        self.right_pairs += sum(comb(count, 2) for count in counts.values())
        self.persons += 1
        if len(counts) == 1:
            (truth,) = counts
            self.right_persons += total == (1 if truth < 0 else sizes[truth])


@dataclass(frozen=True, slots=True)
class Measured:
    """What a threshold gives, by pairs of lines and by whole persons."""

    join: float
    pairs: Quality
    persons: Quality
    found: int


@dataclass(frozen=True, slots=True)
class TrueSizes:
    """How many lines each person has in truth; those whose truth is not told are persons of one line."""

    sizes: Sequence[int]
    untold: int

    @property
    def pairs(self) -> int:
        return sum(comb(size, 2) for size in self.sizes)

    @property
    def persons(self) -> int:
        return len(self.sizes) + self.untold

    def histogram(self) -> dict[int, int]:
        """How many persons have how many lines."""
        counts = Counter(self.sizes)
        counts[1] += self.untold
        return dict(sorted((size, count) for size, count in counts.items() if count))


def true_sizes(truth_of: Iterable[int]) -> TrueSizes:
    """How many lines each person has; a negative truth is that of one line alone."""
    counts: Counter[int] = Counter()
    untold = 0
    for truth in truth_of:
        if truth < 0:
            untold += 1
        else:
            counts[truth] += 1
    return TrueSizes([counts[truth] for truth in range(len(counts))], untold)


def measured(join: float, tally: Tally, true: TrueSizes) -> Measured:
    """Precision and recall of what was counted; 1 where there was nothing to find."""
    return Measured(
        join,
        Quality(_share(tally.right_pairs, tally.pairs), _share(tally.right_pairs, true.pairs)),
        Quality(_share(tally.right_persons, tally.persons), _share(tally.right_persons, true.persons)),
        tally.persons,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
