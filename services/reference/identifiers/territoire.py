"""Codes of places: communes and countries (INSEE, code officiel géographique), postcodes (La Poste)."""

import re

from services.reference.identifiers.answers import Answer, matched

_COMMUNE = re.compile(
    r"(?:(?:0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5])(?!000)\d{3}|(?:97[1-8]|98[4-9])(?!00)\d{2})\Z", re.ASCII
)
_PAYS = re.compile(r"99(?!000)\d{3}\Z", re.ASCII)
_CODE_POSTAL = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-8])\d{3}\Z", re.ASCII)


def check_commune(text: str) -> Answer:
    """A commune's code (COG), not its postcode; Corsica's 20xxx have not been since 1976."""
    return matched(text, _COMMUNE, (5,))


def check_pays(text: str) -> Answer:
    """A country's code (COG), 99 and three digits."""
    return matched(text, _PAYS, (5,))


def check_code_postal(text: str) -> Answer:
    """Five digits (La Poste). 99 and a country's digits is no postcode: see `check_pays`."""
    return matched(text, _CODE_POSTAL, (5,))
