"""Says whose records are: new ones are found by their keys and judged, and what they touch is clustered anew.

The same procedure as `domain.linkage`, with the database for its dictionaries: whose a record is depends on
the records, the model and what humans decided, and on no order in which chunks came.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity import judging, schemas
from services.identity.domain.blocking import keys_of
from services.identity.domain.clustering import Decided, cluster, is_worth_keeping, pair_of
from services.identity.domain.deciding import Answer, Verdict, judge, tells_nobody
from services.identity.domain.model import Model
from services.identity.domain.naming import Named, name_groups
from services.identity.domain.records import Record
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.domain.sketching import rows_of
from services.identity.errors import ModelUnknown
from services.identity.judging import judge_in_order
from services.identity.schemas import Statement
from services.identity.storage import adoption, blocks, records, rulings, verdicts
from services.identity.storage.blocks import Asking, Tails
from services.identity.storage.records import New
from services.identity.storage.verdicts import Held, Pair


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """`traits` opens what ingestion sends, `own` seals what is kept, `blind` makes it findable; by those in
    `blind_before` records may still be marked, until `rotating` has been through."""

    traits: Keyring
    own: Keyring
    blind: bytes
    blind_before: tuple[bytes, ...] = ()

    @property
    def blinds(self) -> tuple[bytes, ...]:
        """Every blind key that records may be marked with, the one in force first."""
        return (self.blind, *self.blind_before)


@dataclass(frozen=True, slots=True)
class Linker:
    """What linking is done with: one transaction, the keys, and a scorer under the model in force; by the
    models `before` records may still be keyed, until `adopting` has been through."""

    session: Session
    keys: IdentityKeys
    scorer: Scorer
    before: tuple[Model, ...] = ()

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model that records may be keyed by, the one in force first."""
        return (self.scorer.model, *self.before)

    @property
    def versions(self) -> frozenset[str]:
        """The versions by which records may say that they are keyed; the oldest say none."""
        return frozenset({"", *(model.version for model in self.models)})

    def is_former(self, keyed_with: str) -> bool:
        """Whether a record that says so is keyed by an earlier model; one that says nothing is by whichever
        came before, if any did."""
        return keyed_with != self.scorer.model.version and bool(keyed_with or self.before)


@dataclass(frozen=True, slots=True)
class Taken:
    """The record of each content taken in, who changes persons by it, and why each new record is of its
    person."""

    record_of: Mapping[bytes, int]
    moved: Mapping[int, uuid.UUID]
    cause_of: Mapping[int, str]


@dataclass(slots=True)
class _Graph:
    """The records at hand by their numbers, what was judged of them, and what humans said. `named` are those
    that are new and those of the components that these touch; of the latter, `was` is whose they are, and
    `keyed` by which model they are keyed. `kept` are links of an earlier model that stay; of pairs in
    `former`, what is written is still that model's."""

    prepared: dict[int, Prepared] = field(default_factory=dict)
    named: dict[int, Named] = field(default_factory=dict)
    was: dict[int, uuid.UUID] = field(default_factory=dict)
    keyed: dict[int, str] = field(default_factory=dict)
    judged: dict[Pair, Verdict] = field(default_factory=dict)
    tied: set[Pair] = field(default_factory=set)
    parted: set[Pair] = field(default_factory=set)
    asked: dict[str, list[Asking]] = field(default_factory=dict)
    kept: set[Pair] = field(default_factory=set)
    former: set[Pair] = field(default_factory=set)

    def renumber(self, number_of: Mapping[int, int], gone: set[int]) -> None:
        """Give some records other numbers, and forget others."""
        for old in gone:
            del self.prepared[old], self.named[old]
        for old, new in number_of.items():
            self.prepared[new] = self.prepared.pop(old)
            self.named[new] = Named(new, self.named.pop(old).name)
        self.judged = {
            (min(pair), max(pair)): verdict
            for (one, other), verdict in self.judged.items()
            if one not in gone and other not in gone
            for pair in ((number_of.get(one, one), number_of.get(other, other)),)
        }

    def links(self) -> dict[int, list[int]]:
        """Which records are linked to which."""
        found: dict[int, list[int]] = defaultdict(list)
        linked = [pair for pair, verdict in self.judged.items() if verdict.answer is Answer.LINKED]
        for one, other in [*linked, *self.tied, *self.kept]:
            found[one].append(other)
            found[other].append(one)
        return found


