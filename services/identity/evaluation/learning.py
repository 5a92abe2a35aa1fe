"""Learns a model from a file or from what the service holds, and gives it a name that no other has."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.contracts.errors import Malformed
from services.identity.domain.comparison import TRAITS
from services.identity.domain.model import Model, dump_model
from services.identity.domain.records import Record
from services.identity.drawing.waterfall import LEVELS
from services.identity.drawing.waterfall import TRAITS as TRAIT_NAMES
from services.identity.evaluation.tables import Drawn, at
from services.identity.learning.learning import Effort, fit, learn

# To learn from, so many records drawn at random are as good as all.
LEARNED_FROM = 100_000
# To fit a model that is learned already, fewer are.
FITTED_TO = 20_000
# So few different records (a thousand times the same line) tell nothing of a population.
_LEAST_FITTED_TO = 50


def learned_on(records: Sequence[Record], population: int, effort: Effort | None = None) -> Model:
    """The model of these records, drawn at random from so many. Raises `Malformed` for fewer than two."""
    if len(records) < 2:
        raise Malformed("trop_peu_de_lignes", "Il faut au moins deux lignes pour apprendre.")
    return _for_all(learn(records, "evaluation", effort), len(records), population)


def fitted_to(model: Model, records: Sequence[Record], population: int, effort: Effort) -> Model:
    """A model that was learned elsewhere, fitted to these records, drawn at random from so many; as it is
    where they are too few."""
    if len({record.fingerprint for record in records}) < _LEAST_FITTED_TO:
        return model.for_population(population)
    return _for_all(fit(model, records, effort), len(records), population)


def _for_all(model: Model, drawn: int, population: int) -> Model:
    # Of a person's other records, and its family's, as few are in the sample as of all records.
    share = max(population - 1, 1) / (drawn - 1)
    siblings, relatives = model.siblings * share, model.relatives * share
    return replace(model, population=population, siblings=siblings, relatives=relatives)


def named(model: Model, today: date, name: str = "") -> Model:
    """The model with its version: the one given, or the day and what tells it from any other of that day."""
    digest = hashlib.sha256(dump_model(replace(model, version="")).encode()).hexdigest()[:8]
    return replace(model, version=name or f"{today.isoformat()}-{digest}")


def tables_of(model: Model) -> list[Drawn]:
    """The learning report, and the weight of each level."""
    report = model.report
    told: list[tuple[str, ...]] = [
        ("fiches lues", f"{report['records']}"),
        ("paires qui partagent une clé", f"{report['candidate_pairs']}"),
        ("paires au hasard", f"{report['random_pairs']}"),
        ("tours", f"{len(report['turns'])}"),
        ("paires d’une même personne attendues", f"{report['expected_pairs_of_one_person']:.0f}"),
        ("F1 attendu", f"{report['expected_f1']:.4f}"),
        ("population", f"{model.population}"),
        ("autres fiches d’une personne", f"{model.siblings:.3f}"),
        ("fiches d’autres de sa famille", f"{model.relatives:.3f}"),
        ("seuils", f"doute {at(model.thresholds.review)}, lien {at(model.thresholds.join)}"),
    ]
    weights: list[tuple[str, ...]] = []
    for trait in TRAITS:
        for level, m, u, bits in zip(
            trait.levels, model.m[trait.name], model.u[trait.name], model.weights_of(trait.name), strict=True
        ):
            label = LEVELS.get(level, level)
            weights.append((TRAIT_NAMES[trait.name], label, f"{m:.5f}", f"{u:.7f}", f"{bits:+.2f}"))
    return [
        Drawn(f"Modèle {model.version}", ("", ""), told),
        Drawn("Poids", ("trait", "niveau", "m (une personne)", "u (deux personnes)", "bits"), weights),
    ]
