"""What a checker answers, and how a text is read before it is checked.

The reasons, in the order in which they are looked for: `empty`, `characters`, `length`, `placeholder`,
`structure`, `key`. A reason never holds the value.
"""

import re
from collections.abc import Container
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Valid:
    """The identifier in its canonical form; checked again, it is its own canonical form."""

    value: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """Why it is none."""

    reason: str


Answer = Valid | Invalid

EMPTY, CHARACTERS, LENGTH = Invalid("empty"), Invalid("characters"), Invalid("length")
PLACEHOLDER, STRUCTURE, KEY = Invalid("placeholder"), Invalid("structure"), Invalid("key")

# More than any identifier with any separators: a longer text is not looked at, whatever it begins with.
LONGEST = 64

_SEPARATORS = re.compile(r"[\s.\-]+")


def compact(text: str) -> str | Invalid:
    """The capital letters and digits of a text, without spaces, dots and dashes. Zeros alone say nothing."""
    if len(text) > LONGEST:
        return LENGTH
    compacted = _SEPARATORS.sub("", text)
    if not compacted:
        return EMPTY
    # Before the capitals: `ſ` and `ß` have ASCII ones.
    if not (compacted.isascii() and compacted.isalnum()):
        return CHARACTERS
    return compacted.upper() if compacted.strip("0") else PLACEHOLDER


def matched(text: str, structure: re.Pattern[str], lengths: Container[int]) -> Answer:
    """The compact text, where it has this structure."""
    compacted = compact(text)
    if isinstance(compacted, Invalid):
        return compacted
    if structure.match(compacted):
        return Valid(compacted)
    return STRUCTURE if len(compacted) in lengths else LENGTH
