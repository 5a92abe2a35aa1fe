"""What access is asked and told: one function each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import structlog
from sqlalchemy.orm import Session

from services.access import errors, schemas
from services.access.domain import decision, journal
from services.access.domain.decision import Answer, Consultation, Decided, Reading
from services.access.domain.habilitation import Habilitation, faults_of
from services.access.domain.journal import Verified
from services.access.domain.organisation import Organisation, Registration
from services.access.domain.parcours import Parcours, latest
from services.access.storage import habilitations, organisations, relations
from services.access.storage import journal as entries
from services.chassis.outbox import announce
from services.contracts.access import ORGANISATIONS_CHANGED

log = structlog.get_logger(__name__)


# --- what is asked by operators and partners ---------------------------------------------


def register(session: Session, registrations: Sequence[Registration], now: datetime) -> int:
    """Register organisations, each with these habilitations and no others; returns how many.

    Raises `BadRequest` when one is asked for twice or an habilitation contradicts itself: then none is.
    """
    if faults := dict(_faults_of(registrations)):
        raise errors.inscription_refusee(faults)
    versions = organisations.save(session, [one.organisation for one in registrations])
    rights = [right for one in registrations for right in one.habilitations]
    habilitations.replace(session, list(versions), rights, now)
    announce(
        session, ORGANISATIONS_CHANGED, organisations=schemas.organisations_to_wire(registrations, versions)
    )
    log.info("organisations_registered", organisations=len(versions), habilitations=len(rights))
    return len(versions)


def _faults_of(registrations: Sequence[Registration]) -> Iterator[tuple[str, str]]:
    times = Counter(one.organisation.siret for one in registrations)
    for number, one in enumerate(registrations):
        if times[one.organisation.siret] > 1:
            yield f"organisations.{number}.siret", "siret_en_double"
        for place, right in enumerate(one.habilitations):
            for field, code in faults_of(right):
                yield f"organisations.{number}.habilitations.{place}.{field}", code


def get_profile(session: Session, siret: str) -> tuple[Organisation, list[Habilitation]]:
    """An organisation and the rights that stand. Raises `NotFound`."""
    organisation = organisations.find(session, siret)
    if organisation is None:
        raise errors.organisation_inconnue()
    return organisation, habilitations.of_organisation(session, siret) or []


def verify_journal(session: Session) -> Verified:
    """Go through the whole journal, chain by chain; memory does not grow with it."""
    found = [journal.verify(head, entries.links(session, head)) for head in entries.heads(session)]
    broken = [one.broken_at for one in found if one.broken_at] + entries.beyond_heads(session)
    if broken:
        log.error("journal_broken", numbers=broken)
    return Verified(sum(one.entries for one in found), broken[0] if broken else None)


# --- what is asked by dossier, reporting and identity ----------------------------------------------


def decide(session: Session, asked: Reading, now: datetime, today: date) -> tuple[Answer, str]:
    """Answer one request to read dossiers, and remember the answer; returns it with its number."""
    rights = habilitations.of_organisation(session, asked.siret)
    held = relations.of_reader(session, asked.person_id, asked.siret)
    answer = decision.decide(rights, held, asked, today)
    link = entries.append(session, journal.reading_entry(asked, answer, now))
    return answer, link.head.number


def decide_figures(
    session: Session, siret: str, table: str, now: datetime, today: date
) -> tuple[Answer, str]:
    """Answer one request to read figures, and remember the answer; returns it with its number."""
    answer = decision.decide_figures(habilitations.of_organisation(session, siret), today)
    link = entries.append(session, journal.figures_entry(siret, table, answer, now))
    return answer, link.head.number


def decide_identity(session: Session, asked: Consultation, now: datetime, today: date) -> tuple[Answer, str]:
    """Answer one request to call identity, and remember the answer; returns it with its number."""
    rights = habilitations.of_organisation(session, asked.siret)
    held = relations.to_persons(session, asked.person_ids, asked.siret)
    answer = decision.decide_identity(rights, held, asked, today)
    link = entries.append(session, journal.consultation_entry(asked, answer, now))
    return answer, link.head.number


def decide_dossiers(session: Session, asked: Consultation, now: datetime, today: date) -> tuple[Answer, str]:
    """Answer one request to handle dossiers, and remember the answer; returns it with its number."""
    answer = decision.decide_dossiers(habilitations.of_organisation(session, asked.siret), asked, today)
    link = entries.append(session, journal.consultation_entry(asked, answer, now))
    return answer, link.head.number


def decide_readings(
    session: Session, appel: str, asked: Sequence[Reading], now: datetime, today: date, *, together: bool
) -> list[tuple[Decided, str] | None]:
    """Answer many requests to read dossiers, for one call, and remember the answers.

    Returns each with its number, in order; None where the relations asked for are not known yet, which is not
    remembered. Raises `Unavailable` instead, for all of them, where they are asked `together`.
    """
    versions = relations.versions(session, {one.person_id for one in asked})
    behind = [versions.get(one.person_id, 0) < one.version for one in asked]
    if together and any(behind):
        raise errors.relations_en_retard()
    rights = habilitations.of_organisations(session, {one.siret for one in asked})
    held = relations.of_readers(session, {(one.person_id, one.siret) for one in asked})
    decided = [
        decision.decide_for_any_purpose(
            rights.get(one.siret), held.get((one.person_id, one.siret), ()), one, today
        )
        for one, is_behind in zip(asked, behind, strict=True)
        if not is_behind
    ]
    remembered = journal.readings_entries(appel, decided, now)
    links = entries.append_all(session, list(remembered))
    numbers = {id(one): link.head.number for link in links for one in remembered[link.entry]}
    answered = iter(decided)
    return [None if is_behind else (one := next(answered), numbers[id(one)]) for is_behind in behind]


# --- what is told ------------------------------------------------------------------------


def follow_dossiers(session: Session, told: Sequence[Parcours]) -> None:
    """Know each person's relations as of the highest version told."""
    relations.replace(session, latest(told))
