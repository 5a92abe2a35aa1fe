"""Notes what a fold changes: in the feed, in the scopes where dossiers are found, and for who follows them.

All of it in the transaction of the fold, and before the dossiers are saved anew: what they were is read here.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.contracts.dossier.events import LIVES_CHANGED, NOTIFIED_DAYS
from services.dossier.domain.changes import Change
from services.dossier.domain.news import Known, Life, News, Related, Scopes, lives_of, news_of
from services.dossier.domain.scope import Scoped, readers_of, scoped
from services.dossier.storage import changes, parcours, readers, scopes

_NOTICES = uuid.UUID("7c6a2f0e-3b57-5e64-9f0a-2d1c8b7e4a90")


def note(
    session: Session, folded: Sequence[Change], now: datetime, today: date
) -> Mapping[uuid.UUID, Sequence[News]]:
    """What is new of each person and of her dossiers, noted wherever somebody will look for it."""
    fresh = [one for one in folded if one.is_told]
    if not fresh:
        return {}
    before = _before(session, fresh)
    persons = [one.parcours.person_id for one in fresh]
    had = scopes.of_persons(session, persons)
    have = {one.parcours.person_id: list(scoped(one.parcours, today)) for one in fresh}
    news = {
        of: list(
            news_of(
                one,
                before,
                Related(_readers(had.get(of, ())), one.roles_before),
                Related(_readers(have[of]), one.roles),
            )
        )
        for of, one in zip(persons, fresh, strict=True)
    }
    changes.add(session, [one for many in news.values() for one in many if one.readers], now)
    scopes.save(session, have, had)
    _note_readers(session, [one for one in fresh if one.roles.keys() != one.roles_before.keys()])
    announce(
        session,
        LIVES_CHANGED,
        at=now,
        lives=[one for change in fresh for one in _lives(change, before, today)],
    )
    return news


def _before(session: Session, folded: Sequence[Change]) -> Mapping[uuid.UUID, Known]:
    """Those of the dossiers that changed that were there before, as they were."""
    there = [
        (change.parcours.person_id, one.dossier_id)
        for change in folded
        for one in change.changed
        if one.dossier_id not in change.opened
    ]
    return parcours.known(session, there)


def _note_readers(session: Session, folded: Sequence[Change]) -> None:
    new = [(siret, one.parcours.person_id) for one in folded for siret in one.roles.keys() - one.roles_before]
    gone = [
        (siret, one.parcours.person_id) for one in folded for siret in one.roles_before.keys() - one.roles
    ]
    readers.save(session, new, gone)


def _readers(have: Sequence[Scoped]) -> Scopes:
    return {one.dossier_id: frozenset(one.readers) for one in have}


def _lives(change: Change, before: Mapping[uuid.UUID, Known], today: date) -> Iterator[dict[str, Any]]:
    """What there is to notify, to others than who told it."""
    first = (today - timedelta(days=NOTIFIED_DAYS)).isoformat()
    readers = readers_of(change.parcours)
    for dossier_id, life in lives_of(change, before):
        others = [siret for siret in readers if siret != life.source]
        if others and (life.on or life.was_on or first) >= first:
            yield {
                "notice_id": _notice_id(change, dossier_id, life),
                "person_id": change.parcours.person_id,
                "version": change.version,
                "dossier_id": dossier_id,
                "event": life.event,
                "on": life.on,
                "was_on": life.was_on,
                "readers": others,
            }


def _notice_id(change: Change, dossier_id: uuid.UUID, life: Life) -> uuid.UUID:
    return uuid.uuid5(_NOTICES, f"{dossier_id}/{change.version}/{life.event}/{life.on}/{life.was_on}")
