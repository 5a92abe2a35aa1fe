"""What Splink finds by itself, in one batch, from the same traits: the mark to be measured against.

With its own comparisons and term frequencies, its own blocking rules and training, as its documentation
advises for persons; nothing of ours but the normalised traits. A rule by which too many meet, as where all
live in one town, is left out, as it advises too: it would take all the memory that there is.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.blocking_rule_library import CustomRule
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator
from splink.internals.exceptions import EMTrainingException

from services.identity.domain.records import Record

Columns = tuple[str, ...]

_RULES = (
    ("surname", "first_name"),
    ("dob",),
    ("surname", "postcode"),
    ("first_name", "postcode"),
    ("postcode", "commune"),
    ("surname", "commune"),
    ("first_name", "commune"),
)
_EXCHANGED = "l.surname = r.first_name and l.first_name = r.surname"
# Some of these rules.
_TRAINED_ON = (("dob",), ("surname", "first_name"), ("postcode", "commune"))
_SURE = ("first_name", "surname", "dob")
# Pairs that one rule may make; and the memory for all of it, none of which goes to a disk.
_MOST_PAIRS = 10_000_000
_MEMORY = {"memory_limit": "4GB", "temp_directory": ""}
_COLUMNS = ("first_name", "surname", "dob", "postcode", "commune", "place", "sex")


def persons_by_splink(
    records: Sequence[Record], probabilities: Sequence[float]
) -> Iterator[tuple[float, list[list[int]]]]:
    """The persons at each of these match probabilities: a probability, and the positions of each one's
    records. Columns that no record tells are left out."""
    rows = _rows(records)
    told = [name for name in _COLUMNS if any(value is not None for value in rows[name])]
    with duckdb.connect(config={"threads": 1, **_MEMORY}) as connection:
        connection.register("rows", pyarrow.table({name: rows[name] for name in ("unique_id", *told)}))
        rules = affordable(connection, told, _RULES)
        backend = DuckDBAPI(connection)
        table = backend.register(connection.sql("SELECT * FROM rows"), dataset_display_name="records")
        linker = Linker(table, _settings(told, rules), log_level=logging.ERROR)
        _train(linker, told, [rule for rule in _TRAINED_ON if rule in rules])
        predicted = linker.inference.predict(threshold_match_probability=min(probabilities))
        for probability in probabilities:
            clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
                predicted, threshold_match_probability=probability
            )
            yield probability, _groups(clusters.as_record_list())


def _rows(records: Sequence[Record]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in ("unique_id", *_COLUMNS)}
    for at, record in enumerate(records):
        birth = record.birth
        values = (
            at,
            record.first_names[0].text if record.first_names else None,
            record.surnames[0].text if record.surnames else None,
            f"{birth[:4]}-{birth[4:6]}-{birth[6:]}" if birth else None,
            record.postcode or None,
            record.commune.text if record.commune else None,
            record.place.text if record.place else None,
            record.sex or None,
        )
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    return columns


def affordable(
    connection: duckdb.DuckDBPyConnection, told: Sequence[str], rules: Sequence[Columns]
) -> list[Columns]:
    """Those of these rules whose columns are told, and by which no more meet than are compared."""
    return [rule for rule in rules if set(rule) <= set(told) and _pairs(connection, rule) <= _MOST_PAIRS]


def _pairs(connection: duckdb.DuckDBPyConnection, rule: Columns) -> int:
    told = connection.sql("SELECT * FROM rows").filter(" AND ".join(f"{name} IS NOT NULL" for name in rule))
    met = told.aggregate("count(*) AS records", ", ".join(rule))
    (pairs,) = met.aggregate("sum(records * (records - 1) // 2)").fetchall()[0]
    return int(pairs or 0)


def _settings(told: Sequence[str], by: Sequence[Columns]) -> SettingsCreator:
    comparisons: dict[str, ComparisonCreator] = {
        "first_name": _rare(cl.NameComparison("first_name")),
        "surname": _rare(cl.NameComparison("surname")),
        "dob": cl.DateOfBirthComparison("dob", input_is_string=True),
        "postcode": cl.LevenshteinAtThresholds("postcode", [1, 2]),
        "commune": _rare(cl.JaroWinklerAtThresholds("commune", [0.92, 0.8])),
        "place": _rare(cl.ExactMatch("place")),
        "sex": cl.ExactMatch("sex"),
    }
    rules: list[BlockingRuleCreator | dict[str, Any]] = [block_on(*rule) for rule in by]
    if {"first_name", "surname"} <= set(told):
        rules.append(CustomRule(_EXCHANGED))
        comparisons["surname"] = cl.ForenameSurnameComparison("first_name", "surname")
        told = [name for name in told if name != "first_name"]
    chosen: list[ComparisonCreator | dict[str, Any]] = [comparisons[name] for name in told]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=chosen,
        blocking_rules_to_generate_predictions=rules,
        retain_intermediate_calculation_columns=False,
    )


def _rare(comparison: ComparisonCreator) -> ComparisonCreator:
    return comparison.configure(term_frequency_adjustments=True)


def _train(linker: Linker, told: Sequence[str], by: Sequence[Columns]) -> None:
    sure: list[str | BlockingRuleCreator] = [block_on(*(name for name in _SURE if name in told))]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in by:
        # A rule by which no two records meet teaches nothing; the others do.
        with suppress(EMTrainingException):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))


def _groups(rows: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    groups: dict[Any, list[int]] = {}
    for row in rows:
        groups.setdefault(row["cluster_id"], []).append(row["unique_id"])
    return list(groups.values())
