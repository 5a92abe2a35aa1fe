"""What changed in a dossier between two folds, and in what belongs to no dossier: which fields, from what to
what and by whom; and what happened in the training, or to the person.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from services.dossier.domain.changes import Change
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.explaining import ground_of
from services.dossier.domain.following import NOT_A_JOB
from services.dossier.domain.lifecycle import Happened, State, has_results, state_on, without_results
from services.dossier.domain.parcours import Dossier, Parcours
from services.dossier.domain.scope import Roles
from services.dossier.domain.travelling import differences

Kind = Literal["ouvert", "modifie", "retire"]

# Of what happens, what is notified, and the block that has to be open for it.
NOTIFIED: Mapping[str, str] = {
    **dict.fromkeys(("refus", "annulation", "accord", "entree", "interruption", "reprise"), "dates"),
    **dict.fromkeys(("rupture", "contrat", "sortie", "abandon", "exclusion", "service_fait"), "dates"),
    "certification": "certifications",
    "retrait": "dates",
}
# The same of what belongs to no dossier: the event, its block, and where its day is.
NOTIFIED_OF_PARCOURS = (
    ("emploi", "emplois", "debut"),
    ("fin_emploi", "emplois", "fin"),
    ("certification", "certifications", "le"),
    ("accompagnement", "accompagnements", "debut"),
    ("fin_accompagnement", "accompagnements", "fin"),
)


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
    """What a fold changed in one dossier or, under the person's own id, in what belongs to none; for these
    readers. Of what opens or changes there is news though it has none."""

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
_NOBODY: frozenset[str] = frozenset()


class Related(NamedTuple):
    """Who is related to a person: within whose scopes the dossiers are, and as what."""

    scopes: Scopes
    roles: Roles


_NO_MOVES: Mapping[str, set[str]] = {}


def news_of(change: Change, before: Mapping[uuid.UUID, Known], had: Related, have: Related) -> Iterator[News]:
    """What is new of a person's dossiers and of what is in none of them, each time for whom. `before`: the
    dossiers that changed, as they were; `had` and `have`: who was related to the person, and who is.

    What changed is told to who was related and is. All of it is told, as if it were new, to who comes to be,
    or comes to be something else, for access may open what it did not; and to everybody once something is
    another person's: of that nothing is told any more, and what is left might not be the whole. Who is not
    what it was is told that it is withdrawn, and nothing of it.
    """
    moves = _Moves.between(had.roles, have.roles)
    parcours = change.parcours
    if had.roles != have.roles or change.blocks_before != parcours.blocks or change.has_lost:
        readers = moves.of("", frozenset(had.roles), frozenset(have.roles))
        yield from _news(change, parcours, change.blocks_before, readers)
    changed = {one.dossier_id for one in change.changed}
    for dossier in parcours.dossiers:
        id_ = dossier.dossier_id
        known = before.get(id_) if id_ in changed else None
        was, now = had.scopes.get(id_, _NOBODY), have.scopes.get(id_, _NOBODY)
        if known or was != now or had.roles != have.roles or change.has_lost:
            readers = moves.of(str(id_), was, now)
            yield from _news(change, dossier, known.blocks if known else None, readers, known)
    ids = {dossier.dossier_id for dossier in parcours.dossiers}
    for id_, readers_before in had.scopes.items():
        if id_ not in ids:
            gone = tuple(sorted(readers_before))
            yield News(parcours.person_id, change.version, id_, "retire", gone)


class _Readers(NamedTuple):
    """Of one dossier, or of the parcours: who had it and has it, who has it no more, who has it anew."""

    still: frozenset[str]
    gone: frozenset[str]
    new: frozenset[str]
    now: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Moves:
    """Who is not any more, and who has come to be, something to a dossier or, under no id, to all of them."""

    lost: Mapping[str, set[str]]
    gained: Mapping[str, set[str]]

    @classmethod
    def between(cls, had: Roles, have: Roles) -> "_Moves":
        """What changed of what readers are."""
        if had == have:
            return cls(_NO_MOVES, _NO_MOVES)
        lost: dict[str, set[str]] = defaultdict(set)
        gained: dict[str, set[str]] = defaultdict(set)
        for siret in had.keys() & have.keys():
            if had[siret] == have[siret]:
                continue
            for found, one, other in ((lost, had[siret], have[siret]), (gained, have[siret], had[siret])):
                others = {role.partition("/")[0] for role in other}
                for moved in {*one}.difference(other):
                    role, _, where = moved.partition("/")
                    found[where].add(siret)
                    if role not in others:
                        found[""].add(siret)
        return cls(lost, gained)

    def of(self, where: str, was: frozenset[str], now: frozenset[str]) -> _Readers:
        """For whom a dossier, or under no id the parcours, is what to tell."""
        if not self.lost and not self.gained:
            return _Readers(was & now, was - now, now - was, now)
        lost = self.lost.get("", set()) | self.lost.get(where, set())
        moved = lost | self.gained.get("", set()) | self.gained.get(where, set())
        return _Readers(was & now, (was - now) | (was & lost), (now - was) | (now & moved), now)


def _news(
    change: Change,
    whole: Dossier | Parcours,
    before: Mapping[str, Any] | None,
    readers: _Readers,
    known: Known | None = None,
) -> Iterator[News]:
    """What is new of a dossier, or of the parcours itself. `before`: its blocks, where they may differ."""
    is_dossier = isinstance(whole, Dossier)
    id_ = whole.dossier_id if isinstance(whole, Dossier) else whole.person_id
    head = (change.parcours.person_id, change.version, id_)
    if before is not None and (is_dossier or before != whole.blocks):
        told, states = tuple(_differences(before, whole)), (_states(known), _states(whole))
        yield News(*head, "modifie", tuple(sorted(readers.still)), *states, told)
    if readers.gone:
        yield News(*head, "retire", tuple(sorted(readers.gone)))
    anew = readers.now if change.has_lost else readers.new
    if id_ in change.opened or (anew and (is_dossier or whole.blocks)):
        told = tuple(_differences({}, whole))
        yield News(*head, "ouvert", tuple(sorted(anew)), None, _states(whole), told)


def lives_of(change: Change, before: Mapping[uuid.UUID, Known]) -> Iterator[tuple[uuid.UUID, Life]]:
    """What happened in each training of a person or, under her own id, in none of them; did on another day,
    or did not."""
    for dossier in change.changed:
        known = before.get(dossier.dossier_id)
        for life in _lives(known.happened if known else {}, dossier):
            yield dossier.dossier_id, life
    for dossier_id in change.withdrawn:
        yield dossier_id, Life("retrait", None, None, None)
    if change.blocks_before != change.parcours.blocks:
        for life in _lives_of_parcours(change):
            yield change.parcours.person_id, life


def _states(known: Known | Dossier | Parcours | None) -> States | None:
    if not isinstance(known, Known | Dossier) or not known.happened:
        return None  # it has none; or it was kept from before events were, and not folded since
    state = state_on(known.happened)
    if not any(has_results(events) for events in known.happened.values()):
        return States(state, state)
    return States(state, state_on({file: without_results(many) for file, many in known.happened.items()}))


def _differences(before: Mapping[str, Any], whole: Dossier | Parcours) -> Iterator[Difference]:
    for name in sorted({*before, *whole.blocks}):
        one, other = before.get(name), whole.blocks.get(name)
        nothing: Any = [] if isinstance(one or other, list) else {}
        for path, was, now in differences(one or nothing, other or nothing, name):
            yield from _by_whom(whole.grounds, path, was, now)


def _by_whom(grounds: Mapping[str, Contribution], path: str, was: Any, now: Any) -> Iterator[Difference]:
    """A difference and, apart from it, what of it is another declaration's word: each may come to be told to
    nobody without the other. Of a list whose items are told one by one, each item."""
    by = ground_of(grounds, path) if now is not None else None
    if by is None:
        yield Difference(path, was, now, None, None)
    elif not isinstance(now, dict | list):
        yield Difference(path, was, now, by.declaration_id, by.source)
    elif isinstance(now, list) and f"{path}.0" in grounds:
        for number, item in enumerate(now):
            yield from _by_whom(grounds, f"{path}.{number}", None, item)
    elif isinstance(now, dict):
        others = {
            name: one
            for name in now
            if (one := grounds.get(f"{path}.{name}")) and one.declaration_id != by.declaration_id
        }
        rest = {name: each for name, each in now.items() if name not in others} if others else now
        yield Difference(path, was, rest, by.declaration_id, by.source)
        for name, one in others.items():
            yield Difference(f"{path}.{name}", None, now[name], one.declaration_id, one.source)
    else:
        yield Difference(path, was, now, by.declaration_id, by.source)


def _lives(before: Mapping[File, Iterable[Happened]], dossier: Dossier) -> Iterator[Life]:
    was, now = _happened(before), _happened(dossier.happened)
    new, gone = now - was, was - now
    events = {one.event for one in new | gone}
    for event in NOTIFIED:
        if event not in events:
            continue
        days, other_days = (sorted(one.on for one in many if one.event == event) for many in (new, gone))
        for on, was_on in zip_longest(days, other_days):
            by = dossier.told.get(Happened(event, on)) if on else None
            yield Life(event, on, was_on, by.source if by else None)


def _happened(events: Mapping[File, Iterable[Happened]]) -> set[Happened]:
    return {one for many in events.values() for one in many}


def _lives_of_parcours(change: Change) -> Iterator[Life]:
    parcours = change.parcours
    in_a_dossier = {one.blocks.get("formation", {}).get("certification") for one in parcours.dossiers}
    before, after = change.blocks_before, parcours.blocks
    for event, block, name in NOTIFIED_OF_PARCOURS:
        if before.get(block) == after.get(block):
            continue
        was, now = (_days(blocks.get(block, ()), event, name, in_a_dossier) for blocks in (before, after))
        gone = sorted(on for which, (on, _) in was.items() if which not in now)
        new = sorted(one for which, one in now.items() if which not in was)
        for told, was_on in zip_longest(new, gone):
            on, place = told or (None, 0)
            by = ground_of(parcours.grounds, f"{block}.{place}.{name}") if on else None
            yield Life(event, on, was_on, by.source if by else None)


def _days(
    items: Sequence[Mapping[str, Any]], event: str, name: str, in_a_dossier: set[Any]
) -> dict[tuple[Any, ...], tuple[str, int]]:
    """On which days an event happened, by what it happened to, each with its item's place."""
    found = {}
    for place, item in enumerate(items):
        if event in ("emploi", "fin_emploi") and item["nature_contrat"] in NOT_A_JOB:
            continue
        if event == "certification" and (
            item["resultat"] != "obtenue" or item["certification"] in in_a_dossier
        ):
            continue
        if on := item.get(name):
            which = (item.get("employeur"), item.get("numero_contrat"), item.get("certification"))
            found[(*which, item.get("operateur"), on)] = (on, place)
    return found
