"""Habilitations: those that stand are read, those that were withdrawn are kept for the journal's sake."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.access.domain.habilitation import Habilitation

_WITHDRAW = text(
    """
    UPDATE habilitation SET withdrawn_at = :now
    WHERE siret = ANY(CAST(:sirets AS text[])) AND withdrawn_at IS NULL
      AND habilitation_id <> ALL(CAST(:standing AS uuid[]))
    """
)
# A right is its content: the same one granted again is the same row, standing again.
_GRANT = text(
    """
    INSERT INTO habilitation (habilitation_id, siret, service, finalite, perimetre, blocs, base_legale,
                              valid_from, valid_until, granted_at)
    SELECT asked.*, :now
    FROM jsonb_to_recordset(CAST(:habilitations AS jsonb)) AS asked(
        habilitation_id uuid, siret text, service text, finalite text, perimetre text, blocs text[],
        base_legale text, valid_from date, valid_until date
    )
    ON CONFLICT (habilitation_id) DO UPDATE SET granted_at = excluded.granted_at, withdrawn_at = NULL
    WHERE habilitation.withdrawn_at IS NOT NULL
    """
)
# The organisation itself comes first, so that one without rights is not one that nobody knows.
_OF_ORGANISATIONS = text(
    """
    SELECT organisation.siret, service, finalite, perimetre, blocs, base_legale, valid_from, valid_until
    FROM organisation LEFT JOIN habilitation
      ON habilitation.siret = organisation.siret AND habilitation.withdrawn_at IS NULL
    WHERE organisation.siret = ANY(CAST(:sirets AS text[]))
    ORDER BY valid_from, habilitation_id
    """
)


def replace(
    session: Session, sirets: Sequence[str], habilitations: Sequence[Habilitation], now: datetime
) -> None:
    """Give these organisations these rights and no others."""
    standing = {one.habilitation_id: one for one in habilitations}
    session.execute(_WITHDRAW, {"sirets": sirets, "standing": list(standing), "now": now})
    rows = [{"habilitation_id": id_, **asdict(one)} for id_, one in standing.items()]
    session.execute(_GRANT, {"habilitations": orjson.dumps(rows).decode(), "now": now})


def of_organisation(session: Session, siret: str) -> list[Habilitation] | None:
    """The rights that stand, in force or not; None when the organisation is not registered."""
    return of_organisations(session, [siret]).get(siret)


def of_organisations(session: Session, sirets: Iterable[str]) -> dict[str, list[Habilitation]]:
    """The same of each of these organisations; one that is not registered is left out."""
    found: dict[str, list[Habilitation]] = {}
    for row in session.execute(_OF_ORGANISATIONS, {"sirets": sorted(sirets)}):
        rights = found.setdefault(row.siret, [])
        if row.service is not None:
            rights.append(_habilitation(row))
    return found


def _habilitation(row: Any) -> Habilitation:
    return Habilitation(
        siret=row.siret,
        service=row.service,
        finalite=row.finalite,
        perimetre=row.perimetre,
        blocs=tuple(row.blocs),
        base_legale=row.base_legale,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
