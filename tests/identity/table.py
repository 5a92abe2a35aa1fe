"""The tables of cases, which a trade expert can read and add to."""

import json
from pathlib import Path
from typing import Any

import pytest

_CASES = Path(__file__).parent / "cases"


def cases_of(name: str) -> list[Any]:
    """The rows of one table, each named by its `cas`."""
    rows = json.loads((_CASES / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["cas"]) for row in rows]
