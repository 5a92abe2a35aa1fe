"""The model in force: the file that a setting names, or the one that ships."""

from functools import cache
from pathlib import Path

from services.identity.domain.default_model import default_model
from services.identity.domain.model import Model, load_model
from services.identity.domain.scoring import Scorer


@cache
def scorer_of(file: str) -> Scorer:
    """A scorer under the model of this file, or under the one that ships for an empty name; read once.

    Raises `OSError` and `ValueError`: without its model a process does not start.
    """
    return Scorer(load_model(Path(file).read_text(encoding="utf-8")) if file else default_model())


def models_of(files: str) -> tuple[Model, ...]:
    """The models of these files, with commas between; `default` is the one that ships.

    Raises as `scorer_of`.
    """
    named = [file.strip() for file in files.split(",") if file.strip()]
    return tuple(scorer_of("" if file == "default" else file).model for file in named)
