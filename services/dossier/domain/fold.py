"""Folds a person's contributions into a parcours: the same for the same contributions, in any order.

`assembling` sorts them. In a dossier each field is from whoever is most believed about it (`authority`), and
of those equally believed, from the freshest; its events lead through `lifecycle` to its state; what does not
hold together is an anomaly (`consistency`), found again at each fold and gone with its cause.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.dossier.domain.assembling import IN_A_DOSSIER, Assembled, Material, assemble
from services.dossier.domain.authority import Ground, Subject, rank_of
from services.dossier.domain.cofinancement import Ruling
from services.dossier.domain.consistency import View, anomalies_of
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.jobs import Job, jobs_of
from services.dossier.domain.lifecycle import (
    NEVER_WAS,
    Replayed,
    furthest,
    has_results,
    replay,
    without_results,
)
from services.dossier.domain.parcours import Anomaly, Dossier, Doubt, Effect, Parcours, Relation, Share
from services.dossier.domain.realisation import DATES_PLANNED, Happening, happening_of

# Of a dossier's file, and of no block by itself: the total is shown with what is paid of it.
NOT_OF_THE_FORMATION = frozenset({*DATES_PLANNED, "cout_total"})
NOT_PAID = NEVER_WAS


def fold(
    person_id: uuid.UUID, contributions: Iterable[Contribution], rulings: Iterable[Ruling] = ()
) -> Parcours:
    """The parcours that these contributions make, under these rulings about its files."""
    return fold_assembled(person_id, assemble(person_id, contributions, rulings))


def fold_assembled(person_id: uuid.UUID, assembled: Assembled) -> Parcours:
    """The same, of contributions that are sorted already."""
    jobs = jobs_of(assembled.of("emploi"))
    certificates = believed_certificates(assembled)
    doubts = _doubts(assembled)
    dossiers = tuple(
        _dossier(material, jobs, certificates, doubts.get(material.dossier_id, ()))
        for material in assembled.materials
    )
    block = Blocks()
    block.lists("certifications", _listed(certificates, "certificateur", "le"))
    block.lists("emplois", [(job.shown, job.said[-1]) for job in jobs])
    for number, job in enumerate(jobs):
        block.grounds.update({f"emplois.{number}.{name}": by for name, by in job.by.items()})
    block.lists("accompagnements", _listed(assembled.of("accompagnement"), "operateur", "debut"))
    return Parcours(
        person_id=person_id,
        dossiers=dossiers,
        blocks=block.shown,
        relations=_relations(assembled),
        effects=_effects(assembled, dossiers),
        grounds=block.grounds,
    )


@dataclass(slots=True)
class Blocks:
    """Blocks as they are shown, and whose each of their fields is."""

    shown: dict[str, Any] = field(default_factory=dict)
    grounds: dict[str, Contribution] = field(default_factory=dict)

    def fields(self, name: str, values: Mapping[str, Any], by: Mapping[str, Contribution]) -> None:
        """A block of fields; an empty one is none."""
        if values:
            self.shown[name] = values
            self.grounds.update({f"{name}.{each}": one for each, one in by.items()})

    def lists(self, name: str, items: Sequence[tuple[dict[str, Any], Contribution]]) -> None:
        """A block that is a list; an empty one is none."""
        if items:
            self.shown[name] = [item for item, _ in items]
            self.grounds.update({f"{name}.{number}": one for number, (_, one) in enumerate(items)})


def believed_certificates(assembled: Assembled) -> list[Contribution]:
    """The results of certifications, each certification's from those most believed about it."""
    return most_believed(
        "certification", assembled.of("certification"), lambda one: one.faits["certification"]
    )


def most_believed(
    subject: Subject, said: Sequence[Contribution], about: Callable[[Contribution], Any]
) -> list[Contribution]:
    """Of what is said about one thing, what those most believed say; all of it, where they are equals."""
    if len(said) < 2:
        return list(said)
    ranks: dict[Any, int] = {}
    for one in said:
        rank = rank_of(subject, one, Ground())
        ranks[about(one)] = min(rank, ranks.get(about(one), rank))
    return [one for one in said if rank_of(subject, one, Ground()) == ranks[about(one)]]


