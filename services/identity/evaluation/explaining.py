"""Explains two lines that anybody holds: of a file, or given as JSON. Nothing is stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from services.chassis.errors import Unreadable
from services.contracts.errors import Malformed
from services.identity.domain.deciding import Verdict, judge
from services.identity.domain.model import Model, load_model
from services.identity.domain.scoring import Explanation, Scorer
from services.identity.drawing.waterfall import LEVELS, TRAITS
from services.identity.evaluation.figures import CAUSES
from services.identity.evaluation.report import side_by_side
from services.identity.evaluation.running import Source, record_of
from services.identity.evaluation.tables import Drawn, at

ANSWERS = {"lies": "liées", "doute": "doute", "separes": "séparées", "differents": "deux personnes"}
_FLAT = ("nom_naissance", "nom_usage", "prenoms", "sexe", "nir", "nir_certifie")


@dataclass(frozen=True, slots=True)
class Explained:
    """Two lines side by side, why they weigh what they do, and what is decided of them alone."""

    traits: Sequence[tuple[str, str, str]]
    explanation: Explanation
    verdict: Verdict


def explain(pair: Sequence[bytes], model: Model) -> Explained:
    """The explanation of two lines under a model. Raises `Malformed` for what is no person."""
    scorer = Scorer(model)
    try:
        one, other = (scorer.prepare(record_of(line)) for line in pair)
    except Unreadable:
        raise _no_person() from None
    return Explained(side_by_side(*pair), scorer.explain(one, other), judge(one, other, scorer))


def _no_person() -> Malformed:
    return Malformed("personne_illisible", "Une personne s’écrit avec les mots de la déclaration.")


def lines_of(source: Source, rows: Sequence[int]) -> list[bytes]:
    """Two lines of a file, by their rows: 1 is the first after the titles."""
    last = max(rows)
    told = {
        at: personne for at, (_, personne) in enumerate(islice(source.lines(), last), start=1) if at in rows
    }
    if min(rows) < 1 or last not in told:
        raise Malformed(
            "ligne_absente", "Le fichier n’a pas ces lignes.", {"lignes": f"{source.survey.rows}"}
        )
    return [told[row] for row in rows]


def read_pair(text: str) -> list[bytes]:
    """Two persons as JSON: in the declaration's shape, or each trait by its word (`date_naissance`…)."""
    try:
        pair = json.loads(text)
    except ValueError:
        raise Malformed("json_invalide", "Ce n’est pas du JSON.") from None
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, dict) for one in pair):
        raise Malformed("paire_attendue", "Il faut un tableau JSON de deux personnes.")
    return [orjson.dumps(_shaped(one)) for one in pair]


def _shaped(told: Mapping[str, Any]) -> dict[str, Any]:
    birth, home = told.get("naissance") or {}, told.get("adresse") or {}
    if not isinstance(birth, dict) or not isinstance(home, dict):
        raise _no_person()
    first_names = told.get("prenoms", [])
    return {
        **{word: told.get(word) or "" for word in _FLAT},
        "prenoms": first_names.split() if isinstance(first_names, str) else first_names,
        "naissance": {
            "date": birth.get("date") or told.get("date_naissance") or "",
            "commune": birth.get("commune") or birth.get("pays") or told.get("lieu_naissance") or "",
        },
        "adresse": {
            "code_postal": home.get("code_postal") or told.get("code_postal") or "",
            "commune": home.get("commune") or told.get("commune") or "",
        },
    }


def read_model(path: Path) -> Model:
    """The model of a file. Raises `Malformed`."""
    try:
        return load_model(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Malformed("modele_illisible", f"Le modèle ne s’ouvre pas : {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise Malformed("modele_illisible", "Ce fichier n’est pas un modèle que ce code sait lire.") from None


def tables_of(explained: Explained) -> list[Drawn]:
    """The two lines, then each trait's level and weight, then the sum and the thresholds."""
    told = explained.explanation
    parts: list[tuple[str, ...]] = [("Au hasard", "", f"{told.prior:+.2f}", "")]
    for part in told.parts:
        level = "inconnu" if part.level is None else LEVELS.get(part.level, part.level)
        rarity = f"{part.rarity:+.2f}" if part.rarity else ""
        parts.append((TRAITS.get(part.trait, part.trait), level, f"{part.weight:+.2f}", rarity))
    parts.append(("Total", "", f"{told.total:+.2f}", ""))
    verdict, thresholds = explained.verdict, told.thresholds
    return [
        Drawn("Les deux lignes", ("", "l’une", "l’autre"), list(explained.traits)),
        Drawn(f"Poids (modèle {told.model})", ("trait", "niveau", "bits", "dont rareté"), parts),
        Drawn(
            "Décision",
            ("", ""),
            [
                ("réponse", ANSWERS[verdict.answer.value]),
                ("cause", CAUSES.get(verdict.cause, verdict.cause)),
                ("poids retenu", at(verdict.weight)),
                ("seuils", f"doute {at(thresholds.review)}, lien {at(thresholds.join)}"),
            ],
        ),
    ]


def data_of(explained: Explained) -> dict[str, Any]:
    """The same for a program, without the lines themselves."""
    verdict = explained.verdict
    return {**asdict(explained.explanation), "answer": verdict.answer.value, "cause": verdict.cause}
