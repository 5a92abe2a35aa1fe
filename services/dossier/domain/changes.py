"""What a fold changes, compared with the one before."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.dossier.domain.parcours import Dossier, Effect, Parcours
from services.dossier.domain.scope import Roles


@dataclass(frozen=True, slots=True)
class Change:
    """One person's fold: the parcours, what of it is new or different, and what is no more. `blocks_before`:
    what belonged to no dossier; `roles` and `roles_before`: what its readers are, and were."""

    parcours: Parcours
    version: int
    opened: frozenset[uuid.UUID]
    changed: tuple[Dossier, ...]
    withdrawn: tuple[uuid.UUID, ...]
    effects: Mapping[uuid.UUID, Effect]
    is_news: bool
    has_lost: bool = False  # a contribution that is another person's now
    blocks_before: Mapping[str, Any] = field(default_factory=dict)
    roles: Roles = field(default_factory=dict)
    roles_before: Roles = field(default_factory=dict)

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell those who are related to the person."""
        return self.is_news or self.has_lost

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to keep and to tell."""
        return self.is_told or bool(self.changed or self.withdrawn or self.effects)

    def change_of(self, dossier: Dossier) -> str:
        """`opened`, `changed` or `unchanged`."""
        if dossier.dossier_id in self.opened:
            return "opened"
        return "changed" if dossier.dossier_id in {one.dossier_id for one in self.changed} else "unchanged"
