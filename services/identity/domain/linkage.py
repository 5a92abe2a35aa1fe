"""Persons as lines arrive, held in memory: the way of the service, with a dictionary for its database.

A line brings a record; a record that is known brings nothing new. A new one is found by its keys, judged
against those it finds, and the component that it touches is clustered anew.

Records of the same content are one, if that content is enough to tell a person; if not (a common name and
no more), each line of it is a person of its own: nothing says that they are the same.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from services.identity.domain.blocking import keys_of
from services.identity.domain.clustering import Decided, Doubt, Group, Pair, cluster, doubts_between, pair_of
from services.identity.domain.deciding import Answer, Verdict, judge, tells_nobody
from services.identity.domain.model import Model
from services.identity.domain.records import Record
from services.identity.domain.scoring import Prepared, Scorer


@dataclass(slots=True)
class Linkage:
    """Who is who among the lines that have arrived."""

    model: Model
    decided: Decided = Decided()  # noqa: RUF009 - frozen
    compared: int = 0
    _scorer: Scorer = field(init=False)
    _records: dict[str, Prepared] = field(default_factory=dict)
    _lines: dict[str, list[Hashable]] = field(default_factory=lambda: defaultdict(list))
    _found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _verdicts: dict[str, dict[str, Verdict]] = field(default_factory=lambda: defaultdict(dict))
    _group_of: dict[str, Group] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._scorer = Scorer(self.model)

    def arrive(self, chunk: Iterable[tuple[Hashable, Record]]) -> None:
        """Take in a chunk of lines, each with a name of its own."""
        touched: set[str] = set()
        for line, record in chunk:
            one = record.fingerprint
            self._lines[one].append(line)
            if one not in self._records:
                self._enter(self._scorer.prepare(record))
                touched.add(one)
        seen: set[str] = set()
        for one in sorted(touched):
            if one not in seen:
                component = self._component_of(one)
                seen.update(component)
                self._cluster(component)

    def persons(self) -> list[list[Hashable]]:
        """The lines of each person."""
        found: list[list[Hashable]] = []
        for group in sorted(set(self._group_of.values())):
            lines = [line for one in group for line in self._lines[one]]
            found.extend([[line] for line in lines] if self._tells_nobody(group) else [lines])
        return found

    def doubts(self) -> tuple[Doubt, ...]:
        """What a human is asked."""
        verdicts = {
            (one, other): verdict
            for one, others in self._verdicts.items()
            for other, verdict in others.items()
            if one < other
        }
        return doubts_between(self._group_of, verdicts, self.decided)

    def candidate_pairs(self) -> Iterable[Pair]:
        """The pairs of records that shared a key, by their fingerprints; each record with itself too."""
        yield from ((one, one) for one in self._records)
        yield from ((one, other) for one, others in self._verdicts.items() for other in others if one < other)

    def lines_of(self, fingerprint: str) -> Sequence[Hashable]:
        """The lines that brought this record."""
        return self._lines[fingerprint]

    def _enter(self, one: Prepared) -> None:
        keys = keys_of(one.record, self.model)
        name = one.record.fingerprint
        candidates = {other for key in keys for other in self._found[key]}
        self.compared += len(candidates)
        kept = {other for pair in self.decided.kept if name in pair for other in pair if other != name}
        candidates |= kept & self._records.keys()
        self._records[name] = one
        for other in candidates:
            verdict = judge(*self._in_order(name, other), self._scorer)
            if verdict.answer is not Answer.UNLIKE or other in kept:
                self._verdicts[name][other] = self._verdicts[other][name] = verdict
        for key in keys:
            self._found[key].append(name)

    def _in_order(self, one: str, other: str) -> tuple[Prepared, Prepared]:
        first, second = pair_of(one, other)
        return self._records[first], self._records[second]

    def _component_of(self, one: str) -> list[str]:
        """All that can be reached by links, and by what humans tied."""
        reached, edge = {one}, [one]
        ties: dict[str, list[str]] = defaultdict(list)
        for first, second in self.decided.must_link | self.decided.kept:
            ties[first].append(second)
            ties[second].append(first)
        while edge:
            here = edge.pop()
            linked = [
                other for other, verdict in self._verdicts[here].items() if verdict.answer is Answer.LINKED
            ]
            for other in (*linked, *ties[here]):
                if other in self._records and other not in reached:
                    reached.add(other)
                    edge.append(other)
        return sorted(reached)

    def _cluster(self, component: Sequence[str]) -> None:
        inside = set(component)
        verdicts = {
            pair_of(one, other): verdict
            for one in component
            for other, verdict in self._verdicts[one].items()
            if other in inside
        }
        groups = cluster(
            {one: self._records[one] for one in component},
            verdicts,
            lambda one, other: judge(one, other, self._scorer),
            self.model.thresholds,
            self.decided,
        )
        self._group_of |= {one: group for group in groups for one in group}

    def _tells_nobody(self, group: Sequence[str]) -> bool:
        if len(group) > 1 or len(self._lines[group[0]]) == 1:
            return False
        return tells_nobody(self._records[group[0]], self._scorer)
