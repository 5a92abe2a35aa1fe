"""A person's traits as a source tells them, and what of them may be compared.

A trait that says nothing of anybody (a filler, a date that cannot be) is not compared at all: it makes
nobody equal to anybody.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.identity.domain import fillers
from services.reference.dates import parse_partial_date
from services.reference.identifiers import Invalid, Valid, check_commune, check_nir, check_pays

# Nobody has lived longer than 122 years.
OLDEST = 125

# Letters that have no accent to lose.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, repr=False)
class Traits:
    """What one source says of a person. `place` is the code of the commune or the country of birth."""

    nir: str | None
    name: str
    first_name: str
    sex: str
    birth: str
    place: str | None


class Comparable(NamedTuple):
    """What is compared of some traits, None where they do not tell enough.

    `civil_status` tells a person from every other but for homonyms. `by_name` and `by_first_name`
    tell whether the holder of a NIR can be the same: born the same day, of the same sex, same name.
    """

    nir: str | None
    civil_status: str | None
    by_name: str | None
    by_first_name: str | None


def normalised(text: str) -> str:
    """Capital letters and digits alone: `Jean-Noël`, `JEAN NOEL` and `jeannoel` are one; particles stay."""
    if not text.isascii():
        # Unicode's own recipe for a comparison without case, after which nothing more changes.
        folded = unicodedata.normalize("NFKD", text).casefold()
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", folded).casefold())
        text = text.translate(_LETTERS)
    return "".join(filter(str.isalnum, text)).upper()


def comparable(traits: Traits, today: date) -> Comparable:
    """What of these traits may be compared."""
    nir, birth = _valid(traits.nir), _credible(traits.birth, today)
    if birth is None or traits.sex not in ("M", "F"):
        return Comparable(nir, None, None, None)
    name, first_name, place = _told(traits.name), _told(traits.first_name), _known(traits.place)
    born = f"{birth}|{traits.sex}"
    certain = not birth.endswith("-00") and birth != fillers.DOUBTFUL_BIRTH
    return Comparable(
        nir=nir,
        civil_status=f"{name}|{first_name}|{born}|{place}"
        if name and first_name and place and certain
        else None,
        by_name=f"{name}|{born}" if name else None,
        by_first_name=f"{first_name}|{born}" if first_name else None,
    )


def _told(text: str) -> str | None:
    """The normalised name; None for a filler: no letter, one letter over and over, a word of the list."""
    name = normalised(text)
    bare = _DIGITS.sub("", name)
    return None if len(set(bare)) < 2 or bare in fillers.NAMES else name


def _credible(text: str, today: date) -> str | None:
    """The date of birth, as far as it is known, of somebody who can be alive."""
    birth = parse_partial_date(text)
    if isinstance(birth, Invalid) or str(birth) == fillers.BIRTH:
        return None
    alive = birth.year >= today.year - OLDEST and str(birth) <= today.isoformat()
    return str(birth) if alive else None


def _known(place: str | None) -> str | None:
    """The code of a commune or a country, canonical."""
    if not place or place == fillers.PLACE:
        return None
    checked = check_pays(place) if place.startswith("99") else check_commune(place)
    return checked.value if isinstance(checked, Valid) else None


def _valid(nir: str | None) -> str | None:
    """The 13 characters of a NIR; None for a number that is none, and for `1 99 99 99 999 999`."""
    checked = check_nir(nir, key_required=False) if nir else None
    return checked.value if isinstance(checked, Valid) and len(set(checked.value[1:])) > 1 else None
