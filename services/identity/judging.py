"""Judges new records against those that they share a key with: these are opened, screened where they are
many, and read and compared where they may be alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity import schemas
from services.identity.domain.deciding import Answer, Verdict, judge, may_be_alike
from services.identity.domain.scoring import Prepared, Reach, Scorer
from services.identity.domain.screening import may_be_alike_of
from services.identity.storage import records
from services.identity.storage.verdicts import Pair

# Each process keeps so many read: a record never changes, and those of one block come together.
_KEPT_READ = 20_000
# To read and compare fewer takes no longer than to screen them.
_MANY = 24


def read(session: Session, keys: Keyring, scorer: Scorer, record_ids: Iterable[int]) -> dict[int, Prepared]:
    """These records, opened and ready to be compared."""
    packed = records.load(session, keys, record_ids)
    return {record_id: _read(scorer, one) for record_id, one in packed.items()}


@lru_cache(maxsize=_KEPT_READ)
def _read(scorer: Scorer, packed: bytes) -> Prepared:
    return scorer.prepare(schemas.unpack(packed))


def judge_found(
    session: Session, keys: Keyring, scorer: Scorer, prepared: dict[int, Prepared], pairs: Sequence[Pair]
) -> dict[Pair, Verdict]:
    """The verdicts on these pairs, but on those that are unlike. The first of each is among the `prepared`;
    the second is added to them where it has to be read. Pairs of the same first come together."""
    sealed = {record_id for _, record_id in pairs} - prepared.keys()
    packed = records.load(session, keys, sealed) if sealed else {}
    judged: dict[Pair, Verdict] = {}
    for one, of_one in groupby(pairs, itemgetter(0)):
        reach = scorer.reach(prepared[one])
        for other in _worth_reading(reach, [record_id for _, record_id in of_one], packed, scorer):
            if other in packed:
                prepared[other] = _read(scorer, packed[other])
            if may_be_alike(reach, prepared[other], scorer):
                verdict = judge_in_order(scorer, prepared[one], prepared[other])
                if verdict.answer is not Answer.UNLIKE:
                    judged[min(one, other), max(one, other)] = verdict
    return judged


def _worth_reading(
    reach: Reach, found: Sequence[int], packed: Mapping[int, bytes], scorer: Scorer
) -> Iterator[int]:
    """Those of these records that may be alike, by their outlines, where they are many to be read."""
    unread = [record_id for record_id in found if record_id in packed]
    if len(unread) < _MANY:
        yield from found
        return
    outlines = schemas.outlines_of([packed[record_id] for record_id in unread])
    may = dict(zip(unread, may_be_alike_of(reach, outlines, scorer), strict=True))
    yield from (record_id for record_id in found if may.get(record_id, True))


def judge_in_order(scorer: Scorer, one: Prepared, other: Prepared) -> Verdict:
    """The verdict on a pair, to the last bit the same whichever comes first."""
    in_order = one.record.fingerprint <= other.record.fingerprint
    return judge(one, other, scorer) if in_order else judge(other, one, scorer)
