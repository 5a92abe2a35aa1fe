"""What the sources of statements are, as access last told it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_REMEMBER = text(
    """
    INSERT INTO source (siret, version, profile)
    SELECT DISTINCT ON (siret) siret, version, profile
    FROM unnest(CAST(:sirets AS text[]), CAST(:versions AS bigint[]), CAST(:profiles AS text[]))
         AS told(siret, version, profile)
    ORDER BY siret, version DESC
    ON CONFLICT (siret) DO UPDATE SET version = excluded.version, profile = excluded.profile
    WHERE source.version < excluded.version
    """
)
_PROFILE = text("SELECT profile FROM source WHERE siret = :siret")


def remember(session: Session, organisations: Sequence[dict[str, Any]]) -> None:
    """Keep the newest of what is known and what is told."""
    names = ("siret", "version", "profile")
    session.execute(_REMEMBER, {f"{name}s": [one[name] for one in organisations] for name in names})


def profile_of(session: Session, siret: str | None) -> str | None:
    """The profile of an organisation, if access told of it."""
    found: str | None = session.scalar(_PROFILE, {"siret": siret}) if siret else None
    return found
