"""A dossier as it is counted: the newest telling of it, and no person."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

# A region, a dispositif or a funder that nobody declared is a place of its own in every table.
UNKNOWN = ""


class Share(NamedTuple):
    """What one funder pays of a dossier, in cents."""

    financeur: str
    cents: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A dossier as it is counted. Hours are the dossier's, cents each funder's own.

    A removed one counts for nothing, and is kept: nothing older than its version brings it back.
    """

    dossier_id: uuid.UUID
    version: int
    removed: bool = False
    stagiaire: str = UNKNOWN
    region: str = UNKNOWN
    dispositif: str = UNKNOWN
    entree_le: date | None = None
    sortie_le: date | None = None
    abandon: bool = False
    heures: int = 0
    shares: tuple[Share, ...] = ()


def shares_of(declared: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    """Each funder once, in order. A dossier that nobody funds has one share, of nothing, of nobody."""
    cents: Counter[str] = Counter()
    for financeur, amount in declared:
        cents[financeur] += amount
    return tuple(Share(*one) for one in sorted(cents.items())) or (Share(UNKNOWN, 0),)


def latest(told: Iterable[Fact]) -> list[Fact]:
    """Of each dossier the fact with the highest version, in the order of their ids."""
    found: dict[uuid.UUID, Fact] = {}
    for fact in told:
        known = found.get(fact.dossier_id)
        if known is None or known.version < fact.version:
            found[fact.dossier_id] = fact
    return [found[dossier_id] for dossier_id in sorted(found)]