def _dossier(
    material: Material, jobs: Sequence[Job], certificates: Sequence[Contribution], doubts: Sequence[Doubt]
) -> Dossier:
    formation, told_by = _formation(material)
    certified = [one for one in certificates if one.faits["certification"] == formation.get("certification")]
    happening = happening_of(material, jobs, certified)
    replayed = {file: replay(events) for file, events in happening.of_file.items()}
    states = {file: one.state for file, one in replayed.items()}
    # A result is the certifications' to show: a financement's state goes no further than the service fait.
    of_files = {
        file: replay(without_results(events)) if has_results(events) else replayed[file]
        for file, events in happening.of_file.items()
    }
    financements, paid = _financements(material, of_files), believed_pay(material)
    blocks = Blocks()
    blocks.fields("formation", formation, told_by)
    blocks.fields("dates", happening.dates, happening.by)
    blocks.lists("financements", financements)
    blocks.grounds.update(_by_their_files(material, financements))
    blocks.grounds.update(_by_their_events(happening, financements, of_files))
    blocks.lists("remunerations", _listed(paid, "payeur", "debut"))
    blocks.lists("certifications", _listed(certified, "certificateur", "le"))
    # What a refused file makes impossible is no anomaly while another file of the path lives on.
    alive = [file for file in material.files if states[file] not in NOT_PAID] or material.files
    refused = [one for file in alive for one in replayed[file].refused]
    shares = [item for item, _ in financements if item["etat"] not in NOT_PAID]
    view = View(
        material,
        happening,
        formation,
        sum(item["total"] for item in shares),
        paid,
        certified,
        refused,
        doubts,
    )
    return Dossier(
        dossier_id=material.dossier_id,
        state=furthest(list(states.values())),
        blocks=blocks.shown,
        relations=tuple(sorted(_relations_to(material, paid))),
        shares=tuple(Share(item["financeur"], item["total"]) for item in shares),
        happened={file: tuple(events) for file, events in happening.of_file.items()},
        anomalies=tuple(anomalies_of(view)),
        doubts=tuple(doubts),
        grounds=blocks.grounds,
        told=happening.told,
    )


def _formation(material: Material) -> tuple[dict[str, Any], dict[str, Contribution]]:
    """The formation of a path: each field from whoever is most believed about it; and who that is.

    A dispositif is a funder's own, and a path has one to be counted under: the one of the funder that bears
    most of the coût pédagogique, as DARES classes stagiaires; of equals, the one said last.
    """
    merged: dict[str, Any] = {}
    by: dict[str, Contribution] = {}
    believed = material.believed("formation", material.of("formation"))
    for one in believed:
        for name, value in one.faits.items():
            if name not in NOT_OF_THE_FORMATION:
                merged[name], by[name] = value, one
    if len(material.files) > 1:
        borne = material.borne()
        most = max(borne.values())
        for one in believed:
            if borne[one.file] == most > 0:
                merged["dispositif"], by["dispositif"] = one.faits["dispositif"], one
    return merged, by


def believed_pay(material: Material) -> list[Contribution]:
    """What was paid to the person, each period's from those most believed about it."""
    return most_believed("remuneration", material.of("remuneration"), period_of)


def period_of(one: Contribution) -> tuple[str, str]:
    """The period that a `remuneration` is for."""
    return one.faits["debut"], one.faits["fin"]


def _relations_to(material: Material, paid: Sequence[Contribution]) -> set[Relation]:
    return {
        *(Relation(one.source, "finance") for one in material.said if one.source == one.file.financeur),
        *(Relation(one.source, "finance") for one in material.of("financement")),
        *(Relation(one.source, "paie") for one in paid),
    }


