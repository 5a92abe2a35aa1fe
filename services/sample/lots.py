"""A national sample as partners deliver it: lots of each, in the order of time, at any size."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from services.sample.faults import spoiled
from services.sample.lives import Life, Statement, corrected
from services.sample.persons import person

TODAY = date(2026, 6, 30)
_YEARS = 2


@dataclass(slots=True)
class Lot:
    """One delivery. `persons` says of whom each line speaks; `faults` which lines are wrong, and how."""

    emetteur: str
    reference: str
    declarations: list[Any] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)


def national_sample(
    declarations: int, *, seed: int = 1, lot_size: int = 500, faults: float = 0.02, today: date = TODAY
) -> Iterator[Lot]:
    """Exactly so many declarations, the same for the same arguments; holds one open lot for each partner."""
    random = Random(seed)
    open_lots: dict[str, Lot] = {}
    opened: dict[str, int] = defaultdict(int)
    left, number = declarations, 0
    while left:
        number += 1
        begins = today - timedelta(days=random.randint(30, _YEARS * 365))
        told = Life(random, person(random, number, today), begins, today).statements()[:left]
        left -= len(told)
        placed: dict[str, tuple[str, int]] = {}
        for statement in told:
            lot = open_lots.get(statement.source)
            if lot is None:
                opened[statement.source] += 1
                lot = Lot(statement.source, f"LOT-{seed}-{opened[statement.source]:05d}")
                open_lots[statement.source] = lot
            _place(random, lot, statement, number, placed, faults)
            if len(lot.declarations) == lot_size:
                yield open_lots.pop(statement.source)
    yield from open_lots.values()


def _place(
    random: Random,
    lot: Lot,
    statement: Statement,
    number: int,
    placed: dict[str, tuple[str, int]],
    faults: float,
) -> None:
    ligne = len(lot.declarations) + 1
    if statement.corrects is not None:
        statement = corrected(statement, *placed[statement.corrects])
    placed[statement.key] = (lot.reference, ligne)
    line: Any = statement.declaration
    if random.random() < faults:
        line, lot.faults[ligne] = spoiled(random, statement.declaration)
    lot.declarations.append(line)
    lot.persons.append(number)
