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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.identity.domain.normalisation.names import Name
from services.identity.domain.records import Record

BITS = 256
BYTES = BITS // 8
_WORD = 64
# A share is told in eighths; a level is two shares.
_EIGHTHS = 9
LEVELS = _EIGHTHS**2

Sketches = NDArray[np.uint64]  # one row each, of four words
Weights = NDArray[np.float64]


class Part(NamedTuple):
    """Some bits of a sketch: from which one, how many, and of which features."""

    name: str
    start: int
    width: int
    features_of: Callable[[Record], Iterable[str]]


def _of_names(record: Record) -> Iterator[str]:
    for name in (*record.surnames, *record.first_names):
        yield from _pairs(name)


def _of_birth(record: Record) -> Iterator[str]:
    yield from (f"{place}{digit}" for place, digit in enumerate(record.birth) if digit != "0")
    year, month, day = record.birth[:4], record.birth[4:6], record.birth[6:]
    yield from (
        f"{name}{value}" for name, value in zip("amj", (year, month, day), strict=True) if value.strip("0")
    )
    if day.strip("0"):
        yield "/".join(sorted((month, day)))  # for they may be exchanged


def _of_birthplace(record: Record) -> Iterator[str]:
    if record.place is not None:
        yield from (f"l{record.place.text}", f"z{record.place.zone}")


def _of_home(record: Record) -> Iterator[str]:
    yield from (f"{place}{digit}" for place, digit in enumerate(record.postcode))
    if record.commune is not None:
        yield from _pairs(record.commune)


@lru_cache(maxsize=100_000)  # a name is cut once for all the records that bear it
def _pairs(name: Name) -> tuple[str, ...]:
    words = [f"_{part}_" for part in name.parts]
    return tuple(word[at : at + 2] for word in words for at in range(len(word) - 1))


PARTS = (
    Part("noms", 0, 128, _of_names),
    Part("naissance", 128, 64, _of_birth),
    Part("lieu_naissance", 192, 24, _of_birthplace),
    Part("domicile", 216, 40, _of_home),
)


def sketch_of(record: Record, number_of: Callable[[str], int]) -> bytes:
    """The record's sketch, `number_of` being the hash that says which bit a feature sets."""
    sketch = 0
    for part in PARTS:
        bits = 0
        for feature in part.features_of(record):
            bits |= 1 << number_of(f"{part.name}:{feature}") % part.width
        sketch |= bits << part.start
    return sketch.to_bytes(BYTES)


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


def levels_of(ones: Sketches, others: Sketches) -> list[NDArray[np.intp]]:
    """Of each part, the level of each pair of rows, from 0 to `LEVELS` − 1; −1 where one says nothing."""
    found = []
    both = ones & others
    for masks in _MASKS:
        shared, one, other = (_count(rows, masks) for rows in (both, ones, others))
        poorer, richer = np.minimum(one, other), np.maximum(one, other)
        level = _eighths(shared, poorer) * _EIGHTHS + _eighths(shared, richer)
        found.append(np.where(poorer == 0, -1, level))
    return found


def _eighths(shared: NDArray[np.uint8], bits: NDArray[np.uint8]) -> NDArray[np.intp]:
    return shared.astype(np.intp) * (_EIGHTHS - 1) // np.maximum(bits, 1)


def _count(rows: Sketches, masks: Sequence[tuple[int, np.uint64]]) -> NDArray[np.uint8]:
    counts = np.zeros(len(rows), np.uint8)
    for word, mask in masks:
        counts += np.bitwise_count(rows[:, word] & mask)
    return counts


@dataclass(frozen=True, slots=True)
class Glance:
    """What sketches are weighed with: the weight of each level of each of `PARTS`, in bits, and from which
    sum on two records are compared."""

    weights: Mapping[str, tuple[float, ...]]
    least: float

    def weigh(self, ones: Sketches, others: Sketches) -> Weights:
        """The weight of each pair of rows, in bits; a single row is held against all others."""
        of_parts = zip(PARTS, levels_of(ones, others), strict=True)
        # The last of each answers for −1.
        weights = [np.array((*self.weights[part.name], 0.0))[levels] for part, levels in of_parts]
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
