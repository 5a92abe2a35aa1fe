"""What the sources of statements are, as access last told it."""

from collections.abc import Iterable, Sequence
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
_PROFILES = text("SELECT siret, profile FROM source WHERE siret = ANY(CAST(:sirets AS text[]))")


def remember(session: Session, organisations: Sequence[dict[str, Any]]) -> None:
    """Keep the newest of what is known and what is told."""
    names = ("siret", "version", "profile")
    session.execute(_REMEMBER, {f"{name}s": [one[name] for one in organisations] for name in names})


def profiles_of(session: Session, sirets: Iterable[str]) -> dict[str, str]:
    """The profile of each of these organisations that access told of."""
    rows = session.execute(_PROFILES, {"sirets": list(sirets)})
    return {row.siret: row.profile for row in rows}
