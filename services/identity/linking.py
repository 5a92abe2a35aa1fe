"""Says whose records are: new ones are found by their keys and judged, and what they touch is clustered anew.

The same procedure as `domain.linkage`, with the database for its dictionaries: whose a record is depends on
the records, the model and what humans decided, and on no order in which chunks came.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity import schemas
from services.identity.domain.blocking import keys_of
from services.identity.domain.clustering import Decided, cluster, pair_of
from services.identity.domain.deciding import Answer, Verdict, judge
from services.identity.domain.naming import Named, name_groups
from services.identity.domain.records import Record
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.domain.sketching import are_alike
from services.identity.schemas import Statement
from services.identity.storage import records, rulings, verdicts
from services.identity.storage.records import New
from services.identity.storage.verdicts import Pair

# Each process keeps so many open: a record never changes, and those of one block come together.
_KEPT_OPEN = 20_000


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """`traits` opens what ingestion sends, `own` seals what is kept, `blind` makes it findable."""

    traits: Keyring
    own: Keyring
    blind: bytes


@dataclass(frozen=True, slots=True)
class Linker:
    """What linking is done with: one transaction, the keys, and a scorer under the model in force."""

    session: Session
    keys: IdentityKeys
    scorer: Scorer


@dataclass(frozen=True, slots=True)
class Taken:
    """The record of each content taken in, who changes persons by it, and why each new record is of its
    person."""

    record_of: Mapping[bytes, int]
    moved: Mapping[int, uuid.UUID]
    cause_of: Mapping[int, str]


@dataclass(slots=True)
class _Graph:
    """The records at hand by their numbers, what was judged of them, and what humans said."""

    prepared: dict[int, Prepared] = field(default_factory=dict)
    named: dict[int, Named] = field(default_factory=dict)
    was: dict[int, uuid.UUID] = field(default_factory=dict)
    judged: dict[Pair, Verdict] = field(default_factory=dict)
    tied: set[Pair] = field(default_factory=set)
    parted: set[Pair] = field(default_factory=set)

    def links(self) -> dict[int, list[int]]:
        """Which records are linked to which."""
        found: dict[int, list[int]] = defaultdict(list)
        linked = [pair for pair, verdict in self.judged.items() if verdict.answer is Answer.LINKED]
        for one, other in [*linked, *self.tied]:
            found[one].append(other)
            found[other].append(one)
        return found


# --- what is asked -------------------------------------------------------------------------


def take_in(linker: Linker, statements: Sequence[Statement]) -> Taken:
    """Keep the records of contents that nobody told before; `records.hold` comes before."""
    read = {one.content: schemas.record_of(one) for one in statements}
    mark_of = {content: schemas.mark_of(record, linker.keys.blind) for content, record in read.items()}
    known = records.by_mark(linker.session, mark_of.values())
    fresh = {mark_of[content]: record for content, record in read.items() if mark_of[content] not in known}
    new, graph = _judged(linker, fresh) if fresh else ([], _Graph())
    numbers = {one.record_id for one in new}
    person_of = _persons(linker, graph, numbers)
    if new:
        records.add(linker.session, linker.keys.own, new, person_of, schemas.name_of_key(linker.keys.blind))
        verdicts.add(linker.session, {pair: v for pair, v in graph.judged.items() if numbers & set(pair)})
        verdicts.follow(linker.session, _followed(graph, person_of))
    record_of = {mark: one.record_id for mark, one in known.items()} | {
        one.mark: one.record_id for one in new
    }
    by_content = {content: record_of[mark] for content, mark in mark_of.items()}
    records.add_contents(linker.session, by_content)
    return Taken(by_content, _moved(graph, person_of), _causes(graph, numbers))


def cluster_anew(linker: Linker, record_ids: Iterable[int]) -> dict[int, uuid.UUID]:
    """Who changes persons when what these records touch is clustered anew; `records.hold` comes before."""
    graph = _Graph()
    person_of = _persons(linker, graph, set(record_ids))
    verdicts.follow(linker.session, _followed(graph, person_of))
    return _moved(graph, person_of)


def _moved(graph: _Graph, person_of: Mapping[int, uuid.UUID]) -> dict[int, uuid.UUID]:
    return {id_: person for id_, person in person_of.items() if graph.was.get(id_, person) != person}


def _followed(graph: _Graph, person_of: Mapping[int, uuid.UUID]) -> dict[Pair, bool]:
    """Of each link that was looked at, whether its records are of one person."""
    return {
        (one, other): person_of[one] == person_of[other]
        for (one, other), verdict in graph.judged.items()
        if verdict.answer is Answer.LINKED and one in person_of and other in person_of
    }


# --- who is like whom ----------------------------------------------------------------------


def _judged(linker: Linker, fresh: Mapping[bytes, Record]) -> tuple[list[New], _Graph]:
    """The new records, and what is judged of them and of those they are like."""
    prepared = [linker.scorer.prepare(record) for record in fresh.values()]
    new = list(_new(linker, dict(zip(fresh, prepared, strict=True))))
    found = records.candidates(linker.session, new)
    graph = _Graph()
    _open(linker, graph, {record_id for _, record_id in found})
    for made, each in zip(new, prepared, strict=True):
        graph.prepared[made.record_id] = each
        graph.named[made.record_id] = Named(made.record_id, made.name)
    pairs = {(new[place].record_id, record_id) for place, record_id in found} | set(_among(new))
    for one, other in sorted((min(pair), max(pair)) for pair in pairs):
        verdict = _judge(linker.scorer, graph.prepared[one], graph.prepared[other])
        if verdict.answer is not Answer.UNLIKE:
            graph.judged[one, other] = verdict
    return new, graph


def _new(linker: Linker, prepared: Mapping[bytes, Prepared]) -> Iterator[New]:
    numbers = records.numbers(linker.session, len(prepared))
    for number, (mark, one) in zip(numbers, prepared.items(), strict=True):
        keys = schemas.hashed_keys(keys_of(one.record, linker.scorer.model), linker.keys.blind)
        yield New(
            record_id=number,
            name=uuid.uuid4(),
            mark=mark,
            packed=schemas.pack(one.record),
            sketch=schemas.sketch_of(one.record, linker.keys.blind),
            is_nobody=judge(one, one, linker.scorer).answer is not Answer.LINKED,
            keys=keys,
            nir=keys[-1] if one.record.nir else None,  # the last of a record's keys
        )


def _among(new: Sequence[New]) -> Iterator[Pair]:
    """The pairs of records of one chunk that share a key and are alike."""
    with_key: dict[int, list[New]] = defaultdict(list)
    for one in new:
        for key in one.keys:
            yield from (
                (other.record_id, one.record_id)
                for other in with_key[key]
                if key == one.nir or are_alike(one.sketch, other.sketch)
            )
            with_key[key].append(one)


def _judge(scorer: Scorer, one: Prepared, other: Prepared) -> Verdict:
    in_order = one.record.fingerprint <= other.record.fingerprint
    return judge(one, other, scorer) if in_order else judge(other, one, scorer)


def _open(linker: Linker, graph: _Graph, record_ids: Iterable[int]) -> None:
    """Add records that are there to the graph."""
    for one in records.load(linker.session, linker.keys.own, record_ids):
        graph.prepared[one.record_id] = _prepared(linker.scorer, one.packed)
        graph.named[one.record_id] = Named(one.record_id, one.name)
        graph.was[one.record_id] = one.person_id


@lru_cache(maxsize=_KEPT_OPEN)
def _prepared(scorer: Scorer, packed: bytes) -> Prepared:
    return scorer.prepare(schemas.unpack(packed))


# --- whose they are ------------------------------------------------------------------------


def _persons(linker: Linker, graph: _Graph, seeds: set[int]) -> dict[int, uuid.UUID]:
    """The person of each of these records, and of every record that is linked to one."""
    _widen(linker, graph, seeds)
    person_of: dict[int, uuid.UUID] = {}
    for component in _components(graph, seeds):
        person_of |= _persons_of(graph, component, linker.scorer)
    return person_of


def _widen(linker: Linker, graph: _Graph, seeds: set[int]) -> None:
    """Add all that can be reached by links from what is there already."""
    at_hand = set(graph.links()) | seeds
    there = at_hand - (graph.named.keys() - graph.was.keys())
    if not there:
        return
    reached = verdicts.component(linker.session, there)
    _open(linker, graph, reached - graph.prepared.keys())
    graph.judged |= verdicts.among(linker.session, reached)
    graph.tied, graph.parted = rulings.in_force(linker.session, reached)


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


def _persons_of(graph: _Graph, component: Sequence[int], scorer: Scorer) -> dict[int, uuid.UUID]:
    if len(component) == 1:
        return {component[0]: graph.named[component[0]].name}
    fingerprint_of = {id_: graph.prepared[id_].record.fingerprint for id_ in component}
    inside = fingerprint_of.keys()

    def by_fingerprint(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
        return (pair_of(fingerprint_of[one], fingerprint_of[other]) for one, other in pairs)

    pairs = [pair for pair in graph.judged if inside >= set(pair)]
    groups = cluster(
        {fingerprint_of[id_]: graph.prepared[id_] for id_ in component},
        dict(zip(by_fingerprint(pairs), (graph.judged[pair] for pair in pairs), strict=True)),
        lambda one, other: judge(one, other, scorer),
        scorer.model.thresholds,
        Decided(
            must_link=frozenset(by_fingerprint(pair for pair in graph.tied if inside >= set(pair))),
            cannot_link=frozenset(by_fingerprint(pair for pair in graph.parted if inside >= set(pair))),
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
