"""Hides what could betray somebody in one table.

A cell built on fewer persons, or fewer dossiers, than the threshold is hidden (domain: individuals,
hide < 5). In a table of two axes a row or column with one hidden cell gets a second, or the one could
be computed from the table of that axis alone. What several tables and releases betray together is the
work of the release engine (design: guarantee 8), which is not here yet.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

Place = tuple[str, ...]


class Measured(NamedTuple):
    """By which figures a cell of a table is small, and by which sum it is the smallest of a line."""

    small_by: tuple[str, ...]
    weighed_by: tuple[str, ...]


OF_TRAININGS = Measured(("stagiaires", "entrees", "sorties"), ("entrees", "sorties"))
OF_WHAT_IS_SPARED = Measured(("personnes", "valeurs"), ("personnes",))


def hidden_cells(
    table: Mapping[Place, Mapping[str, int]], threshold: int, measured: Measured = OF_TRAININGS
) -> set[Place]:
    """The cells not to be shown: the small ones, and those that would give them away."""
    hidden = {
        place
        for place, figures in table.items()
        if any(0 < figures[name] < threshold for name in measured.small_by)
    }
    while more := _companions(table, hidden, measured):
        hidden |= more
    return hidden


def _companions(
    table: Mapping[Place, Mapping[str, int]], hidden: set[Place], measured: Measured
) -> set[Place]:
    """For one line with a single hidden cell, the smallest of its others."""
    for axis in range(2):
        lines: dict[str, list[Place]] = defaultdict(list)
        for place in table:
            if len(place) == 2:
                lines[place[axis]].append(place)
        for line in sorted(lines):
            shown = [place for place in lines[line] if place not in hidden]
            if len(lines[line]) - len(shown) == 1 and shown:
                return {min(shown, key=lambda place: (_weight(table[place], measured), place))}
    return set()


def _weight(figures: Mapping[str, int], measured: Measured) -> int:
    return sum(figures[name] for name in measured.weighed_by)
