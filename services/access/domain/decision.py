"""Decides who may read which part of a parcours, figures and identities, and says why not. What is not
opened is closed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from uuid import UUID

from services.access.domain.habilitation import HANDLING, OF_IDENTITY, PILOTAGE, Habilitation
from services.access.domain.parcours import Relation
from services.access.domain.perimetre import OF_A_DOSSIER, OF_A_PERSON, PERIMETRES

Motif = Literal[
    "organisation_unknown",
    "no_habilitation_for_service",
    "purpose_not_covered",
    "habilitation_not_in_force",
    "no_relation",
]
GRANTED = "habilitation_in_force"
BLOCK_HIDDEN = "bloc_non_habilite"


@dataclass(frozen=True, slots=True)
class Reading:
    """A request to read these dossiers of this person. `finalite` empty: nobody asked, the hub tells; of
    these `blocs`, where they are named. `version`: of the parcours, that of which the relations are to be
    known."""

    siret: str
    service: str
    finalite: str
    person_id: UUID
    dossier_ids: tuple[UUID, ...]
    version: int = 0
    blocs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consultation:
    """A request to make a call of identity (`identity.compare`) or of dossier (`dossier.join`) about these
    persons and dossiers; by which of the organisation's agents, and for a ruling, why."""

    siret: str
    appel: str
    finalite: str
    person_ids: tuple[UUID, ...]
    agent: str | None = None
    motif: str | None = None
    dossier_ids: tuple[UUID, ...] = ()

    @property
    def service(self) -> str:
        """Of which service the call is."""
        return self.appel.partition(".")[0]


@dataclass(frozen=True, slots=True)
class OpenDossier:
    """A dossier that may be read, with its open blocks: at least one."""

    dossier_id: UUID
    blocs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """What may be read, person-wide blocks apart, and the rights that open it."""

    habilitations: tuple[Habilitation, ...]
    dossiers: tuple[OpenDossier, ...] = ()
    blocs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing may be read."""

    reason: Motif


Answer = Granted | Refused


@dataclass(frozen=True, slots=True)
class _Reach:
    """What one right opens of what is asked."""

    right: Habilitation
    person: bool
    dossiers: frozenset[UUID]


def decide(
    rights: Sequence[Habilitation] | None, relations: Sequence[Relation], asked: Reading, today: date
) -> Answer:
    """Open what all rights in force together open; `rights` is None for an organisation nobody knows."""
    in_force = _in_force(rights, asked.service, asked.finalite, today)
    if isinstance(in_force, Refused):
        return in_force
    reaches = [
        reach for right in in_force if (reach := _reach(right, relations, asked)).person or reach.dossiers
    ]
    if not reaches:
        return Refused("no_relation")
    return Granted(
        habilitations=tuple(reach.right for reach in reaches),
        dossiers=tuple(_open(dict.fromkeys(asked.dossier_ids), reaches)),
        blocs=_among(OF_A_PERSON, (reach.right for reach in reaches if reach.person)),
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """A reading and its answer, under the purpose for which it was decided: None where there is none."""

    reading: Reading
    purpose: str | None
    answer: Answer


def opens_something(decided: Decided) -> bool:
    """Whether a dossier may be read or, where none was asked about, a block of the person's; of blocks that
    are looked for, one."""
    answer, asked = decided.answer, decided.reading
    if not isinstance(answer, Granted):
        return False
    opened = {bloc for one in answer.dossiers for bloc in one.blocs} if asked.dossier_ids else {*answer.blocs}
    return bool(opened.intersection(asked.blocs) if asked.blocs else opened)


def decide_for_any_purpose(
    rights: Sequence[Habilitation] | None, relations: Sequence[Relation], asked: Reading, today: date
) -> Decided:
    """Decide for the purpose that is asked for; without one, for the first that `opens_something`.

    What the hub tells by itself, nobody asked for: it is told for one of the purposes that its reader has.
    """
    if asked.finalite:
        return Decided(asked, asked.finalite, decide(rights, relations, asked, today))
    refused: Decided | None = None
    for purpose in dict.fromkeys(one.finalite for one in rights or () if one.service == asked.service):
        if purpose in HANDLING:
            continue
        found = Decided(asked, purpose, decide(rights, relations, replace(asked, finalite=purpose), today))
        if opens_something(found):
            return found
        refused = refused or found
    return refused or Decided(asked, None, decide(rights, relations, asked, today))


def decide_figures(rights: Sequence[Habilitation] | None, today: date) -> Answer:
    """Figures are for whoever has an habilitation to steer; no relation to anybody is needed."""
    in_force = _in_force(rights, "reporting", PILOTAGE, today)
    return in_force if isinstance(in_force, Refused) else Granted(tuple(in_force))


def decide_dossiers(rights: Sequence[Habilitation] | None, asked: Consultation, today: date) -> Answer:
    """Who keeps dossiers right may rule on anybody's; no relation is needed."""
    in_force = _in_force(rights, "dossier", asked.finalite, today)
    return in_force if isinstance(in_force, Refused) else Granted(tuple(in_force))


