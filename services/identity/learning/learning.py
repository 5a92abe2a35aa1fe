"""Learns a model from records that nobody has labelled.

All pairs of records are a mixture of pairs of one person and pairs of two. Those that share no key are taken
for pairs of two, so the mixture is over all pairs and not only over candidates: what candidates have in
common, they have by being candidates, and learning among them alone would take it for identity.

1. Frequencies are counted; from the second turn on, without a record's own person.
2. u is counted on pairs drawn at random. In a small file some of these are of one person: from the second
   turn on, those that the model says are, are left out.
3. m is found by Splink's expectation–maximisation on the candidates, u and the prior given: not on those
   that only share a home, nor on as many as are expected to be of two of one family (`kinship`), and rid of
   the twins that are like one person with two first names.
4. The prior is what the model then expects: the probabilities of all candidates, over all pairs.

2 to 4 are repeated until the prior stays: first with the m that are expected before anything is learned, then
with those found. For where hardly anybody is told twice, m found under too high a prior are not those
of one person, but of whatever else many pairs have in common, as first names that go together.

Then the thresholds are set, without labels either: where pairs are accepted from half the best F1 that the
model expects of itself, no other threshold is expected to do better (Lipton, Elkan and Narayanaswamy, 2014,
theorem 1).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from services.identity.domain.comparison import (
    NAISSANCE,
    NEAR,
    OTHER_BIRTHS,
    OTHER_NAMES,
    PRENOM,
    TRAITS,
    UNKNOWN,
    compare,
)
from services.identity.domain.deciding import TWINS, family_odds
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.records import Record
from services.identity.domain.scoring import Scorer, probability_of
from services.identity.learning import start
from services.identity.learning.counting import frequencies_of
from services.identity.learning.glancing import glances_of
from services.identity.learning.kinship import relatives_in
from services.identity.learning.maximisation import Probabilities, maximise
from services.identity.learning.pairs import Pair, candidate_pairs, pairs_of_one_postcode, random_pairs

# Pairs by their levels: all with the same weigh the same but for the rarity of their values.
Patterns = Mapping[tuple[int, ...], Sequence[Pair]]

# A pair with one chance in twenty is worth a human's look.
_REVIEW = math.log2(0.05 / 0.95)
# A wrong link is worse than one that is missing: where hardly a pair is of one person, as where all are.
_LEAST_JOIN = -1.0
# However rare its values, a pair this far below even odds is of two persons.
_BEYOND_RARITY = -20.0
# Before anything is known, one record in ten has another of its person.
_SIBLINGS = 0.1
_MOST_TURNS = 6
_PRIOR_STAYS = 0.002
# The commune, given the postcode, is seldom seen between two persons: the commune alone tells what to expect.
_GIVEN, _ALONE, _TRUST_IN_ALONE = "commune_meme_code_postal", "commune", 20.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to learn from. `least` is how many records must bear a value for the file to hold it."""

    least: int = 20
    random: int = 500_000
    candidates: int = 2_000_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Sample:
    records: Sequence[Record]
    patterns: Patterns
    drawn: Patterns
    of_one_postcode: Patterns


def learn(records: Sequence[Record], version: str, effort: Effort | None = None) -> Model:
    """The model of these records, for a population of as many. Deterministic for the same records in the
    same order. Raises `ValueError` for fewer than two records."""
    if len(records) < 2:
        raise ValueError("nothing can be learned from fewer than two records")
    effort = effort or Effort()
    listed, unlisted = frequencies_of(records, effort.least)
    thresholds = Thresholds(0.0, _REVIEW, _REVIEW / 2)
    m, u, relatives = _frozen(start.M), _frozen(start.U), relatives_in(records)
    model = Model(version, len(records), _SIBLINGS, m, u, listed, unlisted, thresholds, relatives=relatives)
    return _learned(model, _sampled(records, model, effort), effort.least, _as_it_is, _maximised)


def fit(model: Model, records: Sequence[Record], effort: Effort | None = None) -> Model:
    """A model learned elsewhere, among these records.

    How rare values are, how alike strangers, how many records a person and its family have, and the
    thresholds are as these records tell. How often traits come wrong is as it was learned, or as is expected
    before anything is (`start`), whichever is more: other records have faults that those never had. Raises
    `ValueError` for fewer than two records.
    """
    if len(records) < 2:
        raise ValueError("a model is fitted to no fewer than two records")
    effort = effort or Effort()
    listed, unlisted = frequencies_of(records, effort.least)
    model = replace(
        model,
        population=len(records),
        siblings=_SIBLINGS,
        relatives=relatives_in(records),
        m=_frozen(_tolerant(model.m)),
        frequencies=listed,
        unlisted=unlisted,
    )
    return _learned(model, _sampled(records, model, effort), effort.least, _as_it_is)


