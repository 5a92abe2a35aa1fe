"""What a dossier counts for, and how the sums change when it does.

In a table without the funders a dossier counts once; in one with them, once for each of its funders:
its hours each time, its cost by what each pays. Entries, hours and cost belong to the month of entry,
exits to the month of exit (`domain.md` §6.1: entries are dossiers begun in the period).

Persons are not summed: somebody present in two months is one person of both, so they are counted in
the facts themselves when a table is read (`storage.tally`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from services.reporting.domain.facts import UNKNOWN, Fact, Share


class Cell(NamedTuple):
    """Where something is summed. `by_funder` keeps the tables with funders apart from those without."""

    by_funder: bool
    mois: str
    region: str
    dispositif: str
    financeur: str


class Sums(NamedTuple):
    """What is summed in a cell; the cost in cents."""

    entrees: int
    sorties: int
    heures: int
    cout: int


def counts_of(fact: Fact) -> Iterator[tuple[Cell, Sums]]:
    """Every cell that a fact adds to, and what."""
    if fact.removed:
        return
    everybody = Share(UNKNOWN, sum(cents for _, cents in fact.shares))
    for by_funder, shares in ((False, (everybody,)), (True, fact.shares)):
        for financeur, cents in shares:
            where = (fact.region, fact.dispositif, financeur)
            if fact.entree_le is not None:
                yield Cell(by_funder, fact.entree_le.isoformat()[:7], *where), Sums(1, 0, fact.heures, cents)
            if fact.sortie_le is not None:
                yield Cell(by_funder, fact.sortie_le.isoformat()[:7], *where), Sums(0, 1, 0, 0)


def changes(before: Iterable[Fact], after: Iterable[Fact]) -> Mapping[Cell, Sums]:
    """What is to be added to each cell when some facts become others; cells that stay are left out."""
    found: dict[Cell, list[int]] = {}
    for sign, facts in ((-1, before), (1, after)):
        for fact in facts:
            for cell, counted in counts_of(fact):
                sums = found.setdefault(cell, [0, 0, 0, 0])
                for measure, value in enumerate(counted):
                    sums[measure] += sign * value
    return {cell: Sums(*sums) for cell, sums in found.items() if any(sums)}
