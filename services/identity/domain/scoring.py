"""How sure it is that two records are of one person: each trait's weight, and their sum with the prior."""

import math
from dataclasses import dataclass

from services.identity.domain.comparison import (
    CODE_POSTAL,
    COMMUNE,
    LIEU,
    NAISSANCE,
    NEAR,
    NIR,
    NOM,
    PRENOM,
    SAME_DAY,
    TRAITS,
    TYPED_DAY,
    UNKNOWN,
    Compared,
    Crossing,
    compare,
)
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.records import Record

# A name that is nearly a rare one is rarer than most, but how rare depends on how many names are nearly it,
# which no frequency tells: half is believed. That it is nearly a common one is believed in full.
_NOT_QUITE = 0.5
_HIGHEST = tuple(len(trait.levels) - 1 for trait in TRAITS)


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A record, and how much each of its values tells under one model: what needs no second look-up."""

    record: Record
    surnames: tuple[float, ...]
    first_names: tuple[float, ...]
    crossed: tuple[tuple[float, ...], tuple[float, ...]]
    birth: float
    place: float
    postcode: float
    commune: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one trait adds: its level and its weight, of which `rarity` is the part of the value itself."""

    trait: str
    level: str | None
    weight: float
    rarity: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair weighs what it does; `total` is `prior` and the parts, in bits of odds."""

    model: str
    prior: float
    parts: tuple[Part, ...]
    total: float
    thresholds: Thresholds


class Scorer:
    """Weighs pairs under one model; it looks everything up once, and keeps nothing of what it weighs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        # The last of each answers for UNKNOWN, −1: it says nothing.
        weights = [(*model.weights_of(trait.name), 0.0) for trait in TRAITS]
        weights[NIR] = (0.0,) * len(weights[NIR])
        self._weights = tuple(weights)
        self._prior = model.prior
        self._common = tuple(
            model.common_bits_of(at) if trait.rare_from is not None else 0.0
            for at, trait in enumerate(TRAITS)
        )

    def prepare(self, record: Record) -> Prepared:
        """The record with what its values tell."""
        bits = self.model.bits_of
        surnames = tuple(bits("nom", name.text) for name in record.surnames)
        first_names = tuple(bits("prenom", name.text) for name in record.first_names)
        return Prepared(
            record,
            surnames,
            first_names,
            (
                _least(surnames, [bits("prenom", name.text) for name in record.surnames]),
                _least(first_names, [bits("nom", name.text) for name in record.first_names]),
            ),
            self.model.birth_bits_of(record.birth) if record.birth else 0.0,
            bits("lieu_naissance", record.place.text) if record.place else 0.0,
            bits("code_postal", record.postcode) if record.postcode else 0.0,
            bits("commune", record.commune.text) if record.commune else 0.0,
        )

    def weigh(self, one: Prepared, other: Prepared) -> float:
        """The odds that two records are of one person, in bits."""
        return self.compare(one, other)[1]

    def compare(self, one: Prepared, other: Prepared) -> tuple[Compared, float]:
        """How two records compare, and the odds that they are of one person, in bits. NIRs weigh nothing:
        they decide by rules (see `deciding`), and a wrong one must not outweigh the rest."""
        compared = compare(one.record, other.record)
        total = self.weigh_levels(compared.levels)
        for _, rarity in self._rarities(compared, one, other):
            total += rarity
        return compared, total

    def weigh_levels(self, levels: tuple[int, ...]) -> float:
        """The odds that any two records which compare like this are of one person, in bits."""
        total = self._prior
        for weights, level in zip(self._weights, levels, strict=True):
            total += weights[level]
        return total

    def _rarities(self, compared: Compared, one: Prepared, other: Prepared) -> list[tuple[int, float]]:
        """What the values themselves add to the weights of their levels, for each trait that has any.

        The more common of two values counts: a slip of the finger makes a rare name of a common one.
        """
        levels = compared.levels
        found: list[tuple[int, float]] = []
        if levels[NOM] >= NEAR or levels[PRENOM] >= NEAR:
            surname, first_name = _told_by_names(compared, one, other)
            if levels[NOM] >= NEAR:
                found.append((NOM, self._rarity(NOM, levels, surname)))
            if levels[PRENOM] >= NEAR:
                found.append((PRENOM, self._rarity(PRENOM, levels, first_name)))
        if levels[NAISSANCE] in (TYPED_DAY, SAME_DAY):  # of a date known in part, the level tells how much
            found.append((NAISSANCE, self._rarity(NAISSANCE, levels, min(one.birth, other.birth))))
        if levels[LIEU] >= 2:
            found.append((LIEU, self._rarity(LIEU, levels, min(one.place, other.place))))
        if levels[CODE_POSTAL] >= 2:
            found.append((CODE_POSTAL, self._rarity(CODE_POSTAL, levels, min(one.postcode, other.postcode))))
        if levels[COMMUNE] >= 2:
            found.append((COMMUNE, self._rarity(COMMUNE, levels, min(one.commune, other.commune))))
        return found

    def _rarity(self, trait: int, levels: tuple[int, ...], told: float) -> float:
        rarity = told - self._common[trait]
        return rarity * _NOT_QUITE if rarity > 0 and levels[trait] < _HIGHEST[trait] else rarity

    def explain(self, one: Prepared, other: Prepared) -> Explanation:
        """Each trait's level and weight, as data."""
        compared = compare(one.record, other.record)
        rarities = dict(self._rarities(compared, one, other))
        parts = []
        for at, trait in enumerate(TRAITS):
            level, rarity = compared.levels[at], rarities.get(at, 0.0)
            weight = self._weights[at][level] + rarity
            parts.append(Part(trait.name, None if level == UNKNOWN else trait.levels[level], weight, rarity))
        total = self._prior + sum(part.weight for part in parts)
        return Explanation(self.model.version, self._prior, tuple(parts), total, self.model.thresholds)


def _told_by_names(compared: Compared, one: Prepared, other: Prepared) -> tuple[float, float]:
    """How much the names that met tell: those that answer for `nom`, and for `prenom`; what is missing
    tells nothing."""
    (i, j), (k, n) = compared.surnames, compared.first_names
    if compared.crossing is Crossing.NONE:
        return _lesser(one.surnames, i, other.surnames, j), _lesser(one.first_names, k, other.first_names, n)
    across = _lesser(one.crossed[0], i, other.crossed[1], j)
    back = _lesser(one.crossed[1], k, other.crossed[0], n)
    return (across, back) if compared.crossing is Crossing.SURNAME_FIRST else (back, across)


def _lesser(ones: tuple[float, ...], at: int, others: tuple[float, ...], there: int) -> float:
    return min(ones[at], others[there]) if ones and others else 0.0


def _least(one: tuple[float, ...], other: list[float]) -> tuple[float, ...]:
    return tuple(min(pair) for pair in zip(one, other, strict=True))


def probability_of(bits: float) -> float:
    """The probability of which these are the odds."""
    return 1 / (1 + math.exp2(-bits)) if bits > -1000 else 0.0
