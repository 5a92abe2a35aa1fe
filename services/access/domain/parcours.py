"""Who is related to a person and to that person's dossiers: all that access knows of either."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID


class Relation(NamedTuple):
    """What an organisation is to a dossier or, without one, to the person."""

    siret: str
    role: str
    dossier_id: UUID | None


@dataclass(frozen=True, slots=True)
class Parcours:
    """All relations to one person, as of one version: a later version replaces them whole."""

    person_id: UUID
    version: int
    relations: frozenset[Relation]


def latest(told: Iterable[Parcours]) -> list[Parcours]:
    """Each person once, as of its highest version, in the order of the persons."""
    standing: dict[UUID, Parcours] = {}
    for one in told:
        known = standing.get(one.person_id)
        if known is None or known.version < one.version:
            standing[one.person_id] = one
    return [standing[person_id] for person_id in sorted(standing)]
