"""Guarantee 9: figures kept by difference are what a recount gives; and the small ones are hidden."""

import uuid
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, MetaData

from services.reporting import use_cases
from services.reporting.domain.secrecy import hidden_cells
from services.reporting.storage.tables import metadata
from tests.conftest import RolledBack

DOSSIERS = [uuid.UUID(int=number) for number in range(4)]
Migrated = Callable[[str, MetaData], Engine]


@st.composite
def facts(draw: st.DrawFn) -> dict[str, object]:
    entered = draw(st.sampled_from([None, "2026-01-15", "2026-02-15"]))
    from datetime import date

    return {
        "dossier_id": draw(st.sampled_from(DOSSIERS)),
        "version": draw(st.integers(1, 6)),
        "removed": draw(st.booleans()),
        "stagiaire": draw(st.sampled_from(["a", "b"])),
        "region": draw(st.sampled_from([None, "11", "84"])),
        "dispositif": draw(st.sampled_from([None, "CPF"])),
        "entree_le": date.fromisoformat(entered) if entered else None,
        "sortie_le": draw(st.sampled_from([None, date(2026, 3, 1)])),
        "heures": draw(st.integers(0, 100)),
        "financements": draw(
            st.lists(
                st.fixed_dictionaries(
                    {"financeur": st.sampled_from(["X", "Y"]), "cents": st.integers(0, 99)}
                ),
                max_size=2,
            )
        ),
    }


@pytest.mark.servers
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(facts(), max_size=25), cuts=st.lists(st.integers(0, 25), max_size=4))
def test_whatever_is_told_in_whatever_chunks_a_recount_gives_the_same(
    migrated: Migrated, told: list[dict[str, object]], cuts: list[int]
) -> None:
    bounds = sorted({0, len(told), *(min(cut, len(told)) for cut in cuts)})
    with RolledBack(migrated("reporting", metadata)) as session:
        for start, end in pairwise(bounds):
            use_cases.count_facts(session, told[start:end])
            assert use_cases.differences(session) == 0


@pytest.mark.servers
def test_the_highest_version_stands_in_any_order(migrated: Migrated) -> None:
    from datetime import date

    versions: list[dict[str, object]] = [
        {
            "dossier_id": DOSSIERS[0],
            "version": version,
            "removed": version == 2,
            "stagiaire": "a",
            "region": "11",
            "dispositif": "CPF",
            "entree_le": date(2031, 1, version),
            "sortie_le": None,
            "heures": version,
            "financements": [],
        }
        for version in (1, 2, 3)
    ]
    for seed in range(6):
        Random(seed).shuffle(versions)
        with RolledBack(migrated("reporting", metadata)) as session:
            for one in versions:
                use_cases.count_facts(session, [one])
            table = use_cases.figures(session, 1, ["region"], "2031-01", "2031-12")
            assert [cell["figures"]["heures"] for cell in table["cells"]] == [3]


def figures(count: int) -> dict[str, int]:
    return {"entrees": count, "stagiaires": count, "sorties": count, "heures": count, "cout": count}


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param({("11",): 5}, set(), id="at the threshold"),
        pytest.param({("11",): 4}, {("11",)}, id="one below"),
        pytest.param({("11",): 0}, set(), id="nobody"),
        pytest.param(
            {("11", "CPF"): 3, ("11", "AIF"): 9, ("84", "CPF"): 8, ("84", "AIF"): 7},
            {("11", "CPF"), ("11", "AIF"), ("84", "CPF"), ("84", "AIF")},
            id="one small cell takes a rectangle with it",
        ),
    ],
)
def test_small_cells_are_hidden_with_their_companions(
    counts: dict[tuple[str, ...], int], hidden: set[tuple[str, ...]]
) -> None:
    assert hidden_cells({place: figures(count) for place, count in counts.items()}, 5) == hidden
