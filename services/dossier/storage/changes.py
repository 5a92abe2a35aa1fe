"""The feed of changes: numbered in the order in which they came to be seen, without lock and without gap.

A change's number is its transaction's (`pg_current_xact_id`), shifted by twenty bits, and its place among the
changes of that transaction. A transaction that began before and commits after another has the smaller number:
it would be added behind a reader. So a reader stops before the oldest transaction that still runs
(`pg_snapshot_xmin`): below it everything is committed or never will be. What is folded waits for nothing; the
feed is behind by as long as the longest transaction of the server that writes.

What is older than a reader may be behind is forgotten, the smallest numbers first, and up to which number is
noted with it: who asks for what was before is told so.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.news import News

# How many changes, of whomever, are looked at for one page of one reader's.
MOST_SCANNED = 20_000
# How many are forgotten at once; once a minute, that is 72 million a day, more than is ever noted.
MOST_FORGOTTEN = 50_000

_PLACES = 20  # bits: a million changes in one transaction
_OWN = f"(pg_current_xact_id()::text::bigint << {_PLACES})"
_SEEN = f"(pg_snapshot_xmin(pg_current_snapshot())::text::bigint << {_PLACES})"
_TO_COME = f"(pg_snapshot_xmax(pg_current_snapshot())::text::bigint << {_PLACES})"
_FORGOTTEN = "coalesce((SELECT until FROM forgotten WHERE feed = 'change'), 0)"

_ADD = text(
    f"""
    INSERT INTO change (numero, changed_at, person_id, dossier_id, version, kind, states_before, states_after,
                        readers, differences)
    SELECT last.numero + place, :now, person_id, dossier_id, version, kind, states_before, states_after,
           readers, differences
    FROM (
        SELECT coalesce(max(numero), {_OWN}) AS numero FROM change
        WHERE numero >= {_OWN} AND numero < {_OWN} + (1 << {_PLACES})
    ) AS last,
    ROWS FROM (
        jsonb_to_recordset(CAST(:news AS jsonb)) AS (
            person_id uuid, dossier_id uuid, version bigint, kind text, states_before text[],
            states_after text[], readers text[], differences jsonb
        )
    ) WITH ORDINALITY AS told(
        person_id, dossier_id, version, kind, states_before, states_after, readers, differences, place
    )
    """
)
_SINCE = text(
    f"""
    WITH scanned AS (
        SELECT numero, :siret = ANY(readers) AS is_theirs FROM change
        WHERE numero > :after AND numero < {_SEEN}
        ORDER BY numero LIMIT :most_scanned
    ),
    page AS (SELECT numero FROM scanned WHERE is_theirs ORDER BY numero LIMIT :most)
    SELECT looked.*, {_TO_COME} AS to_come, {_FORGOTTEN} AS forgotten, change.numero, changed_at, person_id,
           dossier_id, version, kind, states_before, states_after, differences::text
    FROM (SELECT max(numero) AS last, count(*) AS looked_at FROM scanned) AS looked
    LEFT JOIN (page JOIN change USING (numero)) ON true
    ORDER BY change.numero
    """
)
_NUMBER = text(f"SELECT {_SEEN} - 1")
# From the smallest number on, as far as all are old: of what is forgotten nothing before it is kept.
_FORGET = text(
    """
    WITH oldest AS (
        SELECT ctid AS place, numero, changed_at FROM change
        WHERE (SELECT changed_at FROM change ORDER BY numero LIMIT 1) < :before
        ORDER BY numero LIMIT :most
    ),
    gone AS (
        DELETE FROM change WHERE ctid = ANY(ARRAY(
            SELECT place FROM oldest
            WHERE numero < (SELECT coalesce(min(numero), :none) FROM oldest WHERE changed_at >= :before)
        ))
        RETURNING numero
    ),
    noted AS (
        INSERT INTO forgotten (feed, until) SELECT 'change', max(numero) FROM gone HAVING count(*) > 0
        ON CONFLICT (feed) DO UPDATE SET until = greatest(forgotten.until, excluded.until)
    )
    SELECT count(*) FROM gone
    """
)
# Of these declarations, those that are this person's; and the persons of whom something was ever another's.
_STILL_THEIRS = text(
    """
    SELECT declaration_id, person_id FROM declaration
    JOIN unnest(CAST(:declaration_ids AS uuid[]), CAST(:person_ids AS uuid[]))
         AS asked(declaration_id, person_id) USING (declaration_id, person_id)
    """
)
_LOST_SOMETHING = text(
    """
    SELECT DISTINCT person_id FROM ending
    WHERE person_id = ANY(CAST(:person_ids AS uuid[])) AND kind = 'moved'
    """
)


@dataclass(frozen=True, slots=True)
class Changed:
    """One change, as it was noted; states with results and without; a difference is (path, before, after,
    declaration, source)."""

    numero: int
    changed_at: datetime
    person_id: uuid.UUID
    dossier_id: uuid.UUID
    version: int
    kind: str
    states_before: list[str] | None
    states_after: list[str] | None
    differences: list[tuple[str, Any, Any, str | None, str | None]]

    @property
    def is_of_the_person(self) -> bool:
        """Whether it is of what belongs to no dossier: it is then under the person's own id."""
        return self.dossier_id == self.person_id


