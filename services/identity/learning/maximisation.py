"""Splink's expectation–maximisation, on pairs that our own code has compared.

What the service compares with is Python and rapidfuzz; written a second time in SQL it would differ
somewhere. So Splink is not given records but pairs: the two sides of a pair are one row each in two tables,
joined on the number of the pair, and the level of each trait is a column. Splink then groups the pairs by
their levels and does what it does best.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow
from splink import Linker, SettingsCreator, block_on

from services.identity.domain.comparison import TRAITS, UNKNOWN
from services.identity.learning.backends import two_sides

Probabilities = dict[str, list[float]]
_MOST_ROUNDS = 60
# A level that no pair of one person has falls towards 0, faster in every round, and below 1e-300 Splink
# refuses it. Pairs that are of two persons beyond this doubt (in bits) teach nothing and are left out; and a
# level is lifted after so many rounds, and falls again as long as it must.
_BEYOND_DOUBT = -25.0
_ROUNDS_AT_ONCE = 2
_LEAST = 1e-9
_CONVERGED = 1e-5


def maximise(
    patterns: Mapping[tuple[int, ...], int], m: Probabilities, u: Probabilities, odds: float
) -> tuple[Probabilities, int]:
    """The m that make these pairs likeliest, and in how many rounds; u and the prior stay as given.

    `patterns` counts the pairs that have the same levels. A trait that no pair tells keeps its m.
    """
    patterns = {levels: count for levels, count in patterns.items() if _may_be_one(levels, m, u, odds)}
    told = [at for at, trait in enumerate(TRAITS) if any(levels[at] != UNKNOWN for levels in patterns)]
    if not told:
        return m, 0
    with two_sides(_rows(patterns, told)) as sides:
        rounds = 0
        while rounds < _MOST_ROUNDS:
            linker = Linker(sides, _settings(told, m, u, odds), log_level=logging.ERROR)
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                block_on("pair"),
                estimate_without_term_frequencies=True,
                fix_probability_two_random_records_match=True,
            )
            done = len(session._core_model_settings_history) - 1
            m = {**m, **_learned(linker.misc.save_model_to_json(), patterns)}
            rounds += done
            if done < _ROUNDS_AT_ONCE:
                break
    return m, rounds


def _may_be_one(levels: tuple[int, ...], m: Probabilities, u: Probabilities, odds: float) -> bool:
    bits = math.log2(odds)
    for trait, level in zip(TRAITS, levels, strict=True):
        if level != UNKNOWN:
            bits += math.log2(m[trait.name][level] / u[trait.name][level])
    return bits >= _BEYOND_DOUBT


def _settings(told: Sequence[int], m: Probabilities, u: Probabilities, odds: float) -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        comparisons=[_comparison(at, m, u) for at in told],
        blocking_rules_to_generate_predictions=[block_on("pair")],
        probability_two_random_records_match=odds / (1 + odds),
        max_iterations=_ROUNDS_AT_ONCE,
        em_convergence=_CONVERGED,
    )


def _rows(patterns: Mapping[tuple[int, ...], int], told: Sequence[int]) -> pyarrow.Table:
    columns: dict[str, list[int]] = {TRAITS[at].name: [] for at in told}
    for levels, count in patterns.items():
        for at in told:
            columns[TRAITS[at].name].extend([levels[at]] * count)
    size = sum(patterns.values())
    numbers = list(range(size))
    return pyarrow.table({"unique_id": numbers, "pair": numbers, **columns})


def _comparison(at: int, m: Probabilities, u: Probabilities) -> dict[str, Any]:
    trait = TRAITS[at]
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": f"{trait.name}_l = {UNKNOWN}",
            "label_for_charts": "inconnu",
            "is_null_level": True,
        }
    ]
    # Splink numbers levels from the last given, 0, to the first: as ours.
    for level in reversed(range(len(trait.levels))):
        levels.append(
            {
                "sql_condition": f"{trait.name}_l = {level}",
                "label_for_charts": trait.levels[level],
                "m_probability": m[trait.name][level],
                "u_probability": u[trait.name][level],
            }
        )
    return {"output_column_name": trait.name, "comparison_levels": levels}


def _learned(model: Mapping[str, Any], patterns: Mapping[tuple[int, ...], int]) -> Probabilities:
    """What Splink found for m, level by level; of a level that no pair has, Splink leaves it as it was."""
    at_of = {trait.name: at for at, trait in enumerate(TRAITS)}
    found: Probabilities = {}
    for comparison in model["comparisons"]:
        name = comparison["output_column_name"]
        seen = {levels[at_of[name]] for levels in patterns}
        values = [level.get("m_probability", 0.0) for level in reversed(comparison["comparison_levels"][1:])]
        found[name] = [max(value, _LEAST) if level in seen else _LEAST for level, value in enumerate(values)]
    return found
