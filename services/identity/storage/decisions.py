"""Every decision about every line; nothing is overwritten."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.identity.domain.resolution import Attributed, Decision, InReview

_STANDING = text(
    """
    SELECT DISTINCT ON (declaration_id) declaration_id, version, person_id, rule FROM decision
    WHERE declaration_id = ANY(:declaration_ids)
    ORDER BY declaration_id, version DESC
    """
)
_ADD = text(
    """
    INSERT INTO decision (declaration_id, version, person_id, rule, decided_at)
    SELECT *, :now FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:versions AS int[]),
        CAST(:person_ids AS uuid[]), CAST(:rules AS text[])
    )
    """
)

Decided = tuple[uuid.UUID, int, Decision]  # of which declaration, in which version


def standing(session: Session, declaration_ids: Sequence[uuid.UUID]) -> list[Decided]:
    """The last decision about each of these declarations that has one."""
    rows = session.execute(_STANDING, {"declaration_ids": list(declaration_ids)})
    return [(row.declaration_id, row.version, _decision(row.person_id, row.rule)) for row in rows]


def _decision(person_id: uuid.UUID | None, rule: str) -> Decision:
    return Attributed(person_id, rule) if person_id else InReview(rule)  # type: ignore[arg-type]  # `add` wrote it


def add(session: Session, decided: Sequence[Decided], now: datetime) -> None:
    """Keep what was decided just now."""
    session.execute(
        _ADD,
        {
            "now": now,
            "declaration_ids": [declaration_id for declaration_id, _, _ in decided],
            "versions": [version for _, version, _ in decided],
            "person_ids": [_person_id(decision) for _, _, decision in decided],
            "rules": [_rule(decision) for _, _, decision in decided],
        },
    )


def _person_id(decision: Decision) -> uuid.UUID | None:
    return decision.person_id if isinstance(decision, Attributed) else None


def _rule(decision: Decision) -> str:
    return decision.rule if isinstance(decision, Attributed) else decision.cause
