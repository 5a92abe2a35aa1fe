"""Known persons, found by the keyed hashes of their traits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from services.identity.domain.resolution import Line, Marks, Person, Register

_KEY_IN_USE = text("SELECT marked_with FROM person LIMIT 1")

_COLUMNS = "person_id, declaration_id, nir, civil_status, by_name, by_first_name"
_WITH_NIR = text(f"SELECT {_COLUMNS} FROM person WHERE nir = ANY(CAST(:nirs AS bytea[]))")
_LIKE = text(
    f"""
    SELECT {_COLUMNS} FROM person WHERE nir = ANY(CAST(:nirs AS bytea[]))
    UNION
    SELECT {_COLUMNS} FROM person WHERE civil_status = ANY(CAST(:civil_statuses AS bytea[]))
    """
)
# In the order of the marks: two chunks that share some wait for each other, and never in a circle.
# Whoever waited goes on when the other's row is committed and gone, and then holds its own.
_HOLD = text(
    """
    INSERT INTO held (mark) SELECT mark FROM unnest(CAST(:marks AS bytea[])) AS mark ORDER BY mark
    ON CONFLICT (mark) DO UPDATE SET mark = excluded.mark
    """
)
_SAVE = text(
    """
    WITH freed AS (
        DELETE FROM held WHERE mark = ANY(CAST(:held AS bytea[]))
    ),
    entered AS (
        SELECT * FROM unnest(
            CAST(:person_ids AS uuid[]), CAST(:declaration_ids AS uuid[]), CAST(:nirs AS bytea[]),
            CAST(:civil_statuses AS bytea[]), CAST(:by_names AS bytea[]), CAST(:by_first_names AS bytea[])
        ) AS entered(person_id, declaration_id, nir, civil_status, by_name, by_first_name)
    )
    INSERT INTO person (person_id, declaration_id, nir, civil_status, by_name, by_first_name,
                        marked_with, created_at)
    SELECT *, :marked_with, :now FROM entered
    ON CONFLICT (person_id) DO UPDATE SET declaration_id = excluded.declaration_id, nir = excluded.nir
    """
)


def key_in_use(session: Session) -> str | None:
    """The name of the key by which persons are marked; None while there is nobody."""
    name: str | None = session.scalar(_KEY_IN_USE)
    return name


def with_nirs(session: Session, lines: Sequence[Line]) -> list[Person]:
    """The persons who have the NIRs of these lines."""
    return _persons(session.execute(_WITH_NIR, {"nirs": _nirs(lines)}))


def hold(session: Session, lines: Sequence[Line]) -> None:
    """Make everybody else who decides about one of these NIRs or civil statuses wait until the commit."""
    session.execute(_HOLD, {"marks": _held(lines)})


def like(session: Session, lines: Sequence[Line]) -> list[Person]:
    """The persons who have the NIR or the civil status of one of these lines."""
    asked = {"nirs": _nirs(lines), "civil_statuses": _civil_statuses(lines)}
    return _persons(session.execute(_LIKE, asked))


def save(session: Session, register: Register, held: Sequence[Line], marked_with: str, now: datetime) -> None:
    """Keep whom the register gained, and the NIRs that known persons have from now on."""
    persons = [register.persons[person_id] for person_id in register.created | register.adopted]
    session.execute(
        _SAVE,
        {
            "held": _held(held),
            "now": now,
            "marked_with": marked_with,
            "person_ids": [person.person_id for person in persons],
            "declaration_ids": [person.declaration_id for person in persons],
            "nirs": [person.marks.nir for person in persons],
            "civil_statuses": [person.marks.civil_status for person in persons],
            "by_names": [person.marks.by_name for person in persons],
            "by_first_names": [person.marks.by_first_name for person in persons],
        },
    )


def _persons(rows: Iterable[Row[Any]]) -> list[Person]:
    return [
        Person(
            row.person_id,
            row.declaration_id,
            Marks(row.nir, row.civil_status, row.by_name, row.by_first_name),
        )
        for row in rows
    ]


def _nirs(lines: Sequence[Line]) -> list[bytes]:
    return sorted({line.marks.nir for line in lines if line.marks.nir is not None})


def _civil_statuses(lines: Sequence[Line]) -> list[bytes]:
    return sorted({line.marks.civil_status for line in lines if line.marks.civil_status is not None})


def _held(lines: Sequence[Line]) -> list[bytes]:
    return sorted({*_nirs(lines), *_civil_statuses(lines)})
