"""What identity is told: of whom lines speak, and what their sources are."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.identity import linking, schemas
from services.identity.errors import BlindKeyUnknown, ModelUnknown
from services.identity.linking import Linker
from services.identity.moving import move, person_of_line, say
from services.identity.schemas import Statement
from services.identity.storage import decisions, records, sources, statements
from services.identity.storage.decisions import Decided
from services.identity.storage.statements import UNKNOWN_ORIGIN, Origin


def resolve_persons(
    linker: Linker,
    now: datetime,
    declarations: Sequence[uuid.UUID],
    sealed: str,
    origin: Origin = UNKNOWN_ORIGIN,
) -> None:
    """Decide of whom each line speaks, and say so. A line decided before keeps its decision.

    Raises `Unreadable` (the traits cannot be opened or do not fit), `BlindKeyUnknown` and `ModelUnknown`.
    """
    profile = sources.profile_of(linker.session, origin.source)
    told = schemas.read_statements(declarations, sealed, linker.keys.traits, linker.keys.blind, profile)
    before = statements.known(linker.session, declarations)
    decided = decisions.standing(linker.session, list(before)) if before else []
    fresh = [one for one in told if one.declaration_id not in before]
    if fresh:
        decided += _decide(linker, now, fresh, origin)
    say(linker, now, decided)


def follow_sources(session: Session, organisations: Sequence[dict[str, Any]]) -> None:
    """Remember what the sources of statements are."""
    sources.remember(session, organisations)


def _decide(linker: Linker, now: datetime, fresh: Sequence[Statement], origin: Origin) -> list[Decided]:
    """The first decision about each of these lines; what they change of others is said."""
    contents = {one.content: one for one in fresh}
    record_of = _records_of(linker, contents)
    if len(record_of) == len(contents):
        records.hold_still(linker.session)
        return _attribute(linker, now, fresh, record_of, {}, origin)
    marked_with, keyed_with = records.in_use(linker.session)
    if not marked_with <= set(map(schemas.name_of_key, linker.keys.blinds)):
        raise BlindKeyUnknown
    if not keyed_with <= linker.versions:
        raise ModelUnknown
    # All that takes time is done before anybody has to wait for this chunk.
    looked = linking.look(linker, [one for content, one in contents.items() if content not in record_of])
    records.hold(linker.session)
    taken = linking.take_in(linker, looked)
    move(linker, now, taken.moved, "regroupement")
    record_of |= taken.record_of
    return _attribute(linker, now, fresh, record_of, taken.cause_of, origin)


def _records_of(linker: Linker, contents: Mapping[bytes, Statement]) -> dict[bytes, int]:
    """The records of those contents that were told before, whichever key they are marked with."""
    marked = {content: content for content in contents} | {
        schemas.mark_of_content(one.believed, blind): content
        for content, one in contents.items()
        for blind in linker.keys.blind_before
    }
    return {marked[mark]: one for mark, one in records.by_content(linker.session, marked).items()}


def _attribute(
    linker: Linker,
    now: datetime,
    fresh: Sequence[Statement],
    record_of: Mapping[bytes, int],
    cause_of: Mapping[int, str],
    origin: Origin,
) -> list[Decided]:
    told = {one.declaration_id: one.told for one in fresh}
    number_of = {one.declaration_id: record_of[one.content] for one in fresh}
    standing = records.standing(linker.session, set(number_of.values()))
    kept = statements.add(linker.session, linker.keys.own, told, number_of, origin)
    decided = [
        Decided(
            line,
            1,
            person_of_line(line, standing[number].person_id, is_nobody=standing[number].is_nobody),
            cause_of.get(number, "contenu"),
        )
        for line, number in number_of.items()
        if line in kept
    ]
    decisions.add(linker.session, decided, now)
    return decided
