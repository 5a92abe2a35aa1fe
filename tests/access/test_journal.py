"""The journal: only ever added to, and what is changed in spite of that is found."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.access import use_cases
from services.access.domain.journal import CHAINS, GENESIS, Entry, Head, Verified, chain_of, follow, verify
from services.access.storage import journal
from services.chassis.database import transaction
from tests.access.given import FIRST, NOW, OPCO, PERSON, SECOND, TODAY, new_siret, reading

ENTRY = Entry(
    at=NOW,
    siret=OPCO,
    service="dossier",
    finalite="suivi",
    person_id=PERSON,
    dossier_ids=(FIRST, SECOND),
    figures=None,
    granted=True,
    reason="habilitation_in_force",
    habilitation_ids=(PERSON,),
)
CHAIN = chain_of(OPCO)


@pytest.fixture
def unguarded(session: Session) -> Session:
    """An empty journal whose guard was switched off by somebody who may do everything."""
    session.execute(text("ALTER TABLE journal DISABLE TRIGGER journal_is_append_only"))
    session.execute(text("DELETE FROM journal"))
    session.execute(text("UPDATE journal_head SET seq = 0, hash = :genesis"), {"genesis": GENESIS})
    return session


@pytest.fixture
def written(unguarded: Session) -> Session:
    """Five entries in the chain of the OPCO, and one in another."""
    for second in range(5):
        journal.append(unguarded, replace(ENTRY, at=NOW + timedelta(seconds=second)))
    journal.append(unguarded, replace(ENTRY, siret=next(_of_other_chains())))
    return unguarded


def _of_other_chains() -> Iterator[str]:
    return (siret for siret in iter(new_siret, "") if chain_of(siret) != CHAIN)


# --- the guard ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET granted = false",
        "UPDATE journal SET granted = false WHERE seq < 0",
        "DELETE FROM journal",
        "TRUNCATE journal",
    ],
)
def test_the_database_refuses_to_change_the_journal(session: Session, statement: str) -> None:
    journal.append(session, ENTRY)
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


# --- the chain ---------------------------------------------------------------------------


def test_an_intact_journal_is_found_intact(written: Session) -> None:
    assert use_cases.verify_journal(written) == Verified(6, None)


def test_an_empty_journal_is_intact(unguarded: Session) -> None:
    assert use_cases.verify_journal(unguarded) == Verified(0, None)


def test_an_entry_comes_back_as_it_was_written(written: Session) -> None:
    (head,) = [one for one in journal.heads(written) if one.chain == CHAIN]
    read = list(journal.links(written, head, page=2))
    assert [one.entry for one in read] == [replace(ENTRY, at=NOW + timedelta(seconds=s)) for s in range(5)]
    assert read[-1].head == head


IN_CHAIN = f"WHERE chain = {CHAIN}"
THIRD_ENTRY = f"{IN_CHAIN} AND seq = 3"


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        # Every column of an entry.
        (f"UPDATE journal SET at = at + interval '1 microsecond' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET siret = '35600000000048' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET service = 'reporting' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET finalite = 'remuneration' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET person_id = gen_random_uuid() {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET person_id = NULL {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET dossier_ids = dossier_ids[1:1] {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET figures = 'entrees' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET granted = false {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET reason = 'no_relation' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET habilitation_ids = '{{}}' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET person_ids = ARRAY[gen_random_uuid()] {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET appel = 'identity.link' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET agent = 'AGT-2' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET motif = 'decision_erronee' {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET previous_hash = hash {THIRD_ENTRY}", 3),
        (f"UPDATE journal SET hash = previous_hash {THIRD_ENTRY}", 3),
        # Entries removed, moved, added.
        (f"DELETE FROM journal {THIRD_ENTRY}", 3),
        (f"DELETE FROM journal {IN_CHAIN} AND seq = 1", 1),
        (f"DELETE FROM journal {IN_CHAIN} AND seq = 5", 5),
        (f"DELETE FROM journal {IN_CHAIN} AND seq >= 4", 4),
        (f"DELETE FROM journal {IN_CHAIN}", 1),
        (f"DELETE FROM journal {IN_CHAIN} AND seq = 1; UPDATE journal SET seq = seq - 1 {IN_CHAIN}", 1),
        (
            f"UPDATE journal SET seq = 99 {IN_CHAIN} AND seq = 2; UPDATE journal SET seq = 2 {THIRD_ENTRY};"
            f"UPDATE journal SET seq = 3 {IN_CHAIN} AND seq = 99",
            2,
        ),
        (
            "INSERT INTO journal SELECT chain, seq + 1, at, siret, service, finalite, person_id, dossier_ids,"
            f" figures, granted, reason, habilitation_ids, hash, hash FROM journal {IN_CHAIN} AND seq = 5",
            6,
        ),
        # The head.
        (f"UPDATE journal_head SET seq = 4 {IN_CHAIN}", 4),
        (f"UPDATE journal_head SET seq = 6 {IN_CHAIN}", 6),
        (f"UPDATE journal_head SET hash = '\\x00' {IN_CHAIN}", 5),
        (f"DELETE FROM journal_head {IN_CHAIN}", 1),
    ],
)
def test_the_first_entry_that_does_not_follow_is_found(
    written: Session, tampering: str, broken_at: int
) -> None:
    for statement in tampering.split(";"):
        written.execute(text(statement))
    assert use_cases.verify_journal(written).broken_at == f"{CHAIN}-{broken_at}"


def test_an_entry_forged_together_with_its_hash_is_betrayed_by_the_next(written: Session) -> None:
    (head,) = [one for one in journal.heads(written) if one.chain == CHAIN]
    links = list(journal.links(written, head))
    forged = follow(links[1].head, replace(links[2].entry, granted=False)).head.hash
    written.execute(
        text(f"UPDATE journal SET granted = false, hash = :forged {THIRD_ENTRY}"), {"forged": forged}
    )
    written.execute(
        text(f"UPDATE journal SET previous_hash = :forged {IN_CHAIN} AND seq = 4"), {"forged": forged}
    )
    assert use_cases.verify_journal(written).broken_at == f"{CHAIN}-4"


def test_every_field_of_an_entry_is_in_its_hash() -> None:
    """So that a field added to entries cannot be forgotten: `fields` of the dataclass are what is hashed."""
    others = Entry(
        at=NOW + timedelta(microseconds=1),
        siret="35600000000048",
        service="reporting",
        finalite="pilotage",
        person_id=None,
        dossier_ids=(SECOND, FIRST),
        figures="entrees",
        granted=False,
        reason="no_relation",
        habilitation_ids=(),
        person_ids=(PERSON,),
        appel="identity.compare",
        agent="AGT-1",
        motif="acte_presente",
    )
    head = Head(CHAIN, 0, GENESIS)
    hashes = {
        follow(head, replace(ENTRY, **{name: getattr(others, name)})).head.hash for name in Entry.__slots__
    }
    assert len(hashes | {follow(head, ENTRY).head.hash}) == len(Entry.__slots__) + 1


def test_what_was_written_before_there_were_calls_to_identity_still_verifies() -> None:
    """This is the hash that the journal gave the entry then: fields that came later leave it as it is."""
    hashed = follow(Head(3, 0, GENESIS), ENTRY).head.hash
    assert hashed.hex() == "806bf23c79e5599ce5ec3c4ef5b10414d02c7f6180531be32356a7d2952349a9"


def test_verifying_reads_no_further_than_it_must() -> None:
    """Bounded memory: links are taken one by one, and none after the first that does not follow."""
    first = follow(Head(CHAIN, 0, GENESIS), ENTRY)
    taken = []

    def links() -> Iterator[object]:
        for link in (first, first, pytest.fail):
            taken.append(link)
            yield link

    assert verify(Head(CHAIN, 9, GENESIS), links()) == Verified(1, f"{CHAIN}-2")  # type: ignore[arg-type]  # the last must not be taken
    assert len(taken) == 2


def test_organisations_are_spread_over_the_chains() -> None:
    assert {chain_of(f"{number:014d}") for number in range(400)} == set(range(CHAINS))
    assert chain_of(OPCO) == CHAIN


# --- writing together --------------------------------------------------------------------


def test_two_who_decide_on_one_chain_leave_no_gap_and_no_fork(engine: Engine) -> None:
    siret, both_at_once, times = new_siret(), threading.Barrier(2), 40

    def decide_often(_: int) -> list[str]:
        both_at_once.wait(10)
        return [_decide(engine, siret) for _ in range(times)]

    with ThreadPoolExecutor(2) as threads:
        mine, yours = threads.map(decide_often, range(2))

    seqs = sorted(int(number.split("-")[1]) for number in [*mine, *yours])
    assert seqs == list(range(seqs[0], seqs[0] + 2 * times))
    with transaction(engine) as session:
        assert use_cases.verify_journal(session).broken_at is None


def _decide(engine: Engine, siret: str) -> str:
    with transaction(engine) as session:
        return use_cases.decide(session, reading(FIRST, siret=siret), NOW, TODAY)[1]


@pytest.mark.parametrize("same_chain", [True, False])
def test_decisions_wait_for_those_of_their_own_chain_only(engine: Engine, same_chain: bool) -> None:
    siret = new_siret()
    other = next(one for one in iter(new_siret, "") if (chain_of(one) == chain_of(siret)) == same_chain)
    with ThreadPoolExecutor(1) as threads:
        with transaction(engine) as session:
            journal.append(session, replace(ENTRY, siret=siret))
            deciding = threads.submit(_decide, engine, other)
            waits = _raised(lambda: deciding.result(0.5 if same_chain else 10), TimeoutError)
        assert deciding.result(10)
    assert waits == same_chain


def _raised(action: Callable[[], object], error: type[BaseException]) -> bool:
    try:
        action()
    except error:
        return True
    return False
