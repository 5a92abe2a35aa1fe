"""Compares two records trait by trait: each comparison ends on a level, from unlike to identical.

The levels are what the model has weights for (Fellegi and Sunter, 1969); they depend on nothing but the two
records. A level of `UNKNOWN` says nothing: the trait is missing on one side, or already spoken for by
another. Traits that follow from each other are compared so that they are not counted twice:

- `sexe` is compared only where the first names do not tell it already;
- the commune of residence is `commune` where the postcodes differ or are missing, and
  `commune_meme_code_postal`, with weights of its own, where they agree and promise the same commune;
- names that were typed into each other's field are compared crosswise, and `ordre` pays for it once;
- `autres_prenoms` are the first names beside the two that met, where both records tell some.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from services.identity.domain.normalisation.names import Name
from services.identity.domain.normalisation.places import Place, city_of, kept_its_number, of_one_zone
from services.identity.domain.records import Record

UNKNOWN = -1
_NAME_LEVELS = ("autre", "eloigne", "initiale", "proche", "une_faute", "variante", "identique")
FAR, INITIAL, NEAR, TYPED, VARIANT, SAME_NAME = 1, 2, 3, 4, 5, 6
TYPED_DAY, PARTIAL_DAY, SAME_DAY = 4, 5, 6
# The levels of first name and birth that no slip of the finger explains.
OTHER_NAMES, OTHER_BIRTHS = range(FAR + 1), range(2)
SAME_PLACE = 3
TYPED_POSTCODE, SAME_POSTCODE = 2, 3
SAME_NIR = 2


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait and its levels, from unlike to identical. `rare_from` is the lowest level at which a rare
    value tells more than a common one; None where no value is rare."""

    name: str
    levels: tuple[str, ...]
    rare_from: int | None = None


TRAITS = (
    Trait("nom", _NAME_LEVELS, NEAR),
    Trait("prenom", _NAME_LEVELS, NEAR),
    Trait("autres_prenoms", ("autre", "en_partie", "identique")),
    Trait("ordre", ("interverti", "droit")),
    Trait(
        "naissance",
        ("autre", "une_partie", "deux_fautes", "deux_parties", "une_faute", "partielle", "identique"),
        4,
    ),
    Trait("sexe", ("autre", "identique")),
    Trait("lieu_naissance", ("autre", "meme_departement", "proche", "identique"), 2),
    Trait("code_postal", ("autre", "meme_zone", "une_faute", "identique"), 2),
    Trait("commune", _NAME_LEVELS, NEAR),
    Trait("commune_meme_code_postal", _NAME_LEVELS),
    Trait("nir", ("autre", "une_faute", "identique")),
)
(
    NOM,
    PRENOM,
    AUTRES_PRENOMS,
    ORDRE,
    NAISSANCE,
    SEXE,
    LIEU,
    CODE_POSTAL,
    COMMUNE,
    COMMUNE_MEME_CODE,
    NIR,
) = range(len(TRAITS))

# Two texts this alike (Winkler, 1990) differ by more than slips of the finger; below the second they are
# no more alike than strangers' names often are.
NEAR_FROM, _FAR_FROM = 0.88, 0.78
# LEA and LA may be one name; LI and LE, with fewer letters between them, are two.
_LETTERS_OF_A_SLIP = 5


class Crossing(Enum):
    """Which names were held against which: of the same field, or crosswise, and which of the two crossings
    answers for `nom`: the better one, as nothing tells which of the names is the surname."""

    NONE = 0
    SURNAME_FIRST = 1  # one's surname, other's first name
    FIRST_SURNAME = 2


class Compared(NamedTuple):
    """The level of each of `TRAITS`, and which names met, as indexes: into the surnames of both and the
    first names of both, or, of a crossing, (one's surname, other's first name), (one's first name, other's
    surname)."""

    levels: tuple[int, ...]
    surnames: tuple[int, int]
    first_names: tuple[int, int]
    crossing: Crossing


Met = tuple[tuple[int, int], tuple[int, int], Crossing]


