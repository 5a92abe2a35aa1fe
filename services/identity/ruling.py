"""What humans rule: that lines are of one person, or that they are not, and that it was a mistake.

A ruling is kept with its author and its motive. What it changes follows from clustering anew with it, and is
undone by clustering anew without it: nothing else remembers that it was.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from services.identity import errors, linking
from services.identity.linking import Linker
from services.identity.moving import move
from services.identity.storage import records, rulings, statements
from services.identity.storage.rulings import Ruling

MOST_PAIRS = 10_000


def link(linker: Linker, now: datetime, ruling: Ruling, one: uuid.UUID, other: uuid.UUID) -> int:
    """Rule that two lines are of one person; returns how many lines change persons.

    Raises `NotFound` (an unknown line), `BadRequest` (one that tells nobody apart) and `Conflict` (another
    ruling parts them).
    """
    records.hold(linker.session)
    known = _records_of(linker, [one, other])
    rulings.add(linker.session, ruling, [(one, other)], now)
    moved = _follow(linker, now, set(known.values()), "liaison")
    if len(_persons_of(linker, set(known.values()))) > 1:
        raise errors.decision_contraire()
    return moved


def split(linker: Linker, now: datetime, ruling: Ruling, lines: Sequence[uuid.UUID], other: uuid.UUID) -> int:
    """Rule that these lines are not of the person of that other one; with scope `personnes`, of no line of
    that person. Returns how many lines change persons. Raises as `link`.
    """
    records.hold(linker.session)
    known = _records_of(linker, [*lines, other])
    parted = {known[line] for line in lines}
    if known[other] in parted:
        raise errors.meme_contenu()
    rulings.add(linker.session, ruling, _ties(linker, ruling, lines, other, parted), now)
    moved = _follow(linker, now, {*parted, known[other]}, "separation")
    if _persons_of(linker, parted) & _persons_of(linker, {known[other]}):
        raise errors.decision_contraire()
    return moved


def revoke(linker: Linker, now: datetime, ruling_id: uuid.UUID, author: str, motive: str) -> int:
    """Take a ruling back: persons are what they would be without it; returns how many lines change persons.
    Raises `NotFound`."""
    records.hold(linker.session)
    if not rulings.revoke(linker.session, ruling_id, author, motive, now):
        raise errors.decision_inconnue()
    return _follow(linker, now, rulings.records_of(linker.session, ruling_id), "annulation")


def _records_of(linker: Linker, lines: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    known = statements.records_of(linker.session, lines)
    if len(known) < len(set(lines)):
        raise errors.declaration_inconnue()
    if records.nobodies(linker.session, known.values()):
        raise errors.declaration_sans_identite()
    return known


def _ties(
    linker: Linker, ruling: Ruling, lines: Sequence[uuid.UUID], other: uuid.UUID, parted: set[int]
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    others = [other]
    if ruling.scope == "personnes":
        (person_id,) = _persons_of(linker, set(statements.records_of(linker.session, [other]).values()))
        speaking = statements.speaking_for(linker.session, person_id)
        others += [line for record_id, line in speaking.items() if record_id not in parted]
    if len(lines) * len(others) > MOST_PAIRS:
        raise errors.personne_trop_large(MOST_PAIRS)
    return [(line, each) for line in lines for each in others]


def _persons_of(linker: Linker, record_ids: set[int]) -> set[uuid.UUID]:
    return set(records.persons_of(linker.session, record_ids).values())


def _follow(linker: Linker, now: datetime, record_ids: set[int], cause: str) -> int:
    return move(linker, now, linking.cluster_anew(linker, record_ids), cause)