def _financements(
    material: Material, states: Mapping[File, Replayed]
) -> list[tuple[dict[str, Any], Contribution]]:
    """One for each funder's file, with its costs by nature and their total, in cents, and where it is."""
    stated = {one.file: one.faits for one in material.of("formation")}
    found = []
    for one in material.of("financement"):
        formation = stated.get(one.file, {})
        item = {
            "financeur": one.source,
            "reference": one.file.reference,
            "dispositif": formation.get("dispositif"),
            "postes": one.faits["postes"],
            "total": sum(poste["montant"] for poste in one.faits["postes"]),
            "accord_le": one.faits.get("accord_le"),
            "etat": states[one.file].state,
        }
        if "cout_total" in formation:
            item["cout_total"] = formation["cout_total"]
        found.append((item, one))
    return sorted(found, key=lambda each: (each[0]["financeur"], each[0]["reference"]))


def _by_their_files(
    material: Material, financements: Sequence[tuple[dict[str, Any], Contribution]]
) -> Iterator[tuple[str, Contribution]]:
    """What a financement shows of its file is the word of who declared the file."""
    stated = {one.file: one for one in material.of("formation")}
    for number, (item, paid) in enumerate(financements):
        if by := stated.get(paid.file):
            for name in ("dispositif", "cout_total"):
                if name in item:
                    yield f"financements.{number}.{name}", by


def _by_their_events(
    happening: Happening,
    financements: Sequence[tuple[dict[str, Any], Contribution]],
    states: Mapping[File, Replayed],
) -> Iterator[tuple[str, Contribution]]:
    """Where a financement's file is, is the word of who told the event that led there."""
    for number, (_, paid) in enumerate(financements):
        if led_by := states[paid.file].led_by:
            yield f"financements.{number}.etat", happening.teller(paid.file, led_by)


def _listed(said: Iterable[Contribution], who: str, when: str) -> list[tuple[dict[str, Any], Contribution]]:
    found = [({who: one.source, **one.faits}, one) for one in said]
    return sorted(found, key=lambda each: (each[0][when], each[0][who]))


def _doubts(assembled: Assembled) -> dict[uuid.UUID, list[Doubt]]:
    found: dict[uuid.UUID, set[Doubt]] = defaultdict(set)
    for one, other, cause in assembled.doubts:
        here, there = assembled.places[one].dossier_id, assembled.places[other].dossier_id
        found[here].add(Doubt(there, cause))
        found[there].add(Doubt(here, cause))
    return {dossier_id: sorted(doubts) for dossier_id, doubts in found.items()}


_ROLES = {"accompagnement": "accompagne", "certification": "certifie"}


def _relations(assembled: Assembled) -> tuple[Relation, ...]:
    live = assembled.live
    return tuple(sorted({Relation(one.source, _ROLES[one.nature]) for one in live if one.nature in _ROLES}))


def _effects(assembled: Assembled, dossiers: Iterable[Dossier]) -> dict[uuid.UUID, Effect]:
    standing = {one.declaration_id for one in assembled.live}
    findings = _findings(anomaly for dossier in dossiers for anomaly in dossier.anomalies)
    effects: dict[uuid.UUID, Effect] = {}
    opened: set[File] = set()
    for one in assembled.known:
        place = assembled.places.get(one.file)
        dossier_id = place.dossier_id if place else None
        found = findings.get(one.declaration_id, ())
        if one.nature == "suppression":
            effect = Effect("retrait_effectue", None)
        elif one.withdrawn:
            effect = Effect("retiree", None)
        elif one.declaration_id not in standing:
            effect = Effect("remplacee", dossier_id if one.nature in IN_A_DOSSIER else None)
        elif one.nature not in IN_A_DOSSIER:
            effect = Effect("parcours_complete", None, found)
        elif one.file in opened:
            effect = Effect("dossier_complete", dossier_id, found)
        else:
            opened.add(one.file)
            is_first = place is not None and place.is_first
            effect = Effect("dossier_ouvert" if is_first else "cofinancement_reconnu", dossier_id, found)
        effects[one.declaration_id] = effect
    return effects


def _findings(anomalies: Iterable[Anomaly]) -> dict[uuid.UUID, tuple[tuple[str, str], ...]]:
    found: dict[uuid.UUID, dict[tuple[str, str], None]] = defaultdict(dict)
    for anomaly in anomalies:
        for declaration_id, path in anomaly.blamed:
            found[declaration_id][anomaly.code, path] = None
    return {declaration_id: tuple(codes) for declaration_id, codes in found.items()}
