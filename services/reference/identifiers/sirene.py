"""SIREN and SIRET, the numbers of companies and of their establishments (INSEE, Sirene).

stdnum accepts a SIRET of zeros, refuses La Poste's establishments that Luhn accepts, and takes seven times
as long. A property test holds the rest against it.
"""

from services.reference.identifiers.answers import (
    CHARACTERS,
    KEY,
    LENGTH,
    PLACEHOLDER,
    Answer,
    Invalid,
    Valid,
    compact,
)

_LA_POSTE = "356000000"
_ALONE = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))


def check_siren(text: str) -> Answer:
    """Nine digits, Luhn (INSEE)."""
    digits = _digits(text, 9)
    if isinstance(digits, Invalid):
        return digits
    if digits == digits[0] * 9:
        return PLACEHOLDER
    return Valid(digits) if _luhn(digits) else KEY


def check_siret(text: str) -> Answer:
    """Fourteen digits, Luhn, for the SIREN as well; La Poste's establishments: a sum divisible by 5 (INSEE).

    No SIREN is nine zeros, and no NIC is five: that is a SIREN filled up.
    """
    digits = _digits(text, 14)
    if isinstance(digits, Invalid):
        return digits
    siren, nic = digits[:9], digits[9:]
    if siren == siren[0] * 9 or nic == "00000":
        return PLACEHOLDER
    if _luhn(siren) and (_luhn(digits) or (siren == _LA_POSTE and sum(map(int, digits)) % 5 == 0)):
        return Valid(digits)
    return KEY


def propose_siret(text: str) -> str | None:
    """The valid SIRET of which a spreadsheet may have lost the leading zeros; None if there is none.

    It is for a human to accept. A valid SIREN is proposed nothing: it is short for another reason.
    """
    digits = compact(text)
    if isinstance(digits, Invalid) or not digits.isdecimal() or not 9 <= len(digits) < 14:
        return None
    if isinstance(check_siren(digits), Valid):
        return None
    answer = check_siret(digits.zfill(14))
    return answer.value if isinstance(answer, Valid) else None


def _digits(text: str, length: int) -> str | Invalid:
    if len(text) == length and text.isascii() and text.isdecimal():
        return text
    compacted = compact(text)
    if isinstance(compacted, Invalid):
        return compacted
    if not compacted.isdecimal():
        return CHARACTERS
    return compacted if len(compacted) == length else LENGTH


def _luhn(digits: str) -> bool:
    written = digits.encode()
    total = sum(written[-1::-2].translate(_ALONE)) + sum(written[-2::-2].translate(_DOUBLED))
    return total % 10 == 0
