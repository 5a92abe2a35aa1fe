"""What holds where the records tell nothing: `start.json`, which a trade expert can read."""

import json
from importlib.resources import files

_TABLE = json.loads((files(__package__) / "start.json").read_text(encoding="utf-8"))
M: dict[str, list[float]] = _TABLE["m"]
U: dict[str, list[float]] = _TABLE["u"]
TRUST_IN_M: float = _TABLE["trust"]["m"]
TRUST_IN_U: float = _TABLE["trust"]["u"]
