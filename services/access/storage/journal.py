"""The journal's rows: appended under the lock of their chain, read in pages, never changed."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from services.access.domain.journal import CHAINS, Entry, Head, Link, chain_of, follow, number_of

PAGE = 200

_LOCK = text(
    """
    SELECT chain, seq, hash FROM journal_head WHERE chain = ANY(CAST(:chains AS int[]))
    ORDER BY chain FOR UPDATE
    """
)
_APPEND = text(
    """
    WITH appended AS (
        INSERT INTO journal (chain, seq, at, siret, service, finalite, person_id, dossier_ids, figures,
                             granted, reason, habilitation_ids, person_ids, appel, agent, motif,
                             previous_hash, hash)
        VALUES (:chain, :seq, :at, :siret, :service, :finalite, :person_id, CAST(:dossier_ids AS uuid[]),
                :figures, :granted, :reason, CAST(:habilitation_ids AS uuid[]),
                CAST(:person_ids AS uuid[]), :appel, :agent, :motif, :previous_hash, :hash)
    )
    UPDATE journal_head SET seq = :seq, hash = :hash WHERE chain = :chain
    """
)
_HEADS = text("SELECT chain, seq, hash FROM journal_head ORDER BY chain")
_PAGE = text(
    """
    SELECT * FROM journal WHERE chain = :chain AND seq > :after AND seq <= :until
    ORDER BY seq LIMIT :page
    """
)
# One statement sees heads and entries as of one instant, whoever appends meanwhile.
_BEYOND = text(
    """
    SELECT chains.chain, beyond.seq
    FROM generate_series(0, :last_chain) AS chains(chain)
    LEFT JOIN journal_head USING (chain)
    CROSS JOIN LATERAL (
        SELECT seq FROM journal
        WHERE journal.chain = chains.chain AND journal.seq > coalesce(journal_head.seq, 0)
        ORDER BY seq LIMIT 1
    ) AS beyond
    ORDER BY chains.chain
    """
)


def append(session: Session, entry: Entry) -> Link:
    """Write the next entry of its organisation's chain, which nobody else extends until the commit."""
    (link,) = append_all(session, [entry])
    return link


def append_all(session: Session, entries: Sequence[Entry]) -> list[Link]:
    """The same of several, in the order of their chains: two who extend the same wait, and never both
    ways."""
    if not entries:
        return []
    chains = sorted({chain_of(one.siret) for one in entries})
    last = {row.chain: Head(*row) for row in session.execute(_LOCK, {"chains": chains})}
    if len(last) < len(chains):
        raise NoResultFound  # what cannot be remembered is not answered
    links = []
    for entry in sorted(entries, key=lambda one: chain_of(one.siret)):
        link = follow(last[chain_of(entry.siret)], entry)
        last[link.head.chain] = link.head
        links.append(link)
    session.execute(_APPEND, [_row(link) for link in links])
    return links


def _row(link: Link) -> dict[str, Any]:
    entry = link.entry
    return {
        "chain": link.head.chain,
        "seq": link.head.seq,
        "at": entry.at,
        "siret": entry.siret,
        "service": entry.service,
        "finalite": entry.finalite,
        "person_id": entry.person_id,
        "dossier_ids": list(entry.dossier_ids),
        "figures": entry.figures,
        "granted": entry.granted,
        "reason": entry.reason,
        "habilitation_ids": list(entry.habilitation_ids),
        "person_ids": list(entry.person_ids),
        "appel": entry.appel,
        "agent": entry.agent,
        "motif": entry.motif,
        "previous_hash": link.previous_hash,
        "hash": link.head.hash,
    }


def heads(session: Session) -> list[Head]:
    """The last entry of every chain."""
    return [Head(*row) for row in session.execute(_HEADS)]


def links(session: Session, head: Head, page: int = PAGE) -> Iterator[Link]:
    """The entries of a chain from its first to its head, never more than a page of them in memory."""
    after = 0
    while rows := session.execute(
        _PAGE, {"chain": head.chain, "after": after, "until": head.seq, "page": page}
    ).all():
        yield from (_link(row) for row in rows)
        after = rows[-1].seq


def beyond_heads(session: Session) -> list[str]:
    """Numbers of entries that no head leads to: the first of each chain."""
    rows = session.execute(_BEYOND, {"last_chain": CHAINS - 1})
    return [number_of(row.chain, row.seq) for row in rows]


def _link(row: Any) -> Link:
    entry = Entry(
        at=row.at,
        siret=row.siret,
        service=row.service,
        finalite=row.finalite,
        person_id=row.person_id,
        dossier_ids=tuple(row.dossier_ids),
        figures=row.figures,
        granted=row.granted,
        reason=row.reason,
        habilitation_ids=tuple(row.habilitation_ids),
        person_ids=tuple(row.person_ids),
        appel=row.appel,
        agent=row.agent,
        motif=row.motif,
    )
    return Link(Head(row.chain, row.seq, row.hash), row.previous_hash, entry)
