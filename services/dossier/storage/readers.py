"""What readers are to persons and to their dossiers: to whom is told what belongs to a person."""

import uuid
from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.dossier.domain.news import Roles

_OF_PERSONS = text(
    """
    SELECT reader.person_id, siret, roles
    FROM unnest(CAST(:person_ids AS uuid[])) AS asked(person_id)
    JOIN reader ON reader.person_id = asked.person_id
    """
)
_LEAVE = text(
    """
    DELETE FROM reader USING unnest(CAST(:person_ids AS uuid[]), CAST(:sirets AS text[]))
         AS gone(person_id, siret)
    WHERE reader.person_id = gone.person_id AND reader.siret = gone.siret
    """
)
_ENTER = text(
    """
    INSERT INTO reader (person_id, siret, roles)
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(person_id uuid, siret text, roles text[])
    ON CONFLICT (person_id, siret) DO UPDATE SET roles = excluded.roles
    """
)

Readers = Mapping[uuid.UUID, Roles]
"""By person, what its readers are."""


def of_persons(
    session: Session, person_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[str, frozenset[str]]]:
    """What the readers of these persons are."""
    found: dict[uuid.UUID, dict[str, frozenset[str]]] = {}
    for row in session.execute(_OF_PERSONS, {"person_ids": list(person_ids)}):
        found.setdefault(row.person_id, {})[row.siret] = frozenset(row.roles)
    return found


def save(session: Session, readers: Readers, before: Readers) -> None:
    """These persons have these readers, and none of those of `before` besides; what stays is not written
    again."""
    held = {(person_id, siret): roles for person_id, many in before.items() for siret, roles in many.items()}
    hold = {(person_id, siret): roles for person_id, many in readers.items() for siret, roles in many.items()}
    if gone := sorted(held.keys() - hold.keys()):
        columns = {"person_ids": [one for one, _ in gone], "sirets": [siret for _, siret in gone]}
        session.execute(_LEAVE, columns)
    new = [
        {"person_id": person_id, "siret": siret, "roles": sorted(roles)}
        for (person_id, siret), roles in hold.items()
        if held.get((person_id, siret)) != roles
    ]
    if new:
        session.execute(_ENTER, {"rows": orjson.dumps(new).decode()})
