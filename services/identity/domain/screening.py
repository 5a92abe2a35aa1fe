"""Tells at once which of many records may be alike with one: what each may weigh at most, by its outline.

Birth and postcode are on the level that comparing finds; a place is in another zone, or taken for the same.
Of names it is asked whether a surname may be near one's, and whether any may have been typed into the other's
field: a few calls for all of them. Most records that share a key with one are told from it by that, and need
not be read. No weight is told too low: whoever is dropped would have been unlike.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cdist

from services.identity.domain.comparison import (
    FAR,
    NEAR_FROM,
    PARTIAL_DAY,
    SAME_DAY,
    TYPED_DAY,
    UNKNOWN,
    postcode_level,
)
from services.identity.domain.normalisation.names import Name
from services.identity.domain.normalisation.places import Place, zones_around
from services.identity.domain.scoring import Reach, Scorer

Bits = NDArray[np.float64]
Which = NDArray[np.bool_]
Levels = NDArray[np.int_]

# The parts of eight digits.
_DATE = np.dtype([("year", "U4"), ("month", "U2"), ("day", "U2")])


class Names(NamedTuple):
    """The names of many records, one after the other: the text of each; all that is told of it (text, core,
    each word, sound); and how many names each record has."""

    texts: Sequence[str]
    told: Sequence[Sequence[str]]
    counts: Sequence[int]


class Outlines(NamedTuple):
    """Many records, a column for each thing that tells most of them from another. `zones` are those of
    birthplaces that have a code, empty for others."""

    surnames: Names
    first_names: Names
    births: Sequence[str]
    zones: Sequence[str]
    postcodes: Sequence[str]
    have_commune: Sequence[bool]
    nirs: Sequence[str]
    are_certified: Sequence[bool]


def may_be_alike_of(reach: Reach, many: Outlines, scorer: Scorer) -> Sequence[bool]:
    """Of many records, whether `judge` may say anything but `UNLIKE` of each with one."""
    one = reach.record
    may = most_of(reach, many) >= scorer.model.thresholds.review
    if one.nir:
        may |= np.array([nir == one.nir for nir in many.nirs])
        if one.is_certified:
            may |= np.array(many.are_certified)
    return cast("list[bool]", may.tolist())


def most_of(reach: Reach, many: Outlines) -> Bits:
    """The most that each of many records may weigh with one, in bits."""
    one = reach.record
    most = reach.rest + _most_of_names(reach, many.surnames, many.first_names)
    most += np.where(np.array(many.first_names.counts) > 1, reach.others, 0.0)
    most += np.where(many.have_commune, reach.commune, 0.0)
    most += np.array(reach.births)[birth_levels(one.birth, many.births)]
    most += _of_each(many.postcodes, lambda code: reach.postcodes[postcode_level(one.postcode, code)])
    most += _of_each(many.zones, _most_of_zone(reach, one.place))
    return most


def birth_levels(one: str, others: Sequence[str]) -> Levels:
    """The `birth_level` of a date of birth with each of many. Of its rules, the last that fits decides."""
    if not one:
        return np.full(len(others), UNKNOWN)
    year, month, day = one[:4], one[4:6], one[6:]
    births = np.array(others, "U8")
    years, months, days = (births.view(_DATE)[part] for part in ("year", "month", "day"))
    slips = cdist([one], others, scorer=OSA.distance, score_cutoff=2)[0]
    of_year, of_month = years == year, months == month
    parts = of_year.astype(int) + of_month + (days == day)
    is_first = (months == "01") & (days == "01") | (one[4:] == "0101")
    is_partial = (days == "00") | (day == "00")
    month_fits = of_month | (months == "00") | (month == "00")
    is_exchanged = of_year & (months == day) & (days == month)
    levels: Levels = parts.copy()
    levels[slips == 2] = 2
    levels[parts == 2] = 3
    levels[(slips <= 1) | is_exchanged] = TYPED_DAY
    levels[is_partial] = of_year[is_partial]
    levels[is_partial & of_year & month_fits] = PARTIAL_DAY
    levels[of_year & is_first] = PARTIAL_DAY
    levels[births == one] = PARTIAL_DAY if day == "00" else SAME_DAY
    levels[births == ""] = UNKNOWN
    return levels


def _of_each(values: Sequence[str], most_of_one: Callable[[str], float]) -> Bits:
    """The most of each value, which is looked at once for all the records that bear it."""
    most = {value: most_of_one(value) for value in set(values)}
    return np.array([most[value] for value in values])


def _most_of_zone(reach: Reach, place: Place | None) -> Callable[[str], float]:
    around = zones_around(place.zone) if place is not None and place.code else None
    nearest, elsewhere = max(reach.places), reach.places[0]
    return lambda zone: elsewhere if zone and around is not None and zone not in around else nearest


def _most_of_names(reach: Reach, surnames: Names, first_names: Names) -> Bits:
    """The most that names may weigh, each in its own field, where the first names are as good as the same, or
    crosswise."""
    one = reach.record
    near, far = max(reach.surnames), max(reach.surnames[: FAR + 1])
    straight = np.where(_of_any(surnames, may_be_near(one.surnames, surnames)), near, far) + max(
        reach.first_names
    )
    across = _of_any(first_names, may_be_typed(one.surnames, first_names))
    back = _of_any(surnames, may_be_typed(one.first_names, surnames))
    return np.where(across | back, np.maximum(straight, reach.crosswise), straight)


def _of_any(names: Names, which: Which) -> Which:
    """Which records have such a name, or none at all."""
    counts = np.array(names.counts)
    of = np.repeat(np.arange(len(counts)), counts)
    found: Which = (np.bincount(of[which], minlength=len(counts)) > 0) | (counts == 0)
    return found


def may_be_near(ones: tuple[Name, ...], others: Names) -> Which:
    """Which names may be on a level above `FAR` with any of these."""
    if not ones:
        return np.ones(len(others.texts), np.bool_)
    texts = tuple([one.text for one in ones])
    begin = np.array([text.startswith(texts) for text in others.texts], np.bool_)
    # What is near by a hair is near.
    alike = cdist(texts, others.texts, scorer=JaroWinkler.similarity, score_cutoff=NEAR_FROM - 1e-6).any(0)
    near: Which = begin | alike | _within(2, ones, others)
    return near


def may_be_typed(ones: tuple[Name, ...], others: Names) -> Which:
    """Which names may be `TYPED` or better with any of these."""
    return _within(1, ones, others) if ones else np.zeros(len(others.texts), np.bool_)


def _within(slips: int, ones: tuple[Name, ...], others: Names) -> Which:
    """Which names are so few slips from any of these, have a word of one, are said as it is, or begin it."""
    texts = [one.text for one in ones]
    marks = {
        mark for one in ones for mark in (one.core, one.sound, *one.parts, *itertools.accumulate(one.text))
    }
    apart = cdist(texts, others.texts, scorer=OSA.distance, score_cutoff=slips, dtype=np.uint8).min(0)
    strange = np.array([*map(marks.isdisjoint, others.told)], np.bool_)
    within: Which = (apart <= slips) | ~strange
    return within
