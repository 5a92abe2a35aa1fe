"""Counts what partners need not ask anybody again, and tells it to reporting: never who was spared.

A count is exact or too low, never too high: what could not be noted is counted when it is asked for again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import Counter
from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.contracts.dossier.events import VALUES_SPARED
from services.dossier import schemas
from services.dossier.domain.assembling import Assembled
from services.dossier.domain.prefilling import Proposal, spared_by
from services.dossier.storage import spared
from services.dossier.storage.declarations import Given
from services.dossier.storage.spared import Asking, Cell

SPARED = Counter(
    "agora_dossier_spared_total", "Values given to a partner that had not told them, by kind", ["nature"]
)
UNCOUNTED = Counter("agora_dossier_spared_uncounted_total", "Pre-fillings whose values could not be counted")


def count(
    session: Session,
    pseudonyms: bytes,
    now: datetime,
    asking: Asking,
    assembled: Assembled,
    proposals: Sequence[Proposal],
) -> int:
    """Note what these proposals spare that was not noted before, and announce how much it is."""
    spared.begin(session, asking)
    before = spared.counted(session, asking.person_id, asking.siret, asking.nature)
    new = spared.add(session, asking, spared_by(proposals, assembled, before))
    cell = Cell(asking.person_id, asking.siret, asking.nature, asking.profile, asking.month)
    _announce(session, pseudonyms, now, {cell: new})
    return new


def follow(session: Session, pseudonyms: bytes, now: datetime, given: Sequence[Given]) -> None:
    """What was spared goes with the lines that identity gives to another person."""
    moved = [one for one in given if one.before is not None]
    _announce(session, pseudonyms, now, spared.follow(session, moved))


def _announce(session: Session, pseudonyms: bytes, now: datetime, cells: Mapping[Cell, int]) -> None:
    told: list[dict[str, Any]] = [
        {
            "mois": cell.month,
            "nature": cell.nature,
            "partenaire": cell.siret,
            "profil": cell.profile,
            "stagiaire": schemas.stagiaire_of(pseudonyms, cell.person_id),
            "valeurs": values,
        }
        for cell, values in cells.items()
        if values
    ]
    announce(session, VALUES_SPARED, at=now, spared=told)
