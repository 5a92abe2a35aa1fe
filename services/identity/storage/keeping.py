"""What is kept under keys of yesterday: found, opened, and put under those of today."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.identity.storage import blocks
from services.identity.storage.records import add_contents, purpose_of
from services.identity.storage.statements import purpose_of_line


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table with a sealed column: its key, and the column by which its seal is bound to the row."""

    table: str
    key: str
    bound_to: str

    def purpose(self, value: Any) -> bytes:
        """What a row's seal is for."""
        return purpose_of_line(value) if isinstance(value, uuid.UUID) else purpose_of(bytes(value))


SEALED = (Sealed("statement", "declaration_id", "declaration_id"), Sealed("record", "record_id", "mark"))

# A seal begins with the length of its key's name, and the name.
_OTHERWISE = """
    SELECT {key} AS id, sealed, {bound_to} AS bound_to FROM {table}
    WHERE substring(sealed FROM 1 FOR :length) <> :prefix
    LIMIT :most FOR UPDATE SKIP LOCKED
"""
_SEAL_AGAIN = """
    UPDATE {table} SET sealed = fresh.sealed
    FROM unnest(CAST(:ids AS {type}[]), CAST(:sealed AS bytea[])) AS fresh(id, sealed)
    WHERE {table}.{key} = fresh.id
"""
_MARKED_OTHERWISE = text(
    "SELECT record_id, marked_with FROM record WHERE marked_with <> :today LIMIT :most FOR UPDATE"
)
_TOLD = text(
    """
    SELECT declaration_id, record_id, sealed FROM statement
    WHERE record_id = ANY(CAST(:record_ids AS bigint[]))
    """
)
_REMARK = text(
    """
    UPDATE record SET mark = fresh.mark, sealed = fresh.sealed, marked_with = :today
    FROM unnest(CAST(:record_ids AS bigint[]), CAST(:marks AS bytea[]), CAST(:sealed AS bytea[]))
         AS fresh(record_id, mark, sealed)
    WHERE record.record_id = fresh.record_id
    """
)
_FORGET_CONTENTS = text("DELETE FROM content WHERE mark = ANY(CAST(:marks AS bytea[]))")


@dataclass(frozen=True, slots=True, repr=False)
class Marks:
    """What one blind key makes of a record: its mark, keys and sketch, and the marks of its contents."""

    mark: bytes
    keys: Sequence[int]
    sketch: bytes
    contents: Sequence[bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Remarked:
    """A record under the blind key of yesterday and of today, sealed for its mark of today."""

    record_id: int
    sealed: bytes
    before: Marks
    today: Marks


def sealed_otherwise(
    session: Session, kept: Sealed, key_name: str, most: int
) -> list[tuple[Any, bytes, bytes]]:
    """(id, sealed, purpose) of up to `most` rows that another key sealed than the one of this name."""
    prefix = bytes([len(key_name)]) + key_name.encode()
    rows = session.execute(
        text(_OTHERWISE.format(table=kept.table, key=kept.key, bound_to=kept.bound_to)),
        {"length": len(prefix), "prefix": prefix, "most": most},
    )
    return [(row.id, bytes(row.sealed), kept.purpose(row.bound_to)) for row in rows]


def seal_again(session: Session, kept: Sealed, fresh: Mapping[Any, bytes]) -> None:
    """Put fresh seals in the place of old ones."""
    if not fresh:
        return
    kind = "uuid" if kept.table == "statement" else "bigint"
    session.execute(
        text(_SEAL_AGAIN.format(table=kept.table, key=kept.key, type=kind)),
        {"ids": list(fresh), "sealed": list(fresh.values())},
    )


def marked_otherwise(session: Session, key_name: str, most: int) -> dict[int, str]:
    """Up to `most` records that another blind key marks than the one of this name, and the name of theirs."""
    rows = session.execute(_MARKED_OTHERWISE, {"today": key_name, "most": most})
    return {row.record_id: row.marked_with for row in rows}


def contents_of(session: Session, keys: Keyring, record_ids: Sequence[int]) -> dict[int, set[bytes]]:
    """What was told, to the letter, of each of these records."""
    found: dict[int, set[bytes]] = defaultdict(set)
    for row in session.execute(_TOLD, {"record_ids": list(record_ids)}):
        found[row.record_id].add(keys.open(row.sealed, purpose_of_line(row.declaration_id)))
    return found


def remark(session: Session, batch: Sequence[Remarked], key_name: str) -> None:
    """Mark these records, their keys and their contents anew."""
    if not batch:
        return
    session.execute(
        _REMARK,
        {
            "today": key_name,
            "record_ids": [one.record_id for one in batch],
            "marks": [one.today.mark for one in batch],
            "sealed": [one.sealed for one in batch],
        },
    )
    blocks.forget(session, [(one.record_id, one.before.keys) for one in batch])
    blocks.add(session, [(one.record_id, one.today.keys, one.today.sketch) for one in batch])
    session.execute(_FORGET_CONTENTS, {"marks": [mark for one in batch for mark in one.before.contents]})
    add_contents(session, {mark: one.record_id for one in batch for mark in one.today.contents})
