"""How sure it is that two records are of one person: each trait's weight, and their sum with the prior."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from services.identity.domain.comparison import (
    AUTRES_PRENOMS,
    CODE_POSTAL,
    COMMUNE,
    COMMUNE_MEME_CODE,
    LIEU,
    NAISSANCE,
    NEAR,
    NIR,
    NOM,
    PRENOM,
    SAME_DAY,
    SAME_NAME,
    TRAITS,
    TYPED_DAY,
    UNKNOWN,
    VARIANT,
    Compared,
    Crossing,
    birth_level,
    compare,
    may_be_another,
    may_cross,
    name_level,
    place_level,
    postcode_level,
)
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.normalisation.names import Name
from services.identity.domain.records import Record

# A name that is nearly a rare one is rarer than most, but how rare depends on how many names are nearly it,
# which no frequency tells: half is believed. That it is nearly a common one is believed in full.
_NOT_QUITE = 0.5
_HIGHEST = tuple(len(trait.levels) - 1 for trait in TRAITS)


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A record as a scorer takes it. How much its values tell is looked up when a pair needs it: of most
    pairs nothing agrees, and most records of a block are compared once."""

    record: Record


@dataclass(frozen=True, slots=True, repr=False)
class Reach:
    """A record that is held against many: the most that each level of its names, its birth and its places may
    weigh, in bits, and what all else may with the prior (`rest`); `names` is the most of both names, as they
    are or crosswise, and `crosswise` of the latter alone. `others` is the most of first names beside
    those that met, and `commune` that of where they live: where both records tell it."""

    record: Record
    rest: float
    others: float
    commune: float
    names: float
    crosswise: float
    surnames: tuple[float, ...]
    first_names: tuple[float, ...]
    births: tuple[float, ...]
    places: tuple[float, ...]
    postcodes: tuple[float, ...]


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


def _place_of(record: Record) -> str:
    return record.place.text if record.place else ""


def _commune_of(record: Record) -> str:
    return record.commune.text if record.commune else ""


# Of each trait that is a place: a record's value.
_PLACES: dict[int, Callable[[Record], str]] = {
    LIEU: _place_of,
    CODE_POSTAL: lambda record: record.postcode,
    COMMUNE: _commune_of,
}
_RARE_PLACES = [
    (trait, TRAITS[trait].name, TRAITS[trait].rare_from or 0, value_of) for trait, value_of in _PLACES.items()
]
_LOOKED_AT = {NOM, PRENOM, AUTRES_PRENOMS, NAISSANCE, COMMUNE_MEME_CODE, *_PLACES}
# Sums of the same weights in another order differ by less.
_ROUNDING = 1e-6


def _text_of(names: tuple[Name, ...], met: int) -> str:
    return names[met].text if names else ""


def _most_of_names(reach: Reach, other: Record) -> tuple[float, float]:
    """The most that the names of two records may weigh, each in its own field: where the first first names
    are meant, and where others may be."""
    one = reach.record
    nom = max([name_level(a, b) for a in one.surnames for b in other.surnames], default=UNKNOWN)
    surname = reach.surnames[nom]
    if nom == SAME_NAME:  # or one less, where one is of birth and one of use
        surname = max(surname, reach.surnames[VARIANT])
    if not one.first_names or not other.first_names:
        return surname, surname
    prenom = name_level(one.first_names[0], other.first_names[0])
    first_name = reach.first_names[prenom]
    if prenom >= VARIANT:
        return surname + first_name, surname + first_name
    another = max(first_name, reach.first_names[NEAR], reach.first_names[VARIANT])
    return surname + first_name, surname + another


