"""Dates of birth, whole or in part, in the forms in which they come."""

import re
from functools import lru_cache

from services.identity.domain import fillers

_ISO = re.compile(r"\s*(\d{4})(\D?)(\d{1,2})\2(\d{1,2})(?:[T\s].*)?\Z", re.ASCII)
_FRENCH = re.compile(r"\s*(\d{1,2})\s*([/.\- ])\s*(\d{1,2})\s*\2\s*(\d{4})\s*\Z", re.ASCII)
_YEAR_ONLY = re.compile(r"\s*(\d{4})(?:-(\d{2}))?\s*\Z", re.ASCII)
_WITHOUT = frozenset({fillers.BIRTH.replace("-", ""), "99991231", "11111111", "99999999"})


@lru_cache(maxsize=50_000)
def read_birth(text: str) -> str:
    """Eight digits, aaaammjj, zeros for what is unknown; empty when nothing is told.

    A day that is in no calendar, or not yet, stays: one digit was typed wrong, and the others tell.
    """
    if iso := _ISO.match(text):
        digits = f"{iso[1]}{int(iso[3]):02d}{int(iso[4]):02d}"
    elif french := _FRENCH.match(text):
        digits = f"{french[4]}{int(french[3]):02d}{int(french[1]):02d}"
    elif year := _YEAR_ONLY.match(text):
        digits = f"{year[1]}{year[2] or '00'}00"
    else:
        return ""
    return "" if digits in _WITHOUT or digits.startswith("0000") else digits
