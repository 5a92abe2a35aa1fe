"""Lots as received: sealed, and answered for by a receipt that does not change."""

import uuid
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring

# The same lot submitted at the same time waits here until the first is committed.
_RESERVE = text(
    """
    INSERT INTO lot (lot_id, siret, reference, digest, received_at)
    VALUES (:lot_id, :siret, :reference, :digest, :received_at)
    ON CONFLICT DO NOTHING
    """
)
_KEEP = text("UPDATE lot SET sealed = :sealed, receipt = :receipt WHERE lot_id = :lot_id")
# What another process forgets at this moment is not waited for.
_FORGET = text(
    """
    UPDATE lot SET sealed = NULL WHERE lot_id IN (
        SELECT lot_id FROM lot WHERE sealed IS NOT NULL AND received_at < :before
        ORDER BY received_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    """
)
_OPEN = text("SELECT sealed FROM lot WHERE lot_id = :lot_id")
_FIND = text("SELECT lot_id, digest, received_at, receipt FROM lot WHERE lot_id = :lot_id")


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as it is kept; `receipt` is JSON, as it was answered."""

    lot_id: uuid.UUID
    digest: bytes
    received_at: datetime
    receipt: str


def reserve(
    session: Session, lot_id: uuid.UUID, siret: str, reference: str, digest: bytes, now: datetime
) -> bool:
    """Take the reference for this content; False when it is taken already."""
    done = session.execute(
        _RESERVE,
        {"lot_id": lot_id, "siret": siret, "reference": reference, "digest": digest, "received_at": now},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # DML gives a CursorResult


def keep(session: Session, lot_id: uuid.UUID, keys: Keyring, content: bytes, receipt: dict[str, Any]) -> None:
    """Keep the lot as received, sealed for this lot alone, and its receipt."""
    sealed = keys.seal(zlib.compress(content, level=1), lot_id.bytes)
    session.execute(_KEEP, {"lot_id": lot_id, "sealed": sealed, "receipt": orjson.dumps(receipt).decode()})


def open_again(session: Session, lot_id: uuid.UUID, keys: Keyring) -> bytes | None:
    """The content of a lot as it was received (JSON); None once it is forgotten."""
    sealed = session.scalar(_OPEN, {"lot_id": lot_id})
    return None if sealed is None else zlib.decompress(keys.open(sealed, lot_id.bytes))


def forget(session: Session, before: datetime, most: int = 10_000) -> int:
    """Forget the content of up to `most` lots received before then, oldest first; returns how many.

    Their lines, their receipts and what tells a second delivery from another content stay.
    """
    return int(session.execute(_FORGET, {"before": before, "most": most}).rowcount)  # type: ignore[attr-defined]  # DML gives a CursorResult


def find(session: Session, lot_id: uuid.UUID) -> Lot | None:
    """The lot, if there is one."""
    row = session.execute(_FIND, {"lot_id": lot_id}).one_or_none()
    return Lot(row.lot_id, row.digest, row.received_at, row.receipt) if row else None


def get(session: Session, lot_id: uuid.UUID) -> Lot:
    """The lot, which is known to be there."""
    lot = find(session, lot_id)
    if lot is None:
        raise LookupError("lot")
    return lot
