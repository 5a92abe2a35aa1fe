"""What an operator has identity do once, beside its work: `python -m services.identity job NAME`."""

import os
from collections.abc import Callable

from sqlalchemy import Engine

from services.chassis.sealing import Keyring, key_of
from services.chassis.settings import Settings, required
from services.identity import rotating
from services.identity.linking import IdentityKeys
from services.identity.storage.models import scorer_of


def rotate(_: Settings, engine: Engine) -> None:
    """Put everything under the keys of today; the service goes on meanwhile."""
    before = os.environ.get("AGORA_IDENTITY_BLIND_BEFORE", "")
    keys = IdentityKeys(
        traits=Keyring.parse(required("AGORA_TRAITS_KEYS")),
        own=Keyring.parse(required("AGORA_IDENTITY_KEYS")),
        blind=key_of(required("AGORA_IDENTITY_BLIND_KEY")),
        blind_before=tuple(key_of(key) for key in before.split(",") if key),
    )
    rotating.rotate(engine, keys, scorer_of(os.environ.get("AGORA_IDENTITY_MODEL", "")).model)


JOBS: dict[str, Callable[[Settings, Engine], None]] = {"rotate": rotate}