# --- what is asked -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """New contents and what is known of them before anybody waits for anybody: the records that they make, by
    their marks, and what was judged of these and of the records up to number `newest`, of which those up to
    `adopted` were keyed by the model in force. `tails` is with what their blocks ended."""

    read: Mapping[bytes, tuple[bytes, Record]]
    new: Mapping[bytes, New]
    graph: _Graph
    newest: int
    adopted: int
    tails: Tails


def look(linker: Linker, statements: Sequence[Statement]) -> Looked:
    """Find and judge whom new contents are like; nothing is held, and nothing is written."""
    read = {one.content: schemas.record_of(one) for one in statements}
    mark_of = {content: schemas.mark_of(record, linker.keys.blind) for content, record in read.items()}
    known, newest = _known(linker, {mark_of[content]: record for content, record in read.items()})
    fresh = {mark_of[content]: record for content, record in read.items() if mark_of[content] not in known}
    adopted, graph = _adopted(linker), _Graph()
    new = {one.mark: one for one in _new(linker, graph, fresh)}
    tails = _judge_all(linker, graph, list(new.values()))
    _judge_among(linker, graph, list(new.values()))
    return Looked(
        {content: (mark, read[content]) for content, mark in mark_of.items()},
        new,
        graph,
        newest,
        adopted,
        tails,
    )


def _known(linker: Linker, record_of: Mapping[bytes, Record]) -> tuple[dict[bytes, int], int]:
    """Those of these records that are there, whichever key they are marked with, by their marks of today; and
    the number of the last record that was there then."""
    marked = {mark: mark for mark in record_of} | {
        schemas.mark_of(record, blind): mark
        for mark, record in record_of.items()
        for blind in linker.keys.blind_before
    }
    found, newest = records.by_mark(linker.session, marked)
    return {marked[mark]: one for mark, one in found.items()}, newest


def take_in(linker: Linker, looked: Looked) -> Taken:
    """Keep the records that were looked at, and look at what came meanwhile; `records.hold` comes before."""
    known, _ = _known(linker, dict(looked.read.values()))
    new, graph = _numbered(linker, looked, known), looked.graph
    settled = blocks.append(linker.session, records.keyed(new), looked.tails)
    _judge_since(linker, graph, new, looked.newest, settled)
    _judge_adopted(linker, graph, new, looked.adopted)
    numbers = {one.record_id for one in new}
    person_of = _persons(linker, graph, numbers)
    if new:
        blind = schemas.name_of_key(linker.keys.blind)
        model = linker.scorer.model.version
        records.add(linker.session, linker.keys.own, new, person_of, blind, model, settled)
        verdicts.add(linker.session, {pair: v for pair, v in graph.judged.items() if numbers & set(pair)})
        verdicts.follow(linker.session, _followed(graph, person_of))
    record_of = known | {one.mark: one.record_id for one in new}
    by_content = {content: record_of[mark] for content, (mark, _) in looked.read.items()}
    records.add_contents(linker.session, by_content)
    return Taken(by_content, _moved(graph, person_of), _causes(graph, numbers))


def _numbered(linker: Linker, looked: Looked, known: Iterable[bytes]) -> list[New]:
    """The records that still are new, by their lasting numbers, in the graph too."""
    there = set(known)
    kept = [one for mark, one in looked.new.items() if mark not in there]
    lasting = records.numbers(linker.session, len(kept)) if kept else []
    number_of = {one.record_id: number for one, number in zip(kept, lasting, strict=True)}
    gone = {one.record_id for one in looked.new.values()} - number_of.keys()
    looked.graph.renumber(number_of, gone)
    return [one._replace(record_id=number_of[one.record_id]) for one in kept]


def cluster_anew(linker: Linker, record_ids: Iterable[int]) -> dict[int, uuid.UUID]:
    """Who changes persons when what these records touch is clustered anew; `records.hold` comes before."""
    graph = _Graph()
    person_of = _persons(linker, graph, set(record_ids))
    verdicts.follow(linker.session, _followed(graph, person_of))
    return _moved(graph, person_of)


def _moved(graph: _Graph, person_of: Mapping[int, uuid.UUID]) -> dict[int, uuid.UUID]:
    return {id_: person for id_, person in person_of.items() if graph.was.get(id_, person) != person}


def _followed(graph: _Graph, person_of: Mapping[int, uuid.UUID]) -> dict[Pair, bool]:
    """Of each link that was looked at, whether its records are of one person. What an earlier model's were
    when another took its place stays written until they are adopted."""
    return {
        (one, other): person_of[one] == person_of[other]
        for (one, other), verdict in graph.judged.items()
        if (verdict.answer is Answer.LINKED or (one, other) in graph.kept)
        and (one, other) not in graph.former
        and one in person_of
        and other in person_of
    }


def judge_pairs(linker: Linker, pairs: Iterable[Pair]) -> dict[Pair, Verdict]:
    """What the model in force says of these pairs of records that are there, whatever it says."""
    wanted, graph = set(pairs), _Graph()
    _open(linker, graph, {record_id for pair in wanted for record_id in pair})
    prepared = graph.prepared
    return {pair: judge_in_order(linker.scorer, prepared[pair[0]], prepared[pair[1]]) for pair in wanted}


def asking_of(linker: Linker, record_id: int, record: Record) -> list[Asking]:
    """By what a record is looked for: its sketch and its keys by every model, under each blind key."""
    keys = list(dict.fromkeys(key for model in linker.models for key in keys_of(record, model)))
    return [_asking_under(blind, record_id, record, keys) for blind in linker.keys.blinds]


def _asking_under(blind: bytes, record_id: int, record: Record, keys: Sequence[str]) -> Asking:
    nir = schemas.hashed_keys([f"nir={record.nir}"], blind)[0] if record.nir else None
    return Asking(record_id, schemas.hashed_keys(keys, blind), nir, schemas.sketch_of(record, blind))


def _adopted(linker: Linker) -> int:
    """Up to which number records are keyed by the model in force, while they are being adopted."""
    return adoption.reached(linker.session, linker.scorer.model.version) if linker.before else 0


# --- who is like whom ----------------------------------------------------------------------


def _new(linker: Linker, graph: _Graph, fresh: Mapping[bytes, Record]) -> Iterator[New]:
    """Each new record, under a number of this process's own, below zero, until it has a lasting one."""
    for number, (mark, record) in enumerate(fresh.items(), start=1):
        prepared = graph.prepared[-number] = linker.scorer.prepare(record)
        keys = schemas.hashed_keys(keys_of(record, linker.scorer.model), linker.keys.blind)
        made = New(
            record_id=-number,
            name=uuid.uuid4(),
            mark=mark,
            packed=schemas.pack(record),
            sketch=schemas.sketch_of(record, linker.keys.blind),
            is_nobody=tells_nobody(prepared, linker.scorer),
            keys=keys,
            nir=keys[-1] if record.nir else None,  # the last of a record's keys
        )
        graph.named[-number] = Named(-number, made.name)
        yield made


