"""A drawing that needs no window and no network: matplotlib's figure, as an SVG text in our colours."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FOR, AGAINST, NEUTRAL, DOUBT = "#1b7f5c", "#b3402e", "#5b6770", "#c78a1d"
PAIRS, PERSONS = "#2b5c9e", "#1b7f5c"
_STYLE: Any = {
    "svg.fonttype": "none",  # words stay words: they can be searched, read aloud and copied
    "svg.hashsalt": "agora",  # the same values give the same text
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": NEUTRAL,
    "axes.labelcolor": NEUTRAL,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "axes.grid": True,
    "grid.color": "#e3e6e8",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


class Canvas:
    """One drawing; `svg` is its text once it is finished."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.svg = ""


@contextmanager
def canvas(width: float, height: float) -> Iterator[Canvas]:
    """A drawing of so many inches, finished when it is left."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        drawn = Canvas(figure.add_subplot())
        yield drawn
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        text = written.getvalue()
        drawn.svg = text[text.index("<svg") :]
