"""What really happened in a training, from all who told of it: its dates, and its events in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.dossier.domain.alternance import Contrat, contracts_of
from services.dossier.domain.assembling import Material
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.jobs import Job
from services.dossier.domain.lifecycle import Happened

DATES_PLANNED = ("accord_le", "debut_prevu", "fin_prevue", "heures_prevues")
ENDS = ("sortie", "abandon", "exclusion")
TOLD_OF_THE_END = ("motif", "heures_realisees", "taux_realisation", "realisation", "force_majeure")
# Decided of a file, and not of the training.
_DECISIONS = ("accord", "refus", "annulation")
_ONCE = ("entree", "report", "prolongation", "service_fait")


@dataclass(slots=True)
class Happening:
    """The dates of a dossier, each with the contribution it is from (of an item of a list, `contrats.1`, and
    of what of it another one says, `contrats.1.rompu_le`); and its events, each with who told it."""

    dates: dict[str, Any] = field(default_factory=dict)
    by: dict[str, Contribution] = field(default_factory=dict)
    told: dict[Happened, Contribution] = field(default_factory=dict)
    decided: dict[tuple[File, Happened], Contribution] = field(default_factory=dict)
    of_file: dict[File, list[Happened]] = field(default_factory=dict)

    def note(self, name: str, value: Any, by: Contribution) -> None:
        """One date, and whose it is."""
        self.dates[name] = value
        self.by[name] = by

    def note_each(
        self, name: str, items: Sequence[tuple[dict[str, Any], Mapping[str, Contribution]]]
    ) -> None:
        """A list, and whose each item is (under no name) and each part that is another's word. The whole is
        the first item's."""
        if items:
            self.note(name, [item for item, _ in items], items[0][1][""])
        for number, (_, by) in enumerate(items):
            at = f"{name}.{number}"
            for part, one in by.items():
                self.by[f"{at}.{part}" if part else at] = one

    def tell(self, event: str, on: str, by: Contribution) -> Happened:
        """One event, and who told it."""
        happened = Happened(event, on)
        self.told.setdefault(happened, by)
        return happened

    def decide(self, file: File, event: str, on: str, by: Contribution) -> Happened:
        """One event of a file, and who told it."""
        happened = self.tell(event, on, by)
        self.decided.setdefault((file, happened), by)
        return happened

    def teller(self, file: File, happened: Happened) -> Contribution:
        """Who told an event of a file: another's may bear the same name and day."""
        return self.decided.get((file, happened)) or self.told[happened]


def planned_by(one: Contribution) -> Mapping[str, Any]:
    """What a contribution says of what is planned."""
    if one.nature == "realisation" and one.faits["evenement"] == "accord":
        return {"accord_le": one.faits["le"]}
    return one.faits


def happening_of(material: Material, jobs: Sequence[Job], certificates: Sequence[Contribution]) -> Happening:
    """What happened in a path. `jobs` are all of the person's; `certificates`, those this path leads to."""
    found = Happening()
    events = material.believed("realisation", material.of("realisation"))
    _note_plan(found, material, events)
    ended = _note_entry_and_end(found, events)
    _note_interruptions(found, events)
    formations = material.believed("formation", material.of("formation"))
    contracts = contracts_of(formations, events, jobs)
    shared = [found.tell(name, one.faits["le"], one) for name, one in _singles(events).items()]
    shared += [found.tell(name, on, one) for name, on, one in ended]
    shared += [*_repeated(found, events), *_of_contracts(found, contracts)]
    shared += [
        found.tell("certification", one.faits["le"], one)
        for one in certificates
        if one.faits["resultat"] == "obtenue"
    ]
    for file in material.files:
        found.of_file[file] = [*_decided(found, material, file), *shared]
    return found


def _note_plan(found: Happening, material: Material, events: Sequence[Contribution]) -> None:
    said = [one for one in (*material.of("formation"), *events) if one.nature == "formation" or _replans(one)]
    said.sort(key=lambda one: one.freshness)
    for one in material.believed("prevision", said):
        for name, value in planned_by(one).items():
            if name in DATES_PLANNED:
                found.note(name, value, one)


def _replans(one: Contribution) -> bool:
    return one.faits["evenement"] in ("report", "prolongation", "accord")


def _singles(events: Iterable[Contribution]) -> dict[str, Contribution]:
    return {one.faits["evenement"]: one for one in events if one.faits["evenement"] in _ONCE}


def _note_entry_and_end(
    found: Happening, events: Sequence[Contribution]
) -> Iterator[tuple[str, str, Contribution]]:
    told = _singles(events)
    if entree := told.get("entree"):
        found.note("entree_le", entree.faits["le"], entree)
    if done := told.get("service_fait"):
        found.note("service_fait_le", done.faits["le"], done)
    end = next((one for one in reversed(events) if one.faits["evenement"] in ENDS), None)
    if end is None:
        return iter(())
    faits = end.faits
    found.note("sortie_le", faits["le"], end)
    found.note("abandon", gave_up(end), end)
    for name in TOLD_OF_THE_END:
        if name in faits:
            found.note(name, faits[name], end)
    event = "abandon" if faits["evenement"] == "sortie" and gave_up(end) else faits["evenement"]
    return iter([(event, faits["le"], end)])


def gave_up(end: Contribution) -> bool:
    """Whether an end is an abandon: EDOF has it as a reason of a partial exit, others as an event."""
    return end.faits["evenement"] != "sortie" or end.faits.get("motif") == "abandon_stagiaire"


def _note_interruptions(found: Happening, events: Sequence[Contribution]) -> None:
    """Each interruption with the first reprise after it, however many sources told of either."""
    starts, resumed = (
        {one.faits["le"]: one for one in events if one.faits["evenement"] == event}
        for event in ("interruption", "reprise")
    )
    ends = sorted(resumed)
    intervals: list[tuple[dict[str, Any], dict[str, Contribution]]] = []
    last: str | None = ""
    for start in sorted(starts):
        if last is None or start < last:
            continue  # already interrupted: the same interruption, told twice
        last = next((day for day in ends if day > start), None)
        shown = {"debut": start, "fin": last, "motif": starts[start].faits.get("motif")}
        by = {"": starts[start]} if last is None else {"": starts[start], "fin": resumed[last]}
        intervals.append((shown, by))
    found.note_each("interruptions", intervals)


def _repeated(found: Happening, events: Sequence[Contribution]) -> list[Happened]:
    return [
        found.tell(one.faits["evenement"], one.faits["le"], one)
        for one in events
        if one.faits["evenement"] in ("interruption", "reprise")
    ]


def _decided(found: Happening, material: Material, file: File) -> Iterator[Happened]:
    """What was decided of one file: it is declared, agreed to, refused, cancelled."""
    for one in material.said:
        if one.file != file:
            continue
        faits = one.faits
        if one.nature == "formation":
            yield found.decide(file, "declaration", one.effective_on, one)
        elif one.nature == "realisation" and faits["evenement"] in _DECISIONS:
            yield found.decide(file, faits["evenement"], faits["le"], one)
        if one.nature in ("formation", "financement") and "accord_le" in faits:
            yield found.decide(file, "accord", faits["accord_le"], one)


def _of_contracts(found: Happening, contracts: Sequence[Contrat]) -> Iterator[Happened]:
    found.note_each("contrats", [(one.shown, one.said_by) for one in contracts])
    for one in contracts:
        if one.debut is not None:
            yield found.tell("contrat", one.debut, one.by)
        if one.rompu_le is not None:
            yield found.tell("rupture", one.rompu_le, one.broken_by or one.by)
