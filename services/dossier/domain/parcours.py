"""What is folded from contributions: a person's parcours and its dossiers."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.lifecycle import Happened, State


class Relation(NamedTuple):
    """An organisation and what it is to a dossier or to the person."""

    siret: str
    role: str


class Share(NamedTuple):
    """What one funder pays, in cents."""

    financeur: str
    cents: int


class Blamed(NamedTuple):
    """A declaration in which an anomaly shows, and where in it: `faits.le`."""

    declaration_id: uuid.UUID
    path: str


class Anomaly(NamedTuple):
    """What does not hold together in a dossier: a code of `consistency.RULES`, where it is read
    (`dates.sortie_le`), and the declarations it comes from."""

    code: str
    path: str
    blamed: tuple[Blamed, ...]


class Doubt(NamedTuple):
    """Another dossier of the person that may be the same path, and why it was not made one with this."""

    dossier_id: uuid.UUID
    cause: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One training path, however many fund it. `blocks` by name, JSON-ready.

    `happened` are the events of each file, from which its state on any day follows; `state` is the last one.
    `grounds`: whose each field is, and of a list, each item; `told`: who told each event.
    """

    dossier_id: uuid.UUID
    state: State
    blocks: dict[str, Any]
    relations: tuple[Relation, ...]
    shares: tuple[Share, ...]
    happened: Mapping[File, tuple[Happened, ...]] = field(default_factory=dict)
    anomalies: tuple[Anomaly, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    grounds: Mapping[str, Contribution] = field(default_factory=dict)
    told: Mapping[Happened, Contribution] = field(default_factory=dict)

    @property
    def content(self) -> list[Any]:
        """All that is kept and shown of it: what is equal has changed nothing."""
        happened = [[*file, *events] for file, events in sorted(self.happened.items())]
        return [
            self.state,
            self.blocks,
            self.relations,
            self.shares,
            happened,
            self.anomalies,
            self.doubts,
        ]


class Effect(NamedTuple):
    """What became of one contribution; the code is one of the contract's `EFFECTS`. `findings`: the codes of
    the anomalies that show in it, each with its path."""

    effect: str
    dossier_id: uuid.UUID | None
    findings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Parcours:
    """A person's dossiers in the order of their ids, what belongs to no dossier, and every effect."""

    person_id: uuid.UUID
    dossiers: tuple[Dossier, ...] = ()
    blocks: dict[str, Any] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    effects: Mapping[uuid.UUID, Effect] = field(default_factory=dict)
    grounds: Mapping[str, Contribution] = field(default_factory=dict)
