"""Records: known by their content, found by their keys, opened to be compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity.domain.sketching import ALIKE_PERCENT, BITS

_KEY_IN_USE = text("SELECT marked_with FROM record LIMIT 1")
# Whoever takes in records nobody knew waits for whoever does so at this moment: what each finds is all
# there is, and what is not found is not there.
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext('identity.records'))")
# Whoever gives a line to the person of a record that is there already shares this; whoever gives records to
# other persons, and so the lines of each, has it alone: no line is given to a person and then forgotten.
# Only who holds `identity.records` takes it alone, and nobody who shares it asks for the other.
_HOLD_STILL = text("SELECT pg_advisory_xact_lock_shared(hashtext('identity.persons'))")
_HOLD_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('identity.persons'))")
_NUMBERS = text(
    "SELECT nextval(pg_get_serial_sequence('record', 'record_id')) FROM generate_series(1, :count)"
)
_BY_CONTENT = text(
    """
    SELECT content.mark, record_id, person_id, is_nobody FROM content JOIN record USING (record_id)
    WHERE content.mark = ANY(CAST(:marks AS bytea[]))
    """
)
_BY_MARK = text(
    """
    SELECT mark, record_id, person_id, is_nobody FROM record WHERE mark = ANY(CAST(:marks AS bytea[]))
    """
)
_CANDIDATES = text(
    f"""
    WITH asked AS (
        SELECT * FROM unnest(CAST(:asking AS int[]), CAST(:keys AS bigint[])) AS asked(asking, key)
    ),
    found AS (SELECT DISTINCT asking, record_id FROM asked JOIN record_key USING (key)),
    sketched AS (
        SELECT * FROM unnest(CAST(:askings AS int[]), CAST(:sketches AS text[])) AS sketched(asking, sketch)
    )
    SELECT asking, record_id
    FROM found JOIN sketched USING (asking) JOIN record USING (record_id)
    WHERE 100 * bit_count(record.sketch & CAST(sketched.sketch AS bit({BITS})))
          >= {ALIKE_PERCENT} * least(bit_count(record.sketch), bit_count(CAST(sketched.sketch AS bit({BITS}))))
    """
)
_LOAD = text(
    """
    SELECT record_id, mark, sealed, person_id FROM record
    WHERE record_id = ANY(CAST(:record_ids AS bigint[]))
    """
)
_ADD = text(
    f"""
    INSERT INTO record (record_id, mark, sealed, sketch, is_nobody, person_id, marked_with)
    SELECT record_id, mark, sealed, CAST(sketch AS bit({BITS})), is_nobody, person_id, :marked_with
    FROM unnest(
        CAST(:record_ids AS bigint[]), CAST(:marks AS bytea[]), CAST(:sealed AS bytea[]),
        CAST(:sketches AS text[]), CAST(:are_nobody AS boolean[]), CAST(:person_ids AS uuid[])
    ) AS added(record_id, mark, sealed, sketch, is_nobody, person_id)
    """
)
_ADD_KEYS = text(
    """
    INSERT INTO record_key (key, record_id)
    SELECT DISTINCT * FROM unnest(CAST(:keys AS bigint[]), CAST(:record_ids AS bigint[]))
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
    UPDATE record SET person_id = moved.person_id
    FROM unnest(CAST(:record_ids AS bigint[]), CAST(:person_ids AS uuid[])) AS moved(record_id, person_id)
    WHERE record.record_id = moved.record_id
    """
)


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is there already, and whose it is."""

    record_id: int
    person_id: UUID
    is_nobody: bool


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """A record as it is kept, opened: `packed` is what `add` was given."""

    record_id: int
    mark: bytes
    packed: bytes
    person_id: UUID


@dataclass(frozen=True, slots=True, repr=False)
class New:
    """A record nobody knew."""

    record_id: int
    mark: bytes
    packed: bytes
    sketch: int
    is_nobody: bool
    keys: Sequence[int]


def key_in_use(session: Session) -> str | None:
    """The name of the key by which records are marked; None while there is none."""
    name: str | None = session.scalar(_KEY_IN_USE)
    return name


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


def by_content(session: Session, marks: Iterable[bytes]) -> dict[bytes, Known]:
    """The records of these contents, where they were told before."""
    return _known(session, _BY_CONTENT, marks)


def by_mark(session: Session, marks: Iterable[bytes]) -> dict[bytes, Known]:
    """The records that compare like these, where there are any."""
    return _known(session, _BY_MARK, marks)


def _known(session: Session, statement: object, marks: Iterable[bytes]) -> dict[bytes, Known]:
    rows = session.execute(statement, {"marks": list(marks)})  # type: ignore[call-overload]  # a text clause
    return {bytes(row.mark): Known(row.record_id, row.person_id, row.is_nobody) for row in rows}


def candidates(session: Session, asking: Sequence[New]) -> list[tuple[int, int]]:
    """(place in `asking`, record) of all records that share a key with one and are alike by their sketches."""
    keys = [(place, key) for place, one in enumerate(asking) for key in one.keys]
    rows = session.execute(
        _CANDIDATES,
        {
            "asking": [place for place, _ in keys],
            "keys": [key for _, key in keys],
            "askings": list(range(len(asking))),
            "sketches": [_bits(one.sketch) for one in asking],
        },
    )
    return [(row.asking, row.record_id) for row in rows]


def load(session: Session, keys: Keyring, record_ids: Iterable[int]) -> list[Stored]:
    """These records, opened."""
    rows = session.execute(_LOAD, {"record_ids": list(record_ids)})
    return [
        Stored(row.record_id, bytes(row.mark), keys.open(row.sealed, _purpose(row.mark)), row.person_id)
        for row in rows
    ]


def add(
    session: Session, keys: Keyring, new: Sequence[New], person_of: Mapping[int, UUID], marked_with: str
) -> None:
    """Keep records, sealed each for itself, with their keys and their persons."""
    session.execute(
        _ADD,
        {
            "record_ids": [one.record_id for one in new],
            "marks": [one.mark for one in new],
            "sealed": [keys.seal(one.packed, _purpose(one.mark)) for one in new],
            "sketches": [_bits(one.sketch) for one in new],
            "are_nobody": [one.is_nobody for one in new],
            "person_ids": [person_of[one.record_id] for one in new],
            "marked_with": marked_with,
        },
    )
    pairs = [(key, one.record_id) for one in new for key in one.keys]
    session.execute(_ADD_KEYS, {"keys": [key for key, _ in pairs], "record_ids": [id_ for _, id_ in pairs]})


def add_contents(session: Session, record_of: Mapping[bytes, int]) -> None:
    """Remember which record each of these contents is."""
    session.execute(_ADD_CONTENTS, {"marks": list(record_of), "record_ids": list(record_of.values())})


def move(session: Session, person_of: Mapping[int, UUID]) -> None:
    """Give these records to these persons; `hold_alone` comes before."""
    session.execute(_MOVE, {"record_ids": list(person_of), "person_ids": list(person_of.values())})


def _purpose(mark: bytes) -> bytes:
    return b"record:" + bytes(mark)


def _bits(sketch: int) -> str:
    return f"{sketch:0{BITS}b}"
