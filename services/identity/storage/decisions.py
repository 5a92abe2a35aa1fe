"""Every decision about every line; nothing is overwritten."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database

_STANDING = text(
    """
    SELECT DISTINCT ON (declaration_id) declaration_id, version, person_id, rule FROM decision
    WHERE declaration_id = ANY(:declaration_ids)
    ORDER BY declaration_id, version DESC
    """
)
_AS_KNOWN = text(
    """
    SELECT DISTINCT ON (declaration_id) declaration_id, version, person_id, rule FROM decision
    WHERE declaration_id = ANY(:declaration_ids) AND decided_at <= :known_at
    ORDER BY declaration_id, version DESC
    """
)
_ADD = text(
    """
    INSERT INTO decision (declaration_id, version, person_id, rule, decided_at)
    SELECT *, :now FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:versions AS bigint[]),
        CAST(:person_ids AS uuid[]), CAST(:rules AS text[])
    )
    """
)


class Decided(NamedTuple):
    """Of whom a line speaks; of a line, the highest version stands. `rule` is what decided."""

    declaration_id: uuid.UUID
    version: int
    person_id: uuid.UUID
    rule: str


def standing(session: Session, declaration_ids: Sequence[uuid.UUID]) -> list[Decided]:
    """The last decision about each of these lines that has one."""
    rows = session.execute(_STANDING, {"declaration_ids": list(declaration_ids)})
    return [Decided(*row) for row in rows]


def as_known(session: Session, declaration_ids: Sequence[uuid.UUID], known_at: datetime) -> list[Decided]:
    """The decision about each of these lines that stood at an instant, where there was one."""
    rows = session.execute(_AS_KNOWN, {"declaration_ids": list(declaration_ids), "known_at": known_at})
    return [Decided(*row) for row in rows]


def add(session: Session, decided: Sequence[Decided], now: datetime) -> None:
    """Keep what was decided just now."""
    if not decided:
        return
    session.execute(
        _ADD,
        {
            "now": now,
            "declaration_ids": database.uuids(one.declaration_id for one in decided),
            "versions": database.integers(one.version for one in decided),
            "person_ids": database.uuids(one.person_id for one in decided),
            "rules": [one.rule for one in decided],
        },
    )
