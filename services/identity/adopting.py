"""Puts what is kept under a new model, batch by batch, while the service goes on.

    AGORA_IDENTITY_MODEL          new     keys, finds and judges every new line
    AGORA_IDENTITY_MODEL_BEFORE   old     finds too: `adopt`, then it may go

Of each batch: other keys, verdicts judged anew, the persons they touch clustered anew; whoever changes
persons is announced as when lines bring persons together. Links that were in force when the new model took
over are written down as kept, and stay as long as it finds them worth `split` (see `domain.clustering`):
until their records are adopted, what the old model said of them stays written as it was.

A batch is one transaction, and says in it how far it came: interrupted, the next run goes on from there. Two
runs at once take turns.
"""

import time
import uuid
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine

from services.chassis import database
from services.chassis.errors import StorageBusy
from services.identity import linking, schemas
from services.identity.domain.blocking import keys_of
from services.identity.domain.clustering import is_worth_keeping
from services.identity.domain.deciding import Answer, Verdict, judge
from services.identity.domain.model import Model
from services.identity.domain.records import Record
from services.identity.domain.scoring import Scorer
from services.identity.errors import ModelUnknown
from services.identity.linking import IdentityKeys, Linker
from services.identity.moving import decide_anew, move, person_of_line
from services.identity.storage import adoption, blocks, records, rulings, verdicts
from services.identity.storage.adoption import LineMoved, Met, Rekeyed
from services.identity.storage.verdicts import Held, Pair

log = structlog.get_logger(__name__)

