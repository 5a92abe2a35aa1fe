"""Who may declare what, as access last told it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

_REMEMBER = text(
    """
    INSERT INTO partner (siret, version, profile, natures)
    SELECT DISTINCT ON (siret) siret, version, profile, natures
    FROM jsonb_to_recordset(:organisations) AS told(siret text, version bigint, profile text, natures text[])
    ORDER BY siret, version DESC
    ON CONFLICT (siret) DO UPDATE SET
        version = excluded.version, profile = excluded.profile, natures = excluded.natures
    WHERE partner.version < excluded.version
    """
).bindparams(bindparam("organisations", type_=JSONB))
_FIND = text("SELECT siret, profile, natures FROM partner WHERE siret = :siret")


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation, what it is (where access has told since this is kept), and what it may declare."""

    siret: str
    profile: str | None
    natures: list[str]


def remember(session: Session, organisations: list[dict[str, Any]]) -> None:
    """Keep the newest of what is known and what is told."""
    session.execute(_REMEMBER, {"organisations": organisations})


def find(session: Session, siret: str) -> Partner | None:
    """The organisation, if access ever told of it."""
    row = session.execute(_FIND, {"siret": siret}).one_or_none()
    return Partner(row.siret, row.profile, row.natures) if row else None
