"""What was judged of pairs of records: the graph in which a component is looked up."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.identity.domain.deciding import Answer, Verdict

# `UNION` keeps each record once, so that a circle ends.
_COMPONENT = text(
    """
    WITH RECURSIVE reached(record_id) AS (
        SELECT unnest(CAST(:record_ids AS bigint[]))
        UNION
        SELECT neighbour.record_id
        FROM reached CROSS JOIN LATERAL (
            SELECT other AS record_id FROM verdict WHERE one = reached.record_id AND answer = :linked
            UNION ALL
            SELECT one FROM verdict WHERE other = reached.record_id AND answer = :linked
        ) AS neighbour
    )
    SELECT record_id FROM reached
    """
)
_AMONG = text(
    """
    SELECT one, other, answer, weight, cause, same_self FROM verdict
    WHERE one = ANY(CAST(:record_ids AS bigint[])) AND other = ANY(CAST(:record_ids AS bigint[]))
    """
)
_ADD = text(
    """
    INSERT INTO verdict (one, other, answer, weight, cause, same_self)
    SELECT * FROM unnest(
        CAST(:ones AS bigint[]), CAST(:others AS bigint[]), CAST(:answers AS text[]),
        CAST(:weights AS float8[]), CAST(:causes AS text[]), CAST(:same_selves AS boolean[])
    )
    """
)

Pair = tuple[int, int]  # two record numbers, the smaller first


def component(session: Session, record_ids: Iterable[int]) -> set[int]:
    """These records, and all that can be reached from them by links."""
    asked = {"record_ids": list(record_ids), "linked": Answer.LINKED.value}
    return set(session.scalars(_COMPONENT, asked))


def among(session: Session, record_ids: Iterable[int]) -> dict[Pair, Verdict]:
    """What was judged of pairs of these records."""
    rows = session.execute(_AMONG, {"record_ids": list(record_ids)})
    return {
        (row.one, row.other): Verdict(Answer(row.answer), row.weight, row.cause, row.same_self)
        for row in rows
    }


def add(session: Session, judged: Mapping[Pair, Verdict]) -> None:
    """Keep what was judged."""
    if not judged:
        return
    pairs: Sequence[Pair] = list(judged)
    verdicts = list(judged.values())
    session.execute(
        _ADD,
        {
            "ones": [one for one, _ in pairs],
            "others": [other for _, other in pairs],
            "answers": [one.answer.value for one in verdicts],
            "weights": [one.weight for one in verdicts],
            "causes": [one.cause for one in verdicts],
            "same_selves": [one.same_self for one in verdicts],
        },
    )
