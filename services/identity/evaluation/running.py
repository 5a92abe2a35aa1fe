"""One evaluation from the file to the figures: read, learn if asked, feed, and hold against the truth."""

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from services.contracts.errors import Malformed
from services.identity import schemas
from services.identity.domain.default_model import default_model
from services.identity.domain.measuring import quality_of_pairs, quality_of_persons
from services.identity.domain.model import Model
from services.identity.domain.records import Record
from services.identity.domain.scoring import Scorer
from services.identity.evaluation.columns import columns_of
from services.identity.evaluation.feeding import Fed, Line, as_line, feed, shuffled
from services.identity.evaluation.graph import Graph, read_graph
from services.identity.evaluation.learning import FITTED_TO, LEARNED_FROM, fitted_to, learned_on
from services.identity.evaluation.measures import Measured, Tally, TrueSizes, measured, true_sizes
from services.identity.evaluation.mistakes import Mistakes, find_mistakes
from services.identity.evaluation.room import Room
from services.identity.evaluation.sheets import Sheet, open_sheet
from services.identity.evaluation.sweeping import sweep
from services.identity.evaluation.telling import Reading, Survey, survey
from services.identity.learning.batch import persons_by_splink
from services.identity.learning.learning import Effort

# The model of a run is thrown away with it, and may hold the values that only two records bear.
_EFFORT = Effort(least=2)
_FITTING = Effort(least=2, random=100_000, candidates=300_000)
# One that is written outlives its run: it holds no value that few bear.
WRITTEN = Effort()
_SPLINK_AT = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
EVEN_ODDS = 0.5

Step = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the operator asks. `mistakes` is how many of each kind to show."""

    records: Path
    truth: str
    mapping: Sequence[str] = ()
    learn: bool = False
    shuffle: int | None = None
    splink: bool = False
    chunk: int = 500
    mistakes: int = 20


@dataclass(frozen=True, slots=True)
class Source:
    """The file, and how it is read."""

    sheet: Sheet
    reading: Reading
    survey: Survey
    notes: Sequence[str]

    def lines(self) -> Iterator[Line]:
        """Every row as a line: whose it is, and what it tells."""
        truth = self.reading.columns.truth
        for row in self.sheet.rows():
            yield as_line("" if truth is None else row[truth].strip(), self.reading.personne(row))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is told of one run."""

    source: Source
    model: Model
    learning_seconds: float | None
    fed: Fed
    true: TrueSizes
    in_force: Measured
    curve: Sequence[Measured]
    sizes: dict[int, int]
    graph: Graph
    mistakes: Mistakes
    splink: Sequence[Measured] | None  # `join` is a probability
    splink_seconds: float
    splink_failed: str  # the name of its error

    @property
    def best_pairs(self) -> Measured:
        return max(self.curve, key=lambda one: (one.pairs.f1, one.persons.f1))

    @property
    def best_persons(self) -> Measured:
        return max(self.curve, key=lambda one: (one.persons.f1, one.pairs.f1))


def open_source(path: Path, mapping: Sequence[str], truth: str | None) -> Source:
    """The file as it is to be read, after a first reading. Raises `Malformed`."""
    sheet = open_sheet(path)
    columns = columns_of(sheet.columns, mapping, truth)
    seen = survey(sheet, columns)
    if not seen.rows:
        raise Malformed("fichier_vide", "Le fichier n’a que des titres : il n’y a rien à évaluer.")
    if truth is not None and seen.without_truth == seen.rows:
        raise Malformed("verite_absente", "La colonne de --truth est vide.")
    reading = seen.reading(columns, datetime.now(UTC).year)
    return Source(sheet, reading, seen, tuple(_notes(seen, reading)))


def _notes(seen: Survey, reading: Reading) -> Iterator[str]:
    """What was assumed."""
    orders = seen.dates.described(reading.dates)
    if orders:
        yield f"dates lues comme {', '.join(orders)}"
    if seen.dates.short_years:
        yield f"{seen.dates.short_years} années à deux chiffres, au plus tard {reading.dates.this_year}"
    if seen.without_truth:
        yield f"{seen.without_truth} lignes sans vérité, chacune comptée comme une personne"
    odd = {text for (word, text), count in seen.odd.items() if count and text in reading.unknown[word]}
    if odd:
        yield f"lus comme absents : {', '.join(sorted(odd))}"


