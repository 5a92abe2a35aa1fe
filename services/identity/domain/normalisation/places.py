"""Places of birth: by code or by label, as they are numbered now or as they were then."""

import re
from functools import lru_cache
from typing import NamedTuple

from services.identity.domain import fillers
from services.identity.domain.normalisation.letters import words_of
from services.identity.domain.normalisation.names import commune_name_of, is_filler
from services.identity.domain.normalisation.tables import table
from services.reference.nomenclatures.communes import COMMUNES
from services.reference.nomenclatures.pays import PAYS

_RULES = table("lieux")
_CITIES: dict[str, list[str]] = _RULES["villes"]
_KEPT: dict[str, list[str]] = _RULES["numeros_gardes"]
_FORMER: dict[str, str] = _RULES["avant_independance"]
# Corsica's 20xxx and North Africa's 91–96xxx are no codes of today: people were born there all the same.
_CODE = re.compile(r"(?:\d{2}|2[AB])\d{3}\Z", re.ASCII)
_WITH_DEPARTEMENT = re.compile(r"(.*?)[\s(]+(\d{2,3}|2[ABab])\s*\)?\s*\Z", re.ASCII | re.DOTALL)
FRANCE = "99100"


class Place(NamedTuple):
    """Where somebody was born: `code` (COG) is empty where only a `label` is known, and so is the other
    way round. `zone` is the département, or 99 abroad; empty where unknown."""

    code: str
    label: str
    zone: str

    def __repr__(self) -> str:
        return "Place()"  # what it says is for no log

    @property
    def text(self) -> str:
        """One text for one place: its code, or else its label."""
        return self.code or self.label


@lru_cache(maxsize=50_000)
def place_of(told: str) -> Place | None:
    """The place that a code or a label names; None for one that says nothing."""
    bare = told.strip().upper()
    if _CODE.match(bare):
        return _coded(bare)
    label, zone = bare, ""
    found = _WITH_DEPARTEMENT.match(bare)
    if found:
        label, zone = found[1], found[2].upper()
    name = commune_name_of(label)
    if name is None or is_filler(name.text):
        return None
    codes = [code for code in _LABELS.get(name.text, ()) if not zone or code.startswith(zone)]
    return _coded(codes[0]) if len(codes) == 1 else Place("", name.text, zone)


def _coded(code: str) -> Place | None:
    if code in (fillers.PLACE, FRANCE) or code.startswith("00") or code.endswith("000"):
        return None
    commune = COMMUNES.get(city_of(code)) or COMMUNES.get(code)
    name = commune_name_of(commune.nom) if commune else None
    return Place(code, name.text if name else "", _zone(code))


def _zone(code: str) -> str:
    return code[:3] if code[:2] in ("97", "98") else code[:2]


@lru_cache(maxsize=50_000)
def city_of(code: str) -> str:
    """The city of an arrondissement's code; any other code as it is."""
    return next((city for city, (first, last) in _CITIES.items() if first <= code <= last), code)


def kept_its_number(code: str, other: str) -> bool:
    """Whether one code may be the other's of before 1968 (Seine, Seine-et-Oise) or 1976 (Corsica)."""
    if code[2:] != other[2:] or city_of(code) in _CITIES or city_of(other) in _CITIES:
        return False
    return _became(code[:2], other[:2]) or _became(other[:2], code[:2])


def of_one_zone(place: Place, other: Place) -> bool:
    """Whether two places are in one département, as it is or as it was, or in one country by its old
    numbers."""
    one, two = place.zone, other.zone
    if not one or not two or "99" in (one, two):
        return _FORMER.get(one) == other.code != "" or _FORMER.get(two) == place.code != ""
    return one == two or _became(one, two) or _became(two, one)


@lru_cache(maxsize=200)
def zones_around(zone: str) -> frozenset[str]:
    """This zone, and those whose codes may be of one zone with one of it, or its number of another time."""
    after = _KEPT.get(zone, [])
    before = [former for former, present in _KEPT.items() if zone in present]
    abroad = _FORMER if zone == "99" else ["99"] if zone in _FORMER else []
    return frozenset({zone, *after, *before, *abroad})


def _became(former: str, present: str) -> bool:
    return present in _KEPT.get(former, ())


def _labels() -> dict[str, list[str]]:
    """The codes of each label that the reference knows: communes without arrondissements, and countries."""
    labels: dict[str, list[str]] = {}
    known = [(code, commune.nom) for code, commune in COMMUNES.items() if city_of(code) == code]
    for code, nom in [*known, *((code, pays.nom) for code, pays in PAYS.items())]:
        labels.setdefault("".join(words_of(nom)), []).append(code)
    return labels


_LABELS = _labels()
