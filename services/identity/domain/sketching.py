"""A sketch of a record: 256 bits by which most candidates are dropped before they are opened.

A Bloom filter for each part of a civil status, of what survives slips of the finger: pairs of letters of
each name, each part of a date, each digit of dates and codes in its place (Schnell, Bachteler and Reiher,
2009). Which bit a feature sets is a keyed hash, so a sketch says nothing to whoever has no key.

Two sketches are weighed as two records are (Fellegi and Sunter): of each part, the shares of the bits of the
poorer sketch and of the richer that the other has too are a level together, and each level has a weight,
learned among pairs that share a key. A pair is opened when its parts weigh enough together, as nearly all
pairs of one person do (see `learning/glancing.py`). Whether two records are compared depends on nothing else,
and is the same whichever comes first.
"""

import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.identity.domain.normalisation.names import Name
from services.identity.domain.normalisation.places import Place
from services.identity.domain.records import Record

BITS = 256
BYTES = BITS // 8
_WORD = 64
# A share is told in eighths; a level is two shares.
_EIGHTHS = 9
LEVELS = _EIGHTHS**2

Sketches = NDArray[np.uint64]  # one row each, of four words
Counts = NDArray[np.uint8]  # one row for each part
Levels = NDArray[np.int16]  # one row for each part
Weights = NDArray[np.float64]


NumberOf = Callable[[str], int]


class Part(NamedTuple):
    """Some bits of a sketch: from which one, how many, of which values of a record, and of what of each."""

    name: str
    start: int
    width: int
    values_of: Callable[[Record], Iterable[Hashable]]
    features_of: Callable[[Any], Iterable[str]]


def _names(record: Record) -> tuple[Name, ...]:
    return record.surnames + record.first_names


def _pairs(name: Name) -> Iterator[str]:
    for part in name.parts:
        word = f"_{part}_"
        yield from (word[at : at + 2] for at in range(len(word) - 1))


def _birth(record: Record) -> tuple[str, str]:
    """Its year, and its day: of both there are few."""
    return record.birth[:4].ljust(8, "0"), record.birth[4:].rjust(8, "0")


def _of_date(told: str) -> Iterator[str]:
    yield from (f"{place}{digit}" for place, digit in enumerate(told) if digit != "0")
    year, month, day = told[:4], told[4:6], told[6:]
    yield from (
        f"{name}{value}" for name, value in zip("amj", (year, month, day), strict=True) if value.strip("0")
    )
    if day.strip("0"):
        yield "/".join(sorted((month, day)))  # for they may be exchanged


def _birthplace(record: Record) -> tuple[Place, ...]:
    return (record.place,) if record.place is not None else ()


def _of_place(place: Place) -> tuple[str, str]:
    return f"l{place.text}", f"z{place.zone}"


def _home(record: Record) -> tuple[str | Name, ...]:
    return (record.postcode, record.commune) if record.commune is not None else (record.postcode,)


def _of_home(told: str | Name) -> Iterator[str]:
    if isinstance(told, Name):
        yield from _pairs(told)
    else:
        yield from (f"{place}{digit}" for place, digit in enumerate(told))


PARTS = (
    Part("noms", 0, 128, _names, _pairs),
    Part("naissance", 128, 64, _birth, _of_date),
    Part("lieu_naissance", 192, 24, _birthplace, _of_place),
    Part("domicile", 216, 40, _home, _of_home),
)


def sketch_of(record: Record, number_of: NumberOf) -> bytes:
    """The record's sketch, `number_of` being the hash that says which bit a feature sets; it is kept, with
    what it said."""
    sketch = 0
    for at, part in enumerate(PARTS):
        for value in part.values_of(record):
            sketch |= _bits_of(at, value, number_of)
    return sketch.to_bytes(BYTES)


@lru_cache(maxsize=100_000)  # a value is looked at once for all the records that bear it
def _bits_of(at: int, value: Hashable, number_of: NumberOf) -> int:
    part, bits = PARTS[at], 0
    for feature in part.features_of(value):
        bits |= 1 << number_of(f"{part.name}:{feature}") % part.width
    return bits << part.start


def unkeyed(feature: str) -> int:
    """A hash for records that are nowhere kept: those that a model is learned from."""
    return int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=4).digest())


