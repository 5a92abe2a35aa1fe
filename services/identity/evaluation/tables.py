"""A table as it is printed and as it is written in a page."""

from typing import NamedTuple


class Drawn(NamedTuple):
    """A table: its title, its headings and its rows."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]


def at(threshold: float) -> str:
    """A threshold or a weight, in bits; never `-0.00`."""
    return f"{round(threshold, 2) + 0.0:.2f}"
