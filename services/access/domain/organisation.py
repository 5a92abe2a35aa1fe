"""What an organisation is, and so what it may declare and which services it finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.access.domain.habilitation import Habilitation

_FUNDER = ("formation", "realisation", "financement")

# Who contributes which blocks: domain.md §2.1. What a profile does not say, it may not declare.
_DECLARES: dict[str, tuple[str, ...]] = {
    "opco": _FUNDER,
    "transitions_pro": _FUNDER,
    "region": _FUNDER,
    # L.6111-6 names it among the operators of the CEP.
    "france_travail": (*_FUNDER, "accompagnement"),
    "caisse_des_depots": _FUNDER,
    "agefiph": _FUNDER,
    "payeur": ("remuneration",),
    "certificateur": ("certification",),
    "dsn": ("emploi",),
    "operateur_cep": ("accompagnement",),
    "ministere": (),
    # Who rules on identities declares nothing.
    "bureau_identites": (),
}


@dataclass(frozen=True, slots=True)
class Organisation:
    """A partner of the hub, or the ministry."""

    siret: str
    nom: str
    profile: str


@dataclass(frozen=True, slots=True)
class Registration:
    """An organisation as it is to be, with all its habilitations."""

    organisation: Organisation
    habilitations: tuple[Habilitation, ...]


def natures_of(profile: str) -> tuple[str, ...]:
    """Kinds this profile may declare; whoever declares may take back. Nothing for an unknown profile."""
    declared = _DECLARES.get(profile, ())
    return (*declared, "suppression") if declared else ()


def services_of(profile: str, habilitations: Iterable[Habilitation], today: date) -> tuple[str, ...]:
    """Services found at login: where it may declare, and where an habilitation opens something today."""
    found = {one.service for one in habilitations if one.in_force(today)}
    if natures_of(profile):
        found.add("ingestion")
    return tuple(sorted(found))