def decide_identity(
    rights: Sequence[Habilitation] | None,
    relations: Mapping[UUID, Sequence[Relation]],
    asked: Consultation,
    today: date,
) -> Answer:
    """Who keeps identities right may speak of anybody; the others, of those to whom they are related: of each
    of the persons asked about, or of none."""
    in_force = _in_force(rights, "identity", asked.finalite, today)
    if isinstance(in_force, Refused):
        return in_force
    if asked.finalite in OF_IDENTITY and OF_IDENTITY[asked.finalite] is None:
        return Granted(tuple(in_force))
    reaching = [
        [right for right in in_force if _reaches(right, relations.get(person_id, ()))]
        for person_id in asked.person_ids
    ]
    if not reaching or not all(reaching):
        return Refused("no_relation")
    return Granted(tuple(dict.fromkeys(right for useful in reaching for right in useful)))


def _reaches(right: Habilitation, relations: Sequence[Relation]) -> bool:
    perimetre = PERIMETRES.get(right.perimetre or "")
    return perimetre is not None and perimetre.reaches_person(relations)


def _in_force(
    rights: Sequence[Habilitation] | None, service: str, finalite: str, today: date
) -> list[Habilitation] | Refused:
    """The rights for this service and purpose, or at which step none was left."""
    if rights is None:
        return Refused("organisation_unknown")
    for_service = [one for one in rights if one.service == service]
    if not for_service:
        return Refused("no_habilitation_for_service")
    for_purpose = [one for one in for_service if one.finalite == finalite]
    if not for_purpose:
        return Refused("purpose_not_covered")
    in_force = [one for one in for_purpose if one.in_force(today)]
    return in_force or Refused("habilitation_not_in_force")


def _reach(right: Habilitation, relations: Sequence[Relation], asked: Reading) -> _Reach:
    perimetre = PERIMETRES.get(right.perimetre or "")
    if perimetre is None:  # a perimetre nobody defined reaches nothing
        return _Reach(right, person=False, dossiers=frozenset())
    return _Reach(
        right,
        person=perimetre.reaches_person(relations),
        dossiers=frozenset(perimetre.dossiers(asked.dossier_ids, relations)),
    )


def _open(asked: Iterable[UUID], reaches: Sequence[_Reach]) -> Iterable[OpenDossier]:
    """The dossiers of which a block opens: one of which none does is not listed either."""
    for dossier_id in asked:
        blocs = _among(OF_A_DOSSIER, (reach.right for reach in reaches if dossier_id in reach.dossiers))
        if blocs:
            yield OpenDossier(dossier_id, blocs)


def _among(there_are: Sequence[str], rights: Iterable[Habilitation]) -> tuple[str, ...]:
    opened = {bloc for right in rights for bloc in right.blocs}
    return tuple(bloc for bloc in there_are if bloc in opened)
