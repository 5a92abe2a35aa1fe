"""Turns rows of a file into persons as ingestion tells them, and learns from a first reading how to do so."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from services.identity.domain.normalisation.letters import words_of
from services.identity.domain.normalisation.names import BETWEEN
from services.identity.evaluation.columns import Columns
from services.identity.evaluation.dates import DateForm, DateSurvey
from services.identity.evaluation.sheets import Sheet

# What programs write where nothing is known. Some of it is somebody's name (Na): in a column of names it
# counts for nothing only where too many bear it.
_UNKNOWN = frozenset({"NA", "N/A", "#N/A", "NAN", "NULL", "NONE", "\\N", "-", "--", ".", "?", "NIL", "<NA>"})
_TOO_MANY = 0.01
_NAMES = frozenset({"nom_naissance", "nom_usage", "prenoms", "autres_prenoms", "nom_complet"})
# Numbers that a spreadsheet took for decimal ones.
_DECIMAL = re.compile(r"(\d+)\.0+\Z")
_PARTS = ("annee_naissance", "mois_naissance", "jour_naissance")
_SEXES: dict[str, str] = {
    word: sex
    for sex, words in json.loads((files(__package__) / "sexes.json").read_text(encoding="utf-8")).items()
    if sex != "_"
    for word in words
}

Personne = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """How every row of a file is read."""

    columns: Columns
    dates: DateForm
    unknown: Mapping[str, frozenset[str]]  # what is no value, for each word

    def texts(self, row: Sequence[str]) -> dict[str, str]:
        """What a row tells by our words."""
        told = {}
        for word, places in self.columns.read.items():
            cells = (row[at].strip() for at in places)
            told[word] = " ".join(cell for cell in cells if cell.upper() not in self.unknown[word])
        return told

    def personne(self, row: Sequence[str]) -> Personne:
        """The person of a row, in the shape in which ingestion tells one."""
        told = self.texts(row)
        family, given = told.get("nom_naissance", ""), told.get("prenoms", "")
        if not family and not given and told.get("nom_complet"):
            family, given = _whole_name(told["nom_complet"])
        first_names = [name for name in BETWEEN.split(f"{given} {told.get('autres_prenoms', '')}") if name]
        return {
            "nom_naissance": family,
            "nom_usage": told.get("nom_usage", ""),
            "prenoms": first_names,
            "sexe": _sex_of(told.get("sexe", "")),
            "naissance": {"date": self._birth(told), "commune": told.get("lieu_naissance", "")},
            "adresse": {
                "code_postal": _DECIMAL.sub(r"\1", told.get("code_postal", "")),
                "commune": told.get("commune", ""),
            },
            "nir": told.get("nir", ""),
            "nir_certifie": told.get("nir_certifie", "").lower() in ("1", "oui", "true"),
        }

    def _birth(self, told: Mapping[str, str]) -> str:
        if any(part in told for part in _PARTS):
            return self.dates.of_parts(*(told.get(part, "") for part in _PARTS))
        return self.dates.read(told.get("date_naissance", ""))


def _sex_of(text: str) -> str:
    bare = _DECIMAL.sub(r"\1", text)
    return _SEXES.get("".join(words_of(bare)), bare)


def _whole_name(text: str) -> tuple[str, str]:
    """Surname and first names of a whole name: `Durand, Zoé Marie`, or the last word is the surname."""
    family, comma, given = text.partition(",")
    if comma:
        return family.strip(), given.strip()
    *first, last = text.split()
    return last, " ".join(first)


@dataclass(slots=True)
class Survey:
    """What a first reading of a file tells: how many rows, how dates are written, what stands for nothing."""

    rows: int = 0
    without_truth: int = 0
    dates: DateSurvey = field(default_factory=DateSurvey)
    odd: Counter[tuple[str, str]] = field(default_factory=Counter)

    def see(self, row: Sequence[str], columns: Columns) -> None:
        """One row more."""
        self.rows += 1
        self.without_truth += columns.truth is not None and not row[columns.truth].strip()
        for word, places in columns.read.items():
            for at in places:
                cell = row[at].strip()
                if cell.upper() in _UNKNOWN:
                    self.odd[word, cell.upper()] += 1
                elif word == "date_naissance":
                    self.dates.see(cell)

    def reading(self, columns: Columns, this_year: int) -> Reading:
        """How to read the rows of this file."""
        return Reading(
            columns,
            self.dates.form(this_year),
            {word: frozenset(self._unknown(word)) for word in columns.read},
        )

    def _unknown(self, word: str) -> Iterator[str]:
        for text in _UNKNOWN:
            if word not in _NAMES or self.odd[word, text] > _TOO_MANY * self.rows:
                yield text


def survey(sheet: Sheet, columns: Columns) -> Survey:
    """Read all of the file once."""
    found = Survey()
    for row in sheet.rows():
        found.see(row, columns)
    return found
