"""What other thresholds would have given, from the verdicts that a run stored: nothing is fed a second time.

The records that any threshold could bring together are taken component by component and clustered by the
service's own clustering at each threshold; so a few components are held at once, not a million records.
Thresholds below the one for doubts are not tried: of what is under it, the service keeps nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from services.identity.domain.clustering import cluster, pair_of
from services.identity.domain.deciding import Answer, Verdict, judge
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.evaluation.feeding import Fed
from services.identity.evaluation.graph import Graph, load
from services.identity.evaluation.measures import Measured, Tally, TrueSizes, measured
from services.identity.evaluation.room import Room

# How far from the threshold in force others are tried, in bits.
_SHIFTS = (-8, -6, -5, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20)
_AT_ONCE = 5_000
# Records so many of which are like one another (thousands under one placeholder) are not clustered twenty
# times more: at every threshold they stay as the service found them.
_MOST_PAIRS = 20_000


def sweep(room: Room, model: Model, fed: Fed, graph: Graph, true: TrueSizes) -> list[Measured]:
    """What each threshold gives, from the lowest; the one in force is among them."""
    dense: list[list[int]] = []
    light: list[list[int]] = []
    for component in graph.components():
        (dense if graph.pairs_in(component) > _MOST_PAIRS else light).append(component)
    scorers = {join: Scorer(at_join(model, join)) for join in joins_around(model.thresholds)}
    tallies = {join: Tally() for join in scorers}
    for join, lines in _swept(room, scorers, model.thresholds.join, graph, light):
        tallies[join].add((fed.truth_of[line] for line in lines), true.sizes)
    unmoved = [*_in_force(fed, graph, dense), *([line] for line in _alone(graph))]
    for tally in tallies.values():
        for lines in unmoved:
            tally.add((fed.truth_of[line] for line in lines), true.sizes)
    return [measured(join, tally, true) for join, tally in sorted(tallies.items())]


def _swept(
    room: Room, scorers: Mapping[float, Scorer], in_force: float, graph: Graph, light: Iterable[list[int]]
) -> Iterator[tuple[float, Sequence[int]]]:
    """At each threshold, the lines of each person."""
    for records, components in _batches(room, scorers[in_force], light):
        for component in components:
            inside = {record_id: records[record_id] for record_id in component}
            judged = _Component(inside, graph, scorers, in_force)
            for join in scorers:
                yield from ((join, lines) for lines in judged.persons_at(join))


def joins_around(thresholds: Thresholds) -> list[float]:
    """The thresholds that are tried."""
    tried = {thresholds.join + shift for shift in _SHIFTS}
    return sorted({thresholds.join, *(join for join in tried if join >= thresholds.review)})


def at_join(model: Model, join: float) -> Model:
    """The model with another threshold."""
    review = min(model.thresholds.review, join)
    return replace(model, thresholds=Thresholds(join, review, (join + review) / 2))


class _Component:
    """Records that some threshold may bring together, judged at one threshold after the other."""

    def __init__(
        self, records: Mapping[int, Prepared], graph: Graph, scorers: Mapping[float, Scorer], in_force: float
    ) -> None:
        self._graph, self._scorers, self._in_force = graph, scorers, in_force
        self._records = {one.record.fingerprint: one for one in records.values()}
        self._number_of = {one.record.fingerprint: record_id for record_id, one in records.items()}
        self._verdicts = {
            pair_of(one.record.fingerprint, records[other].record.fingerprint): verdict
            for record_id, one in records.items()
            for other, verdict in graph.later_of(record_id)
        }
        self._kept = dict(self._verdicts)  # and those of pairs that no key brought together, once weighed

    def persons_at(self, join: float) -> Iterator[Sequence[int]]:
        """The lines of each person at this threshold."""
        verdicts = {pair: self._at(pair, verdict, join) for pair, verdict in self._verdicts.items()}
        thresholds = self._scorers[join].model.thresholds
        groups: Iterable[Sequence[str]] = [(one,) for one in self._records]
        if any(verdict.answer is Answer.LINKED for verdict in verdicts.values()):
            groups = cluster(self._records, verdicts, self._judge_at(join), thresholds)
        for group in groups:
            yield from self._lines_of(group, join)

    def _lines_of(self, group: Sequence[str], join: float) -> Iterator[Sequence[int]]:
        together: list[int] = []
        for one in group:
            lines = self._graph.lines_of[self._number_of[one]]
            if self._is_nobody(one, join):
                yield from ([line] for line in lines)
            else:
                together += lines
        if together:
            yield together

    def _is_nobody(self, one: str, join: float) -> bool:
        """Of a record that tells too little to be anybody's, each line is a person of its own."""
        if join == self._in_force:
            return self._number_of[one] in self._graph.nobodies
        alone = self._records[one]
        return self._judge_at(join)(alone, alone).answer is not Answer.LINKED

    def _judge_at(self, join: float) -> Callable[[Prepared, Prepared], Verdict]:
        def judged(one: Prepared, other: Prepared) -> Verdict:
            pair = (one.record.fingerprint, other.record.fingerprint)
            known = self._kept.get(pair)
            if known is None:
                known = self._kept[pair] = judge(one, other, self._scorers[self._in_force])
            return self._at(pair, known, join)

        return judged

    def _at(self, pair: tuple[str, str], verdict: Verdict, join: float) -> Verdict:
        """A verdict given in force, at another threshold: only what lies between the two can change."""
        if not min(join, self._in_force) <= verdict.weight < max(join, self._in_force):
            return verdict
        return judge(self._records[pair[0]], self._records[pair[1]], self._scorers[join])


def _in_force(fed: Fed, graph: Graph, components: Iterable[Sequence[int]]) -> Iterator[Sequence[int]]:
    """The lines of each person of these components, as the service found them."""
    lines_of: dict[int, list[int]] = defaultdict(list)
    for component in components:
        for record_id in component:
            for line in graph.lines_of[record_id]:
                lines_of[fed.person_of[line]].append(line)
    yield from lines_of.values()


def _batches(
    room: Room, scorer: Scorer, components: Iterable[list[int]]
) -> Iterator[tuple[dict[int, Prepared], list[list[int]]]]:
    """The components, and their records opened: a few thousand records at once."""
    held: list[list[int]] = []
    for component in components:
        held.append(component)
        if sum(map(len, held)) >= _AT_ONCE:
            yield load(room, scorer, [one for part in held for one in part]), held
            held = []
    if held:
        yield load(room, scorer, [one for part in held for one in part]), held


def _alone(graph: Graph) -> Iterator[int]:
    """The lines that no threshold puts beside another."""
    for record_id, lines in graph.lines_of.items():
        if len(lines) == 1 and not graph.near.get(record_id):
            yield lines[0]
