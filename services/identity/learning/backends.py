"""Where Splink computes: DuckDB in this process, or Spark where `AGORA_SPLINK_BACKEND` says so.

What Splink is given is pairs that our own code has compared, two million of them at most (`Effort`): one
process holds them. Spark is for whoever has to compute where the data are; the model is the same, and it
comes no sooner. It needs `agora-hub[identity-spark]` and takes its own settings from its environment.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow
from splink import DuckDBAPI

SETTING = "AGORA_SPLINK_BACKEND"
_SIDES = ("one", "other")


@contextmanager
def two_sides(rows: pyarrow.Table) -> Iterator[list[Any]]:
    """The same rows registered twice with Splink: the two sides of a pair have one number. Raises
    `ValueError` for a setting that is neither `duckdb` nor `spark`."""
    chosen = os.environ.get(SETTING) or "duckdb"
    if chosen not in BACKENDS:
        raise ValueError(f"{SETTING} is one of {', '.join(BACKENDS)}")
    with BACKENDS[chosen](rows) as sides:
        yield sides


@contextmanager
def _duckdb(rows: pyarrow.Table) -> Iterator[list[Any]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("rows", rows)
        backend = DuckDBAPI(connection)
        told = connection.sql("SELECT * FROM rows")
        yield [backend.register(told, dataset_display_name=side) for side in _SIDES]


@contextmanager
def _spark(rows: pyarrow.Table) -> Iterator[list[Any]]:
    from pyspark.sql import SparkSession
    from splink import SparkAPI

    session = SparkSession.builder.appName("agora-identity").getOrCreate()
    try:
        # Ours are the comparisons: Splink's own, in Java, are not needed. So few rows are kept in memory, and
        # no folder is asked for in which to keep what comes between.
        backend = SparkAPI(  # type: ignore[no-untyped-call]  # Splink's, typed in part
            spark_session=session, register_udfs_automatically=False, break_lineage_method="persist"
        )
        held = session.createDataFrame(rows.to_pandas())
        yield [backend.register(held, dataset_display_name=side) for side in _SIDES]
    finally:
        session.stop()


BACKENDS = {"duckdb": _duckdb, "spark": _spark}
