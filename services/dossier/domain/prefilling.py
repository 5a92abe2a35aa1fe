"""What of a parcours can be said again in a declaration of a kind, and whose word each value is: a table, and
how it is read.

Only what somebody said, as it was said: a total, a state, an interruption between two events are deduced, and
stay out. Of what is the business of whoever says it (a funder's dispositif, what it pays, what a payer paid,
an adviser's follow-up), another's word is shown at most, and never to be taken over.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.dossier.domain.assembling import IN_A_DOSSIER, Assembled
from services.dossier.domain.consistency import GRAVITY
from services.dossier.domain.contribution import Contribution
from services.dossier.domain.explaining import Reason, value_at, why
from services.dossier.domain.parcours import Anomaly, Dossier, Parcours


class Slot(NamedTuple):
    """A path of a declaration, and the field of the parcours that fills it; in a list, of each item. `*`: of
    the reader's own item or, without one, of the first that has it.

    `word`: of the declaration by which the field is, what it says there. `is_personal`: only who said it can
    say it again.
    """

    path: str
    field: str
    word: str | None = None
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """One way to fill a declaration: from a dossier, or from each item of the list `items`, of a dossier or
    `of_the_person`. `is_personal`: from one's own items alone."""

    name: str
    slots: tuple[Slot, ...]
    items: str | None = None
    of_the_person: bool = False
    is_personal: bool = False

    @property
    def blocks(self) -> frozenset[str]:
        """The blocks it reads."""
        return frozenset({self.items} if self.items else {one.field.partition(".")[0] for one in self.slots})


def _same(block: str, *names: str, **more: Any) -> tuple[Slot, ...]:
    """What has the same name on both sides."""
    return tuple(Slot(f"faits.{name}", f"{block}.{name}" if block else name, **more) for name in names)


def _event(name: str, *more: Slot) -> Model:
    """An event, by the day on which it is."""
    day = f"dates.{name}_le"
    return Model(name, (Slot("faits.evenement", day, word="evenement"), Slot("faits.le", day), *more))


