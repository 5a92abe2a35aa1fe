"""How often each value is borne: what agreeing on it tells, and what keys are made of."""

from collections import Counter
from collections.abc import Iterable, Sequence

from services.identity.domain.blocking import beginnings_of
from services.identity.domain.model import TABLES
from services.identity.domain.normalisation.places import city_of
from services.identity.domain.records import Record


def frequencies_of(
    records: Sequence[Record], least: int, siblings: float = 0.0
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """How likely a record of another person bears each value, for values that `least` records bear or more;
    and how likely it bears the value of a record, when that is any other.

    Of those who bear a value, a record itself and its `siblings`, the other records of its person, are not
    counted: in a small file they are most of those who bear a rare name, and would make it common. That
    nobody else was seen with it does not say that nobody has it: half a person is added (as Good and Turing
    would, of names that half as many bear twice as bear once).
    """
    listed: dict[str, dict[str, float]] = {}
    unlisted: dict[str, float] = {}
    person = 1 + siblings
    for table in TABLES:
        counts = Counter(value for record in records for value in set(_values(table, record)))
        told = max(counts.total(), 1)
        others = {value: max(count - person, person / 2) / told for value, count in counts.items()}
        listed[table] = {value: others[value] for value, count in counts.items() if count >= least}
        rest = {value: count for value, count in counts.items() if count < least}
        bearers = sum(rest.values())
        unlisted[table] = (
            sum(count * others[value] for value, count in rest.items()) / bearers
            if rest
            else person / 2 / told
        )
    return listed, unlisted


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
