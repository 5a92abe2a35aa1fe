"""Names: of birth and of use, with particles, compounds and hyphens; first names, all of them."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from services.identity.domain import fillers
from services.identity.domain.normalisation.letters import words_of
from services.identity.domain.normalisation.tables import table

_RULES = table("noms")
_PARTICLES = frozenset(_RULES["particules"])
_SAINTS: dict[str, str] = _RULES["saints"]
_TIES: dict[str, str] = _RULES["liens"]
_COURTESY = frozenset(_RULES["civilites"])
_SOUNDS = tuple((re.compile(heard), said) for heard, said in table("sons"))
# Between first names that are several: a space within one of the list may also be a lost hyphen.
BETWEEN = re.compile(r"[,;/\s]+")


class Name(NamedTuple):
    """One name. `text` is all of it without spaces, `core` is without particles, `parts` are the words of
    the core, `sound` is how it is said in French. Two writings of one name differ in no more than these."""

    text: str
    core: str
    parts: frozenset[str]
    sound: str

    def __repr__(self) -> str:
        return "Name()"  # what it says is for no log


def surnames_of(birth: str, usage: str = "") -> tuple[Name, ...]:
    """The name of birth, then the one of use if it is another. Each may tell both: `Petit née Durand`."""
    told_birth, told_usage = _split(words_of(birth))
    other_birth, other_usage = _split(words_of(usage))
    found: list[Name] = []
    # `Petit` beside `Petit née Durand` tells the birth name in the wrong field.
    for words in (other_birth if other_usage else None, told_birth, told_usage, other_usage or other_birth):
        name = _named(words) if words else None
        if name is not None and name not in found:
            found.append(name)
    return tuple(found)


def first_names_of(given: str | Iterable[str]) -> tuple[Name, ...]:
    """The first names in order, from a list or from one text; a hyphen makes one of two."""
    told = BETWEEN.split(given) if isinstance(given, str) else given
    names = (_named(words_of(one)) for one in told)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def commune_name_of(label: str) -> Name | None:
    """The name of a commune as addresses write it: no CEDEX, no arrondissement, SAINT in full."""
    words = words_of(label)
    if "CEDEX" in words:
        words = words[: words.index("CEDEX")]
    return _named([word for word in words if not word[0].isdigit() and word != "ARRONDISSEMENT"])


def _split(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The words of the birth name, and those of the name of use where the text tells it."""
    while words and words[0] in _COURTESY and len(words) > 1:
        words = words[1:]
    for at, word in enumerate(words[1:-1], start=1):
        if word in _TIES:
            before, after = words[:at], words[at + 1 :]
            return (before, after) if _TIES[word] == "naissance_usage" else (after, before)
    return words, ()


def _named(words: Sequence[str]) -> Name | None:
    return _name(" ".join(words)) if words else None


# A name is read once for all the lines that bear it.
@lru_cache(maxsize=100_000)
def _name(spaced: str) -> Name | None:
    words = [_SAINTS.get(word, word) for word in spaced.split()]
    text = "".join(words)
    if is_filler(text):
        return None
    parts = [word for word in words if word not in _PARTICLES] or [text]
    core = "".join(parts)
    return Name(text, core, frozenset(parts), sound_of(core))


def is_filler(text: str) -> bool:
    """Whether a normalised name says nothing of anybody: no letter, one over and over, a word of the list."""
    bare = "".join(letter for letter in text if not letter.isdigit())
    return not bare or (len(bare) > 1 and len(set(bare)) == 1) or bare in fillers.NAMES


def sound_of(core: str) -> str:
    """How a name is said, roughly and in French: MATHIEU and MATTHIEUX are one."""
    for heard, said in _SOUNDS:
        core = heard.sub(said, core)
    return core