@dataclass(frozen=True, slots=True)
class Page:
    """Changes in order, and up to which number nothing was left out. `is_last`: nothing more can be seen
    yet; `to_come`: the number below which all are that there can be; `forgotten`: up to which number changes
    are kept no more."""

    changes: list[Changed]
    until: int
    is_last: bool
    to_come: int
    forgotten: int


def add(session: Session, news: Sequence[News], now: datetime) -> None:
    """Note what changed, in this order."""
    if not news:
        return
    rows = [
        {
            "person_id": one.person_id,
            "dossier_id": one.dossier_id,
            "version": one.version,
            "kind": one.kind,
            "states_before": one.before,
            "states_after": one.after,
            "readers": one.readers,
            "differences": one.differences,
        }
        for one in news
    ]
    session.execute(_ADD, {"news": orjson.dumps(rows, default=list).decode(), "now": now})


def since(session: Session, siret: str, after: int, most: int, most_scanned: int = MOST_SCANNED) -> Page:
    """Up to `most` changes after a number, within this reader's scope, in order."""
    asked = {"siret": siret, "after": after, "most": most, "most_scanned": most_scanned}
    rows = session.execute(_SINCE, asked).all()
    changes = [_changed(row) for row in rows if row.numero is not None]
    looked = rows[0]
    is_full = len(changes) == most
    until = changes[-1].numero if is_full else max(after, looked.last or 0)
    return Page(
        changes, until, not is_full and looked.looked_at < most_scanned, looked.to_come, looked.forgotten
    )


def _changed(row: Any) -> Changed:
    return Changed(
        row.numero,
        row.changed_at,
        row.person_id,
        row.dossier_id,
        row.version,
        row.kind,
        row.states_before,
        row.states_after,
        [tuple(one) for one in orjson.loads(row.differences)],
    )


def number(session: Session) -> int:
    """The number up to which every change can be seen."""
    return int(session.execute(_NUMBER).scalar_one())


def forget(session: Session, before: datetime, most: int = MOST_FORGOTTEN) -> int:
    """Forget up to `most` changes noted before then, the oldest first; returns how many."""
    return int(session.execute(_FORGET, {"before": before, "most": most, "none": 2**63 - 1}).scalar_one())


def still_theirs(session: Session, said: Iterable[tuple[str, uuid.UUID]]) -> set[tuple[str, uuid.UUID]]:
    """Those of these declarations, each with a person, that are that person's by now."""
    pairs = sorted(set(said))
    asked = {"declaration_ids": [one for one, _ in pairs], "person_ids": [one for _, one in pairs]}
    return {(str(row.declaration_id), row.person_id) for row in session.execute(_STILL_THEIRS, asked)}


def lost_something(session: Session, person_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these persons who had lines that were another's."""
    return set(session.scalars(_LOST_SOMETHING, {"person_ids": list(person_ids)}))
