"""A sketch of a record: a few hundred bits by which most candidates are dropped before they are opened.

A Bloom filter of what survives slips of the finger: pairs of letters of each name, each digit of the dates
and codes in its place (Schnell, Bachteler and Reiher, 2009). Which bit a feature sets is a keyed hash, so a
sketch says nothing to whoever has no key. How alike two sketches must be is part of the model: it is learned,
since it depends on how damaged the records are. Whether two records are compared depends on nothing else, and
is the same whichever comes first.
"""

import hashlib
from collections.abc import Callable, Iterable

from services.identity.domain.normalisation.names import Name
from services.identity.domain.records import Record

BITS = 256


def sketch_of(record: Record, number_of: Callable[[str], int]) -> int:
    """The record's sketch, `number_of` being the hash that says which bit a feature sets."""
    sketch = 0
    for feature in features_of(record):
        sketch |= 1 << number_of(feature) % BITS
    return sketch


def unkeyed(feature: str) -> int:
    """A hash for records that are nowhere kept: those that a model is learned from."""
    return int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=4).digest())


def features_of(record: Record) -> set[str]:
    """What a sketch is made of."""
    found = {f"n{pair}" for name in (*record.surnames, *record.first_names) for pair in _pairs(name)}
    found |= {f"d{place}{digit}" for place, digit in enumerate(record.birth) if digit != "0"}
    if len(record.birth) == 8:
        found.add(f"j{''.join(sorted(record.birth[4:]))}")
    if record.place is not None:
        found |= {f"l{record.place.text}", f"z{record.place.zone}"}
    found |= {f"c{place}{digit}" for place, digit in enumerate(record.postcode)}
    if record.commune is not None:
        found |= {f"v{pair}" for pair in _pairs(record.commune)}
    return found


def _pairs(name: Name) -> Iterable[str]:
    for part in name.parts:
        word = f"_{part}_"
        yield from (word[at : at + 2] for at in range(len(word) - 1))


def likeness(one: int, other: int) -> float:
    """Of the bits of the record that says less, the share that is set in both, from 0 to 1."""
    least = min(one.bit_count(), other.bit_count())
    return (one & other).bit_count() / least if least else 1.0
