"""The rules that look at a whole line, after each of its fields is known to be well formed.

A contradiction between a NIR and the civil status is told, never refused: adoptions, corrections of
sex and incomplete acts make true ones (domain: NIR cross-checks are warnings).
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from services.ingestion.domain.findings import Finding
from services.ingestion.domain.lines import Declaration, birth_date_of

# Clocks differ and files are dated from their closing: a day ahead is let through.
CLOCK_TOLERANCE = timedelta(days=1)
YOUNGEST = 15  # L.6222-1, with its derogation


def emission(declaration: Declaration, now: datetime) -> Iterator[Finding]:
    """What is said tomorrow would win over everything said until then."""
    if declaration.emise_le > now + CLOCK_TOLERANCE:
        yield Finding("emise_dans_le_futur", "emise_le")


def nir_and_sex(declaration: Declaration, _: datetime) -> Iterator[Finding]:
    """First digit of the NIR: 1 and 7 men, 2 and 8 women; 3 and 4 likewise for persons being registered."""
    nir = declaration.personne.get("nir")
    if nir and (nir[0] in "137") != (declaration.personne["sexe"] == "M"):
        yield Finding("nir_sexe_different", "personne.nir")


def nir_and_birth(declaration: Declaration, _: datetime) -> Iterator[Finding]:
    """Digits 2 to 5 of the NIR: year and month of birth, where the month is a real one."""
    nir = declaration.personne.get("nir")
    born = birth_date_of(declaration.personne)
    if nir and born and int(nir[3:5]) <= 12 and nir[1:5] != f"{born:%y%m}":
        yield Finding("nir_naissance_differente", "personne.nir")


def certified_nir(declaration: Declaration, _: datetime) -> Iterator[Finding]:
    """What certifies a NIR says nothing without one."""
    if declaration.personne.get("nir_certifie") and "nir" not in declaration.personne:
        yield Finding("nir_certifie_absent", "personne.nir_certifie")


def something_to_match(declaration: Declaration, _: datetime) -> Iterator[Finding]:
    """Without a NIR, only a complete civil status tells one person from another."""
    birth = declaration.personne["naissance"]
    if "nir" not in declaration.personne and "commune" not in birth and "pays" not in birth:
        yield Finding("lieu_naissance_absent", "personne.naissance")


def age(declaration: Declaration, now: datetime) -> Iterator[Finding]:
    """Nobody is in vocational training before 15."""
    born = birth_date_of(declaration.personne)
    if born and (now.year - born.year) - ((now.month, now.day) < (born.month, born.day)) < YOUNGEST:
        yield Finding("age_inhabituel", "personne.naissance.date")


RULES: tuple[Callable[[Declaration, datetime], Iterator[Finding]], ...] = (
    emission,
    nir_and_sex,
    nir_and_birth,
    certified_nir,
    something_to_match,
    age,
)


def findings_of(declaration: Declaration, now: datetime) -> list[Finding]:
    """All that the rules find, in their order."""
    return [finding for rule in RULES for finding in rule(declaration, now)]