# By kind of declaration. What a `suppression` takes back is a line: there is nothing to fill.
MODELS: Mapping[str, tuple[Model, ...]] = {
    "formation": (
        Model(
            "formation",
            (
                *_same("formation", "intitule", "organisme.siret", "organisme.nda", "organisme.uai"),
                *_same("formation", "certification", "formacode", "lieu", "modalite", "employeur"),
                *_same("dates", "debut_prevu", "fin_prevue", "heures_prevues"),
                Slot("faits.cout_total", "financements.*.cout_total"),
                # By which right one's own file is funded, and when it was agreed to.
                *_same("formation", "dispositif", is_personal=True),
                *_same("dates", "accord_le", is_personal=True),
            ),
        ),
    ),
    "realisation": (
        _event("entree"),
        _event(
            "sortie",
            *_same("dates", "motif", "heures_realisees", "taux_realisation", "realisation", "force_majeure"),
        ),
        _event("service_fait"),
    ),
    "financement": (
        Model("financement", _same("", "postes", "accord_le"), items="financements", is_personal=True),
    ),
    "remuneration": (
        Model("remuneration", _same("", "debut", "fin", "montant"), items="remunerations", is_personal=True),
    ),
    "certification": (
        *(
            Model(
                "certification",
                _same("", "certification", "resultat", "le", "mention", "fin_validite"),
                items="certifications",
                of_the_person=of_the_person,
            )
            for of_the_person in (True, False)
        ),
        # What a training leads to, where no result is known yet.
        Model("vise", _same("formation", "certification")),
    ),
    "emploi": (
        Model(
            "emploi",
            (
                *_same("", "employeur", "numero_contrat", "nature_contrat", "dispositif"),
                *_same("", "debut", "fin", "motif_fin"),
            ),
            items="emplois",
            of_the_person=True,
        ),
    ),
    "accompagnement": (
        Model(
            "accompagnement",
            _same("", "niveau", "debut", "fin"),
            items="accompagnements",
            of_the_person=True,
            is_personal=True,
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value for a path. `reason`: whose word it is, and why it is believed; `anomalies`: what makes it
    uncertain. `is_own`: the reader says the same itself; `has_told`: it has said something of it.
    `can_be_taken`: as it is, by this reader."""

    path: str
    value: Any
    reason: Reason
    anomalies: tuple[Anomaly, ...]
    is_own: bool
    has_told: bool
    can_be_taken: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """The values by which one declaration can be filled, of one dossier or of none."""

    model: str
    dossier_id: uuid.UUID | None
    values: tuple[Value, ...]


class Spared(NamedTuple):
    """A value that its reader need not ask for: by which model and for which path it was given, and the
    declaration whose word it is, with which it goes wherever identity puts it."""

    model: str
    path: str
    declaration_id: uuid.UUID


# --- what is proposed ------------------------------------------------------------------------------


def dossiers_meant(parcours: Parcours, assembled: Assembled, reader: str, reference: str) -> list[Dossier]:
    """The dossiers of which a reader's own reference speaks: that of its file or, where it speaks of the
    person, all of them."""
    said = [one for one in assembled.known if (one.source, one.reference) == (reader, reference)]
    said = [one for one in said if not one.withdrawn]
    if not all(one.nature in IN_A_DOSSIER for one in said):
        return list(parcours.dossiers)
    files = {one.file for one in said}
    return [one for one in parcours.dossiers if files & one.happened.keys()]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and what is open to it: blocks of each dossier, and of the person."""

    siret: str
    dossiers: Mapping[uuid.UUID, Collection[str]]
    blocks: Collection[str]


def proposals_of(nature: str, assembled: Assembled, parcours: Parcours, reader: Reader) -> list[Proposal]:
    """What a declaration of a kind can be filled with, from what is open. A result that is told with the
    person is not told again with a dossier."""
    models = MODELS[nature]
    found: list[Proposal] = []
    for model in models:
        if model.of_the_person:
            found += _of(model, assembled, parcours, reader)
    of_the_person = [_pairs(one) for one in found]
    for dossier in parcours.dossiers:
        mine: list[Proposal] = []
        for model in models:
            if not model.of_the_person and dossier.dossier_id in reader.dossiers:
                mine += (
                    one
                    for one in _of(model, assembled, dossier, reader)
                    if not any(_pairs(one) <= told for told in (*of_the_person, *map(_pairs, mine)))
                )
        found += mine
    return found


def _pairs(proposal: Proposal) -> frozenset[tuple[str, str]]:
    return frozenset((one.path, repr(one.value)) for one in proposal.values)


def _of(model: Model, assembled: Assembled, whole: Dossier | Parcours, reader: Reader) -> Iterator[Proposal]:
    dossier_id = whole.dossier_id if isinstance(whole, Dossier) else None
    opened = reader.dossiers[dossier_id] if dossier_id else reader.blocks
    places = [""]
    if model.items:
        there = whole.blocks.get(model.items, ()) if model.items in opened else ()
        places = [f"{model.items}.{number}." for number, _ in enumerate(there)]
    for place in places:
        values = tuple(
            value
            for slot in model.slots
            for field in [place + _of_one(slot.field, whole.blocks, reader.siret)]
            if field.partition(".")[0] in opened
            and (value := _value(slot, field, assembled, whole, reader))
            and (value.is_own or not model.is_personal)
        )
        if values:
            yield Proposal(model.name, dossier_id, values)


def _of_one(field: str, blocks: Mapping[str, Any], reader: str) -> str:
    """The field of one item, where it is of any."""
    block, of_any, name = field.partition(".*.")
    if not of_any:
        return field
    items = list(enumerate(blocks.get(block, ())))
    having = [(number, item) for number, item in items if item.get(name) is not None] or items
    own = [number for number, item in having if item["financeur"] == reader]
    number = next(iter(own or (number for number, _ in having)), 0)
    return f"{block}.{number}.{name}"


def _value(
    slot: Slot,
    field: str,
    assembled: Assembled,
    whole: Dossier | Parcours,
    reader: Reader,
) -> Value | None:
    if value_at(whole.blocks, field) is None:
        return None
    reason = why(assembled, whole.blocks, whole.grounds, field)
    if reason is None:
        return None
    value = reason.winner.by.faits[slot.word] if slot.word else reason.value
    told = [one for one in (reason.winner, *reason.others) if one.by.source == reader.siret]
    is_own = any(
        (one.by.faits.get(slot.word) if slot.word else one.value) == value
        for one in told
        if not one.is_replaced
    )
    anomalies = tuple(_anomalies(slot.path, reason, whole, reader))
    is_wrong = any(GRAVITY[one.code] == "erreur" for one in anomalies)
    return Value(
        path=slot.path,
        value=value,
        reason=reason,
        anomalies=anomalies,
        is_own=is_own,
        has_told=bool(told),
        can_be_taken=not is_wrong and (is_own or not slot.is_personal),
    )


def _anomalies(path: str, reason: Reason, whole: Dossier | Parcours, reader: Reader) -> Iterator[Anomaly]:
    """What shows at a field, or in the declaration whose word it is, there where it says it: of what belongs
    to no dossier, in any of the dossiers that are open."""
    by = (reason.winner.by.declaration_id, path)
    is_in_it = isinstance(whole, Dossier)
    for dossier in (whole,) if isinstance(whole, Dossier) else whole.dossiers:
        opened = reader.dossiers.get(dossier.dossier_id, ())
        for one in dossier.anomalies:
            shows = is_in_it and _overlap(one.path, reason.field)
            if (shows or by in one.blamed) and one.path.partition(".")[0] in opened:
                yield one


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


# --- what is spared --------------------------------------------------------------------------------


def spared_by(proposals: Iterable[Proposal], assembled: Assembled, counted: Iterable[Spared]) -> list[Spared]:
    """What these proposals spare their reader, and was not counted before: once for each dossier or item of
    the person, model and path, whoever's word it was then.

    What can be taken as it is, and of which the reader has said nothing itself.
    """
    by_id = {one.declaration_id: one for one in assembled.known}
    known = {
        (one.model, _thing(one.model, by_id[one.declaration_id], assembled), one.path)
        for one in counted
        if one.declaration_id in by_id
    }
    found: list[Spared] = []
    for proposal in proposals:
        for value in proposal.values:
            by = value.reason.winner.by
            thing = (proposal.model, _thing(proposal.model, by, assembled), value.path)
            if value.can_be_taken and not value.has_told and thing not in known:
                known.add(thing)
                found.append(Spared(proposal.model, value.path, by.declaration_id))
    return found


def _thing(model: str, by: Contribution, assembled: Assembled) -> Any:
    """Of what a declaration is the word: which contract, which result or, as it stands now, which dossier."""
    if model == "emploi":
        return by.contract
    if model == "certification":
        return by.slot
    place = assembled.places.get(by.file)
    return place.dossier_id if place else by.file
