"""Records: known by their content, found by their keys, opened to be compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.sealing import Keyring
from services.identity.storage import blocks
from services.identity.storage.blocks import Keyed

_IN_USE = text(
    """
    SELECT marked_with, keyed_with FROM record WHERE record_id IN (
        (SELECT min(record_id) FROM record), (SELECT max(record_id) FROM record)
    )
    """
)
# Whoever takes in records nobody knew waits for whoever does so at this moment: what each finds is all
# there is, and what is not found is not there.
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.identity.records'))")
# Whoever gives a line to the person of a record that is there already shares this; whoever gives records to
# other persons, and so the lines of each, has it alone: no line is given to a person and then forgotten.
# Only who holds `identity.records` takes it alone, and nobody who shares it asks for the other.
_HOLD_STILL = text("SELECT pg_advisory_xact_lock_shared(hashtext(current_schema() || '.identity.persons'))")
_HOLD_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.identity.persons'))")
# The sequence is looked up once, and not for each number.
_NUMBERS = text(
    """
    SELECT nextval((SELECT CAST(pg_get_serial_sequence('record', 'record_id') AS regclass)))
    FROM generate_series(1, :count)
    """
)
_BY_CONTENT = "SELECT mark, record_id FROM content WHERE mark = ANY(CAST(%(marks)s AS bytea[]))"
# With what is there, by no statement of its own: a line alone waits for each of them.
_BY_MARK = """
    SELECT mark, record_id FROM record WHERE mark = ANY(CAST(%(marks)s AS bytea[]))
    UNION ALL SELECT NULL, coalesce(max(record_id), 0) FROM record
"""
_NEWEST = "SELECT coalesce(max(record_id), 0) FROM record"
_LOAD = """
    SELECT record_id, mark, sealed FROM record
    WHERE record_id = ANY(CAST(%(record_ids)s AS bigint[]))
"""
_ADD = text(
    """
    INSERT INTO record (record_id, mark, sealed, is_nobody, name, person_id, marked_with, keyed_with)
    SELECT *, :marked_with, :keyed_with FROM unnest(
        CAST(:record_ids AS bigint[]), CAST(:marks AS bytea[]), CAST(:sealed AS bytea[]),
        CAST(:are_nobody AS boolean[]), CAST(:names AS uuid[]), CAST(:person_ids AS uuid[])
    )
    """
)
_ADD_CONTENTS = text(
    """
    INSERT INTO content (mark, record_id)
    SELECT * FROM unnest(CAST(:marks AS bytea[]), CAST(:record_ids AS bigint[])) ORDER BY 1
    ON CONFLICT DO NOTHING
    """
)
_MOVE = text(
    """
    WITH moved AS (
        SELECT record.record_id, record.person_id AS from_person, told.person_id AS to_person
        FROM unnest(CAST(:record_ids AS bigint[]), CAST(:person_ids AS uuid[])) AS told(record_id, person_id)
        JOIN record USING (record_id)
        WHERE record.person_id <> told.person_id
    ),
    noted AS (
        INSERT INTO move (record_id, from_person, to_person, cause, moved_at)
        SELECT record_id, from_person, to_person, :cause, :now FROM moved ORDER BY record_id
    )
    UPDATE record SET person_id = moved.to_person FROM moved WHERE record.record_id = moved.record_id
    """
)
_PERSONS_OF = text(
    "SELECT record_id, person_id FROM record WHERE record_id = ANY(CAST(:record_ids AS bigint[]))"
)
_STANDING = """
    SELECT record_id, name, person_id, is_nobody, keyed_with FROM record
    WHERE record_id = ANY(CAST(%(record_ids)s AS bigint[]))
"""
_NOBODIES = text(
    "SELECT record_id FROM record WHERE record_id = ANY(CAST(:record_ids AS bigint[])) AND is_nobody"
)
_MOVES = text(
    """
    SELECT seq, from_person, to_person, cause, moved_at FROM move
    WHERE seq > :after ORDER BY seq LIMIT :most
    """
)


class Standing(NamedTuple):
    """Which person a record is by itself and which one it is at present, whether it tells too little to be
    anybody's, and by which model it is keyed."""

    name: UUID
    person_id: UUID
    is_nobody: bool
    keyed_with: str


class New(NamedTuple):
    """A record nobody knew; `nir` is the one of its keys that is its NIR's, if it has one."""

    record_id: int
    name: UUID
    mark: bytes
    packed: bytes
    sketch: bytes
    is_nobody: bool
    keys: Sequence[int]
    nir: int | None

    def __repr__(self) -> str:
        return "New()"  # what it says is for no log


def in_use(session: Session) -> tuple[set[str], set[str]]:
    """The names of the keys by which the oldest record and the newest are marked, and the versions of the
    models by which they are keyed."""
    rows = session.execute(_IN_USE).all()
    return {row.marked_with for row in rows}, {row.keyed_with for row in rows}


