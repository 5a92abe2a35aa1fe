"""Takes in records nobody knew: whom they are like is found and judged, and what they touch is clustered anew.

The same procedure as `domain.linkage`, with the database for its dictionaries: whose a record is depends on
the records, the model and what humans decided, and on no order in which chunks came.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity import schemas
from services.identity.domain.blocking import keys_of
from services.identity.domain.clustering import cluster, pair_of
from services.identity.domain.deciding import Answer, Verdict, judge
from services.identity.domain.naming import name_groups
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.domain.sketching import are_alike
from services.identity.schemas import Statement
from services.identity.storage import records, verdicts
from services.identity.storage.records import New
from services.identity.storage.verdicts import Pair

# Of these, each process keeps so many open: a record never changes, and those of one block come together.
_KEPT_OPEN = 20_000


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """`traits` opens what ingestion sends, `own` seals what is kept, `blind` makes it findable."""

    traits: Keyring
    own: Keyring
    blind: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """The record of each content that was taken in, whose each record is, and which changed persons."""

    record_of: Mapping[bytes, int]
    person_of: Mapping[int, uuid.UUID]
    moved: Mapping[int, uuid.UUID]
    cause_of: Mapping[int, str]  # why a new record is of its person


@dataclass(slots=True)
class _Graph:
    """The records at hand by their numbers, and what was judged of them."""

    prepared: dict[int, Prepared]
    judged: dict[Pair, Verdict]

    def links_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for (one, other), verdict in self.judged.items():
            if verdict.answer is Answer.LINKED:
                found[one].append(other)
                found[other].append(one)
        return found


def take_in(session: Session, keys: IdentityKeys, scorer: Scorer, statements: Sequence[Statement]) -> Taken:
    """Take in contents that nobody told before; `records.hold` comes before."""
    read = {one.content: schemas.record_of(one) for one in statements}
    mark_of = {content: schemas.mark_of(record, keys.blind) for content, record in read.items()}
    known = records.by_mark(session, mark_of.values())
    fresh = {mark_of[content]: record for content, record in read.items() if mark_of[content] not in known}
    prepared = [scorer.prepare(record) for record in fresh.values()]
    new = list(_new(session, keys, scorer, dict(zip(fresh, prepared, strict=True))))
    graph = _judged(session, keys, scorer, new, prepared)
    number_of = {mark: one.record_id for mark, one in known.items()} | {
        one.mark: one.record_id for one in new
    }
    was = {one.record_id: one.person_id for one in known.values()}
    person_of, moved = _named(session, keys, scorer, new, graph) if new else ({}, {})
    if new:
        records.add(session, keys.own, new, person_of, schemas.name_of_key(keys.blind))
        verdicts.add(session, _of_new(graph, new))
    record_of = {content: number_of[mark] for content, mark in mark_of.items()}
    records.add_contents(session, record_of)
    return Taken(record_of, was | person_of, moved, _causes(graph, new))


def _new(
    session: Session, keys: IdentityKeys, scorer: Scorer, prepared: Mapping[bytes, Prepared]
) -> Iterator[New]:
    numbers = records.numbers(session, len(prepared)) if prepared else []
    for number, (mark, one) in zip(numbers, prepared.items(), strict=True):
        yield New(
            record_id=number,
            mark=mark,
            packed=schemas.pack(one.record),
            sketch=schemas.sketch_of(one.record, keys.blind),
            is_nobody=judge(one, one, scorer).answer is not Answer.LINKED,
            keys=schemas.hashed_keys(keys_of(one.record, scorer.model), keys.blind),
        )


# --- who is like whom ----------------------------------------------------------------------


def _judged(
    session: Session, keys: IdentityKeys, scorer: Scorer, new: Sequence[New], prepared: Sequence[Prepared]
) -> _Graph:
    """The new records and those they are like, with what is judged of each pair that is not of two persons."""
    if not new:
        return _Graph({}, {})
    found = records.candidates(session, new)
    at_hand = _opened(session, keys, scorer, {record_id for _, record_id in found})
    at_hand |= {one.record_id: each for one, each in zip(new, prepared, strict=True)}
    pairs = {(new[place].record_id, record_id) for place, record_id in found} | set(_among(new))
    judged: dict[Pair, Verdict] = {}
    for one, other in sorted((min(pair), max(pair)) for pair in pairs):
        verdict = judge(*_in_order(at_hand[one], at_hand[other]), scorer)
        if verdict.answer is not Answer.UNLIKE:
            judged[one, other] = verdict
    return _Graph(at_hand, judged)


def _among(new: Sequence[New]) -> Iterator[Pair]:
    """The pairs of records of one chunk that share a key and are alike."""
    with_key: dict[int, list[New]] = defaultdict(list)
    for one in new:
        for key in one.keys:
            yield from (
                (other.record_id, one.record_id)
                for other in with_key[key]
                if are_alike(one.sketch, other.sketch)
            )
            with_key[key].append(one)


def _in_order(one: Prepared, other: Prepared) -> tuple[Prepared, Prepared]:
    return (one, other) if one.record.fingerprint <= other.record.fingerprint else (other, one)


def _opened(
    session: Session, keys: IdentityKeys, scorer: Scorer, record_ids: Iterable[int]
) -> dict[int, Prepared]:
    return {
        one.record_id: _prepared(scorer, one.packed) for one in records.load(session, keys.own, record_ids)
    }


@lru_cache(maxsize=_KEPT_OPEN)
def _prepared(scorer: Scorer, packed: bytes) -> Prepared:
    return scorer.prepare(schemas.unpack(packed))


def _of_new(graph: _Graph, new: Sequence[New]) -> dict[Pair, Verdict]:
    numbers = {one.record_id for one in new}
    return {pair: verdict for pair, verdict in graph.judged.items() if numbers & set(pair)}


# --- whose they are ------------------------------------------------------------------------


def _named(
    session: Session, keys: IdentityKeys, scorer: Scorer, new: Sequence[New], graph: _Graph
) -> tuple[dict[int, uuid.UUID], dict[int, uuid.UUID]]:
    """The person of every new record, and of every record that changes persons."""
    numbers = {one.record_id for one in new}
    was = _widen(session, keys, scorer, graph, numbers)
    person_of: dict[int, uuid.UUID] = {}
    for component in _components(graph, numbers):
        person_of |= _named_component(graph, component, was, scorer)
    moved = {id_: person for id_, person in person_of.items() if was.get(id_, person) != person}
    return {id_: person_of[id_] for id_ in numbers}, moved


def _widen(
    session: Session, keys: IdentityKeys, scorer: Scorer, graph: _Graph, new: set[int]
) -> dict[int, uuid.UUID]:
    """Add to the graph all that can be reached by links; returns whose each record was."""
    linked = {id_ for id_ in graph.links_of() if id_ not in new}
    if not linked:
        return {}
    reached = verdicts.component(session, linked)
    stored = records.load(session, keys.own, reached)
    graph.prepared |= {one.record_id: _prepared(scorer, one.packed) for one in stored}
    graph.judged |= verdicts.among(session, reached)
    return {one.record_id: one.person_id for one in stored}


def _components(graph: _Graph, new: set[int]) -> Iterator[list[int]]:
    """The components that hold a new record, each record once."""
    links = graph.links_of()
    seen: set[int] = set()
    for start in sorted(new):
        if start in seen:
            continue
        component, edge = {start}, [start]
        while edge:
            fresh = [other for other in links.get(edge.pop(), ()) if other not in component]
            component.update(fresh)
            edge += fresh
        seen |= component
        yield sorted(component)


def _named_component(
    graph: _Graph, component: Sequence[int], was: Mapping[int, uuid.UUID], scorer: Scorer
) -> dict[int, uuid.UUID]:
    if len(component) == 1:
        return {component[0]: was.get(component[0]) or uuid.uuid4()}
    by_fingerprint = {graph.prepared[id_].record.fingerprint: id_ for id_ in component}
    fingerprint_of = {id_: fingerprint for fingerprint, id_ in by_fingerprint.items()}
    inside = set(component)
    judged = {
        pair_of(fingerprint_of[one], fingerprint_of[other]): verdict
        for (one, other), verdict in graph.judged.items()
        if one in inside and other in inside
    }
    groups = cluster(
        {fingerprint: graph.prepared[id_] for fingerprint, id_ in by_fingerprint.items()},
        judged,
        lambda one, other: judge(one, other, scorer),
        scorer.model.thresholds,
    )
    whose = {fingerprint: was[id_] for fingerprint, id_ in by_fingerprint.items() if id_ in was}
    named = name_groups(groups, whose, uuid.uuid4)
    return {by_fingerprint[fingerprint]: person_id for fingerprint, person_id in named.items()}


def _causes(graph: _Graph, new: Sequence[New]) -> dict[int, str]:
    """For each new record, what linked it most to another, or that it is of a person nobody knew."""
    best: dict[int, Verdict] = {}
    numbers = {one.record_id for one in new}
    for pair, verdict in graph.judged.items():
        if verdict.answer is not Answer.LINKED:
            continue
        for id_ in numbers.intersection(pair):
            if id_ not in best or best[id_].weight < verdict.weight:
                best[id_] = verdict
    return {id_: best[id_].cause if id_ in best else "nouvelle_personne" for id_ in numbers}
