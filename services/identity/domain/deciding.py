"""Decides of two records alone whether they are linked, apart, or a doubt for a human.

1. The same NIR, and traits that speak for one person rather than against: linked. Against: a doubt, whatever
   the NIR (one NIR used by two persons, or one wrong digit that made another's).
2. Two NIRs, both certified (`certifying` says by whom): apart, however alike: homonyms. A provisional
   number (7, 8; 3, 4) says nothing against: it may become the NIR. Otherwise two NIRs keep a pair that looks
   like one person a doubt.
3. Twins and homonymous parents look like one person with one wrong trait, and whoever is of one's family like
   one whose first name is another and whose birth is not known. Which of the two is likelier depends on how
   often that trait is wrong, and how many relatives there are, which the model has learned: when the relative
   is likelier, it is a doubt.
4. Names and places follow from each other: two of one regional surname, one first name of their generation
   and one commune are no rarity, though each of these may be rare in the country. So together they are
   believed to tell so much and no more; where that does not outweigh a birth that is another, it is a doubt.
5. Otherwise the weight decides: a link from `join` on, a doubt from `review` on.

A doubt is an answer: it links nothing, and blocks nothing.
"""

import math
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from services.identity.domain.comparison import (
    CODE_POSTAL,
    COMMUNE,
    COMMUNE_MEME_CODE,
    LIEU,
    NAISSANCE,
    NEAR,
    NIR,
    NOM,
    ORDRE,
    PRENOM,
    SAME_DAY,
    SAME_NIR,
    SAME_PLACE,
    SAME_POSTCODE,
    SEXE,
    TRAITS,
    TYPED_DAY,
    UNKNOWN,
    VARIANT,
    Compared,
    Crossing,
    compare,
)
from services.identity.domain.model import Model
from services.identity.domain.scoring import Prepared, Reach, Scorer
from services.reference.identifiers.nir import Nir

# What a link by NIR is worth: more than any traits, and finite so that means can be taken.
CERTAIN = 64.0
# Of a thousand deliveries in France 17.2 to 17.5 were of twins in 2014 to 2017 (INSEE, état civil), so 3.4 %
# of the new-born were; of those of 1972, half as many (Blondel 2009, J. Gynécol. Obstét. 38: 15.6 in 2008,
# four fifths more than in 1972). The higher is the prudent one.
TWINS = 0.034
# One egg gives about 4 twin deliveries in a thousand, everywhere and always (Monden, Pison, Smits 2021, Human
# Reproduction 36), and half of the others are of one sex: 62 % of today's in all, 73 % of those of 1972.
_TWINS_OF_ONE_SEX = 2 / 3
# Parents whose child has their name and first name. It was the custom, and has been in decline since the 18th
# century (Todd, Coulmont 2021, J. Interdisciplinary History 52, on births of 1905 to 1925); for those who are
# trained today no figure was found, and this one is ours. A third of it changes no answer in 172,328 pairs of
# 4,000 generated persons, nor in febrl4 under its own model, but would link true parents born in the month of
# their child; thrice changes none of the former, and makes doubts of 48 of the 192,263 pairs of febrl4.
_NAMESAKE_PARENTS = 0.01
_PARENT_AGES = range(15, 51)
# Of two dates of birth of which one is wrong, how many are a generation apart by chance.
_A_GENERATION_BY_CHANCE = 0.4
# Of so many pairs of two persons (2^28) one has the same names and birthplace. Among fifty million records
# that is a fifth of a namesake for each: what a village of 40 births a year has in 46 years where a third
# bear three surnames (drawn in `tests/identity/test_namesakes.py`); drawn likewise, a town of 2,000 births
# has 1.1 each, a hamlet of 10 has 0.02. No count of it was found, and the figure is ours. One bit more
# links whose dates are two digits apart: in such a town these are oftener namesakes than one person. One
# less makes a doubt of one pair more in 30,000 generated lines.
_NAMES_AND_PLACES_TELL = 28.0
_NAMES_AND_PLACES = frozenset({NOM, PRENOM, LIEU, CODE_POSTAL, COMMUNE, COMMUNE_MEME_CODE})


