"""By whom what belongs to a person and to no dossier is found."""

import uuid
from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

# One text for all rows: of an array, the driver looks at every value.
_TOLD = "jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(siret text, person_id uuid)"
_ENTER = text(f"INSERT INTO reader (siret, person_id) SELECT * FROM {_TOLD} ON CONFLICT DO NOTHING")
_LEAVE = text(
    f"""
    DELETE FROM reader USING {_TOLD}
    WHERE reader.siret = told.siret AND reader.person_id = told.person_id
    """
)

Reader = tuple[str, uuid.UUID]
"""An organisation and a person to whom it is something."""


def save(session: Session, new: Sequence[Reader], gone: Sequence[Reader]) -> None:
    """Those who are new find their person, and those who are gone do not any more."""
    for statement, readers in ((_LEAVE, gone), (_ENTER, new)):
        if readers:
            rows = [{"siret": siret, "person_id": person_id} for siret, person_id in readers]
            session.execute(statement, {"rows": orjson.dumps(rows).decode()})
