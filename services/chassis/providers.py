"""What a door finds on `self`: its database, the clock, and the other services."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from nameko.extensions import DependencyProvider
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from services.chassis import database, inbox
from services.chassis.listening import Told
from services.chassis.sealing import Keyring, key_of
from services.chassis.settings import Settings, required

# A French day: the last day of a right ends in Paris, not in Greenwich.
_PARIS = ZoneInfo("Europe/Paris")


class OpenTransaction(Protocol):
    """`with self.transaction() as session`; given a message, its effect happens once."""

    def __call__(self, told: Told | None = None) -> AbstractContextManager[Session]: ...


class Transaction(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """Sessions on the service's own database."""

    engine: Engine

    def setup(self) -> None:
        settings: Settings = self.container.config["settings"]
        self.engine = database.engine_of(settings)

    def stop(self) -> None:
        self.engine.dispose()

    def get_dependency(self, _: Any) -> OpenTransaction:
        @contextmanager
        def open_transaction(told: Told | None = None) -> Iterator[Session]:
            with database.transaction(self.engine) as session:
                if told is not None:
                    inbox.remember(session, told.message_id, told.listener)
                yield session

        return open_transaction


class Clock:
    """What time it is; tests pass another."""

    def now(self) -> datetime:
        """This instant, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """This day, in France."""
        return datetime.now(_PARIS).date()


class WallClock(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The real time."""

    def get_dependency(self, _: Any) -> Clock:
        return Clock()


class Keys(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """A keyring, from the setting of this name."""

    def __init__(self, setting: str) -> None:
        self.setting = setting
        super().__init__()

    def setup(self) -> None:
        self.keyring = Keyring.parse(required(self.setting))

    def get_dependency(self, _: Any) -> Keyring:
        return self.keyring


class Key(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """One 32-byte key for keyed hashes, from the setting of this name."""

    def __init__(self, setting: str) -> None:
        self.setting = setting
        super().__init__()

    def setup(self) -> None:
        self.key = key_of(required(self.setting))

    def get_dependency(self, _: Any) -> bytes:
        return self.key


class FormerKeys(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The 32-byte keys that a key in force replaces, from the setting of this name; none by default."""

    def __init__(self, setting: str) -> None:
        self.setting = setting
        super().__init__()

    def setup(self) -> None:
        self.keys = tuple(key_of(key) for key in os.environ.get(self.setting, "").split(",") if key)

    def get_dependency(self, _: Any) -> tuple[bytes, ...]:
        return self.keys


class Number(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """A whole number, from the setting of this name or a default."""

    def __init__(self, setting: str, default: int) -> None:
        self.setting, self.default = setting, default
        super().__init__()

    def setup(self) -> None:
        self.value = int(os.environ.get(self.setting) or self.default)

    def get_dependency(self, _: Any) -> int:
        return self.value


class Text(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """A text, from the setting of this name or a default."""

    def __init__(self, setting: str, default: str) -> None:
        self.setting, self.default = setting, default
        super().__init__()

    def setup(self) -> None:
        self.value = os.environ.get(self.setting) or self.default

    def get_dependency(self, _: Any) -> str:
        return self.value
