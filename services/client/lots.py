"""Cuts a delivery of any length into lots, the same each time: by number of lines and by bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from services.client import failures
from services.contracts.message import MAX_CALL_BYTES

# A delivery run again must be cut as it was, or its lots' references come back with other content:
# whoever changes one of these breaks every delivery that was under way.
LINES_PER_LOT = 500
LOT_BYTES = 4 * 1024 * 1024

# A lot has its reference and its emitter beside its lines.
MAX_DECLARATION_BYTES = MAX_CALL_BYTES - 4096
MAX_REFERENCE = 64 - len("-000000")


@dataclass(frozen=True, slots=True)
class Written:
    """One declaration as its partner wrote it in JSON, sent as it is.

    Read and written anew, a key written twice would lose its first value, and a long number its end:
    the hub, which would have told the partner, must see what was written.
    """

    text: bytes


def write(declaration: Any, number: int) -> Written:
    """One declaration as JSON; raises `Malformed` when it has none or no lot could carry it."""
    if isinstance(declaration, Written):
        written = declaration
    else:
        try:
            written = Written(orjson.dumps(declaration))
        except TypeError:
            raise failures.not_json(number) from None
    if len(written.text) > MAX_DECLARATION_BYTES:
        raise failures.declaration_too_large(number, MAX_DECLARATION_BYTES)
    return written


def cut(declarations: Iterable[Any]) -> Iterator[list[Written]]:
    """The lots of a delivery, in order; one is held at a time."""
    lot: list[Written] = []
    size = 0
    for number, declaration in enumerate(declarations, start=1):
        written = write(declaration, number)
        if lot and (len(lot) == LINES_PER_LOT or size + len(written.text) > LOT_BYTES):
            yield lot
            lot, size = [], 0
        lot.append(written)
        size += len(written.text) + 1  # the comma
    if lot:
        yield lot


def lot_reference(reference: str, number: int) -> str:
    """The reference of a delivery's lot: `reference-0001`, …"""
    if not 0 < len(reference) <= MAX_REFERENCE:
        raise failures.long_reference(MAX_REFERENCE)
    return f"{reference}-{number:04d}"
