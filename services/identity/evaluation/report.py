"""The page of an evaluation: one file that needs nothing else, with curves and the worst mistakes.

It shows lines of the file, which may be of real persons: the page says so, and only its owner may read it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import orjson
from jinja2 import Environment

from services.chassis import database
from services.identity.domain.deciding import CERTAIN
from services.identity.domain.scoring import Scorer
from services.identity.drawing.curves import (
    Point,
    precision_by_recall,
    quality_by_threshold,
    sizes_of_persons,
    weights_of_pairs,
)
from services.identity.drawing.waterfall import waterfall
from services.identity.evaluation.feeding import id_of
from services.identity.evaluation.figures import CAUSES, tables_of
from services.identity.evaluation.measures import Measured
from services.identity.evaluation.mistakes import Mistake
from services.identity.evaluation.room import Room
from services.identity.evaluation.running import Evaluation, record_of
from services.identity.storage import statements

_FALSE = (
    "Liens faux",
    "Deux personnes en vérité, réunies ; les plus sûrs d’abord. L’étiquette de vérité peut aussi se tromper.",
)
_MISSED = (
    "Liens manqués",
    "Une personne en vérité, restée en plusieurs ; pour chaque partage, la paire la plus proche du lien.",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A mistake as the page shows it."""

    cause: str
    weight: float | None
    lines: tuple[int, int]
    truths: tuple[str, str]
    traits: Sequence[tuple[str, str, str]]
    chart: str


def write_report(path: Path, evaluation: Evaluation, room: Room, shuffle: int | None) -> None:
    """Write the page, for its owner alone. The room must still be there: mistakes are read from it."""
    page = _page(evaluation, room, shuffle)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor
        file.write(page)


def _page(evaluation: Evaluation, room: Room, shuffle: int | None) -> str:
    source = evaluation.source
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        (files(__package__) / "report.html").read_text(encoding="utf-8")
    )
    mistakes = evaluation.mistakes
    return template.render(
        name=source.sheet.path.name,
        rows=source.survey.rows,
        model=evaluation.model.version,
        made_on=datetime.now(UTC).date().isoformat(),
        tables=tables_of(evaluation),
        charts=_charts(evaluation),
        columns=source.reading.columns.described(),
        ignored=source.reading.columns.ignored,
        notes=source.notes,
        kinds=[
            (*_FALSE, list(_shown(evaluation, room, mistakes.false_links, shuffle))),
            (*_MISSED, list(_shown(evaluation, room, mistakes.missed_links, shuffle))),
        ],
    )


def _charts(evaluation: Evaluation) -> dict[str, str]:
    join = evaluation.model.thresholds.join
    points = [_point(one) for one in evaluation.curve]
    true, false = _weights(evaluation)
    return {
        "thresholds": quality_by_threshold(points, join),
        "precision": precision_by_recall(points, join, [_point(one) for one in evaluation.splink or ()]),
        "weights": weights_of_pairs(true, false, join),
        "sizes": sizes_of_persons(evaluation.sizes, evaluation.true.histogram()),
    }


def _point(one: Measured) -> Point:
    return Point(one.join, one.pairs, one.persons)


def _weights(evaluation: Evaluation) -> tuple[list[float], list[float]]:
    """The weights of pairs of records of one person, and of two; what NIRs decide has none."""
    true: list[float] = []
    false: list[float] = []
    truth_of, lines_of = evaluation.fed.truth_of, evaluation.graph.lines_of
    for (one, other), verdict in evaluation.graph.verdicts.items():
        if verdict.weight < CERTAIN:
            same = truth_of[lines_of[one][0]] == truth_of[lines_of[other][0]]
            (true if same else false).append(verdict.weight)
    return true, false


def _shown(
    evaluation: Evaluation, room: Room, mistakes: Sequence[Mistake], shuffle: int | None
) -> Iterator[Shown]:
    scorer = Scorer(evaluation.model)
    row_of = _rows(len(evaluation.fed.truth_of), shuffle)
    told = _told(room, {line for one in mistakes for line in one.lines})
    for one in mistakes:
        left, right = (told[line] for line in one.lines)
        explained = scorer.explain(*(scorer.prepare(record_of(each)) for each in (left, right)))
        yield Shown(
            CAUSES.get(one.cause, one.cause),
            one.weight,
            (row_of[one.lines[0]], row_of[one.lines[1]]),
            (_truth(evaluation, one.lines[0]), _truth(evaluation, one.lines[1])),
            side_by_side(left, right),
            waterfall(explained),
        )


def _told(room: Room, lines: set[int]) -> dict[int, bytes]:
    with database.transaction(room.engine) as session:
        found = statements.told_by(session, room.keys.own, [id_of(line) for line in lines])
    return {declaration_id.int - 1: told for declaration_id, told in found.items()}


def _rows(count: int, shuffle: int | None) -> list[int]:
    """The row of the file that each line was: the same seed shuffles numbers as it did lines."""
    rows = list(range(1, count + 1))
    if shuffle is not None:
        Random(shuffle).shuffle(rows)  # noqa: S311 - an order, not a secret
    return rows


def _truth(evaluation: Evaluation, line: int) -> str:
    truth = evaluation.fed.truth_of[line]
    return "—" if truth < 0 else evaluation.fed.truths[truth]


def side_by_side(one: bytes, other: bytes) -> list[tuple[str, str, str]]:
    """Each trait that either line tells, as both tell it."""
    left, right = _flat(orjson.loads(one)), _flat(orjson.loads(other))
    return [(name, left[name], right[name]) for name in left if left[name] or right[name]]


def _flat(personne: dict[str, Any]) -> dict[str, str]:
    birth, home = personne["naissance"], personne["adresse"]
    return {
        "nom de naissance": personne["nom_naissance"],
        "nom d’usage": personne["nom_usage"],
        "prénoms": " ".join(personne["prenoms"]),
        "sexe": personne["sexe"],
        "né(e) le": birth["date"],
        "né(e) à": birth["commune"],
        "code postal": home["code_postal"],
        "commune": home["commune"],
        "NIR": personne["nir"],
    }
