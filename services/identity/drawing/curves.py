"""The curves of an evaluation: quality by threshold, precision by recall, weights, sizes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from services.identity.domain.measuring import Quality
from services.identity.drawing.canvas import AGAINST, FOR, NEUTRAL, PAIRS, PERSONS, canvas

_WIDTH, _HEIGHT = 7.2, 3.4
_BINS = 60
# A handful of pairs says nothing of the scale: quality is drawn from the worst that is shown, to 1.
_FLOOR_STEP = 0.05
# Persons of so many lines or more are shown together.
_SIZES = 10


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold gives."""

    threshold: float
    pairs: Quality
    persons: Quality


def quality_by_threshold(points: Sequence[Point], in_force: float) -> str:
    """Precision, recall and F1 of pairs and of persons, against the threshold."""
    at = [one.threshold for one in points]
    with canvas(_WIDTH, _HEIGHT + 0.6) as drawn:
        axes = drawn.axes
        for name, color, qualities in (
            ("paires", PAIRS, [one.pairs for one in points]),
            ("personnes", PERSONS, [one.persons for one in points]),
        ):
            axes.plot(at, [one.f1 for one in qualities], color=color, linewidth=2, label=f"F1 ({name})")
            axes.plot(at, [one.precision for one in qualities], color=color, linestyle="--", linewidth=1,
                      label=f"précision ({name})")  # fmt: skip
            axes.plot(at, [one.recall for one in qualities], color=color, linestyle=":", linewidth=1.2,
                      label=f"rappel ({name})")  # fmt: skip
        axes.axvline(in_force, color=NEUTRAL, linewidth=1)
        axes.annotate("seuil en vigueur", (in_force, 0), (4, 5), xycoords=("data", "axes fraction"),
                      textcoords="offset points", color=NEUTRAL, fontsize=8)  # fmt: skip
        axes.set_ylim(_floor(points), 1.002)
        axes.set_xlabel("seuil de lien (bits)")
        axes.figure.legend(loc="outside upper center", ncols=3)
    return drawn.svg


def precision_by_recall(points: Sequence[Point], in_force: float, others: Sequence[Point] = ()) -> str:
    """Precision against recall, of pairs; `others` is Splink's own curve, where it was run."""
    with canvas(_WIDTH / 1.6, _HEIGHT) as drawn:
        axes = drawn.axes
        _curve(axes, points, PAIRS, "en ligne")
        if others:
            _curve(axes, others, NEUTRAL, "Splink, en un lot")
        here = min(points, key=lambda one: abs(one.threshold - in_force))
        axes.plot(here.pairs.recall, here.pairs.precision, "o", color=AGAINST, label="seuil en vigueur")
        axes.set_xlabel("rappel (paires)")
        axes.set_ylabel("précision (paires)")
        axes.ticklabel_format(useOffset=False)
        axes.legend(loc="lower left")
    return drawn.svg


def weights_of_pairs(true: Sequence[float], false: Sequence[float], join: float) -> str:
    """How many pairs weigh what, those of one person beside those of two."""
    everything = [*true, *false] or [0.0]
    edges = np.linspace(min(everything) - 0.5, max(everything) + 0.5, _BINS).tolist()
    with canvas(_WIDTH, _HEIGHT) as drawn:
        axes = drawn.axes
        axes.hist(true, bins=edges, color=FOR, alpha=0.75, label=f"même personne ({len(true)})")
        axes.hist(false, bins=edges, color=AGAINST, alpha=0.6, label=f"deux personnes ({len(false)})")
        axes.axvline(join, color=NEUTRAL, linewidth=1)
        axes.set_yscale("symlog", linthresh=10)
        axes.set_xlabel("poids (bits)")
        axes.set_ylabel("paires comparées")
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.18), ncols=2)
    return drawn.svg


def sizes_of_persons(found: Mapping[int, int], true: Mapping[int, int]) -> str:
    """How many persons have how many lines, as found and in truth; the largest are taken together."""
    labels, found_heights, true_heights = _by_size(found, true)
    places = np.arange(len(labels))
    with canvas(_WIDTH / 1.6, _HEIGHT) as drawn:
        axes = drawn.axes
        axes.bar(places - 0.2, true_heights, 0.4, color=NEUTRAL, label="en vérité")
        axes.bar(places + 0.2, found_heights, 0.4, color=PERSONS, label="trouvées")
        axes.set_xticks(places, labels)
        axes.set_xlabel("lignes par personne")
        axes.set_ylabel("personnes")
        axes.legend(loc="upper right")
    return drawn.svg


def _curve(axes: Axes, points: Sequence[Point], color: str, label: str) -> None:
    recalls, precisions = [one.pairs.recall for one in points], [one.pairs.precision for one in points]
    axes.plot(recalls, precisions, ".-", color=color, linewidth=1.5, label=label)


def _floor(points: Sequence[Point]) -> float:
    least = min(min(one.precision, one.recall) for point in points for one in (point.pairs, point.persons))
    return max(0.0, math.floor(least / _FLOOR_STEP) * _FLOOR_STEP)


def _by_size(found: Mapping[int, int], true: Mapping[int, int]) -> tuple[list[str], list[int], list[int]]:
    largest = max([*found, *true, 1])
    shown = range(1, min(largest, _SIZES) + 1)
    labels = [f"{size}" for size in shown]
    heights = [[sizes.get(size, 0) for size in shown] for sizes in (found, true)]
    if largest > _SIZES:
        labels[-1] = f"{_SIZES}+"
        for height, sizes in zip(heights, (found, true), strict=True):
            height[-1] = sum(count for size, count in sizes.items() if size >= _SIZES)
    return labels, heights[0], heights[1]