class Answer(Enum):
    """`APART` is for good; `UNLIKE` may still be of one person, through other records."""

    LINKED = "lies"
    DOUBT = "doute"
    APART = "separes"
    UNLIKE = "differents"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided of a pair, its weight in bits, and what decided. `same_self` is whether first names
    and birth say that it is no relative or namesake (True) or that it may well be one (False); None where
    they say neither."""

    answer: Answer
    weight: float
    cause: str
    same_self: bool | None = None

    @property
    def bars(self) -> bool:
        """Whether no person may hold both records, unless a human says so."""
        return self.answer is Answer.APART or self.cause in ("nir_contredit", "nir_differents")


def judge(one: Prepared, other: Prepared, scorer: Scorer) -> Verdict:
    """The verdict on a pair; the same whichever comes first."""
    compared, weight = scorer.compare(one, other)
    return _judged(one, other, compared, weight, scorer)


def tells_nobody(one: Prepared, scorer: Scorer) -> bool:
    """Whether a record tells too little to be anybody's: `judge` links it to none, not to one that says the
    same."""
    compared = compare(one.record, one.record)
    # Most tell so much that it does not matter how common it is.
    least = scorer.least_for(compared.levels) if compared.crossing is Crossing.NONE else -math.inf
    return (
        _judged(one, one, compared, least, scorer).answer is not Answer.LINKED
        and judge(one, one, scorer).answer is not Answer.LINKED
    )


def _judged(one: Prepared, other: Prepared, compared: Compared, weight: float, scorer: Scorer) -> Verdict:
    """The verdict on a pair that weighs so much; where it is linked, it would be with more weight too."""
    thresholds = scorer.model.thresholds
    nir = compared.levels[NIR]
    if nir == SAME_NIR:
        agrees = weight - scorer.model.prior >= 0
        return Verdict(Answer.LINKED, CERTAIN, "nir", True) if agrees else _doubt(weight, "nir_contredit")
    if nir != UNKNOWN and not (is_provisional(one.record.nir) or is_provisional(other.record.nir)):
        if one.record.is_certified and other.record.is_certified:
            return Verdict(Answer.APART, weight, "nir_differents")
        if weight >= thresholds.join:
            return _doubt(weight, "nir_differents")
    if weight < thresholds.review:
        return Verdict(Answer.UNLIKE, weight, "poids")
    return _judge_alike(one, other, compared, weight, scorer)


def _judge_alike(
    one: Prepared, other: Prepared, compared: Compared, weight: float, scorer: Scorer
) -> Verdict:
    """The verdict on a pair that is alike: one person, or another who is like them."""
    relative = relative_of(compared, one, other, scorer.model)
    if relative is not None and relative.odds <= 0:
        same_self = None if _tells_an_initial(one, other) else False
        return Verdict(Answer.DOUBT, min(weight, relative.odds), relative.kind, same_self)
    join = scorer.model.thresholds.join
    if weight < join:
        return _doubt(weight, "incertain")
    levels = compared.levels
    odds = homonym_odds(levels, scorer)
    if odds < join:
        return Verdict(Answer.DOUBT, odds, "homonyme", False)
    # A date known in part fits many a namesake.
    alike = levels[PRENOM] >= NEAR and levels[NAISSANCE] in (TYPED_DAY, SAME_DAY)
    return Verdict(Answer.LINKED, weight, "traits", alike or None)


def may_be_alike(reach: Reach, other: Prepared, scorer: Scorer) -> bool:
    """Whether `judge` may say anything but `UNLIKE` of a pair: of most that share a key it cannot, and birth
    and birthplace tell."""
    one = reach.record
    if one.nir and (one.nir == other.record.nir or (one.is_certified and other.record.is_certified)):
        return True
    return scorer.may_weigh(reach, other.record, scorer.model.thresholds.review)


@dataclass(frozen=True, slots=True)
class Relative:
    """Whom else a pair may be: `jumeaux`, `parent` or `famille`; `odds`, in bits, are for one person against
    that."""

    kind: str
    odds: float


def relative_of(compared: Compared, one: Prepared, other: Prepared, model: Model) -> Relative | None:
    """The relative that a pair would be if it were not one person with one wrong trait; None where what
    differs is something else."""
    nom, prenom, birth = compared.levels[NOM], compared.levels[PRENOM], compared.levels[NAISSANCE]
    if nom < NEAR or compared.crossing is not Crossing.NONE:
        return None
    if UNKNOWN < prenom < NEAR and birth == SAME_DAY:
        of_one_sex, sex = _TWINS_OF_ONE_SEX, compared.levels[SEXE]
        as_twins = TWINS * model.u["prenom"][prenom]
        as_error = model.siblings * model.m["prenom"][prenom]
        if sex != UNKNOWN:
            as_twins *= of_one_sex if sex else 1 - of_one_sex
            as_error *= model.m["sexe"][sex]
        return Relative("jumeaux", math.log2(as_error / as_twins))
    years = abs(int(one.record.birth[:4] or 0) - int(other.record.birth[:4] or 0))
    if prenom >= VARIANT and UNKNOWN < birth < TYPED_DAY and years in _PARENT_AGES:
        as_parent = _NAMESAKE_PARENTS * model.u["naissance"][birth]
        as_error = model.siblings * model.m["naissance"][birth] * _A_GENERATION_BY_CHANCE
        return Relative("parent", math.log2(as_error / as_parent))
    odds = family_odds(compared.levels, model)
    return Relative("famille", odds) if odds < math.inf else None


def family_odds(levels: tuple[int, ...], model: Model) -> float:
    """The odds, in bits, that two records which compare like this are of one person rather than of two of one
    family; infinite where they are of no family, or the same in what tells its members apart."""
    at_home = max(levels[COMMUNE], levels[COMMUNE_MEME_CODE]) >= NEAR or levels[CODE_POSTAL] == SAME_POSTCODE
    if (
        not model.relatives
        or levels[NOM] < NEAR
        or not (at_home or levels[LIEU] == SAME_PLACE)
        or levels[PRENOM] >= NEAR
        or levels[NAISSANCE] == SAME_DAY
        or levels[ORDRE] == 0
    ):
        return math.inf
    odds = math.log2(model.siblings / model.relatives)
    for at in (PRENOM, NAISSANCE, SEXE):
        name, level = TRAITS[at].name, levels[at]
        if level != UNKNOWN:
            odds += math.log2(model.m[name][level] / model.u[name][level])
    return odds


def homonym_odds(levels: tuple[int, ...], scorer: Scorer) -> float:
    """The odds, in bits, that two records which compare like this are of one person rather than of two who
    have the same names and places, however rare each of these is by itself."""
    return scorer.weigh_levels(_beside_names_and_places(levels)) + _NAMES_AND_PLACES_TELL


@lru_cache(maxsize=10_000)
def _beside_names_and_places(levels: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(UNKNOWN if at in _NAMES_AND_PLACES else level for at, level in enumerate(levels))


def is_provisional(nir: str) -> bool:
    """Whether a NIR's form says that another may take its place."""
    return Nir(nir).is_provisional


def _tells_an_initial(*records: Prepared) -> bool:
    """Whether one of them tells no more of its first name than a letter: of the records of a person it says
    nothing, which may have that one letter wrong."""
    return any(one.record.first_names and len(one.record.first_names[0].text) == 1 for one in records)


def _doubt(weight: float, cause: str) -> Verdict:
    return Verdict(Answer.DOUBT, weight, cause)