class Scorer:
    """Weighs pairs under one model; it looks everything up once, and keeps nothing of what it weighs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        # The last of each answers for UNKNOWN, −1: it says nothing.
        weights = [(*model.weights_of(trait.name), 0.0) for trait in TRAITS]
        weights[NIR] = (0.0,) * len(weights[NIR])
        self._weights = tuple(weights)
        self._bits = {
            table: {value: model.bits_of(table, value) for value in frequencies}
            for table, frequencies in model.frequencies.items()
        }
        self._unlisted_bits = {table: model.bits_of(table, "") for table in model.frequencies}
        self._prior = model.prior
        # The most that what `reach` does not look at may weigh.
        self._beside = sum(max(self._weights[at]) for at in range(len(TRAITS)) if at not in _LOOKED_AT)
        self._common, self._rarest, self._commonest = (
            tuple(told(at) if trait.rare_from is not None else 0.0 for at, trait in enumerate(TRAITS))
            for told in (model.common_bits_of, model.rarest_bits_of, model.commonest_bits_of)
        )
        # Of values that nobody listed, which are the most, each tells as much as any other.
        self._most_for = lru_cache(maxsize=10_000)(self._most_of_levels)
        # Most pairs that are alike are so in the same ways.
        self.weigh_levels = lru_cache(maxsize=10_000)(self._weigh_levels)
        self.least_for = lru_cache(maxsize=10_000)(self._least_for)
        self._birth_bits_of = lru_cache(maxsize=50_000)(model.birth_bits_of)

    def _bits_of(self, table: str, value: str) -> float:
        return self._bits[table].get(value, self._unlisted_bits[table])

    def prepare(self, record: Record) -> Prepared:
        """The record, ready to be compared."""
        return Prepared(record)

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

    def reach(self, one: Prepared) -> Reach:
        """The record, ready to be held against many by `may_weigh`."""
        record, bits_of = one.record, self._bits_of
        surname = max([bits_of("nom", name.text) for name in record.surnames], default=0.0)
        first_name = max([bits_of("prenom", name.text) for name in record.first_names], default=0.0)
        surnames, first_names = self._most_for(NOM, surname), self._most_for(PRENOM, first_name)
        crosswise = max(self._most_for(NOM, first_name)) + max(self._most_for(PRENOM, surname))
        return Reach(
            record,
            rest=self._prior + self._beside + _ROUNDING,
            others=max(self._weights[AUTRES_PRENOMS]) if len(record.first_names) > 1 else 0.0,
            commune=self._most_of_commune(record.commune) if record.commune else 0.0,
            names=max(max(surnames) + max(first_names), crosswise),
            crosswise=crosswise,
            surnames=surnames,
            first_names=first_names,
            births=self._most_for(NAISSANCE, self._birth_bits_of(record.birth)),
            places=self._most_for(LIEU, bits_of("lieu_naissance", _place_of(record))),
            postcodes=self._most_for(CODE_POSTAL, bits_of("code_postal", record.postcode)),
        )

    def _most_of_commune(self, commune: Name) -> float:
        most = self._most_for(COMMUNE, self._bits_of("commune", commune.text))
        return max(*most, *self._weights[COMMUNE_MEME_CODE])

    def _most_of_levels(self, trait: int, told: float) -> tuple[float, ...]:
        """Of each level, what it may weigh with a value that tells so much: what the other record has in its
        place tells no more than counts."""
        weights, rare_from, highest = self._weights[trait], TRAITS[trait].rare_from or 0, _HIGHEST[trait]
        # A partial date has no rarity: what it is worth is in its level.
        nearly = max(self._rarity(trait, rare_from, told), 0.0)
        between = [weight + nearly for weight in weights[rare_from:highest]]
        return (*weights[:rare_from], *between, weights[highest] + self._rarity(trait, highest, told), 0.0)

    def may_weigh(self, reach: Reach, other: Record, least: float) -> bool:
        """Whether two records may weigh so much; False where birth and places rule it out, or the names with
        them, for a fraction of what comparing takes. What takes least is looked at first."""
        one = reach.record
        most = reach.rest
        if len(other.first_names) > 1:
            most += reach.others
        if other.commune:
            most += reach.commune
        most += reach.births[birth_level(one.birth, other.birth)]
        most += reach.places[place_level(one.place, other.place)]
        most += reach.postcodes[postcode_level(one.postcode, other.postcode)]
        if most + reach.names < least:
            return False
        names, by_another = _most_of_names(reach, other)
        if most + names >= least:
            return True
        if most + by_another >= least and may_be_another(one.first_names, other.first_names):
            return True
        return most + reach.crosswise >= least and may_cross(one, other)

    def _weigh_levels(self, levels: tuple[int, ...]) -> float:
        """The odds that any two records which compare like this are of one person, in bits."""
        total = self._prior
        for weights, level in zip(self._weights, levels, strict=True):
            total += weights[level]
        return total

    def most_for(self, levels: tuple[int, ...]) -> float:
        """The odds, in bits, of the pair with the rarest values among all that compare like this."""
        total = self.weigh_levels(levels)
        for at, trait in enumerate(TRAITS):
            if trait.rare_from is not None and levels[at] >= trait.rare_from:
                total += max(self._rarest[at] - self._common[at], 0.0)
        return total

    def _least_for(self, levels: tuple[int, ...]) -> float:
        """The odds, in bits, of the pair with the commonest values among all that compare like this, where no
        names were typed into each other's field."""
        total = self.weigh_levels(levels) - _ROUNDING
        for at, trait in enumerate(TRAITS):
            if trait.rare_from is not None and levels[at] >= trait.rare_from:
                total += min(self._rarity(at, levels[at], self._commonest[at]), 0.0)
        return total

    def _rarities(self, compared: Compared, one: Prepared, other: Prepared) -> list[tuple[int, float]]:
        """What the values themselves add to the weights of their levels, for each trait that has any.

        The more common of two values counts: a slip of the finger makes a rare name of a common one.
        """
        levels = compared.levels
        surname, first_name = self._told_by_names(compared, one.record, other.record)
        told = []
        if levels[NOM] >= NEAR:
            told.append((NOM, surname))
        if levels[PRENOM] >= NEAR:
            told.append((PRENOM, first_name))
        if levels[NAISSANCE] in (TYPED_DAY, SAME_DAY):  # of a date known in part, the level tells how much
            birth = min(self._birth_bits_of(one.record.birth), self._birth_bits_of(other.record.birth))
            told.append((NAISSANCE, birth))
        for trait, table, rare_from, value_of in _RARE_PLACES:
            if levels[trait] >= rare_from:
                told.append((trait, self._lesser(table, value_of(one.record), value_of(other.record))))
        return [(trait, self._rarity(trait, levels[trait], bits)) for trait, bits in told]

    def _told_by_names(self, compared: Compared, one: Record, other: Record) -> tuple[float, float]:
        """How much the names that met tell: those that answer for `nom`, and for `prenom`. Of names that are
        missing it means nothing, and is not asked."""
        (i, j), (k, n) = compared.surnames, compared.first_names
        if compared.crossing is Crossing.NONE:
            return (
                self._lesser("nom", _text_of(one.surnames, i), _text_of(other.surnames, j)),
                self._lesser("prenom", _text_of(one.first_names, k), _text_of(other.first_names, n)),
            )
        across = _text_of(one.surnames, i), _text_of(other.first_names, j)
        back = _text_of(one.first_names, k), _text_of(other.surnames, n)
        told = [min(self._lesser("nom", *met), self._lesser("prenom", *met)) for met in (across, back)]
        return (told[0], told[1]) if compared.crossing is Crossing.SURNAME_FIRST else (told[1], told[0])

    def _lesser(self, table: str, one: str, other: str) -> float:
        """The bits of the more common of two values."""
        bits, unlisted = self._bits[table], self._unlisted_bits[table]
        return min(bits.get(one, unlisted), bits.get(other, unlisted))

    def _rarity(self, trait: int, level: int, told: float) -> float:
        rarity = told - self._common[trait]
        return rarity * _NOT_QUITE if rarity > 0 and level < _HIGHEST[trait] else rarity

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


def probability_of(bits: float) -> float:
    """The probability of which these are the odds."""
    return 1 / (1 + math.exp2(-bits)) if bits > -1000 else 0.0
