"""A right to read or to look after identities: which service and purpose, how far, why, how long."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from services.access.domain.perimetre import PERIMETRES

_NAMESPACE = UUID("5d3f0c0e-7a36-5b0f-9d0e-2f6d1b6f4a11")
PILOTAGE = "pilotage"

# How far each purpose reaches in identity: the persons to whom one has this relation, or anybody (None).
# R.6323-32: who operates the hub keeps identities right; R.6323-35 I: the person's own rights;
# R.6323-35 II and III: who funds or follows the person. Whoever only pays, certifies or employs a person
# has told the civil status it needs itself.
OF_IDENTITY: dict[str, str | None] = {
    "gestion_identites": None,
    "droits_personne": None,
    "prise_en_charge": "personnes_financees",
    "accompagnement": "personnes_accompagnees",
}
# Of dossier, what is no reading: R.6323-32, who operates the hub keeps dossiers right, anybody's.
HANDLING = frozenset({"gestion_dossiers"})
_OF_IDENTITY_ALONE = {purpose for purpose, reach in OF_IDENTITY.items() if reach is None}


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
    if not _has_purpose(habilitation.service, habilitation.finalite):
        yield "finalite", "finalite_hors_service"
    if habilitation.service == "dossier" and habilitation.finalite not in HANDLING:
        yield from _faults_of_reading(habilitation)
    else:
        yield from _faults_of_the_rest(habilitation)


def _has_purpose(service: str, finalite: str) -> bool:
    if service == "identity":
        return finalite in OF_IDENTITY
    if service == "reporting":
        return finalite == PILOTAGE
    return finalite != PILOTAGE and finalite not in _OF_IDENTITY_ALONE


def _faults_of_reading(habilitation: Habilitation) -> Iterator[tuple[str, str]]:
    perimetre = PERIMETRES.get(habilitation.perimetre or "")
    if perimetre is None:
        yield "perimetre", "champ_obligatoire"
    elif not perimetre.blocs.issuperset(habilitation.blocs):
        yield "blocs", "bloc_hors_perimetre"
    if not habilitation.blocs:
        yield "blocs", "liste_trop_courte"


def _faults_of_the_rest(habilitation: Habilitation) -> Iterator[tuple[str, str]]:
    """Figures and the handling of dossiers have no perimetre, identities that of their purpose; none has
    blocks."""
    reach = OF_IDENTITY.get(habilitation.finalite) if habilitation.service == "identity" else None
    if habilitation.perimetre != reach:
        yield "perimetre", "champ_sans_objet" if reach is None else "perimetre_hors_finalite"
    if habilitation.blocs:
        yield "blocs", "champ_sans_objet"
