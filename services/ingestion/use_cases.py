"""What one can ask of ingestion, and what it is told: one function each."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.chassis.sealing import Keyring
from services.contracts.ingestion import CHUNK, DECLARATIONS_ACCEPTED, MAX_LINES, TRAITS_RECEIVED
from services.ingestion import errors, schemas
from services.ingestion.domain.lines import Declaration, Line, lot_id_of
from services.ingestion.storage import lines, lots, partners
from services.ingestion.storage.partners import Partner

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SubmitKeys:
    """`lots` seals what is kept here, `traits` what is sent to identity."""

    lots: Keyring
    traits: Keyring


def submit(
    session: Session, keys: SubmitKeys, caller: str, asked: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Receive a lot: its receipt, the same byte for byte each time the same lot comes.

    Raises `Refused` (not the caller's own lot, or an organisation nobody registered), `BadRequest`
    (no line, too many lines) and `Conflict` (the reference came before with other content).
    """
    partner = _allowed(session, caller, asked)
    lot_id = lot_id_of(caller, asked["reference"])
    content = _canonical(asked["declarations"])
    digest = hashlib.sha256(content).digest()
    if not lots.reserve(session, lot_id, caller, asked["reference"], digest, now):
        return _same_again(session, lot_id, digest, asked["reference"])
    read = schemas.read_lines(caller, lot_id, asked["declarations"], partner.natures, now)
    receipt = _receipt_of(lot_id, asked["reference"], read, now)
    lines.add(session, lot_id, read)
    lots.keep(session, lot_id, keys.lots, content, receipt)
    _announce_lines(session, keys.traits, partner, lot_id, asked["reference"], read, now)
    return receipt


def _allowed(session: Session, caller: str, asked: dict[str, Any]) -> Partner:
    if asked["emetteur"] != caller:
        raise errors.emetteur_different()
    count = len(asked["declarations"])
    if not count:
        raise errors.lot_vide()
    if count > MAX_LINES:
        raise errors.lot_trop_long(count, MAX_LINES)
    partner = partners.find(session, caller)
    if partner is None:
        raise errors.partenaire_inconnu()
    return partner


def _same_again(session: Session, lot_id: uuid.UUID, digest: bytes, reference: str) -> dict[str, Any]:
    first = lots.get(session, lot_id)
    if first.digest != digest:
        raise errors.reference_deja_utilisee(reference)
    receipt: dict[str, Any] = orjson.loads(first.receipt)
    return receipt


def _canonical(declarations: list[Any]) -> bytes:
    # ASCII: a lone surrogate is content too, and has no UTF-8.
    return json.dumps(declarations, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _receipt_of(lot_id: uuid.UUID, reference: str, read: list[Line], now: datetime) -> dict[str, Any]:
    accepted = sum(line.declaration is not None for line in read)
    return {
        "lot_id": str(lot_id),
        "reference": reference,
        "recu_le": now.isoformat(),
        "lignes": len(read),
        "acceptees": accepted,
        "rejetees": len(read) - accepted,
        "rejets": [schemas.line_to_wire(line) for line in read if line.declaration is None],
    }


def _announce_lines(
    session: Session,
    keys: Keyring,
    partner: Partner,
    lot_id: uuid.UUID,
    reference: str,
    read: list[Line],
    now: datetime,
) -> None:
    """Tell identity who the lines speak of, and dossier what they say: two events, two readers."""
    accepted = [(line, line.declaration) for line in read if line.declaration is not None]
    for start in range(0, len(accepted), CHUNK):
        chunk: list[tuple[Line, Declaration]] = accepted[start : start + CHUNK]
        announce(
            session,
            TRAITS_RECEIVED,
            lot_id=lot_id,
            source=partner.siret,
            declarations=[line.declaration_id for line, _ in chunk],
            emises=[declaration.emise_le for _, declaration in chunk],
            sealed=schemas.sealed_traits([declaration for _, declaration in chunk], keys),
        )
        announce(
            session,
            DECLARATIONS_ACCEPTED,
            lot_id=lot_id,
            lot=reference,
            source=partner.siret,
            profile=partner.profile,
            received_at=now,
            declarations=[schemas.accepted_to_wire(line, declaration) for line, declaration in chunk],
        )


def receipt(
    session: Session, caller: str, reference: str, apres: int, lignes: int, etats: list[str]
) -> dict[str, Any]:
    """A lot as it stands now, with up to `lignes` lines after line `apres`. Raises `NotFound`."""
    lot = lots.find(session, lot_id_of(caller, reference))
    if lot is None:
        raise errors.lot_inconnu(reference)
    page = lines.page(session, lot.lot_id, apres, lignes, etats)
    return {
        "lot_id": lot.lot_id,
        "reference": reference,
        "recu_le": lot.received_at,
        "etats": lines.count_by_state(session, lot.lot_id),
        "lignes": [schemas.standing_to_wire(line) for line in page],
    }


def forget_lots(session: Session, now: datetime, kept: timedelta) -> None:
    """Forget what was received longer ago than a lot's content may be kept."""
    forgotten = lots.forget(session, now - kept)
    if forgotten:
        log.info("lots_forgotten", lots=forgotten)


def follow_organisations(session: Session, organisations: list[dict[str, Any]]) -> None:
    """Remember who may declare what."""
    partners.remember(session, organisations)


def note_attributions(session: Session, at: datetime, attributions: list[dict[str, Any]]) -> None:
    """The persons of these lines are decided."""
    lines.note_attributions(session, at, attributions)


def note_effects(session: Session, at: datetime, effects: list[dict[str, Any]]) -> None:
    """These lines took effect."""
    lines.note_effects(session, at, effects)
