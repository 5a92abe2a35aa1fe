"""What was judged of pairs of records: the graph in which a component is looked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from services.chassis import database
from services.identity.domain.deciding import Answer, Verdict

# `UNION` keeps each record once, so that a circle ends.
_COMPONENT = text(
    """
    WITH RECURSIVE reached(record_id) AS (
        SELECT unnest(CAST(:record_ids AS bigint[]))
        UNION
        SELECT neighbour.record_id
        FROM reached CROSS JOIN LATERAL (
            SELECT other AS record_id FROM verdict
            WHERE one = reached.record_id AND (answer = :linked OR is_kept)
            UNION ALL
            SELECT one FROM verdict
            WHERE other = reached.record_id AND (answer = :linked OR is_kept)
            UNION ALL
            SELECT other_record FROM tie JOIN ruling USING (ruling_id)
            WHERE one_record = reached.record_id AND kind = 'link' AND revoked_at IS NULL
            UNION ALL
            SELECT one_record FROM tie JOIN ruling USING (ruling_id)
            WHERE other_record = reached.record_id AND kind = 'link' AND revoked_at IS NULL
        ) AS neighbour
    )
    SELECT record_id FROM reached LIMIT :most
    """
)
# A person of more different records than this is clustered by those that are nearest: time has a bound.
MOST_TOGETHER = 128

_AMONG = text(
    """
    SELECT one, other, answer, weight, cause, same_self, is_followed, is_kept FROM verdict
    WHERE one = ANY(CAST(:record_ids AS bigint[])) AND other = ANY(CAST(:record_ids AS bigint[]))
    """
)
_JUDGED = """
    unnest(
        CAST(:ones AS bigint[]), CAST(:others AS bigint[]), CAST(:answers AS text[]),
        CAST(:weights AS float8[]), CAST(:causes AS text[]), CAST(:same_selves AS boolean[])
    )
"""
_ADD = text(f"INSERT INTO verdict (one, other, answer, weight, cause, same_self) SELECT * FROM {_JUDGED}")
_KEEP = text(
    f"""
    INSERT INTO verdict (one, other, answer, weight, cause, same_self, is_kept)
    SELECT *, true FROM {_JUDGED}
    ON CONFLICT (one, other) DO UPDATE SET is_kept = true
    """
)
_TAKE_OUT = text(
    """
    DELETE FROM verdict
    WHERE one = ANY(CAST(:record_ids AS bigint[])) OR other = ANY(CAST(:record_ids AS bigint[]))
    RETURNING one, other, answer, weight, cause, same_self, is_followed, is_kept
    """
)

_FOLLOW = text(
    """
    UPDATE verdict SET is_followed = told.is_followed
    FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[]), CAST(:are_followed AS boolean[]))
         AS told(one, other, is_followed)
    WHERE verdict.one = told.one AND verdict.other = told.other AND verdict.is_followed <> told.is_followed
    """
)
# What a human has ruled on is no doubt any more; persons that are one by now are none either.
_DOUBTS = text(
    """
    SELECT verdict.one, verdict.other, verdict.weight,
           CASE WHEN verdict.answer = 'doute' THEN verdict.cause ELSE 'chaine' END AS cause,
           one.person_id AS one_person, other.person_id AS other_person
    FROM verdict
    JOIN record AS one ON one.record_id = verdict.one
    JOIN record AS other ON other.record_id = verdict.other
    WHERE (verdict.answer = 'doute' OR NOT verdict.is_followed)
      AND (verdict.one, verdict.other) > (:one, :other)
      AND one.person_id <> other.person_id
      AND NOT EXISTS (
          SELECT FROM tie JOIN ruling USING (ruling_id)
          WHERE revoked_at IS NULL AND one_record IN (verdict.one, verdict.other)
            AND other_record IN (verdict.one, verdict.other)
      )
    ORDER BY verdict.one, verdict.other LIMIT :most
    """
)

Pair = tuple[int, int]  # two record numbers, the smaller first


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two records that may be of one person, and are of two: how sure, in bits, and why a human is asked."""

    pair: Pair
    weight: float
    cause: str
    persons: tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Held:
    """What was judged of a pair, as it is kept: whether a link was followed, and whether it is kept from an
    earlier model."""

    verdict: Verdict
    is_followed: bool
    is_kept: bool

    @property
    def is_link(self) -> bool:
        """Whether a component goes through it."""
        return self.is_kept or self.verdict.answer is Answer.LINKED

    @property
    def is_in_force(self) -> bool:
        """Whether it is a link, and its records are of one person."""
        return self.is_link and self.is_followed


def component(session: Session, record_ids: Iterable[int]) -> set[int]:
    """These records, and all that can be reached from them by links, and by what humans tied."""
    seeds = list(record_ids)
    asked = {
        "record_ids": database.integers(seeds),
        "linked": Answer.LINKED.value,
        "most": MOST_TOGETHER + len(seeds),
    }
    return set(session.scalars(_COMPONENT, asked))


def among(session: Session, record_ids: Iterable[int]) -> dict[Pair, Held]:
    """What was judged of pairs of these records."""
    return _held(session.execute(_AMONG, {"record_ids": database.integers(record_ids)}))


def take_out(session: Session, record_ids: Iterable[int]) -> dict[Pair, Held]:
    """Forget what was judged of these records, and return it."""
    return _held(session.execute(_TAKE_OUT, {"record_ids": database.integers(record_ids)}))


def _held(rows: Iterable[Row[Any]]) -> dict[Pair, Held]:
    return {
        (row.one, row.other): Held(
            Verdict(Answer(row.answer), row.weight, row.cause, row.same_self), row.is_followed, row.is_kept
        )
        for row in rows
    }


def add(session: Session, judged: Mapping[Pair, Verdict]) -> None:
    """Keep what was judged."""
    if judged:
        session.execute(_ADD, _columns(judged))


def keep(session: Session, judged: Mapping[Pair, Verdict]) -> None:
    """Note that these links are kept from an earlier model; their verdicts are written where they are not."""
    if judged:
        session.execute(_KEEP, _columns(judged))


def _columns(judged: Mapping[Pair, Verdict]) -> dict[str, Any]:
    verdicts = list(judged.values())
    return {
        "ones": database.integers(one for one, _ in judged),
        "others": database.integers(other for _, other in judged),
        "answers": [one.answer.value for one in verdicts],
        "weights": [one.weight for one in verdicts],
        "causes": [one.cause for one in verdicts],
        "same_selves": [one.same_self for one in verdicts],
    }


def follow(session: Session, followed: Mapping[Pair, bool]) -> None:
    """Note which of these links were followed, where that has changed."""
    if not followed:
        return
    session.execute(
        _FOLLOW,
        {
            "ones": database.integers(one for one, _ in followed),
            "others": database.integers(other for _, other in followed),
            "are_followed": list(followed.values()),
        },
    )


def doubts(session: Session, after: Pair, most: int) -> list[Doubt]:
    """Up to `most` doubts after a pair, in order."""
    rows = session.execute(_DOUBTS, {"one": after[0], "other": after[1], "most": most})
    return [
        Doubt((row.one, row.other), row.weight, row.cause, (row.one_person, row.other_person)) for row in rows
    ]