def _judge_all(linker: Linker, graph: _Graph, new: Sequence[New]) -> Tails:
    """Judge new records against those they are like; with what the blocks of their keys end."""
    if not new:
        return blocks.NO_TAILS
    asking = [one for each in new for one in _asking(linker, graph, each)]
    found, tails = blocks.candidates(linker.session, asking, linker.scorer.model.glance)
    _judge(linker, graph, found)
    return tails


def _judge_since(
    linker: Linker, graph: _Graph, new: Sequence[New], after: int, settled: Set[int] = frozenset()
) -> None:
    """Judge new records against those that came after a number and are like them, by keys not settled."""
    asking = [one for each in new for one in _asking(linker, graph, each)]
    glance = linker.scorer.model.glance
    _judge(linker, graph, blocks.candidates_since(linker.session, asking, glance, after, settled))


def _judge(linker: Linker, graph: _Graph, pairs: Sequence[Pair]) -> None:
    """Judge the first of each pair, which is new, against the second."""
    graph.judged |= judging.judge_found(linker.session, linker.keys.own, linker.scorer, graph.prepared, pairs)


def _asking(linker: Linker, graph: _Graph, one: New) -> Iterator[Asking]:
    """By what a new record is looked for: its keys and its sketch, under each blind key and by each model."""
    if linker.before:
        record = graph.prepared[one.record_id].record
        if record.fingerprint not in graph.asked:
            graph.asked[record.fingerprint] = asking_of(linker, one.record_id, record)
        yield from (asked._replace(record_id=one.record_id) for asked in graph.asked[record.fingerprint])
        return
    yield Asking(one.record_id, one.keys, one.nir, one.sketch)
    for blind in linker.keys.blind_before:
        record = graph.prepared[one.record_id].record
        keys = schemas.hashed_keys(keys_of(record, linker.scorer.model), blind)
        yield Asking(one.record_id, keys, keys[-1] if record.nir else None, schemas.sketch_of(record, blind))


