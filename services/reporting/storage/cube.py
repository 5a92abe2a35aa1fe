"""The sums by cell, and who is present in which: changed by what changes, read by table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.reporting.domain.counting import Cell
from services.reporting.domain.secrecy import Place

_AXES = "by_funder, region, dispositif, financeur, mois"
_CELLS = """
    CAST(:by_funder AS boolean[]), CAST(:region AS text[]), CAST(:dispositif AS text[]),
    CAST(:financeur AS text[]), CAST(:mois AS text[])
"""
# In the order of the cells: two chunks that share some wait for each other, and never in a circle.
_ADD_CELLS = text(
    f"""
    INSERT INTO cell ({_AXES}, entrees, sorties, heures, cout)
    SELECT * FROM unnest({_CELLS}, CAST(:entrees AS bigint[]), CAST(:sorties AS bigint[]),
                         CAST(:heures AS bigint[]), CAST(:cout AS bigint[]))
           AS changed({_AXES}, entrees, sorties, heures, cout)
    ORDER BY {_AXES}
    ON CONFLICT ({_AXES}) DO UPDATE SET
        entrees = cell.entrees + excluded.entrees, sorties = cell.sorties + excluded.sorties,
        heures = cell.heures + excluded.heures, cout = cell.cout + excluded.cout
    """
)
_ADD_PRESENCES = text(
    f"""
    INSERT INTO presence ({_AXES}, stagiaire, dossiers)
    SELECT * FROM unnest({_CELLS}, CAST(:stagiaires AS text[]), CAST(:dossiers AS int[]))
           AS changed({_AXES}, stagiaire, dossiers)
    ORDER BY {_AXES}, stagiaire
    ON CONFLICT ({_AXES}, stagiaire) DO UPDATE SET dossiers = presence.dossiers + excluded.dossiers
    """
)
_ALL_CELLS = text(
    f"SELECT {_AXES}, entrees, sorties, heures, cout FROM cell "
    "WHERE (entrees, sorties, heures, cout) <> (0, 0, 0, 0)"
)
_ALL_PRESENCES = text(f"SELECT {_AXES}, stagiaire, dossiers FROM presence WHERE dossiers <> 0")


def _columns(cells: Sequence[Cell]) -> dict[str, list[Any]]:
    return {
        "by_funder": [cell.by_funder for cell in cells],
        "region": [cell.region for cell in cells],
        "dispositif": [cell.dispositif for cell in cells],
        "financeur": [cell.financeur for cell in cells],
        "mois": [cell.mois for cell in cells],
    }


def add(session: Session, cells: Mapping[Cell, Sequence[int]], presences: Counter[tuple[Cell, str]]) -> None:
    """Add to the sums, and to who is present."""
    if cells:
        sums = zip(*cells.values(), strict=True)
        named = dict(zip(("entrees", "sorties", "heures", "cout"), map(list, sums), strict=True))
        session.execute(_ADD_CELLS, {**_columns(list(cells)), **named})
    if presences:
        session.execute(
            _ADD_PRESENCES,
            {
                **_columns([cell for cell, _ in presences]),
                "stagiaires": [stagiaire for _, stagiaire in presences],
                "dossiers": list(presences.values()),
            },
        )


def table(session: Session, axes: Sequence[str], du: str, au: str) -> dict[Place, dict[str, int]]:
    """The figures of every place of a table that is not empty. `axes` are the contract's, checked."""
    asked = {"by_funder": "financeur" in axes, "du": du, "au": au}
    names = ", ".join(axes)
    where = "WHERE by_funder = :by_funder AND mois BETWEEN :du AND :au"
    sums = session.execute(
        text(
            f"SELECT {names}, sum(entrees) AS entrees, sum(sorties) AS sorties, sum(heures) AS heures, "
            f"sum(cout) AS cout FROM cell {where} GROUP BY {names}"
        ),
        asked,
    )
    persons = session.execute(
        text(
            f"SELECT {names}, count(DISTINCT stagiaire) AS stagiaires FROM presence {where} "
            f"AND dossiers > 0 GROUP BY {names}"
        ),
        asked,
    )
    present = {tuple(row[:-1]): int(row[-1]) for row in persons}
    found = {}
    for row in sums:
        place, (entries, exits, hours, cost) = tuple(row[: len(axes)]), map(int, row[len(axes) :])
        figures = {
            "entrees": entries,
            "stagiaires": present.get(place, 0),
            "sorties": exits,
            "heures": hours,
            "cout": cost,
        }
        if any(figures.values()):
            found[place] = figures
    return found


def differences(
    session: Session, cells: Mapping[Cell, Sequence[int]], presences: Mapping[tuple[Cell, str], int]
) -> int:
    """How many cells and presences are not what they are given as."""
    kept_cells = {Cell(*row[:5]): list(row[5:]) for row in session.execute(_ALL_CELLS)}
    kept = {(Cell(*row[:5]), row[5]): row[6] for row in session.execute(_ALL_PRESENCES)}
    wrong_cells = [
        cell for cell in {*kept_cells, *cells} if kept_cells.get(cell) != list(cells.get(cell, ()))
    ]
    wrong_presences = [one for one in {*kept, *presences} if kept.get(one) != presences.get(one)]
    return len(wrong_cells) + len(wrong_presences)
