"""Guarantee 9: figures kept by difference are what a recount gives; and the small ones are hidden."""

import uuid
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, MetaData

from services.contracts.reporting import SparedTable
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


# --- what partners need not ask again ------------------------------------------------------------


def told_spared(stagiaire: str, valeurs: int, **more: object) -> dict[str, object]:
    return {
        "mois": "2031-03",
        "nature": "formation",
        "partenaire": "99000001000019",
        "profil": "operateur_cep",
        "stagiaire": stagiaire,
        "valeurs": valeurs,
        **more,
    }


def spared_cells(
    migrated: Migrated, told: list[dict[str, object]], axes: list[str]
) -> list[tuple[object, ...]]:
    """A table of what some messages tell, each of one thing."""
    with RolledBack(migrated("reporting", metadata)) as session:
        for one in told:
            use_cases.count_spared(session, [one])
        table = use_cases.spared_figures(session, 5, axes, "2031-01", "2031-12")
        SparedTable().load(table)
    return [(*cell["axes"].values(), cell["figures"] or "secret") for cell in table["cells"]]


@pytest.mark.servers
def test_what_is_spared_is_counted_by_persons_and_values_and_hidden_below_the_threshold(
    migrated: Migrated,
) -> None:
    told = [told_spared(str(person), 6) for person in range(5)]
    told += [told_spared(str(person), 2, nature="emploi") for person in range(5)]
    few = [told_spared(str(person), 30, nature="realisation", profil=None) for person in range(4)]
    assert spared_cells(migrated, told + few, ["nature"]) == [
        ("emploi", {"valeurs": 10, "personnes": 5}),
        ("formation", {"valeurs": 30, "personnes": 5}),
        ("realisation", "secret"),
    ]
    assert spared_cells(migrated, told, ["profil", "nature"]) == [
        ("operateur_cep", "emploi", {"valeurs": 10, "personnes": 5}),
        ("operateur_cep", "formation", {"valeurs": 30, "personnes": 5}),
    ]
    assert spared_cells(migrated, few, ["profil"]) == [(None, "secret")]
    assert spared_cells(migrated, [one | {"mois": "2032-01"} for one in told], ["mois"]) == []


@pytest.mark.servers
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=6), seed=st.integers(0, 99))
def test_whom_what_is_spared_is_of_may_change_in_any_order_and_the_sum_stays(
    migrated: Migrated, moves: list[tuple[int, int]], seed: int
) -> None:
    """Identity links and splits: as many values, of as many persons as there are then."""
    has = dict.fromkeys(range(7), 4)
    told = [told_spared(str(person), 4) for person in has]
    for one, other in moves:
        moved, has[one] = has[one], 0
        has[other] += moved
        told += [told_spared(str(one), -moved), told_spared(str(other), moved)]
    Random(seed).shuffle(told)
    persons = sum(1 for values in has.values() if values)
    shown = {"valeurs": 28, "personnes": persons} if persons >= 5 else "secret"
    assert spared_cells(migrated, told, ["partenaire"]) == [("99000001000019", shown)]
