"""What went wrong and why: pairs put together that are of two persons, and pairs of one that are apart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from random import Random

from services.identity.domain.deciding import Answer, Verdict, judge
from services.identity.domain.scoring import Scorer
from services.identity.evaluation.feeding import Fed
from services.identity.evaluation.graph import Graph, compared, load
from services.identity.evaluation.room import Room
from services.identity.storage.verdicts import Pair

# Of a person with more different records than this, so many, drawn at random, speak for all.
_RECORDS_OF_ONE = 200
_WEIGHED_AT_ONCE = 5_000
NO_KEY, CHAIN, TOO_LITTLE = "sans_cle", "chaine", "trop_peu"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Two lines; `weight` is None where they were never compared."""

    lines: tuple[int, int]
    weight: float | None
    cause: str


@dataclass(frozen=True, slots=True)
class Mistakes:
    """`reached` of `true` pairs of one person were compared or are one record. `missed` counts, by cause,
    those that are apart; the worst of each kind come with their lines."""

    true: int
    reached: int
    false_links: tuple[Mistake, ...]
    missed_links: tuple[Mistake, ...]
    missed: Mapping[str, int]

    @property
    def recall_of_keys(self) -> float:
        """Of the pairs of one person, how many were compared or put in one record."""
        return self.reached / self.true if self.true else 1.0


def find_mistakes(room: Room, scorer: Scorer, fed: Fed, graph: Graph, most: int) -> Mistakes:
    """The mistakes of a run, at most so many of each kind with their lines."""
    apart = _True(fed, graph)
    fate = dict(_fates(room, scorer, graph, apart.pairs))
    reached = sum(count for pair, count in apart.pairs.items() if fate[pair].cause != NO_KEY)
    missed: Counter[str] = Counter({TOO_LITTLE: apart.too_little} if apart.too_little else {})
    best: dict[tuple[int, int], Mistake] = {}
    for (one, other), count in apart.pairs.items():
        if fed.person_of[graph.lines_of[one][0]] == fed.person_of[graph.lines_of[other][0]]:
            continue
        found = fate[one, other]
        missed[found.cause] += count
        persons = fed.person_of[found.lines[0]], fed.person_of[found.lines[1]]
        key = (min(persons), max(persons))
        if key not in best or _weight(best[key]) < _weight(found):
            best[key] = found
    return Mistakes(
        true=apart.inside + apart.pairs.total(),
        reached=apart.inside + reached,
        false_links=tuple(_heaviest(_false_links(fed, graph), most)),
        missed_links=tuple(_heaviest(best.values(), most)),
        missed=dict(missed.most_common()),
    )


class _True:
    """The pairs of records that are of one person in truth, with how many pairs of lines each stands for;
    `inside` counts the pairs of lines that are one record, and `too_little` those of a record that tells too
    little to be anybody's."""

    def __init__(self, fed: Fed, graph: Graph) -> None:
        self.pairs: Counter[Pair] = Counter()
        self.inside = self.too_little = 0
        records_of: dict[int, Counter[int]] = defaultdict(Counter)
        for record_id, lines in graph.lines_of.items():
            for line in lines:
                if fed.truth_of[line] >= 0:
                    records_of[fed.truth_of[line]][record_id] += 1
        draw = Random(1)  # noqa: S311 - a sample must be reproducible, not secret
        for counts in records_of.values():
            self._add(counts, graph, draw)

    def _add(self, counts: Counter[int], graph: Graph, draw: Random) -> None:
        for record_id, count in counts.items():
            self.inside += comb(count, 2)
            self.too_little += comb(count, 2) if record_id in graph.nobodies else 0
        chosen = sorted(counts)
        if len(chosen) > _RECORDS_OF_ONE:
            chosen = sorted(draw.sample(chosen, _RECORDS_OF_ONE))
        for one, other in combinations(chosen, 2):
            self.pairs[one, other] += counts[one] * counts[other]


def _fates(room: Room, scorer: Scorer, graph: Graph, pairs: Iterable[Pair]) -> Iterator[tuple[Pair, Mistake]]:
    """What became of each pair: as the service keeps it, or weighed anew, or never compared."""
    unknown = []
    for pair in pairs:
        verdict = graph.verdicts.get(pair)
        if verdict is None:
            unknown.append(pair)
        else:
            yield pair, _mistake(graph, pair, verdict)
    met = set(compared(room, unknown, scorer.model.glance))
    yield from ((pair, Mistake(_lines(graph, pair), None, NO_KEY)) for pair in unknown if pair not in met)
    weighed = sorted(met)
    for at in range(0, len(weighed), _WEIGHED_AT_ONCE):
        part = weighed[at : at + _WEIGHED_AT_ONCE]
        records = load(room, scorer, {record_id for pair in part for record_id in pair})
        for one, other in part:
            verdict = judge(records[one], records[other], scorer)
            yield (one, other), _mistake(graph, (one, other), verdict)


def _mistake(graph: Graph, pair: Pair, verdict: Verdict) -> Mistake:
    cause = CHAIN if verdict.answer is Answer.LINKED else verdict.cause
    return Mistake(_lines(graph, pair), verdict.weight, cause)


def _false_links(fed: Fed, graph: Graph) -> Iterator[Mistake]:
    """The pairs of two persons in truth that were put together because of what they are like."""
    for pair, verdict in graph.verdicts.items():
        one, other = _lines(graph, pair)
        if fed.person_of[one] == fed.person_of[other] and fed.truth_of[one] != fed.truth_of[other]:
            yield Mistake((one, other), verdict.weight, verdict.cause)


def _lines(graph: Graph, pair: Pair) -> tuple[int, int]:
    return graph.lines_of[pair[0]][0], graph.lines_of[pair[1]][0]


def _heaviest(mistakes: Iterable[Mistake], most: int) -> list[Mistake]:
    return sorted(mistakes, key=lambda one: (-_weight(one), one.lines))[:most]


def _weight(mistake: Mistake) -> float:
    return float("-inf") if mistake.weight is None else mistake.weight
