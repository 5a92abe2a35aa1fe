"""Any writing, as words of capital letters and digits."""

import re
import unicodedata
from functools import lru_cache

from services.identity.domain.normalisation.tables import table

_LETTERS: dict[str, str] = table("lettres")
_TWO_LETTERS = {letters: latin for letters, latin in _LETTERS.items() if len(letters) > 1}
_ONE_LETTER = str.maketrans({letter: latin for letter, latin in _LETTERS.items() if len(letter) == 1})
_WORD = re.compile(r"[^\W_]+")


# One text is read once for all the lines that tell it: names, communes and codes come again and again.
@lru_cache(maxsize=50_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text: `Jean-Noël D’Angelo` is JEAN, NOEL, D, ANGELO. Accents fall, `ß` is SS, Cyrillic
    and Greek are written as on passports; letters of other scripts stay as they are."""
    if not text.isascii():
        text = _without_accents(text)
    return tuple(_WORD.findall(text.upper()))


def _without_accents(text: str) -> str:
    # Unicode's own recipe for a comparison without case, after which nothing more changes.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    for letters, latin in _TWO_LETTERS.items():
        bare = bare.replace(letters, latin)
    return bare.translate(_ONE_LETTER)
