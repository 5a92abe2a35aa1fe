"""What dossier is told: what is said, of whom; and what follows for the persons it is about."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis.outbox import announce
from services.contracts.dossier.events import DECLARATIONS_APPLIED, DOSSIERS_CHANGED, FACTS_CHANGED
from services.dossier import schemas, sparing
from services.dossier.domain.changes import Change
from services.dossier.domain.fold import fold
from services.dossier.domain.news import News
from services.dossier.domain.scope import roles_of
from services.dossier.domain.travelling import Learned, Ruled, known, ruled
from services.dossier.noting import note
from services.dossier.storage import contributions, declarations, parcours, rulings
from services.dossier.storage.declarations import Given
from services.dossier.storage.parcours import Before, ToSave, digest_of


@dataclass(frozen=True, slots=True)
class Moment:
    """This instant, and the day it is in France."""

    now: datetime
    today: date


def keep_contributions(session: Session, pseudonyms: bytes, moment: Moment, told: dict[str, Any]) -> None:
    """Keep what some declarations say, and fold the persons they are known to speak of."""
    given = declarations.say(
        session, told["source"], told["profile"], told["lot"], told["received_at"], told["declarations"]
    )
    _follow(session, pseudonyms, moment, given)


def follow_attributions(
    session: Session, pseudonyms: bytes, moment: Moment, attributions: Sequence[dict[str, Any]]
) -> None:
    """Keep whom some declarations speak of, and fold who gained and who lost."""
    _follow(session, pseudonyms, moment, declarations.attribute(session, attributions))


def _follow(session: Session, pseudonyms: bytes, moment: Moment, given: Sequence[Given]) -> None:
    if not given:
        return
    kept = contributions.keep(session, given, moment.now)
    # A declaration takes another back once it is itself in effect: said, and of a known person.
    taken_back = declarations.withdraw(session, kept.withdrawing)
    contributions.end(session, taken_back, moment.now)
    if kept.losers:
        sparing.follow(session, pseudonyms, moment.now, given)
    touched = {one.person_id for one in (*given, *taken_back)}
    fold_anew(session, pseudonyms, moment, touched | kept.losers, have_moved=bool(kept.losers))


def fold_anew(
    session: Session,
    pseudonyms: bytes,
    moment: Moment,
    persons: Iterable[uuid.UUID],
    *,
    have_moved: bool = False,
) -> None:
    """Fold these persons from all that is known of them, keep what it gives, and announce what it changes.

    Where lines went from one to another, all get a version above each of theirs: of a line's effects, the
    highest version stands, whosever it was.
    """
    person_ids = sorted(persons)
    before = parcours.lock(session, person_ids)
    if have_moved:
        highest = max(one.version for one in before.values())
        before = {person_id: replace(one, version=highest) for person_id, one in before.items()}
    learned = contributions.of_persons(session, person_ids)
    said = rulings_of(session, learned.values())
    folded = [
        _folded(person_id, learned.get(person_id, []), said, before[person_id]) for person_id in person_ids
    ]
    changed = [one for one in folded if one.change.changes_something]
    changes = [one.change for one in changed]
    news = note(session, changes, moment.now, moment.today)
    _save(session, moment.today, changed)
    _announce(session, pseudonyms, moment.now, changes, news)


def rulings_of(session: Session, learned: Iterable[Sequence[Learned]]) -> list[Ruled]:
    """All that was ever ruled of the files that somebody spoke of."""
    return rulings.of_files(session, {one.contribution.file for many in learned for one in many})


@dataclass(frozen=True, slots=True)
class Folded:
    """A change, and what the next fold will compare itself with."""

    change: Change
    to_save: ToSave


def _folded(
    person_id: uuid.UUID, learned: Sequence[Learned], said: Sequence[Ruled], before: Before
) -> Folded:
    folded = fold(person_id, known(learned), ruled(said))
    version = before.version + 1
    digests = {dossier.dossier_id: digest_of(dossier.content).hex() for dossier in folded.dossiers}
    digest = digest_of([folded.blocks, folded.relations, sorted(digests.values())])
    change = Change(
        parcours=folded,
        version=version,
        opened=frozenset(digests.keys() - before.dossiers.keys()),
        changed=tuple(
            dossier
            for dossier in folded.dossiers
            if before.dossiers.get(dossier.dossier_id) != digests[dossier.dossier_id]
        ),
        withdrawn=tuple(sorted(before.dossiers.keys() - digests.keys())),
        effects={id_: effect for id_, effect in folded.effects.items() if before.effects.get(id_) != effect},
        is_news=digest != before.digest,
        has_lost=bool(before.effects.keys() - folded.effects.keys()),
        blocks_before=before.blocks,
        roles=roles_of(folded),
        roles_before=before.roles,
    )
    return Folded(change, ToSave(folded, version, digest, digests, change.roles))


def _save(session: Session, today: date, folded: Sequence[Folded]) -> None:
    parcours.save(session, [one.to_save for one in folded])
    person_of = [(one.change.parcours.person_id, one.change) for one in folded]
    parcours.remove_dossiers(
        session, [(person_id, gone) for person_id, change in person_of for gone in change.withdrawn]
    )
    parcours.save_dossiers(
        session, [(person_id, one) for person_id, change in person_of for one in change.changed], today
    )


def _announce(
    session: Session,
    pseudonyms: bytes,
    now: datetime,
    changes: Sequence[Change],
    noted: Mapping[uuid.UUID, Sequence[News]],
) -> None:
    news = [
        schemas.parcours_to_wire(change, noted.get(change.parcours.person_id, ()))
        for change in changes
        if change.is_told
    ]
    effects = [effect for change in changes for effect in schemas.effects_to_wire(change)]
    facts = [fact for change in changes for fact in schemas.facts_to_wire(change, pseudonyms)]
    announce(session, DOSSIERS_CHANGED, at=now, parcours=news)
    announce(session, DECLARATIONS_APPLIED, at=now, effects=effects)
    announce(session, FACTS_CHANGED, at=now, facts=facts)
