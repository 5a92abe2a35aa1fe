"""What changed in a dossier between two folds: which fields, from what to what and by whom; and what happened
in the training.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from services.dossier.domain.changes import Change
from services.dossier.domain.contribution import File
from services.dossier.domain.explaining import ground_of
from services.dossier.domain.lifecycle import Happened, State, state_on, without_results
from services.dossier.domain.parcours import Dossier
from services.dossier.domain.travelling import differences

Kind = Literal["ouvert", "modifie", "retire"]

# Of what happens, what is notified: where in the dossier it shows. Its block has to be open for it.
NOTIFIED: Mapping[str, str] = {
    **dict.fromkeys(("refus", "annulation"), "dates"),
    "accord": "dates.accord_le",
    "entree": "dates.entree_le",
    **dict.fromkeys(("interruption", "reprise"), "dates.interruptions"),
    **dict.fromkeys(("rupture", "contrat"), "dates.contrats"),
    **dict.fromkeys(("sortie", "abandon", "exclusion"), "dates.sortie_le"),
    "service_fait": "dates.service_fait_le",
    "certification": "certifications",
    "retrait": "dates",
}


class Known(NamedTuple):
    """A dossier as it was before."""

    blocks: Mapping[str, Any]
    happened: Mapping[File, tuple[Happened, ...]]


class Difference(NamedTuple):
    """A field that changed; `declaration_id` and `source` of who says it now, where anybody does."""

    path: str
    before: Any
    after: Any
    declaration_id: uuid.UUID | None
    source: str | None


class Life(NamedTuple):
    """What happened on a day (`aaaa-mm-jj`), what was told of another day before, or did not happen after
    all (no `on`); and who told it."""

    event: str
    on: str | None
    was_on: str | None
    source: str | None


class States(NamedTuple):
    """Where a dossier is, for who may see results, and for who may not."""

    whole: State
    without_results: State


@dataclass(frozen=True, slots=True)
class News:
    """What a fold changed in one dossier, for these readers."""

    person_id: uuid.UUID
    version: int
    dossier_id: uuid.UUID
    kind: Kind
    readers: tuple[str, ...]
    before: States | None = None
    after: States | None = None
    differences: tuple[Difference, ...] = ()


Scopes = Mapping[uuid.UUID, frozenset[str]]
"""By dossier, who has it within its scope."""


def news_of(change: Change, before: Mapping[uuid.UUID, Known], had: Scopes, have: Scopes) -> Iterator[News]:
    """What is new of a person's dossiers, each time for whom. `before`: the dossiers that changed, as they
    were; `had` and `have`: within whose scopes they all were, and are.

    For who comes to have a dossier within its scope it is opened, whatever it was before; for who has it no
    more it is withdrawn, and nothing is told of it.
    """
    person_id, version = change.parcours.person_id, change.version
    changed = {one.dossier_id for one in change.changed}
    for dossier in change.parcours.dossiers:
        now = have.get(dossier.dossier_id, frozenset())
        old = had.get(dossier.dossier_id, frozenset())
        new, still = now - old, now & old
        if new:
            told = tuple(_differences({}, dossier))
            readers = tuple(sorted(new))
            yield News(
                person_id, version, dossier.dossier_id, "ouvert", readers, None, _states(dossier), told
            )
        known = before.get(dossier.dossier_id)
        if still and known and dossier.dossier_id in changed:
            told, was, is_now = tuple(_differences(known.blocks, dossier)), _states(known), _states(dossier)
            readers = tuple(sorted(still))
            yield News(person_id, version, dossier.dossier_id, "modifie", readers, was, is_now, told)
    for dossier_id, readers_before in had.items():
        if gone := tuple(sorted(readers_before - have.get(dossier_id, frozenset()))):
            yield News(person_id, version, dossier_id, "retire", gone)


def lives_of(change: Change, before: Mapping[uuid.UUID, Known]) -> Iterator[tuple[uuid.UUID, Life]]:
    """What happened in each training of a person, did on another day, or did not."""
    for dossier in change.changed:
        known = before.get(dossier.dossier_id)
        for life in _lives(known.happened if known else {}, dossier):
            yield dossier.dossier_id, life
    for dossier_id in change.withdrawn:
        yield dossier_id, Life("retrait", None, None, None)


def _states(known: Known | Dossier) -> States | None:
    if not known.happened:
        return None  # kept from before events were, and not folded since
    results_apart = {file: without_results(events) for file, events in known.happened.items()}
    return States(state_on(known.happened), state_on(results_apart))


def _differences(before: Mapping[str, Any], dossier: Dossier) -> Iterator[Difference]:
    for name in sorted({*before, *dossier.blocks}):
        one, other = before.get(name), dossier.blocks.get(name)
        nothing: Any = [] if isinstance(one or other, list) else {}
        for path, was, now in differences(one or nothing, other or nothing, name):
            by = ground_of(dossier.grounds, path) if now is not None else None
            who = (by.declaration_id, by.source) if by else (None, None)
            yield Difference(path, was, now, *who)


def _lives(before: Mapping[File, Iterable[Happened]], dossier: Dossier) -> Iterator[Life]:
    was, now = _happened(before), _happened(dossier.happened)
    new, gone = now - was, was - now
    events = {one.event for one in new | gone}
    for event, path in NOTIFIED.items():
        if event not in events:
            continue
        by = ground_of(dossier.grounds, path)
        days, other_days = (sorted(one.on for one in many if one.event == event) for many in (new, gone))
        for on, was_on in zip_longest(days, other_days):
            yield Life(event, on, was_on, by.source if by and on else None)


def _happened(events: Mapping[File, Iterable[Happened]]) -> set[Happened]:
    return {one for many in events.values() for one in many}
