"""The main job, shown: a national sample goes through the hub, and comes out as each may see it."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.rabbitmq import Administration
from deploy.local.showing import show_figures, show_parcours, show_receipt
from deploy.local.waiting import Failure
from services.client.hub import Hub
from services.contracts import topology
from services.contracts.errors import Refused
from services.contracts.message import OPERATOR
from services.sample.lots import Lot, national_sample
from services.sample.organisations import PARTNERS

NAMES = {partner.siret: partner.nom for partner in PARTNERS}
PROFILES = {partner.siret: partner.profile for partner in PARTNERS}
_SETTLE_SECONDS = 300
_READS = {"operateur_cep": "accompagnement", "payeur": "remuneration"}


@dataclass(slots=True)
class Told:
    """What was submitted: the lots, and for each person who said what under which reference."""

    lots: list[tuple[str, str]] = field(default_factory=list)
    accepted: int = 0
    rejected: int = 0
    faulty: tuple[str, str] | None = None
    sources: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    natures: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def run(administration: Administration, declarations: int, seed: int) -> None:
    """Register, submit, wait, and print what came of it. Raises `Failure` when it does not come."""
    console = Console(width=120)
    hubs = {siret: Hub(url) for siret, url in administration.partners(list(NAMES)).items()}
    operator = administration.account(OPERATOR, topology.of_operator())
    with Hub(operator) as hub:
        hub.call("access.register", {"organisations": [partner.registration() for partner in PARTNERS]})
    console.print(f"→ {len(PARTNERS)} organismes enregistrés, avec leurs habilitations")
    began = time.monotonic()
    told = _submit(console, hubs, declarations, seed)
    submitted = time.monotonic()
    _settle(console, hubs, told)
    ended = time.monotonic()
    _show(console, hubs, told)
    console.rule("Débit")
    console.print(
        f"{declarations} déclarations ({told.accepted} acceptées, {told.rejected} rejetées) : déposées en "
        f"{submitted - began:.1f} s, toutes prises en compte en {ended - began:.1f} s, "
        f"soit [bold]{declarations / (ended - began):.0f} déclarations par seconde[/bold] de bout en bout."
    )
    for hub in hubs.values():
        hub.close()


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _submit(console: Console, hubs: dict[str, Hub], declarations: int, seed: int) -> Told:
    told = Told()
    # Each run is a delivery of its own: the lots' references carry the moment.
    run = f"{int(time.time())}"
    with _progress(console) as progress:
        bar = progress.add_task("Dépôt des lots", total=declarations)
        for lot in national_sample(declarations, seed=seed):
            reference = f"{run}-{lot.reference}"
            receipt = _submit_lot(hubs[lot.emetteur], reference, _renamed(lot, run))
            told.lots.append((lot.emetteur, reference))
            told.accepted += receipt["acceptees"]
            told.rejected += receipt["rejetees"]
            if told.faulty is None and receipt["rejetees"] >= 3:
                told.faulty = (lot.emetteur, reference)
            _remember(told, lot)
            progress.advance(bar, len(lot.declarations))
    return told


def _renamed(lot: Lot, run: str) -> list[Any]:
    def renamed(line: Any) -> Any:
        if not isinstance(line, dict) or "rectifie" not in line:
            return line
        return {**line, "rectifie": {**line["rectifie"], "lot": f"{run}-{line['rectifie']['lot']}"}}

    return [renamed(line) for line in lot.declarations]


def _submit_lot(hub: Hub, reference: str, declarations: list[Any]) -> dict[str, Any]:
    """Submit; an organisation registered a moment ago may take a moment to be known to ingestion."""
    until = time.monotonic() + 20
    while True:
        try:
            return hub.submit(reference, declarations)
        except Refused as refusal:
            if refusal.code != "partenaire_inconnu" or time.monotonic() > until:
                raise
            time.sleep(0.1)


def _remember(told: Told, lot: Lot) -> None:
    for ligne, (person, line) in enumerate(zip(lot.persons, lot.declarations, strict=True), start=1):
        if ligne not in lot.faults:
            told.sources[person].setdefault(lot.emetteur, line["reference"])
            told.natures[person].append(line["nature"])


def _settle(console: Console, hubs: dict[str, Hub], told: Told) -> None:
    """Wait until every accepted line is in effect, or waits for a human."""
    waiting = list(told.lots)
    until = time.monotonic() + _SETTLE_SECONDS
    with _progress(console) as progress:
        bar = progress.add_task("Prise en compte  ", total=len(waiting))
        while waiting:
            if time.monotonic() > until:
                raise Failure(
                    f"{len(waiting)} lots are not in effect after {_SETTLE_SECONDS} s: see .local/log"
                )
            waiting = [one for one in waiting if not _is_settled(hubs, *one)]
            progress.update(bar, completed=len(told.lots) - len(waiting))
            time.sleep(0.1)


def _is_settled(hubs: dict[str, Hub], siret: str, reference: str) -> bool:
    states = hubs[siret].receipt(reference, lignes=0)["etats"]
    return not set(states) - {"en_effet", "rejetee"}


def _show(console: Console, hubs: dict[str, Hub], told: Told) -> None:
    siret, reference = told.faulty or told.lots[0]
    title = f"Accusé de réception du lot {reference} — {NAMES[siret]}"
    show_receipt(console, title, hubs[siret], reference)
    sources = told.sources[_example(told)]
    for siret in _readers(sources):
        finalite = _READS.get(PROFILES[siret], "prise_en_charge")
        title = f"Le même parcours, vu par {NAMES[siret]} ({finalite})"
        show_parcours(console, title, hubs[siret], sources[siret], finalite, NAMES)
    ministry = next(siret for siret, profile in PROFILES.items() if profile == "ministere")
    show_figures(console, hubs[ministry], "2024-07", "2026-06")


def _readers(sources: dict[str, str]) -> list[str]:
    """Three of those who spoke of the person, readers before those who only declare."""
    readers = [siret for siret in sources if PROFILES[siret] not in ("certificateur", "dsn")]
    return (readers + [siret for siret in sources if siret not in readers])[:3]


def _example(told: Told) -> int:
    """A person of whom much was said: co-financed, followed, paid."""

    def richness(person: int) -> tuple[int, int]:
        profiles = {PROFILES[source] for source in told.sources[person]}
        return (
            len(profiles & {"operateur_cep", "payeur"}) + len(profiles),
            told.natures[person].count("formation"),
        )

    return max(told.sources, key=lambda person: (richness(person), -person))