def _judge_adopted(linker: Linker, graph: _Graph, new: Sequence[New], since: int) -> None:
    """Judge new records anew against those that were given other keys since they were looked at."""
    until = _adopted(linker)
    if not new or until <= since:
        return
    graph.judged = {pair: verdict for pair, verdict in graph.judged.items() if not since < pair[0] <= until}
    asking = [one for each in new for one in _asking(linker, graph, each)]
    found = blocks.candidates_since(linker.session, asking, linker.scorer.model.glance, since)
    _judge(linker, graph, [(one, record_id) for one, record_id in found if record_id <= until])


def _judge_among(linker: Linker, graph: _Graph, new: Sequence[New]) -> None:
    """Judge the new records of one chunk that share a key and are alike: of each, the nearest before it."""
    if len(new) < 2:
        return
    glance, sketches = linker.scorer.model.glance, rows_of([one.sketch for one in new])
    ones, others = np.array(list(_met_among(new)), np.intp).reshape(-1, 2).T
    weights = glance.weigh(sketches[ones], sketches[others])
    nirs = np.array([one.nir or 0 for one in new])
    weights[(nirs[ones] == nirs[others]) & (nirs[ones] != 0)] = np.inf
    enough, numbers = weights >= glance.least, np.array([one.record_id for one in new])
    _judge(linker, graph, blocks.nearest(numbers[ones[enough]], numbers[others[enough]], weights[enough]))


def _met_among(new: Sequence[New]) -> Iterator[tuple[int, int]]:
    """The places of records that share a key, the later first; each pair once."""
    with_key: dict[int, list[int]] = defaultdict(list)
    for at, one in enumerate(new):
        yield from (
            (at, before) for before in sorted({before for key in one.keys for before in with_key[key]})
        )
        for key in one.keys:
            with_key[key].append(at)


def _open(linker: Linker, graph: _Graph, record_ids: Set[int]) -> None:
    """Add records that are there to the graph."""
    if record_ids:
        graph.prepared |= judging.read(linker.session, linker.keys.own, linker.scorer, record_ids)


# --- whose they are ------------------------------------------------------------------------


def _persons(linker: Linker, graph: _Graph, seeds: set[int]) -> dict[int, uuid.UUID]:
    """The person of each of these records, and of every record that is linked to one."""
    _widen(linker, graph, seeds)
    components = list(_components(graph, seeds))
    whose = {id_: at for at, component in enumerate(components) for id_ in component}
    inside: dict[int, list[Pair]] = defaultdict(list)
    for pair in graph.judged:
        if pair[0] in whose and whose[pair[0]] == whose.get(pair[1]):
            inside[whose[pair[0]]].append(pair)
    person_of: dict[int, uuid.UUID] = {}
    for at, component in enumerate(components):
        person_of |= _persons_of(graph, component, inside[at], linker.scorer)
    return person_of


