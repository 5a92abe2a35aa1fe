"""Chooses the civil status that is shown of a person, trait by trait, and says why it is this one.

By authority first: who said it, in the table below. Then by freshness: the last word wins. Then by the
alphabet, so that no order of arrival shows. An address and a name of use change in a life, and no register
holds them: there the last word comes before authority.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from services.identity.domain.normalisation.births import read_birth
from services.identity.domain.normalisation.names import commune_name_of, first_names_of, surnames_of
from services.identity.domain.normalisation.places import place_of
from services.identity.domain.records import Told

Rule = Literal["unanime", "nir_certifie", "autorite", "fraicheur", "ordre"]
Values = tuple[str, ...]

# Beside a certified NIR stands the civil status of the register that NIRs come from (SNGI): it wins.
CERTIFIED = 0
# By the profile of who says it. An employer's DSN is answered with the register's own identity, and the
# Caisse des Dépôts opens accounts on it (R.6323-32); funders and payers examine a file; a certificateur and
# an adviser write down what the person says.
AUTHORITY: Mapping[str, int] = {
    "caisse_des_depots": 1,
    "dsn": 1,
    "france_travail": 2,
    "opco": 2,
    "transitions_pro": 2,
    "region": 2,
    "agefiph": 2,
    "payeur": 2,
    "certificateur": 3,
    "operateur_cep": 3,
}
ANYBODY = 4

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """What one source told of a person at one time; who nobody knows has no profile."""

    source: str | None
    profile: str | None
    said_at: datetime | None
    is_certified: bool
    told: Told

    @property
    def rank(self) -> int:
        """How much authority it has: 0 is the most."""
        return CERTIFIED if self.is_certified else AUTHORITY.get(self.profile or "", ANYBODY)

    @property
    def age(self) -> float:
        """The younger the smaller."""
        return -(self.said_at or _NEVER).timestamp()


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait to show: the words of the declaration that make it, and what of them can be compared."""

    name: str
    of: tuple[str, ...]
    heard: Callable[[Values], Values]
    last_word_first: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """The values that won, whose they are, by which rule, and how many other sources say otherwise."""

    trait: str
    values: Values
    source: str | None
    said_at: datetime | None
    rule: Rule
    contrary: int


@dataclass(frozen=True, slots=True, repr=False)
class _Word:
    said: Said
    values: Values
    heard: Values


def _surname(values: Values) -> Values:
    return tuple(name.text for name in surnames_of(values[0], "")[:1])


def _first_names(values: Values) -> Values:
    return tuple(name.text for name in first_names_of(values))


def _sex(values: Values) -> Values:
    return values if values[0] in ("M", "F") else ()


def _birth(values: Values) -> Values:
    return tuple(filter(None, [read_birth(values[0])]))


def _place(values: Values) -> Values:
    place = place_of(values[0])
    return (place.text,) if place else ()


def _address(values: Values) -> Values:
    commune = commune_name_of(values[1])
    heard = (values[0], commune.text if commune else "")
    return heard if any(heard) else ()


TRAITS = (
    Trait("nom_naissance", ("nom_naissance",), _surname),
    Trait("nom_usage", ("nom_usage",), _surname, last_word_first=True),
    Trait("prenoms", ("prenoms",), _first_names),
    Trait("sexe", ("sexe",), _sex),
    Trait("date_naissance", ("date_naissance",), _birth),
    Trait("lieu_naissance", ("lieu_naissance",), _place),
    Trait("adresse", ("code_postal", "commune"), _address, last_word_first=True),
)


def survive(said: Sequence[Said]) -> list[Shown]:
    """The civil status to show of whom all this was said; what nobody tells is not shown."""
    found = [(trait, list(_words(trait, said))) for trait in TRAITS]
    return [_shown(trait, words) for trait, words in found if words]


def has_nir(said: Iterable[Said]) -> bool:
    """Whether somebody told a NIR."""
    return any(one.told["nir"] for one in said)


def _words(trait: Trait, said: Iterable[Said]) -> Iterable[_Word]:
    """Who says something of this trait; a filler says nothing."""
    for one in said:
        values = _values(trait, one.told)
        heard = trait.heard(values) if values else ()
        if heard:
            yield _Word(one, values, heard)


def _values(trait: Trait, told: Told) -> Values:
    values: list[str] = []
    for name in trait.of:
        text = told[name]
        values += [text] if isinstance(text, str) else text
    return tuple(values) if any(values) else ()


def _shown(trait: Trait, words: Sequence[_Word]) -> Shown:
    order = _by_last_word if trait.last_word_first else _by_authority
    first, *others = sorted(words, key=order)
    against = [word for word in others if _differ(word.heard, first.heard)]
    rule = _rule(first.said, against[0].said, trait.last_word_first) if against else "unanime"
    contrary = {word.said.source for word in _last_words(words) if _differ(word.heard, first.heard)}
    return Shown(
        trait.name,
        first.values,
        first.said.source,
        first.said.said_at,
        rule,
        len(contrary - {first.said.source}),
    )


def _by_authority(word: _Word) -> tuple[object, ...]:
    return word.said.rank, word.said.age, *_by_alphabet(word)


def _by_last_word(word: _Word) -> tuple[object, ...]:
    return word.said.age, word.said.rank, *_by_alphabet(word)


def _by_alphabet(word: _Word) -> tuple[object, ...]:
    return word.heard, word.values, word.said.source or ""


def _rule(won: Said, lost: Said, last_word_first: bool) -> Rule:
    if won.rank < lost.rank and (not last_word_first or won.age == lost.age):
        return "nir_certifie" if won.is_certified else "autorite"
    return "fraicheur" if won.age < lost.age else "ordre"


def _last_words(words: Iterable[_Word]) -> Iterable[_Word]:
    """What each source holds by now."""
    last: dict[str | None, _Word] = {}
    for word in sorted(words, key=lambda word: (-word.said.age, word.values)):
        last[word.said.source] = word
    return last.values()


def _differ(one: Values, other: Values) -> bool:
    """Whether two words are against each other: one that tells less is not."""
    return any(a != b for a, b in zip(one, other, strict=False) if a and b)
