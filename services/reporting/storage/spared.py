"""What partners need not ask again: added to where it is counted, and read by table."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.reporting.domain.counting import Spared
from services.reporting.domain.secrecy import Place

_WHERE = "mois, nature, profil, partenaire, stagiaire"
# In one order: two chunks that share some wait for each other, and never in a circle.
_ADD = text(
    f"""
    INSERT INTO spared ({_WHERE}, valeurs)
    SELECT * FROM unnest(
        CAST(:mois AS text[]), CAST(:nature AS text[]), CAST(:profil AS text[]),
        CAST(:partenaire AS text[]), CAST(:stagiaire AS text[]), CAST(:valeurs AS bigint[])
    ) AS told({_WHERE}, valeurs)
    ORDER BY {_WHERE}
    ON CONFLICT ({_WHERE}) DO UPDATE SET valeurs = spared.valeurs + excluded.valeurs
    """
)


def add(session: Session, told: Mapping[Spared, int]) -> None:
    """Add these values, each where it counts."""
    if told:
        columns = {name: [getattr(one, name) for one in told] for name in Spared._fields}
        session.execute(_ADD, {**columns, "valeurs": list(told.values())})


def table(session: Session, axes: Sequence[str], du: str, au: str) -> dict[Place, dict[str, int]]:
    """The figures of every place of a table that is not empty. `axes` are the contract's, checked."""
    names = ", ".join(axes)
    rows = session.execute(
        text(
            f"SELECT {names}, sum(valeurs), count(DISTINCT stagiaire) FROM spared "
            f"WHERE valeurs > 0 AND mois BETWEEN :du AND :au GROUP BY {names}"
        ),
        {"du": du, "au": au},
    )
    return {
        tuple(place): {"valeurs": int(values), "personnes": int(persons)} for *place, values, persons in rows
    }
