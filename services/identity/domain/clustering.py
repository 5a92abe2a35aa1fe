"""Which records of one component are of one person: a function of the records, the model and what humans
decided, and of nothing else. The order of arrival is not among its arguments.

Links are taken from the surest to the least sure. Two groups become one when no two of their records are
apart, and all their pairs together, those that no key had brought together too, are likelier one person than
not: the mean of their weights, in which the best counts for a quarter more, is `join` or more. So a chain of
weak links does not draw strangers together.

Of two thresholds and the order of arrival. If a link were made from `join` on, and undone only under
`split`, then of a pair between the two it would matter whether its persons were together before it came, and
the same lines in another order would give other persons. So within one model there is one threshold, `join`:
what is between `review` and `join` is a doubt and links nothing. Hysteresis is for what has no order: when a
model takes the place of another, the links in force are given as `kept`, and stay as long as they are worth
`split`; so persons do not flutter from model to model. `kept` is, like the decisions of humans, an input that
is written down, and the same for whatever order the records come in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.identity.domain.deciding import CERTAIN, Answer, Verdict, is_provisional
from services.identity.domain.model import Thresholds
from services.identity.domain.scoring import Prepared

Pair = tuple[str, str]  # two fingerprints, the smaller first
Judge = Callable[[Prepared, Prepared], Verdict]

# Of a larger group, so many records speak for all: the first by their fingerprints, which is nobody's
# choice. A person with thousands of different records costs no more than one with thirty.
SPEAKERS = 32
# How much the likeliest pair of two groups counts beside the mean of all: a record with many errors is
# unlike all of its person, and least of all its cleanest record.
_BEST = 0.25


@dataclass(frozen=True, slots=True)
class Decided:
    """What humans decided, and the links that an earlier model made and still stand."""

    must_link: frozenset[Pair] = frozenset()
    cannot_link: frozenset[Pair] = frozenset()
    kept: frozenset[Pair] = frozenset()


def is_worth_keeping(verdict: Verdict, thresholds: Thresholds) -> bool:
    """Whether a link that an earlier model made stays, by the verdict of the model in force."""
    return not verdict.bars and verdict.weight >= thresholds.split


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two persons that may be one: between which records most, how sure, and why they were not linked."""

    pair: Pair
    weight: float
    cause: str


Group = tuple[str, ...]  # the fingerprints of one person's records, sorted


@dataclass(slots=True)
class _Groups:
    """Groups that grow, and verdicts that are given once."""

    records: Mapping[str, Prepared]
    judge: Judge
    decided: Decided
    thresholds: Thresholds
    verdicts: dict[Pair, Verdict]
    group_of: dict[str, Group] = field(default_factory=dict)
    # Two groups that may not join are not asked again for each link between them.
    refused: set[frozenset[tuple[str, int]]] = field(default_factory=set)

    def verdict(self, one: str, other: str) -> Verdict:
        pair = pair_of(one, other)
        known = self.verdicts.get(pair)
        if known is None:
            known = self.verdicts[pair] = self.judge(self.records[pair[0]], self.records[pair[1]])
        return known

    def may_join(self, ones: Sequence[str], others: Sequence[str], by: Pair) -> bool:
        """Whether two groups are of one person."""
        pairs = [pair_of(one, other) for one in ones[:SPEAKERS] for other in others[:SPEAKERS]]
        if self._kept_apart(ones, others) or self._have_two_nirs(ones, others, by):
            return False
        if by in self.decided.must_link:
            return True
        verdicts = [self.verdict(*pair) for pair in pairs]
        if any(
            verdict.bars and pair not in self.decided.must_link
            for pair, verdict in zip(pairs, verdicts, strict=True)
        ):
            return False
        if _are_relatives(verdicts):
            return False
        needed = self.thresholds.split if by in self.decided.kept else self.thresholds.join
        weights = [verdict.weight for verdict in verdicts]
        return _BEST * max(weights) + (1 - _BEST) * sum(weights) / len(weights) >= needed

    def _kept_apart(self, ones: Sequence[str], others: Sequence[str]) -> bool:
        held, ones_set, others_set = self.decided.cannot_link, set(ones), set(others)
        return any(
            (one in ones_set and other in others_set) or (one in others_set and other in ones_set)
            for one, other in held
        )

    def _have_two_nirs(self, ones: Sequence[str], others: Sequence[str], by: Pair) -> bool:
        """Whether they have certified NIRs that differ: asked of all, not only of those that speak."""
        if by in self.decided.must_link:
            return False
        one, other = self._certified(ones), self._certified(others)
        return bool(one and other) and not one & other

    def _certified(self, group: Sequence[str]) -> set[str]:
        records = (self.records[one].record for one in group)
        return {one.nir for one in records if one.is_certified and one.nir and not is_provisional(one.nir)}

    def try_to_join(self, pair: Pair) -> None:
        """Make one group of those of this pair, if they may be."""
        ones, others = self.group_of[pair[0]], self.group_of[pair[1]]
        # Groups only grow: its first record and its size tell one from what it was and will be.
        both = frozenset({(ones[0], len(ones)), (others[0], len(others))})
        is_ordinary = pair not in self.decided.must_link and pair not in self.decided.kept
        if ones is others or (is_ordinary and both in self.refused):
            return
        if self.may_join(ones, others, pair):
            joined = tuple(sorted((*ones, *others)))
            self.group_of |= dict.fromkeys(joined, joined)
        else:
            self.refused.add(both)


