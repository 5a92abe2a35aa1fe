"""What one dossier counts for.

In a table without the funder axis a dossier counts once; in one with it, once for each of its funders,
with that funder's share of the cost. Entries, hours, cost and stagiaires belong to the month of entry,
exits to the month of exit. A dossier not yet entered counts for nothing (DARES: entries begun).
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

MEASURES = ("entrees", "sorties", "heures", "cout")
NOBODY = ""  # no funder: the tables without that axis; or no region, or no dispositif


@dataclass(frozen=True, slots=True)
class Fact:
    """A dossier as it is counted; days are `aaaa-mm-jj`. A removed one counts for nothing."""

    dossier_id: uuid.UUID
    version: int
    removed: bool
    stagiaire: str
    region: str | None
    dispositif: str | None
    entree_le: str | None
    sortie_le: str | None
    heures: int
    financements: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Where something is counted. `by_funder` keeps the two kinds of tables apart."""

    by_funder: bool
    region: str
    dispositif: str
    financeur: str
    mois: str


class Spared(NamedTuple):
    """Where what partners need not ask again is counted, and of whom: `mois` is that of the first time."""

    mois: str
    nature: str
    profil: str
    partenaire: str
    stagiaire: str


def counts_of(fact: Fact) -> Iterator[tuple[Cell, tuple[int, int, int, int]]]:
    """Every cell a fact adds to, and how much of each of `MEASURES`."""
    if fact.removed or fact.entree_le is None:
        return
    region, dispositif = fact.region or NOBODY, fact.dispositif or NOBODY
    total = sum(cents for _, cents in fact.financements)
    shares: Counter[str] = Counter()
    for financeur, cents in fact.financements:
        shares[financeur] += cents
    for by_funder, financeur, cents in [
        (False, NOBODY, total),
        *((True, who, cost) for who, cost in shares.items()),
    ]:
        entered = Cell(by_funder, region, dispositif, financeur, fact.entree_le[:7])
        yield entered, (1, 0, fact.heures, cents)
        if fact.sortie_le is not None:
            yield Cell(by_funder, region, dispositif, financeur, fact.sortie_le[:7]), (0, 1, 0, 0)


def presences_of(fact: Fact) -> Iterator[tuple[Cell, str]]:
    """Every cell in which a fact's stagiaire is present: those of its entry."""
    for cell, (entries, *_) in counts_of(fact):
        if entries:
            yield cell, fact.stagiaire


def difference(
    before: Iterable[Fact], after: Iterable[Fact]
) -> tuple[dict[Cell, list[int]], Counter[tuple[Cell, str]]]:
    """What is to be added to the cells and to the presences, when some facts become others."""
    cells: dict[Cell, list[int]] = {}
    presences: Counter[tuple[Cell, str]] = Counter()
    for sign, facts in ((-1, before), (1, after)):
        for fact in facts:
            for cell, measures in counts_of(fact):
                sums = cells.setdefault(cell, [0, 0, 0, 0])
                for place, value in enumerate(measures):
                    sums[place] += sign * value
            for presence in presences_of(fact):
                presences[presence] += sign
    return (
        {cell: sums for cell, sums in cells.items() if any(sums)},
        Counter({presence: count for presence, count in presences.items() if count}),
    )