BATCH = 200  # a fraction of a second, for which nobody takes in records
CAUSE = "nouveau_modele"
_TOLD_EVERY = 10.0  # seconds
# A batch that had to wait for too long is tried again, so many times running.
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of one batch; `reached` is the number of its last record, None when there are no more, and
    `left` how many numbers there are after it."""

    reached: int | None
    left: int = 0
    records: int = 0
    kept: int = 0
    dropped: int = 0
    moved: int = 0


def adopt(engine: Engine, keys: IdentityKeys, scorer: Scorer, before: Sequence[Model]) -> dict[str, int]:
    """Put every record that another model keyed under the one in force; returns how many records, links kept
    and dropped, and lines moved.

    Raises `ModelUnknown` for what a model keyed that the settings do not name, or where two of the same
    version are named, `KeyError` for a blind key that they do not, and `StorageFailure`.
    """
    if scorer.model.version in {model.version for model in before}:
        raise ModelUnknown
    done: Counter[str] = Counter()
    told_at = time.monotonic()
    while (batch := _next_batch(engine, keys, scorer, tuple(before))).reached is not None:
        done.update(records=batch.records, kept=batch.kept, dropped=batch.dropped, moved=batch.moved)
        if time.monotonic() - told_at > _TOLD_EVERY:
            told_at = time.monotonic()
            log.info("model_under_adoption", model=scorer.model.version, left=batch.left, **done)
    found = {name: count for name, count in done.items() if count}
    log.info("model_adopted", model=scorer.model.version, **found)
    return found


def _next_batch(engine: Engine, keys: IdentityKeys, scorer: Scorer, before: tuple[Model, ...]) -> Adopted:
    def batch() -> Adopted:
        with database.transaction(engine) as session:
            return adopt_next(Linker(session, keys, scorer, before), datetime.now(UTC), BATCH)

    for _ in range(_ATTEMPTS - 1):
        try:
            return batch()
        except StorageBusy as busy:
            log.info("model_waits", code=busy.code)
    return batch()


def adopt_next(linker: Linker, now: datetime, most: int) -> Adopted:
    """Adopt the next records, up to `most`. Raises `ModelUnknown` and `KeyError`, as `adopt` does."""
    records.hold(linker.session)
    version = linker.scorer.model.version
    met = adoption.next_after(linker.session, adoption.reached(linker.session, version), most)
    if not met:
        return Adopted(None)
    reached = met[-1].record_id
    former = [one for one in met if linker.is_former(one.keyed_with)]
    adopted = _adopt(linker, now, former) if former else Adopted(reached)
    adoption.reach(linker.session, version, reached)
    return replace(adopted, reached=reached, left=records.newest(linker.session) - reached)


def _adopt(linker: Linker, now: datetime, batch: Sequence[Met]) -> Adopted:
    """Key, judge and cluster these records anew."""
    if not linker.versions.issuperset(one.keyed_with for one in batch):
        raise ModelUnknown
    record_of = _opened(linker, batch)
    tied, _ = rulings.in_force(linker.session, record_of)
    held = {record_id for pair in tied for record_id in pair}
    rekeyed = [_rekeyed(linker, one, record_of[one.record_id], held) for one in batch]
    adoption.rekey(linker.session, rekeyed, linker.scorer.model.version)
    was = verdicts.take_out(linker.session, record_of)
    in_force = _in_force(linker, was, set(record_of))
    judged = linking.judge_pairs(linker, _found(linker, record_of) | in_force)
    verdicts.add(
        linker.session, {pair: one for pair, one in judged.items() if one.answer is not Answer.UNLIKE}
    )
    kept = _keep(linker, {pair: judged[pair] for pair in in_force})
    touched = {record_id for pair, held in was.items() if held.is_link for record_id in pair}
    moved = _turn(linker, now, _turned(batch, rekeyed))
    moved += move(linker, now, linking.cluster_anew(linker, touched | record_of.keys()), CAUSE)
    return Adopted(
        batch[-1].record_id,
        records=len(batch),
        kept=kept,
        dropped=len(in_force) - kept,
        moved=moved,
    )


def _opened(linker: Linker, batch: Sequence[Met]) -> dict[int, Record]:
    stored = records.load(linker.session, linker.keys.own, [one.record_id for one in batch])
    return {record_id: schemas.unpack(packed) for record_id, packed in stored.items()}


def keep(linker: Linker, now: datetime, links: Iterable[Pair]) -> None:
    """Have links that were in force elsewhere stay as they would where this model took over; of a record with
    itself, that its lines are of one person. `records.hold` comes before."""
    judged = linking.judge_pairs(linker, links)
    worth = {one for pair in _worth(linker, judged) for one in pair}
    itself = [one for one, other in judged if one == other and one in worth]
    kept = {pair: verdict for pair, verdict in judged.items() if pair[0] != pair[1]}
    _keep(linker, kept)
    turned = adoption.make_somebody(linker.session, itself)
    _turn(linker, now, {record_id: (person_id, False) for record_id, person_id in turned.items()})
    move(linker, now, linking.cluster_anew(linker, worth), CAUSE)


# --- keys ----------------------------------------------------------------------------------


def _rekeyed(linker: Linker, met: Met, record: Record, tied: Container[int]) -> Rekeyed:
    blind = {schemas.name_of_key(blind): blind for blind in linker.keys.blinds}[met.marked_with]
    # Of a record that does not say which model keyed it, any of those before may have.
    before = [model for model in linker.before if met.keyed_with in ("", model.version)]
    return Rekeyed(
        met.record_id,
        [key for model in before for key in schemas.hashed_keys(keys_of(record, model), blind)],
        schemas.hashed_keys(keys_of(record, linker.scorer.model), blind),
        schemas.sketch_of(record, blind),
        met.record_id not in tied and _is_nobody(linker, met, record),
    )


def _is_nobody(linker: Linker, met: Met, record: Record) -> bool:
    """Whether each line that tells just this is a person: those that are of one stay so, as any link does."""
    itself = linker.scorer.prepare(record)
    verdict = judge(itself, itself, linker.scorer)
    if verdict.answer is Answer.LINKED:
        return False
    return met.is_nobody or not is_worth_keeping(verdict, linker.scorer.model.thresholds)


# --- verdicts ------------------------------------------------------------------------------


def _found(linker: Linker, record_of: Mapping[int, Record]) -> set[Pair]:
    """The pairs of these records and those they are like, by the keys of either model."""
    asking = [one for id_, record in record_of.items() for one in linking.asking_of(linker, id_, record)]
    found, _ = blocks.candidates(linker.session, asking, linker.scorer.model.glance)
    return {(min(pair), max(pair)) for pair in found if pair[0] != pair[1]}


def _in_force(linker: Linker, was: Mapping[Pair, Held], batch: set[int]) -> set[Pair]:
    """The links that the earlier model had in force; of a pair of which one record was adopted before, that
    was written down then."""
    others = {record_id for pair in was for record_id in pair} - batch
    standing = records.standing(linker.session, others)
    adopted = {id_ for id_, one in standing.items() if not linker.is_former(one.keyed_with)}
    return {
        pair
        for pair, held in was.items()
        if (held.is_kept if adopted.intersection(pair) else held.is_in_force)
    }


def _keep(linker: Linker, judged: Mapping[Pair, Verdict]) -> int:
    """Write down those of these links that stay, and say how many."""
    kept = _worth(linker, judged)
    verdicts.keep(linker.session, kept)
    return len(kept)


def _worth(linker: Linker, judged: Mapping[Pair, Verdict]) -> dict[Pair, Verdict]:
    thresholds = linker.scorer.model.thresholds
    return {pair: verdict for pair, verdict in judged.items() if is_worth_keeping(verdict, thresholds)}


# --- lines that become a person each, or one -----------------------------------------------


def _turned(batch: Sequence[Met], rekeyed: Sequence[Rekeyed]) -> dict[int, tuple[uuid.UUID, bool]]:
    """The records of which that changes: whose they are, and whether they tell too little from now on."""
    return {
        was.record_id: (was.person_id, one.is_nobody)
        for was, one in zip(batch, rekeyed, strict=True)
        if was.is_nobody != one.is_nobody
    }


def _turn(linker: Linker, now: datetime, turned: Mapping[int, tuple[uuid.UUID, bool]]) -> int:
    """Make each line of these records a person of its own, or all one; returns how many lines."""
    if not turned:
        return 0
    records.hold_alone(linker.session)

    def person_of(line: uuid.UUID, record_id: int) -> uuid.UUID:
        person_id, is_nobody = turned[record_id]
        return person_of_line(line, person_id, is_nobody=is_nobody)

    count = 0
    for record_of, stood, decided in decide_anew(linker, now, turned, person_of, CAUSE):
        moved = [
            LineMoved(record_of[was.declaration_id], was.person_id, one.person_id)
            for was, one in zip(stood, decided, strict=True)
        ]
        adoption.note(linker.session, moved, CAUSE, now)
        count += len(moved)
    return count
