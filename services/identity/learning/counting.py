"""How often each value is borne: what agreeing on it tells, and what keys are made of."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from services.identity.domain.blocking import beginnings_of
from services.identity.domain.model import TABLES
from services.identity.domain.normalisation.places import city_of
from services.identity.domain.records import Record


def frequencies_of(
    records: Sequence[Record], least: int
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """The share of those who tell a trait that bear each value, for values borne `least` times or more;
    and the frequency of any other: how often two records agree by chance, given that one bears such."""
    listed: dict[str, dict[str, float]] = {}
    unlisted: dict[str, float] = {}
    for table in TABLES:
        counts = Counter(value for record in records for value in set(_values(table, record)))
        told = max(counts.total(), 1)
        listed[table] = {value: count / told for value, count in counts.items() if count >= least}
        unlisted[table] = _frequency_of_the_rest(counts, least, told)
    return listed, unlisted


def _frequency_of_the_rest(counts: Mapping[str, int], least: int, told: int) -> float:
    rest = [count for count in counts.values() if count < least]
    return sum(count * count for count in rest) / (told * sum(rest)) if rest else 1 / told


def _values(table: str, record: Record) -> Iterable[str]:
    match table:
        case "nom":
            return [name.text for name in record.surnames]
        case "prenom":
            return [name.text for name in record.first_names]
        case "lieu_naissance":
            return [record.place.text, city_of(record.place.text)] if record.place else []
        case "code_postal":
            return [record.postcode] if record.postcode else []
        case "commune":
            return [record.commune.text] if record.commune else []
        case "annee":
            return [record.birth[:4]] if record.birth else []
        case "jour":
            return [record.birth[4:]] if record.birth and not record.birth.endswith("00") else []
        case _:
            return beginnings_of(record)
