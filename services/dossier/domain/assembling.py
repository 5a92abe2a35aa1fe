"""Sorts what was said of a person: what counts, what its own source replaced, and which dossier it is about.

1. What its source withdrew counts no more.
2. Of what one source says about one thing (a slot), the freshest stands; what it said before is kept to be
   shown.
3. Files of several funders that are one path are one dossier (`cofinancement`).
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.dossier.domain.authority import Ground, Subject, rank_of
from services.dossier.domain.cofinancement import Pair, Ruling, paths_of
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.lifecycle import NEVER_WAS, TRANSITIONS, Happened, replay

IN_A_DOSSIER = frozenset({"formation", "realisation", "financement", "remuneration"})
_NOWHERE = Ground()
_ENDED = frozenset({"refus", "annulation"})


class Place(NamedTuple):
    """Where a file is: its dossier, and whether it is the dossier's first file."""

    dossier_id: uuid.UUID
    is_first: bool


@dataclass(frozen=True, slots=True)
class Material:
    """What is said of one path. `grounds`: what each of its files is."""

    dossier_id: uuid.UUID
    files: tuple[File, ...]
    said: tuple[Contribution, ...]
    grounds: Mapping[File, Ground]

    def of(self, nature: str) -> list[Contribution]:
        """What counts of one nature, the freshest last."""
        return [one for one in self.said if one.nature == nature]

    def believed(self, subject: Subject, said: Iterable[Contribution]) -> list[Contribution]:
        """The most believed last: by authority, then by freshness."""
        return by_belief(subject, said, self.grounds)

    def borne(self) -> dict[File, int]:
        """What each file's funder bears of the coût pédagogique, in cents; of what never was, nothing."""
        cents = dict.fromkeys(self.files, 0)
        for one in self.of("financement"):
            if self.grounds[one.file].stands:
                cents[one.file] += sum(
                    poste["montant"] for poste in one.faits["postes"] if poste["nature"] == "pedagogique"
                )
        return cents


@dataclass(frozen=True, slots=True)
class Assembled:
    """All that is known of a person, sorted: what is `known`, what of it counts (`live`), what its own source
    `replaced`, the dossiers, and the pairs of files that may be one."""

    known: tuple[Contribution, ...]
    live: tuple[Contribution, ...]
    replaced: tuple[Contribution, ...]
    materials: tuple[Material, ...]
    places: Mapping[File, Place]
    doubts: tuple[Pair, ...]

    def of(self, nature: str) -> list[Contribution]:
        """What counts of one nature, in whichever dossier or none, the freshest last."""
        return [one for one in self.live if one.nature == nature]


def by_belief(
    subject: Subject, said: Iterable[Contribution], grounds: Mapping[File, Ground]
) -> list[Contribution]:
    """The most believed last; `said` has the freshest last."""
    many = list(said)
    if len(many) < 2:
        return many
    return sorted(many, key=lambda one: -rank_of(subject, one, grounds.get(one.file, _NOWHERE)))


def assemble(
    person_id: uuid.UUID, contributions: Iterable[Contribution], rulings: Iterable[Ruling] = ()
) -> Assembled:
    """The same for the same contributions and rulings, in any order and however often they come."""
    known = sorted({one.declaration_id: one for one in contributions}.values(), key=lambda one: one.freshness)
    standing: dict[tuple[str, ...], Contribution] = {}
    replaced = []
    for one in known:
        if one.withdrawn or one.nature == "suppression":
            continue
        slot = (one.nature, *one.slot)
        if slot in standing:
            replaced.append(standing.pop(slot))
        standing[slot] = one  # at the end: `standing` stays in the order of freshness
    live = tuple(standing.values())
    materials, places, doubts = _materials(person_id, live, rulings)
    return Assembled(tuple(known), live, tuple(replaced), materials, places, tuple(doubts))


def _materials(
    person_id: uuid.UUID, live: Sequence[Contribution], rulings: Iterable[Ruling]
) -> tuple[tuple[Material, ...], dict[File, Place], list[Pair]]:
    by_file: dict[File, list[Contribution]] = defaultdict(list)
    for one in live:
        if one.nature in IN_A_DOSSIER:
            by_file[one.file].append(one)
    formations = {file: stated for file, said in by_file.items() if (stated := _formation(said))}
    paths, doubts = paths_of(formations, rulings)
    paths += [[file] for file in sorted(by_file) if file not in formations]
    materials = []
    places: dict[File, Place] = {}
    for path in paths:
        dossier_id = uuid.uuid5(person_id, "/".join(path[0]))
        for file in path:
            places[file] = Place(dossier_id, is_first=file is path[0])
        said = [one for file in path for one in by_file[file]]
        if len(path) > 1:
            said.sort(key=lambda one: one.freshness)
        grounds = {file: _ground(formations.get(file, {}), by_file[file]) for file in path}
        materials.append(Material(dossier_id, tuple(path), tuple(said), grounds))
    materials.sort(key=lambda material: material.dossier_id)
    return tuple(materials), places, doubts


def _formation(said: Iterable[Contribution]) -> dict[str, Any]:
    """A file's formation: each field from the freshest contribution that states it; nothing when none did."""
    merged: dict[str, Any] = {}
    for one in said:
        if one.nature == "formation":
            merged.update(one.faits)
    return merged


def _ground(formation: Mapping[str, Any], said: Sequence[Contribution]) -> Ground:
    body = formation["organisme"]["siret"] if formation else None
    return Ground(formation.get("dispositif"), body, _stands(said))


def _stands(said: Sequence[Contribution]) -> bool:
    """Whether a file was neither refused nor cancelled in the end, by what is said of it alone."""
    events = [
        Happened(one.faits["evenement"], one.faits["le"]) for one in said if one.nature == "realisation"
    ]
    if not any(one.event in _ENDED for one in events):
        return True
    events += [Happened("accord", one.faits["accord_le"]) for one in said if "accord_le" in one.faits]
    return replay(one for one in events if one.event in TRANSITIONS).state not in NEVER_WAS
