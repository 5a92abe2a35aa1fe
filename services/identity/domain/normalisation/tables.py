"""The JSON tables that lie beside these modules."""

import json
from importlib.resources import files
from typing import Any


def table(name: str) -> Any:
    """What one table holds, without the key `_` in which it says what it is."""
    held = json.loads((files(__package__) / f"{name}.json").read_text(encoding="utf-8"))
    if isinstance(held, dict):
        held.pop("_", None)
    return held