def compare(one: Record, other: Record) -> Compared:
    """The levels of two records; the same whichever comes first."""
    nom, prenom, met = names_levels(one, other)
    postcode = postcode_level(one.postcode, other.postcode)
    commune = name_level(one.commune, other.commune) if one.commune and other.commune else UNKNOWN
    # Postcodes that are a slip apart are two codes, and promise nothing, where the communes are unlike.
    promised = postcode == SAME_POSTCODE or (postcode == TYPED_POSTCODE and commune >= NEAR)
    levels = (
        nom,
        prenom,
        UNKNOWN if met[2] is not Crossing.NONE else _others(one.first_names, other.first_names, met[1]),
        UNKNOWN if max(nom, prenom) < TYPED else int(met[2] is Crossing.NONE),
        birth_level(one.birth, other.birth),
        UNKNOWN if not one.sex or not other.sex or prenom >= NEAR else int(one.sex == other.sex),
        place_level(one.place, other.place),
        postcode,
        UNKNOWN if promised else commune,
        commune if promised else UNKNOWN,
        _nir(one.nir, other.nir),
    )
    return Compared(levels, *met)


def names_levels(one: Record, other: Record) -> tuple[int, int, Met]:
    """The levels of `nom` and of `prenom`, and which names met."""
    nom, met_surnames = _best(one.surnames, other.surnames)
    prenom, met_first = _first_names(one.first_names, other.first_names)
    if min(nom, prenom) >= VARIANT:
        # Whoever also has the other's name crosswise has the same name twice.
        return nom, prenom, (met_surnames, met_first, Crossing.NONE)
    across, met_across = _best(one.surnames, other.first_names[:2])
    back, met_back = _best(one.first_names[:2], other.surnames)
    # One of the two must be surely the same: names are often a little like any other.
    better, worse = max(across, back), min(across, back)
    if better < TYPED or _worth(better, worse) <= _worth(nom, prenom) + (worse < TYPED):
        return nom, prenom, (met_surnames, met_first, Crossing.NONE)
    crossing = Crossing.SURNAME_FIRST if across >= back else Crossing.FIRST_SURNAME
    return better, worse, (met_across, met_back, crossing)


def may_cross(one: Record, other: Record) -> bool:
    """Whether `names_levels` may find that names were typed into each other's field; most often it is plain
    that they were not."""
    return _may_be_one(one.surnames, other.first_names[:2]) or _may_be_one(
        one.first_names[:2], other.surnames
    )


def may_be_another(ones: tuple[Name, ...], others: tuple[Name, ...]) -> bool:
    """Whether `names_levels` may find that another first name is the usual one than the first of each."""
    if len(ones) == 1 and len(others) == 1:
        return False
    return (
        _may_be_one(ones[1:], others) or _may_be_one(ones[:1], others[1:]) or _joined(ones) == _joined(others)
    )


def _may_be_one(ones: tuple[Name, ...], others: tuple[Name, ...]) -> bool:
    """Whether any two of these names are `TYPED` or better, for which it takes a part that is the same, or a
    slip: that leaves the first letter or the last, and the length but for one."""
    for one in ones:
        for other in others:
            a, b = one.text, other.text
            slip = (a[0] == b[0] or a[-1] == b[-1]) and -2 < len(a) - len(b) < 2
            if (slip or one.core == other.core or not one.parts.isdisjoint(other.parts)) and (
                name_level(one, other) >= TYPED
            ):
                return True
    return False


def _worth(nom: int, prenom: int) -> int:
    return (nom if nom >= NEAR else 0) + (prenom if prenom >= NEAR else 0)


def _best(ones: tuple[Name, ...], others: tuple[Name, ...]) -> tuple[int, tuple[int, int]]:
    """The best level between names of one and of the other; those that come first are met first."""
    best, met = UNKNOWN, (0, 0)
    for i, one in enumerate(ones):
        for j, other in enumerate(others):
            level = name_level(one, other)
            if i != j and level == SAME_NAME:
                level = VARIANT  # the name of birth here is the name of use there
            if level > best:
                best, met = level, (i, j)
        if best == SAME_NAME:
            break
    return best, met


def _first_names(ones: tuple[Name, ...], others: tuple[Name, ...]) -> tuple[int, tuple[int, int]]:
    if not ones or not others:
        return UNKNOWN, (0, 0)
    level, met = name_level(ones[0], others[0]), (0, 0)
    if level >= VARIANT or (len(ones) == 1 and len(others) == 1):
        return level, met
    # A lost hyphen makes two of one.
    if _joined(ones) == _joined(others):
        return VARIANT, met
    # The usual first name may be any of them, and is a little less sure than the first.
    for i, one in enumerate(ones):
        for j, other in enumerate(others):
            found = name_level(one, other) if i or j else 0
            found = VARIANT if found >= VARIANT else NEAR if found == TYPED else 0
            if found > level:
                level, met = found, (i, j)
    return level, met


