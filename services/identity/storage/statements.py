"""What each line told of its person, sealed."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring

# A twin of this chunk that is being decided at this moment makes this wait, in the order of the ids.
_KEEP = text(
    """
    INSERT INTO statement (declaration_id, sealed)
    SELECT * FROM unnest(CAST(:declaration_ids AS uuid[]), CAST(:sealed AS bytea[])) ORDER BY 1
    ON CONFLICT DO NOTHING
    RETURNING declaration_id
    """
)


def keep(session: Session, keys: Keyring, told: Mapping[uuid.UUID, bytes]) -> set[uuid.UUID]:
    """Keep what these lines told; returns those that nothing was known of. Decide of these, and no others."""
    sealed = [keys.seal(plain, _purpose(declaration_id)) for declaration_id, plain in told.items()]
    return set(session.scalars(_KEEP, {"declaration_ids": list(told), "sealed": sealed}))


_READ = text("SELECT declaration_id, sealed FROM statement WHERE declaration_id = ANY(:declaration_ids)")


def told_by(session: Session, keys: Keyring, declaration_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """What these lines told."""
    rows = session.execute(_READ, {"declaration_ids": list(declaration_ids)})
    return {row.declaration_id: keys.open(row.sealed, _purpose(row.declaration_id)) for row in rows}


def _purpose(declaration_id: uuid.UUID) -> bytes:
    return b"statement:" + declaration_id.bytes
