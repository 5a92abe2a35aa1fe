"""The NIR, numéro d'inscription au répertoire (INSEE), and what its 13 characters tell.

stdnum checks its length and its key, not its structure, and takes three times as long. A property test
holds our key against its own.
"""

import re
from dataclasses import dataclass

from services.reference.identifiers.answers import (
    CHARACTERS,
    KEY,
    LENGTH,
    PLACEHOLDER,
    STRUCTURE,
    Answer,
    Invalid,
    Valid,
    compact,
)

# Months 20, 30–42 and 50–99 are those of incomplete civil statuses. Places are those of the birth: 20 is
# Corsica before 1976, 91–96 Algeria, Morocco and Tunisia before independence, 99 abroad.
_NIR = re.compile(
    r"""(
    [123478]                                                # sexe
    \d{2}                                                   # année
    (?:0[1-9]|1[0-2]|20|3\d|4[0-2]|[5-9]\d)                 # mois
    (?:(?:0[1-9]|1\d|2[0-9AB]|[3-8]\d|9[0-6])(?!000)\d{3}   # lieu: département and commune
      |(?:97[1-8]|98[4-9])(?!00)\d{2}                       #       overseas
      |99(?!000)\d{3})                                      #       country
    (?!000)\d{3}                                            # ordre
    )(\d{2})?\Z                                             # key""",
    re.ASCII | re.VERBOSE,
)
_ALPHABET = re.compile(r"[0-9AB]+\Z")


@dataclass(frozen=True, slots=True, repr=False)
class Nir:
    """What the 13 characters of a checked NIR tell. It has no text of its own: a NIR is not for logs."""

    value: str

    @property
    def sexe(self) -> str:
        """`1` man, `2` woman; `3`, `4`, `7` and `8` are their provisional forms."""
        return self.value[0]

    @property
    def annee(self) -> int:
        """The year of birth without its century: 9 is 1909 as well as 2009."""
        return int(self.value[1:3])

    @property
    def mois(self) -> int | None:
        """The month of birth; None where civil status does not know it."""
        month = int(self.value[3:5])
        return month if month <= 12 else None

    @property
    def lieu(self) -> str:
        """The COG code, at birth, of the commune, or of the country when born abroad (99 and 3 digits)."""
        return self.value[5:10]

    @property
    def is_provisional(self) -> bool:
        """Given while the person is being registered (3, 4) or by the former practice (7, 8).

        A modern NIA is built like a NIR and becomes it: its syntax does not tell (circulaire DSS 2012-213).
        """
        return self.sexe in "3478"


def nir_key(thirteen: str) -> str:
    """The two digits of control of a NIR's 13 characters: 97 − (N mod 97), 2A counting as 19, 2B as 18."""
    if thirteen[6:7] in ("A", "B"):
        thirteen = thirteen.replace("2A", "19", 1).replace("2B", "18", 1)
    return f"{97 - int(thirteen) % 97:02d}"


def check_nir(text: str, key_required: bool = True) -> Answer:
    """The 13 characters of a NIR: given with its key, or alone where `key_required` is false.

    The birth commune is never held against today's COG: it is the one at birth.
    """
    # Most are written without separators: only the others pay for taking them away.
    found = _NIR.match(text)
    if found is None:
        compacted = compact(text)
        if isinstance(compacted, Invalid):
            return compacted
        found = _NIR.match(compacted)
        if found is None:
            return _fault_of(compacted, key_required)
    thirteen, key = found.groups()
    if key is None and key_required:
        return LENGTH
    if thirteen == thirteen[0] * 13:
        return PLACEHOLDER
    return Valid(thirteen) if key is None or key == nir_key(thirteen) else KEY


def _fault_of(compacted: str, key_required: bool) -> Invalid:
    if not _ALPHABET.match(compacted):
        return CHARACTERS
    if len(compacted) != 15 and (key_required or len(compacted) != 13):
        return LENGTH
    return PLACEHOLDER if len(set(compacted)) == 1 else STRUCTURE