def _widen(linker: Linker, graph: _Graph, seeds: set[int]) -> None:
    """Add all that can be reached by links from what is there already. Raises `ModelUnknown`."""
    at_hand = set(graph.links()) | seeds
    there = at_hand - graph.named.keys()  # which has the new ones alone until here
    if not there:
        return
    reached = verdicts.component(linker.session, there)
    _open(linker, graph, reached - graph.prepared.keys())
    for record_id, one in records.standing(linker.session, reached).items():
        graph.named[record_id] = Named(record_id, one.name)
        graph.was[record_id], graph.keyed[record_id] = one.person_id, one.keyed_with
    if not linker.versions.issuperset(graph.keyed[record_id] for record_id in reached):
        raise ModelUnknown
    for pair, held in verdicts.among(linker.session, reached).items():
        _enter(linker, graph, pair, held)
    graph.tied, graph.parted = rulings.in_force(linker.session, reached)


def _enter(linker: Linker, graph: _Graph, pair: Pair, held: Held) -> None:
    """Add what was judged of a pair: by the model in force, and as it will be kept, whoever wrote it."""
    one, other = pair
    verdict, is_kept = held.verdict, held.is_kept
    if linker.is_former(graph.keyed[one]) and linker.is_former(graph.keyed[other]):
        graph.former.add(pair)
        verdict = judge_in_order(linker.scorer, graph.prepared[one], graph.prepared[other])
        is_kept = held.is_in_force
    graph.judged[pair] = verdict
    if is_kept and is_worth_keeping(verdict, linker.scorer.model.thresholds):
        graph.kept.add(pair)


def _components(graph: _Graph, seeds: set[int]) -> Iterator[list[int]]:
    """The components that hold one of these records, each record once."""
    links = graph.links()
    seen: set[int] = set()
    for start in sorted(seeds):
        if start in seen:
            continue
        component, edge = {start}, [start]
        while edge:
            fresh = [other for other in links.get(edge.pop(), ()) if other not in component]
            component.update(fresh)
            edge += fresh
        seen |= component
        yield sorted(component)


def _persons_of(
    graph: _Graph, component: Sequence[int], pairs: Sequence[Pair], scorer: Scorer
) -> dict[int, uuid.UUID]:
    if len(component) == 1:
        return {component[0]: graph.named[component[0]].name}
    fingerprint_of = {id_: graph.prepared[id_].record.fingerprint for id_ in component}
    inside = fingerprint_of.keys()

    def by_fingerprint(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
        return (pair_of(fingerprint_of[one], fingerprint_of[other]) for one, other in pairs)

    groups = cluster(
        {fingerprint_of[id_]: graph.prepared[id_] for id_ in component},
        dict(zip(by_fingerprint(pairs), (graph.judged[pair] for pair in pairs), strict=True)),
        lambda one, other: judge(one, other, scorer),
        scorer.model.thresholds,
        Decided(
            must_link=frozenset(by_fingerprint(pair for pair in graph.tied if inside >= set(pair))),
            cannot_link=frozenset(by_fingerprint(pair for pair in graph.parted if inside >= set(pair))),
            kept=frozenset(by_fingerprint(pair for pair in pairs if pair in graph.kept)),
        ),
    )
    return name_groups(groups, {fingerprint_of[id_]: graph.named[id_] for id_ in component})


def _causes(graph: _Graph, new: set[int]) -> dict[int, str]:
    """For each new record, what linked it most to another, or that it is of a person nobody knew."""
    best: dict[int, Verdict] = {}
    for pair, verdict in graph.judged.items():
        if verdict.answer is Answer.LINKED:
            for id_ in new.intersection(pair):
                if id_ not in best or best[id_].weight < verdict.weight:
                    best[id_] = verdict
    return {id_: best[id_].cause if id_ in best else "nouvelle_personne" for id_ in new}
