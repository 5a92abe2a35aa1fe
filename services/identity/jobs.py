"""What an operator has identity do once, beside its work: `python -m services.identity job NAME`."""

import os
from collections.abc import Callable

from sqlalchemy import Engine

from services.chassis.sealing import Keyring, key_of
from services.chassis.settings import Settings, required
from services.identity import adopting, rotating
from services.identity.domain.model import Model
from services.identity.domain.scoring import Scorer
from services.identity.linking import IdentityKeys
from services.identity.storage.models import models_of, scorer_of


def rotate(_: Settings, engine: Engine) -> None:
    """Put everything under the keys of today; the service goes on meanwhile."""
    rotating.rotate(engine, _keys(), (_scorer().model, *_models_before()))


def adopt(_: Settings, engine: Engine) -> None:
    """Put everything under the model in force; the service goes on meanwhile."""
    adopting.adopt(engine, _keys(), _scorer(), _models_before())


def _keys() -> IdentityKeys:
    before = os.environ.get("AGORA_IDENTITY_BLIND_BEFORE", "")
    return IdentityKeys(
        traits=Keyring.parse(required("AGORA_TRAITS_KEYS")),
        own=Keyring.parse(required("AGORA_IDENTITY_KEYS")),
        blind=key_of(required("AGORA_IDENTITY_BLIND_KEY")),
        blind_before=tuple(key_of(key) for key in before.split(",") if key),
    )


def _scorer() -> Scorer:
    return scorer_of(os.environ.get("AGORA_IDENTITY_MODEL", ""))


def _models_before() -> tuple[Model, ...]:
    return models_of(os.environ.get("AGORA_IDENTITY_MODEL_BEFORE", ""))


JOBS: dict[str, Callable[[Settings, Engine], None]] = {"adopt": adopt, "rotate": rotate}
