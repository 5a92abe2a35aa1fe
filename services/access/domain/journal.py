"""The journal of decisions: each entry is hashed with the one before, so that none can be changed,
removed or put elsewhere unnoticed.

There are 16 chains, each organisation in one of them: decisions on different partners need not wait
for one another. An entry's number is `<chain>-<seq>`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.access.domain.decision import GRANTED, Answer, Consultation, Decided, Granted, Reading
from services.access.domain.habilitation import PILOTAGE

CHAINS = 16
GENESIS = bytes(32)  # what the first entry of a chain follows


@dataclass(frozen=True, slots=True)
class Entry:
    """Who asked for what, when and why, and what was answered. `dossier_ids`: the ones that were opened.

    Of a call to identity: which one (`appel`), about whom (`person_ids`), by which of the organisation's
    agents, and the motif of a ruling.
    """

    at: datetime
    siret: str
    service: str
    finalite: str
    person_id: UUID | None
    dossier_ids: tuple[UUID, ...]
    figures: str | None  # the table asked for, when it is figures
    granted: bool
    reason: str
    habilitation_ids: tuple[UUID, ...]
    person_ids: tuple[UUID, ...] = ()
    appel: str | None = None
    agent: str | None = None
    motif: str | None = None


# Entries were hashed without these before there were any: left out where they are empty, they leave the
# hashes of those as they were.
_ADDED = ("person_ids", "appel", "agent", "motif")


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: its number in the chain (0: none yet) and its hash."""

    chain: int
    seq: int
    hash: bytes

    @property
    def number(self) -> str:
        return number_of(self.chain, self.seq)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its chain."""

    head: Head
    previous_hash: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries follow from one another, and the number of the first that does not, if any."""

    entries: int
    broken_at: str | None


def number_of(chain: int, seq: int) -> str:
    """By which an entry is told: `7-1042`."""
    return f"{chain}-{seq}"


def chain_of(siret: str) -> int:
    """The chain of an organisation: always the same, and evenly spread."""
    return hashlib.sha256(siret.encode()).digest()[0] % CHAINS


def reading_entry(asked: Reading, answer: Answer, now: datetime) -> Entry:
    """What is remembered of a decision to read dossiers."""
    return Entry(
        at=now,
        siret=asked.siret,
        service=asked.service,
        finalite=asked.finalite,
        person_id=asked.person_id,
        dossier_ids=_opened(answer),
        figures=None,
        granted=isinstance(answer, Granted),
        reason=reason_of(answer),
        habilitation_ids=_grounds(answer),
    )


def readings_entries(appel: str, decided: Iterable[Decided], now: datetime) -> dict[Entry, list[Decided]]:
    """What is remembered of many readings for one call: an entry for each organisation, purpose and outcome,
    with the persons and the dossiers; of what was opened, those of whom something was."""
    alike: dict[tuple[str, str | None, str], list[Decided]] = {}
    for one in decided:
        alike.setdefault((one.reading.siret, one.purpose, reason_of(one.answer)), []).append(one)
    entries: dict[Entry, list[Decided]] = {}
    for (siret, purpose, reason), many in alike.items():
        granted = reason == GRANTED
        shown = [one for one in many if not granted or _opens(one.answer)]
        entry = Entry(
            at=now,
            siret=siret,
            service="dossier",
            finalite=purpose or "",
            person_id=None,
            dossier_ids=_each(id_ for one in many for id_ in _opened(one.answer)),
            figures=None,
            granted=granted,
            reason=reason,
            habilitation_ids=_each(id_ for one in many for id_ in _grounds(one.answer)),
            person_ids=_each(one.reading.person_id for one in shown),
            appel=appel,
        )
        entries[entry] = many
    return entries


def _each(ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(set(ids)))


def figures_entry(siret: str, table: str, answer: Answer, now: datetime) -> Entry:
    """What is remembered of a decision to read a table of figures."""
    return Entry(
        at=now,
        siret=siret,
        service="reporting",
        finalite=PILOTAGE,
        person_id=None,
        dossier_ids=(),
        figures=table,
        granted=isinstance(answer, Granted),
        reason=reason_of(answer),
        habilitation_ids=_grounds(answer),
    )


def consultation_entry(asked: Consultation, answer: Answer, now: datetime) -> Entry:
    """What is remembered of a decision on a call to identity, or to handle dossiers."""
    return Entry(
        at=now,
        siret=asked.siret,
        service=asked.service,
        finalite=asked.finalite,
        person_id=None,
        dossier_ids=asked.dossier_ids if isinstance(answer, Granted) else (),
        figures=None,
        granted=isinstance(answer, Granted),
        reason=reason_of(answer),
        habilitation_ids=_grounds(answer),
        person_ids=asked.person_ids,
        appel=asked.appel,
        agent=asked.agent,
        motif=asked.motif,
    )


def reason_of(answer: Answer) -> str:
    """The code that is told and remembered."""
    return GRANTED if isinstance(answer, Granted) else answer.reason


def _opened(answer: Answer) -> tuple[UUID, ...]:
    return tuple(one.dossier_id for one in answer.dossiers) if isinstance(answer, Granted) else ()


def _opens(answer: Answer) -> bool:
    return isinstance(answer, Granted) and bool(answer.dossiers or answer.blocs)


def _grounds(answer: Answer) -> tuple[UUID, ...]:
    return tuple(one.habilitation_id for one in answer.habilitations) if isinstance(answer, Granted) else ()


def follow(head: Head, entry: Entry) -> Link:
    """The entry as the next of its chain."""
    seq = head.seq + 1
    return Link(Head(head.chain, seq, hash_of(head.chain, seq, entry, head.hash)), head.hash, entry)


def hash_of(chain: int, seq: int, entry: Entry, previous: bytes) -> bytes:
    """SHA-256 of the previous entry's hash and of this entry's canonical JSON."""
    content = {field.name: getattr(entry, field.name) for field in fields(entry)}
    content = {name: value for name, value in content.items() if value or name not in _ADDED}
    return hashlib.sha256(previous + _canonical({"chain": chain, "seq": seq, **content})).digest()


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(
        content, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def verify(head: Head, links: Iterable[Link]) -> Verified:
    """Go through a chain from its first entry to its head. `links` are read one by one and not kept."""
    last = Head(head.chain, 0, GENESIS)
    for link in links:
        if link != follow(last, link.entry):
            return Verified(last.seq, number_of(head.chain, last.seq + 1))
        last = link.head
    if last == head:
        return Verified(last.seq, None)
    # Entries are missing at the end, or the head is not that of the last one.
    return Verified(last.seq, number_of(head.chain, min(last.seq + 1, head.seq)))
