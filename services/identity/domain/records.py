"""A record: what one line says of its person, read into what can be compared."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from services.identity.domain.normalisation.births import read_birth
from services.identity.domain.normalisation.letters import words_of
from services.identity.domain.normalisation.names import (
    Name,
    commune_name_of,
    first_names_of,
    surnames_of,
)
from services.identity.domain.normalisation.places import Place, place_of
from services.reference.identifiers import Valid, check_nir

Told = Mapping[str, str | Sequence[str]]

_SEXES = {
    **dict.fromkeys(("M", "H", "1", "HOMME", "MASCULIN", "MALE"), "M"),
    **dict.fromkeys(("F", "2", "FEMME", "FEMININ", "FEMALE"), "F"),
}


class Record(NamedTuple):
    """What is empty is unknown, and speaks neither for nor against anybody.

    `surnames`: of birth, then of use. `birth`: aaaammjj, zeros for what is unknown. `postcode` and
    `commune` are those of residence. `fingerprint` tells records of other content apart, and orders them
    in a way that depends on nothing else.
    """

    surnames: tuple[Name, ...]
    first_names: tuple[Name, ...]
    sex: str
    birth: str
    place: Place | None
    postcode: str
    commune: Name | None
    nir: str
    is_certified: bool
    fingerprint: str

    def __repr__(self) -> str:
        return "Record()"  # what it says is for no log


def read_record(told: Told) -> Record:
    """The record of these texts, by the words of the declaration: `nom_naissance`, `nom_usage`, `prenoms`
    (a list, or one text), `sexe`, `date_naissance`, `lieu_naissance`, `code_postal`, `commune`, `nir`,
    `nir_certifie` (`1` or `oui`). Others are ignored, and what cannot be read is unknown."""
    text = {key: value if isinstance(value, str) else " ".join(value) for key, value in told.items()}
    surnames = surnames_of(text.get("nom_naissance", ""), text.get("nom_usage", ""))
    first_names = first_names_of(told.get("prenoms", ""))
    place = place_of(text.get("lieu_naissance", ""))
    commune = commune_name_of(text.get("commune", ""))
    checked = check_nir(text.get("nir", ""), key_required=False)
    values = (
        " ".join(map(_written, surnames)),
        " ".join(map(_written, first_names)),
        _SEXES.get("".join(words_of(text.get("sexe", ""))), ""),
        read_birth(text.get("date_naissance", "")),
        f"{place.code}/{place.label}/{place.zone}" if place else "",
        "".join(words_of(text.get("code_postal", ""))),
        _written(commune) if commune else "",
        # `1 99 99 99 999 999` has a NIR's shape, and is nobody's.
        checked.value if isinstance(checked, Valid) and len(set(checked.value[1:])) > 1 else "",
        "1" if text.get("nir_certifie", "").strip().lower() in ("1", "oui", "true") else "",
    )
    fingerprint = hashlib.sha256("|".join(values).encode()).hexdigest()
    return Record(
        surnames, first_names, values[2], values[3], place, values[5], commune, values[7], bool(values[8]),
        fingerprint,
    )  # fmt: skip


@lru_cache(maxsize=50_000)
def _written(name: Name) -> str:
    """All that a name is compared by: LE ROUX and LEROUX are of the same letters, and two."""
    return "/".join((name.text, name.core, *sorted(name.parts), name.sound))
