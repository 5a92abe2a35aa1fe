"""What partners were spared asking, value by value: noted once, moved with the declarations it is from."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.prefilling import Spared
from services.dossier.storage.declarations import Given

# Who counts does not wait for long: what is not counted now is counted when it is asked for again.
_IMPATIENT = text("SET LOCAL lock_timeout = '250ms'; SET LOCAL statement_timeout = '1s'")
# Of one person and one partner, one counts at a time: neither a reader nor a fold takes this lock.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:whom, 0))")
_COUNTED = text(
    """
    SELECT model, path, declaration_id FROM spared
    WHERE person_id = :person_id AND siret = :siret AND nature = :nature
    """
)
# The share makes a fold that gives these lines to another person come before or after, not between; in its
# order, so that neither waits for the other in a circle.
_ADD = text(
    """
    WITH hers AS (
        SELECT declaration_id FROM declaration
        WHERE declaration_id = ANY(CAST(:declaration_ids AS uuid[])) AND person_id = :person_id
        ORDER BY declaration_id FOR SHARE
    )
    INSERT INTO spared (person_id, siret, nature, declaration_id, model, path, profile, month)
    SELECT :person_id, :siret, :nature, declaration_id, model, path, :profile, :month
    FROM unnest(CAST(:declaration_ids AS uuid[]), CAST(:models AS text[]), CAST(:paths AS text[]))
         AS told(declaration_id, model, path)
    JOIN hers USING (declaration_id)
    ON CONFLICT DO NOTHING
    RETURNING declaration_id
    """
)
_FOLLOW = text(
    """
    UPDATE spared SET person_id = given.person_id
    FROM unnest(
        CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:befores AS uuid[])
    ) AS given(declaration_id, person_id, before)
    WHERE spared.person_id = given.before AND spared.declaration_id = given.declaration_id
    RETURNING given.before, spared.person_id, siret, nature, profile, month
    """
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who was given values of a person, for a declaration of which kind, as what, in which month."""

    person_id: uuid.UUID
    siret: str
    nature: str
    profile: str | None
    month: str


class Cell(NamedTuple):
    """Where values are counted."""

    person_id: uuid.UUID
    siret: str
    nature: str
    profile: str | None
    month: str


def counted(session: Session, person_id: uuid.UUID, siret: str, nature: str) -> list[Spared]:
    """What this partner was spared asking this person, so far."""
    asked = {"person_id": person_id, "siret": siret, "nature": nature}
    return [Spared(row.model, row.path, row.declaration_id) for row in session.execute(_COUNTED, asked)]


def begin(session: Session, asking: Asking) -> None:
    """Make whoever else counts for the same partner and person wait, and wait for nobody for long."""
    session.execute(_IMPATIENT)
    session.execute(_ALONE, {"whom": f"{asking.person_id}/{asking.siret}"})


def add(session: Session, asking: Asking, spared: Sequence[Spared]) -> int:
    """Note these values; returns how many are new. Those of a line that is another person's by now are
    not."""
    rows = session.execute(
        _ADD,
        {
            "person_id": asking.person_id,
            "siret": asking.siret,
            "nature": asking.nature,
            "profile": asking.profile,
            "month": asking.month,
            "declaration_ids": [one.declaration_id for one in spared],
            "models": [one.model for one in spared],
            "paths": [one.path for one in spared],
        },
    )
    return len(rows.all())


def follow(session: Session, moved: Sequence[Given]) -> Counter[Cell]:
    """Move what is from lines that were given to another person; returns what that adds where, and takes
    off where."""
    rows = session.execute(
        _FOLLOW,
        {
            "declaration_ids": [one.declaration_id for one in moved],
            "person_ids": [one.person_id for one in moved],
            "befores": [one.before for one in moved],
        },
    )
    found: Counter[Cell] = Counter()
    for before, person_id, *where in rows:
        found[Cell(before, *where)] -= 1
        found[Cell(person_id, *where)] += 1
    return found
