"""How well persons are found, held against the truth: pairs, whole persons, and what the keys bring together.

A person counts as found when exactly its records are together: one too many or one missing, and it is not.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

Groups = Sequence[Sequence[Hashable]]
Truth = Mapping[Hashable, Hashable]  # whose each line is


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision, recall and their harmonic mean, each from 0 to 1; 1 where there was nothing to find."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def quality_of_pairs(found: Groups, truth: Truth) -> Quality:
    """Of the pairs of lines put together, how many are of one person; of those of one person, how many are
    together."""
    together = sum(comb(len(group), 2) for group in found)
    of_one = pairs_of_one_person(truth)
    right = sum(
        comb(count, 2) for group in found for count in Counter(truth[line] for line in group).values()
    )
    return _quality(right, together, of_one)


def quality_of_persons(found: Groups, truth: Truth) -> Quality:
    """Of the groups found, how many are exactly a person; of the persons, how many were found exactly."""
    whole: dict[Hashable, set[Hashable]] = defaultdict(set)
    for line, person in truth.items():
        whole[person].add(line)
    right = sum(whole[truth[group[0]]] == set(group) for group in found)
    return _quality(right, len(found), len(whole))


def recall_of_keys(pairs: Iterable[tuple[Hashable, Hashable]], truth: Truth) -> float:
    """Of the pairs of one person, how many the keys bring together (pairs completeness)."""
    of_one = pairs_of_one_person(truth)
    right = sum(truth[one] == truth[other] for one, other in pairs)
    return right / of_one if of_one else 1.0


def pairs_of_one_person(truth: Truth) -> int:
    """How many pairs of lines are of one person."""
    return sum(comb(count, 2) for count in Counter(truth.values()).values())


def sizes_of(found: Groups) -> dict[int, int]:
    """How many persons have how many lines."""
    return dict(sorted(Counter(len(group) for group in found).items()))


def _quality(right: int, found: int, true: int) -> Quality:
    return Quality(right / found if found else 1.0, right / true if true else 1.0)
