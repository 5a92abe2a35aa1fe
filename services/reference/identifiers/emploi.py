"""Codes of employment: activity (NAF), agreement (IDCC), profession (PCS-ESE, ROME)."""

import re

from services.reference.identifiers.answers import LENGTH, STRUCTURE, Answer, Invalid, Valid, compact, matched

_NAF = re.compile(r"\d{4}[A-Z]\Z", re.ASCII)
_ROME = re.compile(r"[A-N]\d{4}\Z", re.ASCII)
_PCS = re.compile(r"\d{3}[A-Z]\d?\Z", re.ASCII)


def check_naf(text: str) -> Answer:
    """Four digits and a letter, kept without their dot (INSEE, NAF rév. 2 and NAF 2025)."""
    return matched(text, _NAF, (5,))


def check_idcc(text: str) -> Answer:
    """Identifiant de convention collective, four digits (DGT). It is a number: zeros in front may be missing.

    9999 is the code of those who have none.
    """
    compacted = compact(text)
    if isinstance(compacted, Invalid):
        return compacted
    if len(compacted) > 4:
        return LENGTH
    return Valid(compacted.zfill(4)) if compacted.isdecimal() else STRUCTURE


def check_rome(text: str) -> Answer:
    """A letter from A to N and four digits (France Travail, répertoire opérationnel des métiers)."""
    return matched(text, _ROME, (5,))


def check_pcs(text: str) -> Answer:
    """Three digits, a letter, small as INSEE writes it, and at times one more digit (PCS-ESE)."""
    answer = matched(text, _PCS, (4, 5))
    return Valid(answer.value.lower()) if isinstance(answer, Valid) else answer
