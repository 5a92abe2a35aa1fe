"""The model that identity ships with, until one is learned on its own records (`deploy/models` makes it)."""

from functools import cache
from importlib.resources import files

from services.identity.domain.model import Model, load_model


@cache
def default_model() -> Model:
    """The model learned on generated persons with realistic errors."""
    return load_model((files(__package__) / "default_model.json").read_text(encoding="utf-8"))
