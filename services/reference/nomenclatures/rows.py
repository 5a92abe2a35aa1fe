"""The rows of the CSV files that lie beside these modules."""

import csv
from collections.abc import Iterator
from importlib.resources import files


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Each line of a file of this package, by the names of its columns."""
    with (files(__package__) / name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)
