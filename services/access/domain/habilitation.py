"""A right to read: for which service and purpose, how far, which blocks, on what ground, until when."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from services.access.domain.perimetre import PERIMETRES

_NAMESPACE = UUID("5d3f0c0e-7a36-5b0f-9d0e-2f6d1b6f4a11")
PILOTAGE = "pilotage"


@dataclass(frozen=True, slots=True)
class Habilitation:
    """One right of one organisation. `blocs` are in alphabetical order."""

    siret: str
    service: str
    finalite: str
    perimetre: str | None
    blocs: tuple[str, ...]
    base_legale: str
    valid_from: date
    valid_until: date

    @property
    def habilitation_id(self) -> UUID:
        """The same right has the same id: granting it again makes no second one."""
        content = (
            self.siret,
            self.service,
            self.finalite,
            self.perimetre,
            self.blocs,
            self.base_legale,
            self.valid_from.isoformat(),
            self.valid_until.isoformat(),
        )
        return uuid5(_NAMESPACE, json.dumps(content))

    def in_force(self, today: date) -> bool:
        """Whether it may be used today."""
        # The last day is a day of right: the decree says "jusqu'au", inclusive.
        return self.valid_from <= today <= self.valid_until


def faults_of(habilitation: Habilitation) -> Iterator[tuple[str, str]]:
    """(field, code) of what would make this right void, wrong, or promise more than it opens."""
    if habilitation.valid_until < habilitation.valid_from:
        yield "valid_until", "fin_avant_debut"
    if (habilitation.service == "reporting") != (habilitation.finalite == PILOTAGE):
        yield "finalite", "finalite_hors_service"
    if habilitation.service == "dossier":
        yield from _faults_of_reading(habilitation)
    else:
        yield from _faults_of_figures(habilitation)


def _faults_of_reading(habilitation: Habilitation) -> Iterator[tuple[str, str]]:
    perimetre = PERIMETRES.get(habilitation.perimetre or "")
    if perimetre is None:
        yield "perimetre", "champ_obligatoire"
    elif not perimetre.blocs.issuperset(habilitation.blocs):
        yield "blocs", "bloc_hors_perimetre"
    if not habilitation.blocs:
        yield "blocs", "liste_trop_courte"


def _faults_of_figures(habilitation: Habilitation) -> Iterator[tuple[str, str]]:
    if habilitation.perimetre is not None:
        yield "perimetre", "champ_sans_objet"
    if habilitation.blocs:
        yield "blocs", "champ_sans_objet"
