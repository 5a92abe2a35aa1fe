"""By which keys a record is found again among millions.

A record is a set of facts: each beginning of a name, year and day of birth, places, postcode. A key is a
smallest set of facts rare enough together that a population of the model's size is expected to hold no
more than `BLOCK` records with it, by the frequencies of the model. So a rare surname is a key by itself,
a common one is refined by another name, a year, a day or a place, and by one more if two are not enough:
the block that is too large is refined, and nothing is skipped.

Whether a set is a key depends on the facts in it, on which of them follow from each other, and on the model,
and on nothing else of the record nor on what came before. A record whose facts all together are too common
has no key: it tells too little to be anybody's in particular.

Names are in no particular field, days and months in no particular order, and three letters of a name are
enough: slips of the finger and exchanged fields leave most keys whole.
"""

import math
from typing import NamedTuple

from services.identity.domain.model import Model
from services.identity.domain.normalisation.places import city_of
from services.identity.domain.records import Record

# Records that one key is expected to find. Ten keys of it make some hundreds of candidates at most.
BLOCK = 50
# A population smaller than this is searched as if it were of this size: finer keys find no less there.
_LEAST = 1_000
_LONGEST_KEY = 4
_LETTERS = 3
_NAMES = 4


class Fact(NamedTuple):
    """One fact of a record, `text` being what a key has of it. Facts of one `part` follow from each other
    (ANNE and SOPHIE of one first name, a postcode and its commune), and a key has one of them at most."""

    kind: str
    text: str
    bits: float
    part: str


def keys_of(record: Record, model: Model) -> list[str]:
    """The keys of a record, canonical texts in a fixed order: to be hashed before they are kept.

    A valid NIR is one more.
    """
    needed = math.log2(max(model.population, _LEAST) / BLOCK)
    smallest = _smallest((), 0.0, math.inf, facts_of(record, model), needed)
    keys = ["|".join([fact.text for fact in chosen]) for chosen in smallest]
    return [*keys, *([f"nir={record.nir}"] if record.nir else [])]


def facts_of(record: Record, model: Model) -> list[Fact]:
    """The facts of a record, in an order that depends on them alone."""
    named = sorted(beginnings_of(record).items())[:_NAMES]
    told = [("nom", value, "debut", part) for value, part in named]
    if record.birth:
        told.append(("annee", record.birth[:4], "annee", "annee"))
        if not record.birth.endswith("00"):
            told.append(("jour", "".join(sorted((record.birth[4:6], record.birth[6:]))), "jour", "jour"))
    if record.place is not None:
        told.append(("lieu", city_of(record.place.text), "lieu_naissance", "lieu"))
    if record.postcode:
        told.append(("residence", record.postcode, "code_postal", "residence"))
    if record.commune is not None:
        told.append(("residence", record.commune.text, "commune", "residence"))
    return [
        Fact(kind, f"{kind}={value}", model.bits_of(table, value), part) for kind, value, table, part in told
    ]


def beginnings_of(record: Record) -> dict[str, str]:
    """The first letters of each word of the names (of first names, of the first two), and the name each is
    part of."""
    found: dict[str, str] = {}
    for at, name in enumerate((*record.surnames, *record.first_names[:2])):
        for part in sorted(name.parts):
            found.setdefault(part[:_LETTERS], f"nom{at}")
    return found


def _smallest(
    chosen: tuple[Fact, ...], bits: float, least: float, left: list[Fact], needed: float
) -> list[tuple[Fact, ...]]:
    """The sets, in the order of the facts, that are rare enough as soon as they hold their last fact, and of
    which no fact can be left out: a set of fewer would do, and is a key already. `bits` is what those chosen
    tell, and `least` what the one of them does that tells least."""
    found = []
    for at, fact in enumerate(left, start=1):
        told = bits + fact.bits
        if told >= needed and (chosen or fact.kind == "nom"):
            more, spare = (*chosen, fact), told - needed
            can_spare_one = least <= spare or fact.bits <= spare
            # Of three and more, two are left whichever is spared, and two are enough.
            if not can_spare_one or (len(more) < 3 and not _has_one_too_many(more, spare)):
                found.append(more)
        elif len(chosen) + 1 < _LONGEST_KEY:
            rest = [other for other in left[at:] if other.part != fact.part]
            if rest:
                found += _smallest((*chosen, fact), told, min(least, fact.bits), rest, needed)
    return found


def _has_one_too_many(chosen: tuple[Fact, ...], spare: float) -> bool:
    """Whether some are a key already without one that tells no more than can be spared: a name, or two facts
    of different kinds (everybody born on a day in a place, but not all of a town). Of two parts, facts are of
    two kinds or names."""
    if len(chosen) == 2:
        one, other = chosen
        return (one.kind == "nom" and other.bits <= spare) or (other.kind == "nom" and one.bits <= spare)
    return len(chosen) > 2 and min([fact.bits for fact in chosen]) <= spare