def rows_of(sketches: Sequence[bytes]) -> Sketches:
    """So many sketches as rows, to be weighed at once."""
    return np.frombuffer(b"".join(sketches), np.uint64).reshape(-1, BITS // _WORD)


# The bits of each part, in the words that hold any of them.
_MASKS = tuple(
    [(word, mask) for word, mask in enumerate(rows_of([row.to_bytes(BYTES)])[0]) if mask]
    for row in ((((1 << part.width) - 1) << part.start) for part in PARTS)
)
_WHOLE = np.uint64(2**_WORD - 1)
_EIGHT, _NINE = np.float32(_EIGHTHS - 1), np.int16(_EIGHTHS)
# So many pairs at once stay in the cache of the core.
_AT_ONCE = 16_384


def levels_of(ones: Sketches, others: Sketches) -> Levels:
    """Of each part, the level of each pair of rows, from 0 to `LEVELS` − 1; −1 where one says nothing."""
    return _levels(_counts(ones & others), _counts(ones), _counts(others))


def _levels(shared: Counts, one: Counts, other: Counts) -> Levels:
    poorer, richer = np.minimum(one, other), np.maximum(one, other)
    eighths = shared * _EIGHT
    levels: Levels = _whole(eighths, poorer) * _NINE + _whole(eighths, richer)
    levels[poorer == 0] = -1
    return levels


def _whole(eighths: NDArray[np.float32], bits: Counts) -> Levels:
    """Of so few bits, a quotient that is no whole number is further from one than single precision errs."""
    return (eighths / np.maximum(bits, 1)).astype(np.int16)


def _counts(rows: Sketches) -> Counts:
    """How many bits of each part each row has."""
    counts = np.zeros((len(PARTS), len(rows)), np.uint8)
    for of_part, masks in zip(counts, _MASKS, strict=True):
        for word, mask in masks:
            of_part += np.bitwise_count(rows[:, word] if mask == _WHOLE else rows[:, word] & mask)
    return counts


@lru_cache(maxsize=64)
def _table(weights: tuple[float, ...]) -> Weights:
    """The weights of a part, to be looked up at once; the last answers for −1."""
    return np.array((*weights, 0.0))


@dataclass(frozen=True, slots=True)
class Glance:
    """What sketches are weighed with: the weight of each level of each of `PARTS`, in bits, and from which
    sum on two records are compared."""

    weights: Mapping[str, tuple[float, ...]]
    least: float

    def weigh(self, ones: Sketches, others: Sketches) -> Weights:
        """The weight of each pair of rows, in bits; a single row is held against all others."""
        return self._weigh(levels_of(ones, others))

    def weigh_met(self, ones: Sketches, met: NDArray[np.intp], others: Sketches) -> Weights:
        """The weight, in bits, of each of `others` with the one that it has `met`, by its place in `ones`."""
        counts, weights = _counts(ones), np.empty(len(others))
        for start in range(0, len(others), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            rows, of = np.ascontiguousarray(others[part]), met[part]
            shared = _counts(ones.take(of, axis=0) & rows)
            weights[part] = self._weigh(_levels(shared, counts.take(of, axis=1), _counts(rows)))
        return weights

    def _weigh(self, levels: Levels) -> Weights:
        weights = [
            _table(self.weights[part.name]).take(of_part, mode="wrap")
            for part, of_part in zip(PARTS, levels, strict=True)
        ]
        total: Weights = np.sum(weights, axis=0)
        return total


@dataclass(frozen=True, slots=True)
class Glances:
    """What is learned of sketches. `leasts` has the least sum for as many records as were learned from,
    `population`, then for twice as many, and so on: the more there are, the more alike must be who is linked,
    and the fewer need be compared."""

    weights: Mapping[str, tuple[float, ...]]
    leasts: tuple[float, ...]
    population: int

    def among(self, records: int) -> Glance:
        """For so many records."""
        doublings = math.floor(math.log2(max(records / self.population, 1)))
        return Glance(self.weights, self.leasts[min(doublings, len(self.leasts) - 1)])


# Compares whatever shares a key: for a model that was not learned.
EVERYTHING = Glances({part.name: (0.0,) * LEVELS for part in PARTS}, (0.0,), 1)
