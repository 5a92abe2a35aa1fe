"""What the hub answered, as a partner reads it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from services.cli import words
from services.client.hub import Hub

Show = Callable[[dict[str, Any]], None]

STATES = {
    "rejetee": "à corriger et à renvoyer",
    "acceptee": "reçue",
    "personne_identifiee": "personne identifiée",
    "en_effet": "prise en compte",
}
INDICATORS = ("entrees", "stagiaires", "sorties", "heures", "cout")


def show_receipts(hub: Hub, lots: Iterable[dict[str, Any]], states: list[str], most: int) -> None:
    """The totals of some lots, and the first lines in these states."""
    totals: Counter[str] = Counter()
    rows: list[tuple[object, ...]] = []
    for lot in lots:
        totals.update(lot["etats"])
        if any(lot["etats"].get(state) for state in states):
            rows += islice(_rows(lot["reference"], hub.lines(lot["reference"], states)), most - len(rows))
    words.table(("lot", "ligne", "état", "code", "chemin", "à savoir"), rows)
    if rows and len(rows) == most:
        words.say(f"Tableau limité à {most} lignes (--most).")
    words.say(words.counted(totals, STATES))


def _rows(reference: str, lines: Iterable[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    for line in lines:
        place = (reference, line["ligne"], line["etat"])
        for found in line["constats"]:
            yield (*place, found["code"], found["chemin"], found["remede"])
        if line["effet"]:
            yield (*place, line["effet"], "", f"dossier {line['dossier_id']}" if line["dossier_id"] else "")
        elif not line["constats"]:
            yield (*place, "", "", STATES.get(line["etat"], ""))


EVENTS = {
    "accord": "prise en charge accordée",
    "refus": "prise en charge refusée",
    "annulation": "annulation avant l’entrée",
    "entree": "entrée en formation",
    "interruption": "interruption",
    "reprise": "reprise",
    "rupture": "rupture du contrat d’alternance",
    "contrat": "contrat d’alternance",
    "sortie": "sortie de formation",
    "abandon": "abandon",
    "exclusion": "exclusion",
    "service_fait": "service fait",
    "certification": "certification obtenue",
    "retrait": "dossier retiré du parcours",
}
EVENTS_OF_PARCOURS = {
    "emploi": "nouveau contrat de travail",
    "fin_emploi": "fin du contrat de travail",
    "certification": "certification obtenue",
    "accompagnement": "accompagnement CEP",
    "fin_accompagnement": "fin de l’accompagnement CEP",
}


def show_notification(told: dict[str, Any]) -> None:
    """One thing that happened to a person, under one's own reference."""
    le, avant = told["le"], told["avant"]
    day = f" le {le}" if le else ""
    if avant:
        day += f" (et non le {avant})" if le else f" le {avant} : n’a pas eu lieu"
    is_dossier = "dossier_id" in told
    event = (EVENTS if is_dossier else EVENTS_OF_PARCOURS).get(told["evenement"], told["evenement"])
    where = f"dossier {told['dossier_id']}" if is_dossier else "hors dossier"
    words.say(f"{told['reference']} : {event}{day} — {where}")


def show_profile(found: dict[str, Any]) -> None:
    """An organisation and its rights."""
    words.say(f"{found['nom']} — SIRET {found['siret']} — {found['profile']}")
    words.say(f"Services : {', '.join(found['services']) or 'aucun'}")
    words.say(f"Déclarations possibles : {', '.join(found['natures']) or 'aucune'}")
    words.table(
        ("service", "finalité", "périmètre", "blocs", "base légale", "du", "au", "en vigueur"),
        [
            (
                *(right[name] for name in ("service", "finalite", "perimetre")),
                ", ".join(right["blocs"]),
                *(right[name] for name in ("base_legale", "valid_from", "valid_until")),
                "oui" if right["in_force"] else "non",
            )
            for right in found["habilitations"]
        ],
        title="Habilitations",
    )


