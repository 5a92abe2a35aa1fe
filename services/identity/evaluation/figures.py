"""An evaluation as tables to be read, and as data for a program."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.identity.domain.measuring import Quality
from services.identity.evaluation.measures import Measured
from services.identity.evaluation.mistakes import NO_KEY
from services.identity.evaluation.running import EVEN_ODDS, Evaluation
from services.identity.evaluation.tables import Drawn, at

_SIZES = 12
CAUSES = {
    NO_KEY: "jamais comparées",
    "poids": "poids sous le seuil de doute",
    "incertain": "doute : poids entre les deux seuils",
    "jumeaux": "doute : jumeaux possibles",
    "parent": "doute : parent homonyme possible",
    "famille": "doute : même famille possible",
    "homonyme": "doute : homonymes possibles, la naissance s’oppose",
    "nir_contredit": "doute : même NIR, traits contraires",
    "nir_differents": "deux NIR",
    "chaine": "lien non suivi : le reste des deux personnes s’y oppose",
    "trop_peu": "trop peu dit pour être de quelqu’un",
    "traits": "lien par les traits",
    "nir": "lien par le NIR",
}


def tables_of(evaluation: Evaluation) -> list[Drawn]:
    """What is printed and written of an evaluation, table by table."""
    found = [
        Drawn("Qualité", ("seuil", "à", "", "précision", "rappel", "F1"), list(_quality(evaluation))),
        Drawn("Recherche et débit", ("", ""), list(_effort(evaluation))),
        Drawn("Lignes par personne", ("lignes", "trouvées", "en vérité"), list(_sizes(evaluation))),
    ]
    missed: list[tuple[str, ...]] = [
        (CAUSES.get(cause, cause), f"{count}") for cause, count in evaluation.mistakes.missed.items()
    ]
    if missed:
        found.append(Drawn("Paires d’une même personne restées séparées", ("cause", "paires"), missed))
    return found


def _quality(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    pairs, persons = evaluation.best_pairs, evaluation.best_persons
    yield from _rows("en vigueur", evaluation.in_force)
    yield ("le meilleur", at(pairs.join), "paires", *_three(pairs.pairs))
    yield ("le meilleur", at(persons.join), "personnes", *_three(persons.persons))
    if evaluation.splink:
        even, (best_pairs, best_persons) = _splink(evaluation)
        yield from _rows("Splink, proba.", even)
        yield ("Splink, le meilleur", f"{best_pairs.join:g}", "paires", *_three(best_pairs.pairs))
        yield ("Splink, le meilleur", f"{best_persons.join:g}", "personnes", *_three(best_persons.persons))


def _rows(title: str, one: Measured) -> Iterator[tuple[str, ...]]:
    shown = at(one.join)
    yield (title, shown, "paires", *_three(one.pairs))
    yield (title, shown, "personnes", *_three(one.persons))


def _three(quality: Quality) -> tuple[str, str, str]:
    return f"{quality.precision:.4f}", f"{quality.recall:.4f}", f"{quality.f1:.4f}"


def _splink(evaluation: Evaluation) -> tuple[Measured, tuple[Measured, Measured]]:
    found = evaluation.splink or ()
    even = next(one for one in found if one.join == EVEN_ODDS)
    return even, (max(found, key=lambda one: one.pairs.f1), max(found, key=lambda one: one.persons.f1))


def _effort(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    fed, mistakes = evaluation.fed, evaluation.mistakes
    yield "lignes", f"{len(fed.truth_of)}"
    yield "personnes trouvées", f"{evaluation.in_force.found}"
    yield "personnes en vérité", f"{evaluation.true.persons}"
    yield "rappel de la recherche (paires comparées, ou d’une même fiche)", f"{mistakes.recall_of_keys:.4f}"
    yield "rapprochement", f"{fed.seconds:.1f} s"
    yield "lignes par seconde", f"{fed.rate:.0f}"
    if evaluation.learning_seconds is not None:
        yield "apprentissage, à part", f"{evaluation.learning_seconds:.1f} s"
    if evaluation.splink:
        yield "Splink, apprentissage et prédiction", f"{evaluation.splink_seconds:.1f} s"
    if evaluation.splink_failed:
        yield "Splink n’a pas abouti", evaluation.splink_failed


def _sizes(evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    found, true = evaluation.sizes, evaluation.true.histogram()
    sizes = sorted({*found, *true})
    for size in sizes[:_SIZES]:
        yield f"{size}", f"{found.get(size, 0)}", f"{true.get(size, 0)}"
    if larger := sizes[_SIZES:]:
        counts = (sum(held.get(size, 0) for size in larger) for held in (found, true))
        yield (f"{larger[0]} à {larger[-1]}", *(f"{count}" for count in counts))  # type: ignore[misc]  # two


def data_of(evaluation: Evaluation) -> dict[str, Any]:
    """The same for a program; nothing of any line."""
    source, fed = evaluation.source, evaluation.fed
    found: dict[str, Any] = {
        "lines": len(fed.truth_of),
        "columns": source.reading.columns.described(),
        "ignored": list(source.reading.columns.ignored),
        "notes": list(source.notes),
        "model": evaluation.model.version,
        "thresholds": {
            name: getattr(evaluation.model.thresholds, name) for name in ("join", "review", "split")
        },
        "persons": {"found": evaluation.in_force.found, "true": evaluation.true.persons},
        "in_force": _measured(evaluation.in_force),
        "best_pairs": _measured(evaluation.best_pairs),
        "best_persons": _measured(evaluation.best_persons),
        "curve": [_measured(one) for one in evaluation.curve],
        "blocking_recall": evaluation.mistakes.recall_of_keys,
        "missed_pairs": dict(evaluation.mistakes.missed),
        "sizes": {"found": _keyed(evaluation.sizes), "true": _keyed(evaluation.true.histogram())},
        "seconds": fed.seconds,
        "lines_per_second": fed.rate,
        "learning_seconds": evaluation.learning_seconds,
        "splink": None,
    }
    if evaluation.splink:
        found["splink"] = {
            "seconds": evaluation.splink_seconds,
            "curve": [_measured(one) for one in evaluation.splink],
        }
    if evaluation.splink_failed:
        found["splink"] = {"failed": evaluation.splink_failed}
    return found


def _measured(one: Measured) -> dict[str, Any]:
    return {
        "threshold": one.join,
        **{
            name: {"precision": quality.precision, "recall": quality.recall, "f1": quality.f1}
            for name, quality in (("pairs", one.pairs), ("clusters", one.persons))
        },
    }


def _keyed(sizes: Mapping[int, int]) -> dict[str, int]:
    return {f"{size}": count for size, count in sizes.items()}