def evaluate(asked: Asked, source: Source, room: Room, step: Step) -> Evaluation:
    """Feed the file to the service in this room, and measure. `step` is told what is done, and of how many
    lines."""
    lines: Iterable[Line] = (
        source.lines() if asked.shuffle is None else shuffled(source.lines(), asked.shuffle)
    )
    began = time.perf_counter()
    if asked.learn:
        step("Apprentissage", 0)
        model = learned(source.lines(), source.survey.rows)
    else:
        step("Étalonnage", 0)
        model = fitted(source.lines(), source.survey.rows)
    learning_seconds = time.perf_counter() - began if asked.learn else None
    scorer = Scorer(model)
    fed = feed(room, scorer, lines, asked.chunk, lambda count: step("Rapprochement", count))
    step("Mesure", 0)
    true = true_sizes(fed.truth_of)
    graph = read_graph(room, fed)
    tally, sizes = _found(fed, true)
    in_force = measured(model.thresholds.join, tally, true)
    curve = sweep(room, model, fed, graph, true)
    mistakes = find_mistakes(room, scorer, fed, graph, asked.mistakes)
    began = time.perf_counter()
    splink, failed = _beside(source, step) if asked.splink else (None, "")
    seconds = time.perf_counter() - began
    return Evaluation(
        source=source,
        model=model,
        learning_seconds=learning_seconds,
        fed=fed,
        true=true,
        in_force=in_force,
        curve=curve,
        sizes=sizes,
        graph=graph,
        mistakes=mistakes,
        splink=splink,
        splink_seconds=seconds,
        splink_failed=failed,
    )


def learned(lines: Iterable[Line], rows: int, effort: Effort = _EFFORT) -> Model:
    """The model learned without labels on these lines, or on so many drawn from them, for all of them."""
    return learned_on(_drawn(lines, rows, LEARNED_FROM), rows, effort)


def fitted(lines: Iterable[Line], rows: int) -> Model:
    """The model that ships, fitted without labels to these lines, or to so many drawn from them."""
    return fitted_to(default_model(), _drawn(lines, rows, FITTED_TO), rows, _FITTING)


def _drawn(lines: Iterable[Line], rows: int, most: int) -> list[Record]:
    draw = Random(1)  # noqa: S311 - a sample must be reproducible, not secret
    share = most / rows if rows > most else 1.0
    told = (personne for _, personne in lines if share == 1.0 or draw.random() < share)
    return [record_of(personne) for personne in told]


def record_of(personne: bytes) -> Record:
    """The record of a line, read as the service reads it."""
    return schemas.read_content(personne)


def _beside(source: Source, step: Step) -> tuple[list[Measured] | None, str]:
    """What Splink finds, or the name of the error by which it could not."""
    step("Splink", 0)
    try:
        return by_splink(source.lines()), ""
    except Exception as error:  # whatever stops another's program must not lose our figures
        return None, type(error).__name__


def by_splink(lines: Iterable[Line]) -> list[Measured]:
    """What Splink finds by itself in the same columns, at each of some match probabilities."""
    records: list[Record] = []
    truth: dict[Hashable, Hashable] = {}
    numbers: dict[str, int] = {}
    for at, (whose, personne) in enumerate(lines):
        records.append(record_of(personne))
        truth[at] = numbers.setdefault(whose, len(numbers)) if whose else -1 - at
    return [
        Measured(at, quality_of_pairs(found, truth), quality_of_persons(found, truth), len(found))
        for at, found in persons_by_splink(records, _SPLINK_AT)
    ]


def _found(fed: Fed, true: TrueSizes) -> tuple[Tally, dict[int, int]]:
    """What the service found, and how many persons have how many lines."""
    lines_of: dict[int, list[int]] = {}
    for line, person in enumerate(fed.person_of):
        lines_of.setdefault(person, []).append(fed.truth_of[line])
    tally = Tally()
    for truths in lines_of.values():
        tally.add(truths, true.sizes)
    return tally, dict(sorted(Counter(map(len, lines_of.values())).items()))
