"""Judges new records against those that they share a key with: these are opened, screened where they are
many, and read and compared where they may be alike."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity import schemas
from services.identity.domain.clustering import SPEAKERS
from services.identity.domain.deciding import Answer, Verdict, judge, may_be_alike
from services.identity.domain.scoring import Prepared, Reach, Scorer
from services.identity.domain.screening import may_be_alike_of
from services.identity.storage import records
from services.identity.storage.verdicts import Pair

# Each process keeps so many read: a record never changes, and those of one block come together.
_KEPT_READ = 20_000
# To read and compare fewer takes no longer than to screen them.
_MANY = 24
# So many links to records of one person, which may have thousands, say it all.
_ENOUGH = SPEAKERS


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
    """The verdicts on these pairs, but on those that are unlike, and on more records of a person to which
    there are links enough. The first of each pair is among the `prepared`; the second is added to them where
    it has to be read. Pairs of the same first come together, those that may be most alike first."""
    sealed = {record_id for _, record_id in pairs} - prepared.keys()
    packed = records.load(session, keys, sealed) if sealed else {}
    judged: dict[Pair, Verdict] = {}
    person_of: dict[int, UUID | None] = {}
    for one, of_one in groupby(pairs, itemgetter(0)):
        reach, found = scorer.reach(prepared[one]), [record_id for _, record_id in of_one]
        links = _Links(session, person_of, found)
        for other in _worth_reading(reach, found, packed, scorer):
            if links.are_enough_with(other):
                continue
            if other in packed:
                prepared[other] = _read(scorer, packed[other])
            if may_be_alike(reach, prepared[other], scorer):
                verdict = judge_in_order(scorer, prepared[one], prepared[other])
                if verdict.answer is not Answer.UNLIKE:
                    judged[min(one, other), max(one, other)] = verdict
                if verdict.answer is Answer.LINKED:
                    links.add(other)
    return judged


class _Links:
    """How many links a record has to the records of each person. Whose those are is asked once they are more
    than anybody has in truth; those of one chunk, which are nobody's yet, count together."""

    def __init__(self, session: Session, person_of: dict[int, UUID | None], found: Sequence[int]) -> None:
        self._session, self._person_of, self._found = session, person_of, found
        self._linked: list[int] = []
        self._with: Counter[UUID | None] = Counter()

    def add(self, record_id: int) -> None:
        self._linked.append(record_id)
        if len(self._linked) == _ENOUGH:
            if unasked := {one for one in self._found if one > 0} - self._person_of.keys():
                self._person_of |= records.persons_of(self._session, unasked)
            self._with.update(map(self._person_of.get, self._linked))
        elif len(self._linked) > _ENOUGH:
            self._with[self._person_of.get(record_id)] += 1

    def are_enough_with(self, record_id: int) -> bool:
        """Whether there are enough to the records of this one's person."""
        return bool(self._with) and self._with[self._person_of.get(record_id)] >= _ENOUGH


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
