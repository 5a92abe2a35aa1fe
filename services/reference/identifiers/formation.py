"""Codes of training: who trains (NDA, UAI), what is certified (RNCP, RS, blocs), what is taught."""

import re

from services.reference.identifiers.answers import (
    KEY,
    PLACEHOLDER,
    STRUCTURE,
    Answer,
    Invalid,
    Valid,
    compact,
    matched,
)

_NDA = re.compile(r"\d{2}(?:\d{2}|2[AB])\d{5}(?:\d{2}|2[AB])\Z", re.ASCII)
_NDA_DUMMY = "99999999999"
_UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_UAI = re.compile(rf"(?!0000000)\d{{7}}[{_UAI_LETTERS}]\Z", re.ASCII)
_RNCP = re.compile(r"(?:RNCP)?((?!0+\Z)\d{3,5})\Z", re.ASCII)
_RS = re.compile(r"RS(?!0+\Z)\d{1,5}\Z", re.ASCII)
_BLOC = re.compile(r"(RNCP\d{3,5}BC)?(?!0+\Z)(\d{1,2})\Z", re.ASCII)
_FORMACODE = re.compile(r"\d{5}\Z", re.ASCII)
_NSF = re.compile(r"\d{2,3}[A-Z]?\Z", re.ASCII)


def check_nda(text: str) -> Answer:
    """Numéro de déclaration d'activité, 11 characters, no known key (L.6351-1).

    Its départements are not held against one another: LHEO's own example does not follow the layout.
    """
    answer = matched(text, _NDA, (11,))
    return PLACEHOLDER if answer == Valid(_NDA_DUMMY) else answer


def check_uai(text: str) -> Answer:
    """Seven digits and the letter of rank (number mod 23) in an alphabet without I, O and Q (ex-RNE)."""
    answer = matched(text, _UAI, (8,))
    if isinstance(answer, Valid) and answer.value[7] != _UAI_LETTERS[int(answer.value[:7]) % 23]:
        return KEY
    return answer


def check_rncp(text: str) -> Answer:
    """`RNCP` and 3 to 5 digits (France compétences); the prefix may be missing."""
    compacted = compact(text)
    if isinstance(compacted, Invalid):
        return compacted
    found = _RNCP.match(compacted)
    return Valid(f"RNCP{found[1]}") if found else STRUCTURE


def check_rs(text: str) -> Answer:
    """`RS` and 1 to 5 digits (France compétences): without its prefix, nothing tells it from a RNCP."""
    return matched(text, _RS, range(3, 8))


def check_certification(text: str) -> Answer:
    """A code of the RNCP or of the répertoire spécifique."""
    compacted = compact(text)
    if isinstance(compacted, Invalid):
        return compacted
    return check_rs(compacted) if compacted.startswith("RS") else check_rncp(compacted)


def check_bloc(text: str) -> Answer:
    """A bloc de compétences, `RNCP29497BC01` (France compétences).

    Or its number alone, two digits, where the fiche is told elsewhere.
    """
    compacted = compact(text)
    if isinstance(compacted, Invalid):
        return compacted
    found = _BLOC.match(compacted)
    return Valid(f"{found[1] or ''}{found[2]:0>2}") if found else STRUCTURE


def check_formacode(text: str) -> Answer:
    """Five digits of the Formacode thesaurus (Centre Inffo); the version is told beside it."""
    return matched(text, _FORMACODE, (5,))


def check_nsf(text: str) -> Answer:
    """Two or three digits of the nomenclature des spécialités de formation, and its letter, a small one."""
    answer = matched(text, _NSF, (2, 3, 4))
    return Valid(answer.value.lower()) if isinstance(answer, Valid) else answer