def _tolerant(m: Mapping[str, Sequence[float]]) -> Probabilities:
    """No m lower than is expected before anything is learned, but for what makes their sum one."""
    highest = {
        name: [max(pair) for pair in zip(values, start.M[name], strict=True)] for name, values in m.items()
    }
    return {name: [value / sum(values) for value in values] for name, values in highest.items()}


def _sampled(records: Sequence[Record], model: Model, effort: Effort) -> _Sample:
    random = Random(effort.seed)  # noqa: S311 - a sample must be reproducible, not secret
    draws = min(effort.random, len(records) * (len(records) - 1) // 2)
    return _Sample(
        records,
        _patterns(records, candidate_pairs(records, model, effort.candidates)),
        _patterns(records, random_pairs(records, draws, random)),
        _patterns(records, pairs_of_one_postcode(records, draws // 10, random)),
    )


def _patterns(records: Sequence[Record], pairs: Iterable[Pair]) -> Patterns:
    found: dict[tuple[int, ...], list[Pair]] = defaultdict(list)
    for one, other in pairs:
        found[compare(records[one], records[other]).levels].append((one, other))
    return found


_Maximise = Callable[[Model, Mapping[tuple[int, ...], int]], tuple[Model, int]]


def _maximised(model: Model, counts: Mapping[tuple[int, ...], int]) -> tuple[Model, int]:
    """The model whose m make pairs with these levels likeliest, and in how many rounds."""
    told = _without_families(_may_be_one(counts), model)
    m, rounds = maximise(told, _lists(model.m), _lists(model.u), math.exp2(model.prior))
    m = _without_twins(_tempered(m, model.siblings * model.population / 2), model)
    return replace(model, m=_frozen(m)), rounds


def _may_be_one(counts: Mapping[tuple[int, ...], int]) -> dict[tuple[int, ...], int]:
    """These pairs without those that neither first name nor birth allows to be one person: those of one home
    have its surname, postcode and commune in common, and may be more than the pairs of one person."""
    return {
        levels: count
        for levels, count in counts.items()
        if levels[PRENOM] not in OTHER_NAMES or levels[NAISSANCE] not in OTHER_BIRTHS
    }


def _without_families(counts: Mapping[tuple[int, ...], int], model: Model) -> dict[tuple[int, ...], int]:
    """These pairs without as many as are expected to be of two of one family."""
    left = {
        levels: round(count * probability_of(family_odds(levels, model))) for levels, count in counts.items()
    }
    return {levels: count for levels, count in left.items() if count}


def _as_it_is(model: Model, _: Mapping[tuple[int, ...], int]) -> tuple[Model, int]:
    return model, 0


def _learned(model: Model, sample: _Sample, least: int, *ways: _Maximise) -> Model:
    """The model whose prior stays, its m being found in each of these ways, one after the other."""
    counts = {levels: len(pairs) for levels, pairs in sample.patterns.items()}
    turns: list[dict[str, float]] = []
    probabilities: list[float] = []
    weigher = _Weigher(sample.records, model)
    for maximised in ways:
        for turn in range(_MOST_TURNS):
            model = replace(model, u=_frozen(_unlike(sample, weigher if turns else None)))
            model, rounds = maximised(model, counts)
            weigher = _Weigher(sample.records, model)
            probabilities = weigher.probabilities(sample.patterns)
            # Never none: one pair may be among the next million records.
            siblings = 2 * max(sum(probabilities), 0.5) / len(sample.records)
            settled = turn > 1 and abs(siblings - model.siblings) <= _PRIOR_STAYS * siblings
            listed, unlisted = frequencies_of(sample.records, least, siblings)
            model = replace(model, siblings=siblings, frequencies=listed, unlisted=unlisted)
            weigher = _Weigher(sample.records, model)
            turns.append({"rounds": rounds, "siblings": siblings})
            if settled:
                break
    best = best_expected_f1(probabilities)
    report = {
        "records": len(sample.records),
        "candidate_pairs": sum(counts.values()),
        "random_pairs": sum(len(pairs) for pairs in sample.drawn.values()),
        "patterns": len(counts),
        "turns": turns,
        "expected_pairs_of_one_person": sum(probabilities),
        "expected_f1": best,
    }
    glances = glances_of(sample.records, *weigher.parted(sample.patterns))
    return replace(model, thresholds=thresholds_of(best), glances=glances, report=report)


class _Weigher:
    """Weighs the sample's pairs under one model."""

    def __init__(self, records: Sequence[Record], model: Model) -> None:
        self._scorer = Scorer(model)
        self._prepared = [self._scorer.prepare(record) for record in records]

    def probabilities(self, patterns: Patterns) -> list[float]:
        """How likely each pair is of one person, in no order; not those that no rarity makes likely."""
        return [
            probability_of(min(self._weigh(pair), of_one))
            for levels, pairs in patterns.items()
            if self._scorer.most_for(levels) >= _BEYOND_RARITY
            for of_one in (family_odds(levels, self._scorer.model),)
            for pair in pairs
        ]

    def parted(self, patterns: Patterns) -> tuple[dict[Pair, float], list[Pair]]:
        """The pairs that are likelier of one person than of two, with their weights, and the others."""
        alike: dict[Pair, float] = {}
        unlike: list[Pair] = []
        for levels, pairs in patterns.items():
            may_be = self._scorer.most_for(levels) >= _BEYOND_RARITY and self._is_of_one(levels)
            for pair in pairs:
                if may_be and (weight := self._weigh(pair)) >= 0:
                    alike[pair] = weight
                else:
                    unlike.append(pair)
        return alike, unlike

    def of_two_persons(self, levels: tuple[int, ...], pairs: Sequence[Pair]) -> int:
        """How many of these pairs, all of these levels, are of two persons."""
        if self._scorer.most_for(levels) < _BEYOND_RARITY or not self._is_of_one(levels):
            return len(pairs)
        return sum(self._weigh(pair) < 0 for pair in pairs)

    def _is_of_one(self, levels: tuple[int, ...]) -> bool:
        """Whether pairs that compare like this are likelier of one person than of two of one family."""
        return family_odds(levels, self._scorer.model) >= 0

    def _weigh(self, pair: Pair) -> float:
        return self._scorer.weigh(self._prepared[pair[0]], self._prepared[pair[1]])


def _unlike(sample: _Sample, weigher: _Weigher | None) -> Probabilities:
    """u, from pairs of two persons: all that were drawn, as long as there is no model to tell."""
    u = _shares(_counts(sample.drawn, weigher), start.U, start.TRUST_IN_U)
    expected = {**start.U, _GIVEN: u[_ALONE]}
    given = _shares(_counts(sample.of_one_postcode, weigher), expected, _TRUST_IN_ALONE)
    return {**u, _GIVEN: given[_GIVEN]}


def _counts(patterns: Patterns, weigher: _Weigher | None) -> dict[tuple[int, ...], int]:
    return {
        levels: weigher.of_two_persons(levels, pairs) if weigher else len(pairs)
        for levels, pairs in patterns.items()
    }


def _shares(
    counts: Mapping[tuple[int, ...], int], expected: Mapping[str, Sequence[float]], trust: float
) -> Probabilities:
    """The share of each level among pairs that tell the trait, and `trust` more that are as expected. That no
    pair is of a level does not say that none ever is: half a pair is counted."""
    shares: Probabilities = {}
    for at, trait in enumerate(TRAITS):
        seen = [0.0] * len(trait.levels)
        for levels, count in counts.items():
            if levels[at] != UNKNOWN:
                seen[levels[at]] += count
        least = 0.5 if any(seen) else 0.0
        seen = [
            max(count + trust * share, least) for count, share in zip(seen, expected[trait.name], strict=True)
        ]
        shares[trait.name] = [count / sum(seen) for count in seen]
    return shares


def _tempered(m: Probabilities, matched: float) -> Probabilities:
    """m, and as many pairs more as the start is trusted for."""
    share = start.TRUST_IN_M / (start.TRUST_IN_M + max(matched, 1))
    return {
        name: [(1 - share) * value + share * start.M[name][level] for level, value in enumerate(values)]
        for name, values in m.items()
    }


def _without_twins(m: Probabilities, model: Model) -> Probabilities:
    """m without the twins whom it takes for one person with another first name, since all else is the same
    (see `deciding.relative_of`): as many as there may be are taken off, and half of such pairs at most."""
    first_names = list(m["prenom"])
    for level in range(NEAR):
        of_twins = TWINS * model.u["prenom"][level] / model.siblings
        first_names[level] = max(first_names[level] - of_twins, first_names[level] / 2)
    return {**m, "prenom": [value / sum(first_names) for value in first_names]}


def best_expected_f1(probabilities: Sequence[float]) -> float:
    """The F1 that a model expects of itself at the threshold where it expects most; 1 where it expects no
    pair at all."""
    total, taken, best = sum(probabilities), 0.0, 0.0
    for count, probability in enumerate(sorted(probabilities, reverse=True), start=1):
        taken += probability
        best = max(best, 2 * taken / (count + total))
    return best or 1.0


def thresholds_of(expected_f1: float) -> Thresholds:
    """The thresholds of a model that expects this F1 of itself at best."""
    join = max(math.log2(expected_f1 / (2 - expected_f1)), _LEAST_JOIN)
    review = min(_REVIEW, join)
    return Thresholds(join, review, (join + review) / 2)


def _frozen(values: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(levels) for name, levels in values.items()}


def _lists(values: Mapping[str, Sequence[float]]) -> Probabilities:
    return {name: list(levels) for name, levels in values.items()}