def _others(ones: tuple[Name, ...], others: tuple[Name, ...], met: tuple[int, int]) -> int:
    """How many of the first names that either record tells beside those that met are told by both: 2 all of
    the fewer, 1 some, 0 none. Where one tells no other, or one name of two, nothing is said."""
    if min(len(ones), len(others)) < 2 or (len(ones) != len(others) and _joined(ones) == _joined(others)):
        return UNKNOWN
    rest, of_other = ones[: met[0]] + ones[met[0] + 1 :], others[: met[1]] + others[met[1] + 1 :]
    if rest == of_other:
        return 2
    both = min(_told_by(rest, of_other), _told_by(of_other, rest))
    return 2 if both >= min(len(rest), len(of_other)) else int(both > 0)


def _told_by(names: tuple[Name, ...], others: tuple[Name, ...]) -> int:
    return sum(any(name_level(name, other) >= INITIAL for other in others) for name in names)


def _joined(names: tuple[Name, ...]) -> str:
    return "".join([name.text for name in names])


# The records of one block share their names, and what one line is held against is mostly one block.
@lru_cache(maxsize=20_000)
def name_level(one: Name, other: Name) -> int:
    """How alike two names are: 0 unlike … 6 identical."""
    a, b = one.text, other.text
    if a == b:
        return SAME_NAME if len(a) > 1 else INITIAL  # that of many names
    if one.core == other.core or one.parts <= other.parts or other.parts <= one.parts:
        return VARIANT
    shortest, more = min(len(a), len(b)), abs(len(a) - len(b))
    if shortest == 1:
        return INITIAL if a[0] == b[0] else 0
    slips = OSA.distance(a, b, score_cutoff=2) if more <= 2 else more
    if slips == 1 and len(a) + len(b) >= _LETTERS_OF_A_SLIP:
        return TYPED
    if (slips == 2 and shortest >= 5) or (shortest >= 3 and (a.startswith(b) or b.startswith(a))):
        return NEAR
    if one.sound == other.sound and len(one.sound) >= 3:
        return NEAR
    alike = JaroWinkler.similarity(a, b, score_cutoff=_FAR_FROM)
    if alike >= NEAR_FROM:
        return NEAR
    return FAR if alike >= _FAR_FROM else 0


def birth_level(one: str, other: str) -> int:
    """6 the same day … 0 unlike. Day and month exchanged are one fault, as one wrong digit is."""
    if not one or not other:
        return UNKNOWN
    if one == other:
        return PARTIAL_DAY if one.endswith("00") else SAME_DAY
    y, m, d = one[:4] == other[:4], one[4:6] == other[4:6], one[6:] == other[6:]
    if y and "0101" in (one[4:], other[4:]):
        return PARTIAL_DAY  # whoever knows the year alone is given its first day
    if one.endswith("00") or other.endswith("00"):
        month_fits = m or "00" in (one[4:6], other[4:6])
        return PARTIAL_DAY if y and month_fits else int(y)
    slips = OSA.distance(one, other, score_cutoff=2)
    if slips <= 1 or (y and one[4:6] == other[6:] and one[6:] == other[4:6]):
        return TYPED_DAY
    parts = y + m + d
    if parts == 2:
        return 3
    return 2 if slips == 2 else parts


def place_level(one: Place | None, other: Place | None) -> int:
    """3 the same place, by code or by label … 0 unlike."""
    return UNKNOWN if one is None or other is None else _place(one, other)


@lru_cache(maxsize=20_000)
def _place(one: Place, other: Place) -> int:
    if one.code and other.code:
        if one.code == other.code:
            return 3
        city = city_of(one.code)
        if city == city_of(other.code):
            return 3 if city in (one.code, other.code) else 2
        if kept_its_number(one.code, other.code):
            return 2
        return 1 if of_one_zone(one, other) else 0
    if not one.label or not other.label:
        return (
            UNKNOWN  # a code of which we do not know the label, and a label of which we do not know the code
        )
    if one.label == other.label:
        return 3 if not one.zone or not other.zone or of_one_zone(one, other) else 0
    if JaroWinkler.similarity(one.label, other.label) >= NEAR_FROM:
        return 2
    return 1 if of_one_zone(one, other) else 0


def postcode_level(one: str, other: str) -> int:
    """3 the same postcode … 0 unlike."""
    if not one or not other:
        return UNKNOWN
    if one == other:
        return 3
    if OSA.distance(one, other, score_cutoff=1) <= 1:
        return 2
    return int(one[:2] == other[:2])


def _nir(one: str, other: str) -> int:
    if not one or not other:
        return UNKNOWN
    if one == other:
        return SAME_NIR
    return int(OSA.distance(one, other, score_cutoff=1) <= 1)
