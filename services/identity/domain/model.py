"""The parameters by which records are compared: learned, written in a file, versioned.

For each level of each trait, `m` is its probability between two records of one person, and `u` between two
records of two persons. `log2(m/u)` is its weight, in bits: one bit more doubles the odds. A frequency is
the share of records that bear a value: to agree on a rare one tells more than `u` says on average.

A rare value tells of whom a model was learned, so a file holds only values that many records bear;
`unlisted` is the frequency of any other.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from services.identity.domain.comparison import TRAITS
from services.identity.domain.sketching import EVERYTHING, LEVELS, PARTS, Glance, Glances

Frequencies = Mapping[str, float]

# What frequencies are of: those of `TRAITS`, then what keys are made of (see `blocking`).
TABLES = ("nom", "prenom", "lieu_naissance", "code_postal", "commune", "annee", "jour", "debut")

_TABLES_OF = {
    **{name: (name,) for name in ("nom", "prenom", "lieu_naissance", "code_postal", "commune")},
    "naissance": ("annee", "jour"),
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """In bits of posterior odds. Pairs from `join` on are links; those from `review` on are doubts; a link
    that was made stays, when the model changes, as long as it is worth `split` (see `clustering`)."""

    join: float
    review: float
    split: float


@dataclass(frozen=True, slots=True)
class Model:
    """One version of the parameters. `population` is how many records it serves: keys and prior depend on
    it, so it is part of the version. `siblings` is how many other records of its person a record has on
    average among those learned from; `relatives`, how many of others of its family."""

    version: str
    population: int
    siblings: float
    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]
    frequencies: Mapping[str, Frequencies]
    unlisted: Frequencies
    thresholds: Thresholds
    # Which records are compared: those whose sketches weigh enough together (see `sketching`).
    glances: Glances = EVERYTHING
    report: Mapping[str, Any] = field(default_factory=dict)
    relatives: float = 0.0

    @property
    def prior(self) -> float:
        """The odds, in bits, that two records drawn from the population are of one person."""
        return math.log2(self.siblings / max(self.population - 1 - self.siblings, 1))

    @property
    def glance(self) -> Glance:
        """By which sketches are weighed among so many records."""
        return self.glances.among(self.population)

    def weights_of(self, trait: str) -> tuple[float, ...]:
        """The weight of each level of a trait, in bits."""
        return tuple(math.log2(m / u) for m, u in zip(self.m[trait], self.u[trait], strict=True))

    def bits_of(self, table: str, value: str) -> float:
        """How much a value tells: the bits of its frequency."""
        return -math.log2(self.frequencies[table].get(value) or self.unlisted[table])

    def birth_bits_of(self, birth: str) -> float:
        """How much a date of birth tells; those of whoever does not know theirs are common (1 January)."""
        year, day = self.bits_of("annee", birth[:4]), self.bits_of("jour", birth[4:])
        return year if birth.endswith("0000") else year + day

    def common_bits_of(self, trait: int) -> float:
        """How much agreeing on this trait tells on average, which its weights take for granted."""
        return -math.log2(self.u[TRAITS[trait].name][-1])

    def rarest_bits_of(self, trait: int) -> float:
        """How much the rarest value of this trait tells."""
        return -math.fsum(math.log2(min(shares)) for shares in self._shares_of(trait))

    def commonest_bits_of(self, trait: int) -> float:
        """How much the commonest value of this trait tells."""
        return -math.fsum(math.log2(max(shares)) for shares in self._shares_of(trait))

    def _shares_of(self, trait: int) -> Iterator[tuple[float, ...]]:
        for table in _TABLES_OF[TRAITS[trait].name]:
            yield (self.unlisted[table], *self.frequencies[table].values())

    def for_population(self, records: int) -> "Model":
        """The same parameters for so many records: what is alike among many is less sure to be the same."""
        return replace(self, population=records)


def dump_model(model: Model) -> str:
    """The model as a file holds it (JSON)."""
    return json.dumps(asdict(model), ensure_ascii=False, indent=1, sort_keys=True)


def load_model(text: str) -> Model:
    """The model of a file. Raises `ValueError` where its levels are not those that are
    compared."""
    held = json.loads(text)
    levels = {trait.name: len(trait.levels) for trait in TRAITS}
    for side in ("m", "u"):
        if {name: len(values) for name, values in held[side].items()} != levels:
            raise ValueError(f"the model's {side} are of other traits or levels than those compared")
        held[side] = {name: tuple(values) for name, values in held[side].items()}
    weights = {name: tuple(values) for name, values in held["glances"]["weights"].items()}
    if {name: len(values) for name, values in weights.items()} != {part.name: LEVELS for part in PARTS}:
        raise ValueError("the model's glance is of other parts or levels than sketches have")
    glances = Glances(weights, tuple(held["glances"]["leasts"]), held["glances"]["population"])
    return Model(**{**held, "thresholds": Thresholds(**held["thresholds"]), "glances": glances})