def show_parcours(found: dict[str, Any]) -> None:
    """The dossiers and blocks one may see, what is hidden, and the journal's number of this reading."""
    for dossier in found["dossiers"]:
        title = dossier["blocs"].get("formation", {}).get("intitule", "formation masquée")
        words.say(f"{title} — {dossier['etat']} — dossier {dossier['dossier_id']}")
        _show_blocks(dossier["blocs"], dossier["masques"])
    _show_blocks(found["blocs"], found["masques"])
    words.say(f"Lecture journalisée sous le numéro {found['decision']}")


def show_prefilled(found: dict[str, Any]) -> None:
    """What a declaration can be filled with, whose word it is, and what is left to ask."""
    for number, one in enumerate(found["propositions"], start=1):
        of = f" — dossier {one['dossier_id']}" if one["dossier_id"] else ""
        words.say(f"Proposition {number} pour une déclaration « {found['nature']} »{of}")
        words.table(
            ("  chemin", "valeur", "source", "dite le", "à savoir"),
            [
                (f"  {each['chemin']}", _inside(each["valeur"]), each["source"], each["dite_le"][:10], about)
                for each in one["valeurs"]
                for about in [", ".join(_about(each))]
            ],
        )
        if one["a_demander"]:
            words.say(f"  reste à demander : {', '.join(one['a_demander'])}")
    for one in found["masques"]:
        whose = "" if one["dossier_id"] else " de la personne, hors de ce dossier"
        words.say(f"masqué {one['bloc']}{whose} : {one['message']}")
    if not found["propositions"]:
        words.say("Rien que vous puissiez voir ne remplit cette déclaration.")
    words.say(f"Lecture journalisée sous le numéro {found['decision']}")


def _about(value: dict[str, Any]) -> Iterator[str]:
    if value["par_vous"]:
        yield "dit par vous"
    if not value["a_reprendre"]:
        yield "à ne pas reprendre sans vérifier"
    yield from (one["message"] for one in value["anomalies"])


def _show_blocks(blocks: dict[str, Any], hidden: list[dict[str, Any]]) -> None:
    words.table(
        ("  bloc", "contenu"),
        [
            *((f"  {name}", fact) for name, block in blocks.items() for fact in _facts(block)),
            *((f"  {one['bloc']}", f"masqué : {one['message']}") for one in hidden),
        ],
    )


def _facts(block: Any) -> Iterator[str]:
    """A block is one set of facts or a list of them."""
    for one in block if isinstance(block, list) else [block]:
        yield _text(one)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        told = {name: fact for name, fact in value.items() if fact not in ("", None, [])}
        return ", ".join(f"{name} {_inside(fact)}" for name, fact in told.items())
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(value)


def _inside(fact: Any) -> str:
    if isinstance(fact, list):
        return " + ".join(map(_inside, fact))
    return f"({_text(fact)})" if isinstance(fact, dict) else _text(fact)


def show_figures(found: dict[str, Any]) -> None:
    """A table of figures; a secret cell has none."""
    axes = list(found["cells"][0]["axes"]) if found["cells"] else []
    words.table(
        (*axes, "entrées", "stagiaires", "sorties", "heures", "coût (€)"),
        [(*(cell["axes"][axis] or "—" for axis in axes), *_measures(cell)) for cell in found["cells"]],
    )
    words.say(
        f"{len(found['cells'])} cellules, dont {found['hidden']} secrètes "
        f"(moins de {found['threshold']} personnes)."
    )


def show_spared(found: dict[str, Any]) -> None:
    """How many values partners need not ask again; a secret cell has none."""
    axes = list(found["cells"][0]["axes"]) if found["cells"] else []
    words.table(
        (*axes, "valeurs", "personnes"),
        [
            (
                *(cell["axes"][axis] or "—" for axis in axes),
                *(cell["figures"].get(name, "secret") for name in ("valeurs", "personnes")),
            )
            for cell in found["cells"]
        ],
    )
    words.say(
        f"{len(found['cells'])} cellules, dont {found['hidden']} secrètes "
        f"(moins de {found['threshold']} personnes)."
    )


def _measures(cell: dict[str, Any]) -> tuple[object, ...]:
    if cell["secret"]:
        return ("secret",) * len(INDICATORS)
    shown = cell["figures"]
    return (*(shown[name] for name in INDICATORS[:-1]), f"{shown['cout'] / 100:.0f}")