def hold(session: Session) -> None:
    """Make everybody else who takes in new records wait until the commit."""
    session.execute(_HOLD)


def hold_still(session: Session) -> None:
    """Make whoever gives records to other persons wait until the commit."""
    session.execute(_HOLD_STILL)


def hold_alone(session: Session) -> None:
    """Make everybody wait who gives a line to a person; `hold` comes before."""
    session.execute(_HOLD_ALONE)


def numbers(session: Session, count: int) -> list[int]:
    """Numbers for so many records: nobody else gets them."""
    return list(session.scalars(_NUMBERS, {"count": count}))


def by_content(session: Session, marks: Iterable[bytes]) -> dict[bytes, int]:
    """The records of these contents, where they were told before: a content is of one record for ever."""
    return dict(database.fetch_binary(session, _BY_CONTENT, {"marks": list(marks)}))


def by_mark(session: Session, marks: Iterable[bytes]) -> tuple[dict[bytes, int], int]:
    """The records that compare like these, where there are any, and the number of the last record that was
    there then."""
    found = dict(database.fetch_binary(session, _BY_MARK, {"marks": list(marks)}))
    return found, found.pop(None)


def newest(session: Session) -> int:
    """The number of the last record that is there; whoever comes later has a higher one."""
    return int(database.fetch_binary(session, _NEWEST, {})[0][0])


def load(session: Session, keys: Keyring, record_ids: Iterable[int]) -> dict[int, bytes]:
    """These records, opened: what `add` was given of each."""
    rows = database.fetch_binary(session, _LOAD, {"record_ids": database.integers(record_ids)})
    return {record_id: keys.open(sealed, purpose_of(mark)) for record_id, mark, sealed in rows}


def add(
    session: Session,
    keys: Keyring,
    new: Sequence[New],
    person_of: Mapping[int, UUID],
    marked_with: str,
    keyed_with: str,
    settled: Set[int],
) -> None:
    """Keep records, sealed each for itself, with their persons, and those of their keys that are not settled
    (see `blocks.append`)."""
    session.execute(
        _ADD,
        {
            "record_ids": database.integers(one.record_id for one in new),
            "marks": [one.mark for one in new],
            "sealed": [keys.seal(one.packed, purpose_of(one.mark)) for one in new],
            "are_nobody": [one.is_nobody for one in new],
            "names": database.uuids(one.name for one in new),
            "person_ids": database.uuids(person_of[one.record_id] for one in new),
            "marked_with": marked_with,
            "keyed_with": keyed_with,
        },
    )
    blocks.add(session, keyed(new), settled)


def keyed(new: Iterable[New]) -> Iterator[Keyed]:
    """Records with their keys, as blocks take them."""
    return ((one.record_id, one.keys, one.sketch) for one in new)


def add_contents(session: Session, record_of: Mapping[bytes, int]) -> None:
    """Remember which record each of these contents is."""
    session.execute(
        _ADD_CONTENTS, {"marks": list(record_of), "record_ids": database.integers(record_of.values())}
    )


def persons_of(session: Session, record_ids: Iterable[int]) -> dict[int, UUID]:
    """Whose each of these records is."""
    rows = session.execute(_PERSONS_OF, {"record_ids": list(record_ids)})
    return {row.record_id: row.person_id for row in rows}


def standing(session: Session, record_ids: Iterable[int]) -> dict[int, Standing]:
    """Whose each of these records is, and by which model it is keyed."""
    rows = database.fetch_binary(session, _STANDING, {"record_ids": database.integers(record_ids)})
    return {record_id: Standing(*rest) for record_id, *rest in rows}


def nobodies(session: Session, record_ids: Iterable[int]) -> set[int]:
    """Those of these records that tell too little to be anybody's."""
    return set(session.scalars(_NOBODIES, {"record_ids": list(record_ids)}))


def move(session: Session, person_of: Mapping[int, UUID], cause: str, now: datetime) -> None:
    """Give these records to these persons, and remember it; `hold_alone` comes before."""
    asked = {"record_ids": list(person_of), "person_ids": list(person_of.values())}
    session.execute(_MOVE, {**asked, "cause": cause, "now": now})


class Move(NamedTuple):
    """A record changed persons. Numbers grow in the order in which moves became true, and have no gap that
    is filled later."""

    seq: int
    from_person: UUID
    to_person: UUID
    cause: str
    moved_at: datetime


def moves(session: Session, after: int, most: int) -> list[Move]:
    """Up to `most` moves after number `after`, in order."""
    return [Move(*row) for row in session.execute(_MOVES, {"after": after, "most": most})]


def purpose_of(mark: bytes) -> bytes:
    """What a record is sealed for."""
    return b"record:" + bytes(mark)
