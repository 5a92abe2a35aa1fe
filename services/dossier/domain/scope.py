"""Within whose scope a dossier is, and by what it is found there.

A scope is where a reader looks; what it sees of it is access's to say.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.dossier.domain.lifecycle import State, state_on
from services.dossier.domain.parcours import Dossier, Parcours

Roles = Mapping[str, Sequence[str]]
"""By reader, what it is to the person (`accompagne/`) and to each dossier (`finance/<dossier_id>`)."""


@dataclass(frozen=True, slots=True)
class Scoped:
    """A dossier within the scopes of these readers. Its state is that of a day, and stays until
    `turns_on`; days are `aaaa-mm-jj`."""

    dossier_id: uuid.UUID
    readers: tuple[str, ...]
    state: State
    turns_on: str | None
    begins_on: str | None
    ends_on: str | None
    anomalies: tuple[str, ...]


def readers_of(parcours: Parcours) -> tuple[str, ...]:
    """Who is anything to a person or to one of its dossiers."""
    related = {*parcours.relations, *(one for dossier in parcours.dossiers for one in dossier.relations)}
    return tuple(sorted({one.siret for one in related}))


def roles_of(parcours: Parcours) -> dict[str, list[str]]:
    """What each reader is to a person and to its dossiers, as `Roles`: in the same order for the same."""
    found: dict[str, list[str]] = {}
    for siret, role in parcours.relations:
        found.setdefault(siret, []).append(f"{role}/")
    for dossier in parcours.dossiers:
        for siret, role in dossier.relations:
            found.setdefault(siret, []).append(f"{role}/{dossier.dossier_id}")
    return found


def scoped(parcours: Parcours, today: date) -> Iterator[Scoped]:
    """Where the dossiers of a person are found."""
    readers, day = readers_of(parcours), today.isoformat()
    for dossier in parcours.dossiers:
        begins_on, ends_on = period_of(dossier.blocks)
        yield Scoped(
            dossier.dossier_id,
            readers,
            state_on(dossier.happened, day),
            _turns_on(dossier, day),
            begins_on,
            ends_on,
            tuple(sorted({one.code for one in dossier.anomalies})),
        )


def period_of(blocks: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """From when to when a training is: as it was, or else as it is planned."""
    dates = blocks.get("dates", {})
    begins_on = dates.get("entree_le") or dates.get("debut_prevu")
    return begins_on, dates.get("sortie_le") or dates.get("fin_prevue")


def _turns_on(dossier: Dossier, day: str) -> str | None:
    """The next day on which something happens."""
    return min((one.on for many in dossier.happened.values() for one in many if one.on > day), default=None)
