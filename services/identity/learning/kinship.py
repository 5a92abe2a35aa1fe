"""How many records are of others of one's family: they have its surname, and its home or its birthplace."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from services.identity.domain.comparison import NAISSANCE, NEAR, OTHER_BIRTHS, OTHER_NAMES, PRENOM, compare
from services.identity.domain.records import Record

# Whoever shares surname and place with so many by chance shows nothing of its family.
_BY_CHANCE = 0.5
# Fewer records that tell enough show nothing.
_ENOUGH = 50
# Of a larger family the first so many are looked at.
_LARGEST = 32
# Where no birth is told, families are told from persons by this alone: that no more of a person's first names
# are taken for another than so many of those that are not.
_MISTAKEN = 0.33

_Place = Callable[[Record], str]


def relatives_in(records: Sequence[Record]) -> float:
    """How many records of others of its family a record has on average, where the names and places that it
    has in common with them are too rare to be so by chance. 0 where the records do not tell."""
    return max(_relatives_by(records, place) for place in (_home_of, _birthplace_of))


def _home_of(record: Record) -> str:
    return f"{record.postcode} {record.commune.text if record.commune else ''}".strip()


def _birthplace_of(record: Record) -> str:
    return record.place.text if record.place else ""


def _relatives_by(records: Sequence[Record], place_of: _Place) -> float:
    told = [
        (record.surnames[0].text, place, record)
        for record in records
        if record.surnames and (place := place_of(record))
    ]
    born = [one for one in told if one[2].birth]
    if len(born) >= _ENOUGH:
        return _others(born, _are_two_persons)
    others, same = (_others(told, judge) for judge in (_have_other_first_names, _have_one_first_name))
    return max(others - _MISTAKEN * same, 0.0)


def _others(told: Sequence[tuple[str, str, Record]], are_so: Callable[[Record, Record], bool]) -> float:
    """How many records that are so with it a record has, of those that share its surname and place, beyond
    chance: of which a little too much is taken off, as a record meets itself."""
    surnames, places = (Counter(one[at] for one in told) for at in (0, 1))
    families: dict[tuple[str, str], list[Record]] = defaultdict(list)
    chance, among = 0.0, 0
    for surname, place, record in told:
        by_chance = surnames[surname] * places[place] / len(told)
        if by_chance < _BY_CHANCE:
            families[surname, place].append(record)
            chance += by_chance
            among += 1
    if among < _ENOUGH:
        return 0.0
    pairs = sum(
        are_so(*pair) for family in families.values() for pair in itertools.combinations(family[:_LARGEST], 2)
    )
    return max(2 * pairs - chance, 0.0) / among


def _are_two_persons(one: Record, other: Record) -> bool:
    levels = compare(one, other).levels
    return levels[PRENOM] in OTHER_NAMES and levels[NAISSANCE] in OTHER_BIRTHS


def _have_other_first_names(one: Record, other: Record) -> bool:
    return compare(one, other).levels[PRENOM] in OTHER_NAMES


def _have_one_first_name(one: Record, other: Record) -> bool:
    return compare(one, other).levels[PRENOM] >= NEAR