def cluster(
    records: Mapping[str, Prepared],
    verdicts: Mapping[Pair, Verdict],
    judge: Judge,
    thresholds: Thresholds,
    decided: Decided = Decided(),
) -> tuple[Group, ...]:
    """The persons of these records, sorted, given the verdicts on the pairs that share a key. Records are
    known by their fingerprints; those of other components are not asked for."""
    groups = _Groups(records, judge, decided, thresholds, dict(verdicts))
    groups.group_of = {one: (one,) for one in records}
    for pair in _surest_first(verdicts, decided, thresholds, records):
        groups.try_to_join(pair)
    return tuple(sorted(set(groups.group_of.values())))


def _are_relatives(verdicts: Sequence[Verdict]) -> bool:
    """Whether two groups may well be twins, parent and child, or namesakes: more of their pairs say so than
    say that they are not. One badly typed first name among others does not make a twin; a record that tells
    no first name or an initial, or a date in part, and is like both, says nothing."""
    said = [verdict.same_self for verdict in verdicts]
    return said.count(False) > said.count(True)


def _surest_first(
    verdicts: Mapping[Pair, Verdict],
    decided: Decided,
    thresholds: Thresholds,
    records: Mapping[str, Prepared],
) -> list[Pair]:
    """The pairs that link, humans' first, then by weight; of equal ones, by their fingerprints."""
    weights = {
        pair: verdict.weight
        for pair, verdict in verdicts.items()
        if verdict.answer is Answer.LINKED or (pair in decided.kept and is_worth_keeping(verdict, thresholds))
    }
    held = {pair for pair in decided.must_link if pair[0] in records and pair[1] in records}
    weights |= dict.fromkeys(held, 2 * CERTAIN)
    return sorted(weights, key=lambda pair: (-weights[pair], pair))


def doubts_between(
    group_of: Mapping[str, Group], verdicts: Mapping[Pair, Verdict], decided: Decided
) -> tuple[Doubt, ...]:
    """For each two persons that may be one, the pair for which most speaks; a link that was not followed,
    because the others of its persons speak against it, is one too (`chaine`)."""
    most: dict[Pair, Doubt] = {}
    for pair, verdict in sorted(verdicts.items(), key=lambda item: (-item[1].weight, item[0])):
        ones, others = group_of[pair[0]], group_of[pair[1]]
        asked = verdict.answer in (Answer.LINKED, Answer.DOUBT) and pair not in decided.cannot_link
        if asked and ones != others:
            cause = "chaine" if verdict.answer is Answer.LINKED else verdict.cause
            most.setdefault(pair_of(ones[0], others[0]), Doubt(pair, verdict.weight, cause))
    return tuple(sorted(most.values(), key=lambda doubt: doubt.pair))


def pair_of(one: str, other: str) -> Pair:
    """The pair of two fingerprints, the smaller first."""
    return (one, other) if one <= other else (other, one)
