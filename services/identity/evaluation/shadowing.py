"""A new model on all that the service holds, in a room apart: who would be linked, who would be split.

The service's records are told anew, one line for each, and resolved by the service's own code under the new
model. What is compared is whose each record is, before and after. Nothing of the service is changed, and of
persons only ids are told.

A link in force stays, when a model is adopted, as long as it is worth `split` (see `domain.clustering`): a
person whose parts are worth that is counted apart, as one that stays.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from services.identity.domain.deciding import judge
from services.identity.domain.model import Model
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.evaluation.feeding import give, standing
from services.identity.evaluation.graph import nobodies
from services.identity.evaluation.history import Held, History
from services.identity.evaluation.room import Room
from services.identity.evaluation.running import record_of
from services.identity.evaluation.tables import Drawn, at

_AT_ONCE = 500
# Of a larger part of a person, so many records speak for all.
_SPEAKERS = 32


@dataclass(frozen=True, slots=True)
class Change:
    """Persons that would be one (`linked`), or the parts of one that would be several; how many records each
    has, and the weight of their likeliest pair under the new model."""

    persons: tuple[UUID, ...]
    sizes: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Shadow:
    """What adopting the model would do. `kept` are persons that it would split, and hysteresis keeps."""

    version: str
    records: int
    before: int
    after: int
    linked: Sequence[Change]
    split: Sequence[Change]
    kept: Sequence[Change]
    nobodies: tuple[int, int]  # records that tell too little to be anybody's, before and after


def shadow(history: History, room: Room, model: Model, on_chunk: Callable[[int], None]) -> Shadow:
    """What this model, for as many records as there are, would change."""
    held = history.held()
    model = model.for_population(max(len(held), 2))
    scorer = Scorer(model)
    for start in range(0, len(held), _AT_ONCE):
        part = held[start : start + _AT_ONCE]
        told = history.told([one.declaration_id for one in part])
        give(room, scorer, [(one.declaration_id, told[one.declaration_id]) for one in part])
        on_chunk(len(part))
    after = {declaration_id: person_id for declaration_id, _, person_id in standing(room)}
    somebody = [(one, one.person_id, after[one.declaration_id]) for one in held if not one.is_nobody]
    weigher = _Weigher(history, scorer)
    joined = _several((person, was, one) for one, was, person in somebody)
    parted = _several((was, person, one) for one, was, person in somebody)
    linked = [weigher.change(tuple(parts), list(parts.values())) for _, parts in joined]
    split = [weigher.change((was,), list(parts.values())) for was, parts in parted]
    worth = model.thresholds.split
    return Shadow(
        version=model.version,
        records=len(held),
        before=len({was for _, was, _ in somebody}),
        after=len({person for _, _, person in somebody}),
        linked=_heaviest_first(linked),
        split=_heaviest_first(one for one in split if one.weight < worth),
        kept=_heaviest_first(one for one in split if one.weight >= worth),
        nobodies=(len(held) - len(somebody), nobodies(room)),
    )


def _several(
    told: Iterable[tuple[UUID, UUID, Held]],
) -> list[tuple[UUID, dict[UUID, list[Held]]]]:
    """The persons of one side whose records are of several on the other, and the records of each of these."""
    parts_of: dict[UUID, dict[UUID, list[Held]]] = defaultdict(lambda: defaultdict(list))
    for here, there, one in told:
        parts_of[here][there].append(one)
    return [(here, dict(parts)) for here, parts in sorted(parts_of.items()) if len(parts) > 1]


def _heaviest_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda one: (-one.weight, one.persons))


class _Weigher:
    """Weighs the parts of a change against one another, under the new model."""

    def __init__(self, history: History, scorer: Scorer) -> None:
        self._history, self._scorer = history, scorer

    def change(self, persons: tuple[UUID, ...], parts: Sequence[Sequence[Held]]) -> Change:
        """The change, with the weight of the likeliest pair of records of two of its parts."""
        opened = [self._opened(part) for part in parts]
        weight = max(
            judge(one, other, self._scorer).weight
            for ones, others in combinations(opened, 2)
            for one in ones
            for other in others
        )
        return Change(persons, tuple(len(part) for part in parts), weight)

    def _opened(self, part: Sequence[Held]) -> list[Prepared]:
        told = self._history.told([one.declaration_id for one in part[:_SPEAKERS]])
        return [self._scorer.prepare(record_of(line)) for line in told.values()]


def tables_of(found: Shadow, most: int) -> list[Drawn]:
    """The counts, then the persons concerned, by their ids."""
    before, after = found.nobodies
    counts: list[tuple[str, ...]] = [
        ("fiches", f"{found.records}", f"{found.records}"),
        ("personnes", f"{found.before}", f"{found.after}"),
        ("fiches qui en disent trop peu", f"{before}", f"{after}"),
    ]
    return [
        Drawn(f"Modèle {found.version}", ("", "en vigueur", "avec lui"), counts),
        _drawn(f"Seraient réunies : {len(found.linked)}", found.linked[:most]),
        _drawn(f"Seraient séparées : {len(found.split)}", found.split[:most]),
        _drawn(
            f"Séparées par le modèle, gardées par le seuil de séparation : {len(found.kept)}",
            found.kept[:most],
        ),
    ]


def _drawn(title: str, changes: Sequence[Change]) -> Drawn:
    rows: list[tuple[str, ...]] = [
        (" + ".join(map(str, one.persons)), " + ".join(map(str, one.sizes)), at(one.weight))
        for one in changes
    ]
    return Drawn(title, ("personnes", "fiches", "bits"), rows or [("aucune", "", "")])


def data_of(found: Shadow) -> dict[str, Any]:
    """The same for a program, all of it."""
    return {**asdict(found), "nobodies": {"before": found.nobodies[0], "after": found.nobodies[1]}}
