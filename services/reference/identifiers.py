"""Identifiers of the trade: each checked as its issuer does, and put in its canonical form.

"No" is an answer: `check_x` returns `Valid` with the canonical value or `Invalid` with the reason,
one of `empty`, `length`, `characters`, `structure`, `key`, `placeholder`. A reason never holds the value.
Existence (in Sirene, in RNCP at a date) is another question, answered elsewhere.
"""

import re
from dataclasses import dataclass

# Longer than any identifier with any separators: past it, nothing is looked at.
_LONGEST = 64
_SEPARATORS = re.compile(r"[\s.\-]+")


@dataclass(frozen=True, slots=True)
class Valid:
    """The identifier in its canonical form."""

    value: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """Why it is none."""

    reason: str


Answer = Valid | Invalid

_EMPTY, _LENGTH, _CHARACTERS = Invalid("empty"), Invalid("length"), Invalid("characters")
_STRUCTURE, _KEY, _PLACEHOLDER = Invalid("structure"), Invalid("key"), Invalid("placeholder")


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text[: _LONGEST + 1]).upper()


def _matched(text: str, pattern: re.Pattern[str]) -> Answer:
    compact = _compact(text)
    if not compact:
        return _EMPTY
    return Valid(compact) if pattern.match(compact) else _STRUCTURE


# --- NIR ---------------------------------------------------------------------------------

# sexe, année, mois, lieu, ordre. Months 20, 30–42 and 50–99 are incomplete civil statuses; 99 is abroad.
_NIR = re.compile(
    r"[123478]"
    r"\d{2}"
    r"(?:0[1-9]|1[0-2]|20|3\d|4[0-2]|[5-9]\d)"
    r"(?:(?:0[1-9]|1\d|2[0-9AB]|[3-8]\d|9[0-6])(?!000)\d{3}|(?:97[1-8]|98[4-9])(?!00)\d{2}|99(?!000)\d{3})"
    r"(?!000)\d{3}\Z",
    re.ASCII,
)
_NIR_CHARACTERS = re.compile(r"\d{5}(?:\d{2}|2[AB])\d{6}(?:\d{2})?\Z", re.ASCII)


def nir_key(thirteen: str) -> str:
    """The two digits of control: 97 − (N mod 97), Corsica's letters counting as 19 and 18."""
    number = int(thirteen.replace("2A", "19", 1).replace("2B", "18", 1))
    return f"{97 - number % 97:02d}"


def check_nir(text: str, *, key_required: bool = True) -> Answer:
    """The 13 characters of a NIR given with its key, or without where `key_required` is false.

    The birth commune is never held against today's COG: it is the one at birth.
    """
    compact = _compact(text)
    if not compact:
        return _EMPTY
    if len(compact) != 15 and (key_required or len(compact) != 13):
        return _LENGTH
    if len(set(compact)) == 1:
        return _PLACEHOLDER
    if not _NIR_CHARACTERS.match(compact):
        return _CHARACTERS
    thirteen, key = compact[:13], compact[13:]
    if not _NIR.match(thirteen):
        return _STRUCTURE
    if key and key != nir_key(thirteen):
        return _KEY
    return Valid(thirteen)


# --- SIREN, SIRET ------------------------------------------------------------------------

_LA_POSTE = "356000000"
_DOUBLED = str.maketrans("0123456789", "0246813579")


def _luhn(digits: str) -> bool:
    odd, even = digits[-1::-2], digits[-2::-2].translate(_DOUBLED)
    return sum(map(int, odd + even)) % 10 == 0


def _digits(text: str, length: int) -> str | Invalid:
    compact = _compact(text)
    if not compact:
        return _EMPTY
    if not (compact.isascii() and compact.isdigit()):
        return _CHARACTERS
    if len(compact) != length:
        return _LENGTH
    return _PLACEHOLDER if len(set(compact)) == 1 else compact


def check_siren(text: str) -> Answer:
    """Nine digits, Luhn (INSEE)."""
    digits = _digits(text, 9)
    if isinstance(digits, Invalid):
        return digits
    return Valid(digits) if _luhn(digits) else _KEY


def check_siret(text: str) -> Answer:
    """Fourteen digits, Luhn, for the SIREN as well; La Poste's establishments: a sum divisible by 5."""
    digits = _digits(text, 14)
    if isinstance(digits, Invalid):
        return digits
    if digits.startswith(_LA_POSTE):
        return Valid(digits) if _luhn(digits) or sum(map(int, digits)) % 5 == 0 else _KEY
    return Valid(digits) if _luhn(digits) and _luhn(digits[:9]) else _KEY


# --- training bodies and certifications --------------------------------------------------

_NDA = re.compile(r"\d{2}(?:\d{2}|2[AB])\d{5}(?:\d{2}|2[AB])\Z", re.ASCII)
_UAI = re.compile(r"\d{7}[A-Z]\Z", re.ASCII)
_UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_RNCP = re.compile(r"(?:RNCP)?(\d{3,5})\Z", re.ASCII)
_RS = re.compile(r"RS\d{1,5}\Z", re.ASCII)


def check_nda(text: str) -> Answer:
    """Numéro de déclaration d'activité, 11 characters, no known key (L.6351-1)."""
    compact = _compact(text)
    if compact and len(compact) != 11:
        return _LENGTH
    return _matched(compact, _NDA)


def check_uai(text: str) -> Answer:
    """Seven digits and the letter of rank (number mod 23) in an alphabet without I, O and Q."""
    answer = _matched(text, _UAI)
    if isinstance(answer, Valid) and answer.value[7] != _UAI_LETTERS[int(answer.value[:7]) % 23]:
        return _KEY
    return answer


def check_rncp(text: str) -> Answer:
    """`RNCP` and 3 to 5 digits; the prefix may be missing."""
    compact = _compact(text)
    if not compact:
        return _EMPTY
    found = _RNCP.match(compact)
    return Valid(f"RNCP{found[1]}") if found else _STRUCTURE


def check_rs(text: str) -> Answer:
    """`RS` and 1 to 5 digits."""
    return _matched(text, _RS)


def check_certification(text: str) -> Answer:
    """A code of the RNCP or of the répertoire spécifique."""
    return check_rs(text) if _compact(text).startswith("RS") else check_rncp(text)


# --- places and other codes --------------------------------------------------------------

_COMMUNE = re.compile(
    r"(?:(?:0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5])(?!000)\d{3}|(?:97[1-8]|98[4-9])(?!00)\d{2})\Z", re.ASCII
)
_PAYS = re.compile(r"99(?!000)\d{3}\Z", re.ASCII)
_FORMACODE = re.compile(r"\d{5}\Z", re.ASCII)


def check_commune(text: str) -> Answer:
    """A commune's INSEE code (COG), not its postcode; 20xxx has not been since 1976."""
    return _matched(text, _COMMUNE)


def check_pays(text: str) -> Answer:
    """A country's INSEE code, 99 and three digits."""
    return _matched(text, _PAYS)


def check_formacode(text: str) -> Answer:
    """Five digits of the Formacode thesaurus."""
    return _matched(text, _FORMACODE)
