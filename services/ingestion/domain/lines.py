"""A line of a lot, as its partner wrote it and as it was understood."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.ingestion.domain.findings import Finding, Noticed

_LOTS = uuid.UUID("6f1f8c1e-0f0a-5c39-8f6f-0c5a35cbd0a1")


def lot_id_of(siret: str, reference: str) -> uuid.UUID:
    """The id of a partner's lot: the same for the same lot, however often it comes."""
    return uuid.uuid5(_LOTS, f"{siret}/{reference}")


def declaration_id_of(lot_id: uuid.UUID, ligne: int) -> uuid.UUID:
    """The id of a line: anybody who knows the lot and the line's number finds it."""
    return uuid.uuid5(lot_id, str(ligne))


@dataclass(frozen=True, slots=True)
class Declaration:
    """A line that was understood; values are canonical."""

    nature: str
    reference: str
    emise_le: datetime
    personne: dict[str, Any]
    financeur: str
    reference_financeur: str
    rectifie: uuid.UUID | None
    faits: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a lot: `declaration` is None when it is refused; findings say why."""

    ligne: int
    declaration_id: uuid.UUID
    declaration: Declaration | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one line so far; `state` is one of the contract's `LINE_STATES`."""

    ligne: int
    declaration_id: uuid.UUID
    state: str
    findings: tuple[Finding, ...]
    attributed_at: datetime | None
    effective_at: datetime | None
    dossier_id: uuid.UUID | None
    effect: str | None
    noticed: tuple[Noticed, ...] = ()


def birth_date_of(personne: dict[str, Any]) -> date | None:
    """The day of birth, when all of it is known."""
    text: str = personne["naissance"]["date"]
    return None if text.endswith("-00") else date.fromisoformat(text)
