"""What is folded from contributions: a person's parcours and its dossiers."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

State = Literal["annonce", "prevu", "en_formation", "interrompu", "termine", "abandonne"]


class Relation(NamedTuple):
    """An organisation and what it is to a dossier or to the person."""

    siret: str
    role: str


class Share(NamedTuple):
    """What one funder pays, in cents."""

    financeur: str
    cents: int


@dataclass(frozen=True, slots=True)
class Dossier:
    """One training path, however many fund it. `blocks` by name, JSON-ready."""

    dossier_id: uuid.UUID
    state: State
    blocks: dict[str, Any]
    relations: tuple[Relation, ...]
    shares: tuple[Share, ...]


class Effect(NamedTuple):
    """What became of one contribution; the code is one of the contract's `EFFECTS`."""

    effect: str
    dossier_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Parcours:
    """A person's dossiers in the order of their ids, what belongs to no dossier, and every effect."""

    person_id: uuid.UUID
    dossiers: tuple[Dossier, ...] = ()
    blocks: dict[str, Any] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    effects: Mapping[uuid.UUID, Effect] = field(default_factory=dict)
