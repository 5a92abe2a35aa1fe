"""Organisations, rights, persons and dossiers that the tests of access speak of."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.access.domain.decision import Consultation, Reading
from services.access.domain.habilitation import Habilitation
from services.access.domain.organisation import Organisation, Registration
from services.access.domain.parcours import Parcours, Relation

OPCO = "73282932000074"
CEP = "35600000000048"
TODAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)

PERSON = UUID("00000000-0000-4000-8000-000000000001")
FIRST, SECOND, THIRD = (UUID(f"00000000-0000-4000-8000-0000000000d{n}") for n in (1, 2, 3))


def right(perimetre: str | None = "dossiers_finances", *blocs: str, **other: Any) -> Habilitation:
    """A right of the OPCO to read dossiers for `prise_en_charge`, in force all of 2026."""
    content: dict[str, Any] = {
        "siret": OPCO,
        "service": "dossier",
        "finalite": "prise_en_charge",
        "perimetre": perimetre,
        "blocs": tuple(sorted(blocs)) or ("dates", "formation"),
        "base_legale": "R.6323-35 II",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        **other,
    }
    return Habilitation(**content)


def steering(**other: Any) -> Habilitation:
    """A right of the OPCO to read figures, in force all of 2026."""
    return replace(right(None, service="reporting", finalite="pilotage", blocs=()), **other)


def keeping(**other: Any) -> Habilitation:
    """A right of the OPCO to look after identities, in force all of 2026."""
    return replace(right(None, service="identity", finalite="gestion_identites", blocs=()), **other)


def handling(**other: Any) -> Habilitation:
    """A right of the OPCO to join and part dossiers, in force all of 2026."""
    return replace(right(None, finalite="gestion_dossiers", blocs=()), **other)


def consultation(*person_ids: UUID, **other: Any) -> Consultation:
    """The OPCO asks to compare declarations of these persons."""
    content: dict[str, Any] = {
        "siret": OPCO,
        "appel": "identity.compare",
        "finalite": "gestion_identites",
        "person_ids": person_ids or (PERSON,),
        "agent": "AGT-1",
        **other,
    }
    return Consultation(**content)


def reading(*dossier_ids: UUID, **other: Any) -> Reading:
    """The OPCO asks for these dossiers, for `prise_en_charge`."""
    content: dict[str, Any] = {
        "siret": OPCO,
        "service": "dossier",
        "finalite": "prise_en_charge",
        "person_id": PERSON,
        "dossier_ids": dossier_ids,
        **other,
    }
    return Reading(**content)


def finances(dossier_id: UUID, siret: str = OPCO) -> Relation:
    return Relation(siret, "finance", dossier_id)


def pays(dossier_id: UUID, siret: str = OPCO) -> Relation:
    return Relation(siret, "paie", dossier_id)


def follows(siret: str = OPCO) -> Relation:
    return Relation(siret, "accompagne", None)


def parcours(*relations: Relation, person_id: UUID = PERSON, version: int = 1) -> Parcours:
    return Parcours(person_id, version, frozenset(relations))


def registration(*rights: Habilitation, siret: str = OPCO, profile: str = "opco") -> Registration:
    return Registration(Organisation(siret, "Organisme d’essai", profile), rights)


def new_siret() -> str:
    """A valid SIRET that no other test uses."""
    body = f"{uuid.uuid4().int % 10**13:013d}"
    return body + str(-_luhn(body + "0") % 10)


def _luhn(digits: str) -> int:
    return sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
