"""Learns the default model from persons who do not exist, and writes it where identity reads it.

Run as `python -m deploy.models` whenever traits, levels or the sample change; it is the same each time.
"""

from dataclasses import replace
from pathlib import Path

from services.identity.domain.model import dump_model
from services.identity.domain.records import read_record
from services.identity.learning.learning import Effort, learn
from services.sample.slips import statements

_FILE = Path(__file__).parents[2] / "services" / "identity" / "domain" / "default_model.json"
_VERSION = "2026-1"
_PERSONS = 15_000
# Some 35 million persons, each told of by one or two kinds of source (design §6).
_POPULATION = 50_000_000
# Who does not exist has no family. A household is of 2.16 persons (INSEE, RP 2021), and one lives with two
# others in the mean, as the larger ones hold more of us. Half of those who live in France are told of here,
# and most of one home have a surname in common. So about one relative each; those who left but were born in
# the same town are more, and the figure is ours.
_RELATIVES = 1.0


def main() -> None:
    """Write the default model."""
    records = [read_record(one.told) for one in statements(_PERSONS, seed=2026, with_home=True)]
    model = learn(records, _VERSION, Effort(least=20))
    # Of each relative there are as many records as of anybody.
    relatives = _RELATIVES * (1 + model.siblings)
    model = replace(model, population=_POPULATION, relatives=relatives)
    _FILE.write_text(dump_model(model) + "\n", encoding="utf-8")
    print(f"{_FILE.name}: {len(records)} records, {dict(model.report)}")


if __name__ == "__main__":
    main()
