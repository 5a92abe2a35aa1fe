"""Prints what the hub answered, as the one who asked would want to read it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from services.client.hub import Hub
from services.contracts.errors import HubError
from services.reference.nomenclatures import DISPOSITIFS, REGIONS

MEASURES = ("entrees", "stagiaires", "sorties", "heures", "cout")
UNKNOWN = "(non déclaré)"


def show_receipt(console: Console, title: str, hub: Hub, reference: str) -> None:
    """A lot's counts by state, some of its refused lines with what to do, some of those in effect."""
    receipt = hub.receipt(reference, etats=["rejetee"], lignes=5)
    effects = hub.receipt(reference, etats=["en_effet"], lignes=3)
    console.rule(title)
    console.print(", ".join(f"{count} {state}" for state, count in receipt["etats"].items()))
    table = Table("ligne", "état", "code", "chemin", "remède", box=None)
    for line in receipt["lignes"]:
        for found in line["constats"]:
            table.add_row(str(line["ligne"]), line["etat"], found["code"], found["chemin"], found["remede"])
    for line in effects["lignes"]:
        table.add_row(str(line["ligne"]), line["etat"], line["effet"], "", f"dossier {line['dossier_id']}")
    console.print(table)


def show_parcours(
    console: Console, title: str, hub: Hub, reference: str, finalite: str, names: Mapping[str, str]
) -> None:
    """A parcours as this reader may see it, what is hidden and why; or why nothing is shown."""
    console.rule(title)
    try:
        view = hub.read_parcours(reference, finalite)
    except HubError as refusal:
        console.print(f"[red]refusé[/red] : {refusal.message} {refusal.details}")
        return
    for dossier in view["dossiers"]:
        _show_dossier(console, dossier, names)
    for block in view["blocs"].values():
        for one in block:
            console.print(f"{_told(one)} — selon {names[_who(one)]}")
    _show_hidden(console, view["masques"], "")
    console.print(f"décision journalisée {view['decision']}")


def _show_dossier(console: Console, dossier: Mapping[str, Any], names: Mapping[str, str]) -> None:
    blocs = dossier["blocs"]
    title = blocs.get("formation", {}).get("intitule", "(formation masquée)")
    console.print(f"[bold]{title}[/bold] — {dossier['etat']} — dossier {dossier['dossier_id']}")
    dates = blocs.get("dates", {})
    known = [f"{name} {dates[name]}" for name in ("debut_prevu", "entree_le", "sortie_le") if name in dates]
    console.print(f"   dates : {', '.join(known) or '—'}")
    for one in blocs.get("financements", ()):
        console.print(f"   finance : {names[one['financeur']]} {one['total'] / 100:.2f} €")
    for one in blocs.get("remunerations", ()):
        console.print(f"   rémunère : {names[one['payeur']]} {one['montant'] / 100:.2f} €")
    for one in blocs.get("certifications", ()):
        console.print(f"   {_told(one)} — selon {names[one['certificateur']]}")
    _show_hidden(console, dossier["masques"], "   ")


def _show_hidden(console: Console, hidden: list[dict[str, str]], indent: str) -> None:
    for one in hidden:
        console.print(f"{indent}[yellow]masqué[/yellow] {one['bloc']} : {one['message']}")


def _who(one: Mapping[str, Any]) -> str:
    return str(next(one[name] for name in ("certificateur", "declarant", "operateur") if name in one))


def _told(one: Mapping[str, Any]) -> str:
    """One line for what belongs to the person."""
    if "resultat" in one:
        return f"certification : {one['certification']} {one['resultat']} le {one['le']}"
    if "nature_contrat" in one:
        return f"emploi : contrat {one['nature_contrat']} depuis le {one['debut']}"
    return f"accompagnement : niveau {one['niveau']} depuis le {one['debut']}"


def show_figures(console: Console, hub: Hub, du: str, au: str) -> None:
    """Two tables of figures with their hidden cells, and how many are hidden where the two cross."""
    for axis, labels in (("dispositif", DISPOSITIFS), ("region", REGIONS)):
        figures = hub.figures([axis], du, au)
        console.rule(f"Chiffres pour le ministère, par {axis}, de {du} à {au}")
        table = Table(axis, "entrées", "stagiaires", "sorties", "heures", "coût (€)", box=None)
        for column in table.columns[1:]:
            column.justify = "right"
        for cell in figures["cells"]:
            code = cell["axes"][axis]
            table.add_row(labels.get(code, code) if code else UNKNOWN, *_measures(cell))
        console.print(table)
    crossed = hub.figures(["region", "dispositif"], du, au)
    console.print(
        f"région × dispositif : {len(crossed['cells'])} cellules, dont {crossed['hidden']} masquées "
        f"(moins de {crossed['threshold']} personnes, ou qui les trahiraient)"
    )


def _measures(cell: Mapping[str, Any]) -> list[str]:
    if cell["secret"]:
        return ["secret"] * len(MEASURES)
    shown = {**cell["figures"], "cout": round(cell["figures"]["cout"] / 100)}
    return [f"{shown[name]:,}".replace(",", " ") for name in MEASURES]
