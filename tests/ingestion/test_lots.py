"""A lot has one effect and one receipt; what it held is kept sealed, for a set time."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, MetaData, text
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.sealing import Keyring
from services.contracts.errors import Conflict, HubError
from services.contracts.ingestion import DECLARATIONS_ACCEPTED, RECEIPT
from services.ingestion import use_cases
from services.ingestion.domain.findings import MOST_NOTICED
from services.ingestion.domain.lines import declaration_id_of, lot_id_of
from services.ingestion.storage import lots, partners
from services.ingestion.storage.tables import metadata
from tests.conftest import RolledBack, empty
from tests.ingestion.given import SIRET, declaration

pytestmark = pytest.mark.servers

NOW = datetime(2026, 7, 1, tzinfo=UTC)
KEYS = use_cases.SubmitKeys(Keyring.parse("k1:" + "A" * 43 + "="), Keyring.parse("k1:" + "B" * 42 + "A="))
LOT_ID = lot_id_of(SIRET, "L1")


@pytest.fixture(scope="module")
def engine(migrated: Callable[[str, MetaData], Engine]) -> Engine:
    return migrated("ingestion", metadata)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with RolledBack(engine) as session:
        _register(session)
        yield session


@pytest.fixture
def emptied(engine: Engine) -> Iterator[Engine]:
    """The database without a row, for tests that commit."""
    empty(engine, metadata)
    with database.transaction(engine) as session:
        _register(session)
    yield engine
    empty(engine, metadata)


def _register(session: Session) -> None:
    opco = {"siret": SIRET, "version": 10**9, "profile": "opco", "natures": ["formation", "suppression"]}
    partners.remember(session, [opco])


def submit(session: Session, *lines: Any, now: datetime = NOW) -> dict[str, Any]:
    asked = {"reference": "L1", "emetteur": SIRET, "declarations": list(lines)}
    return use_cases.submit(session, KEYS, SIRET, asked, now)


def test_the_same_lot_again_gets_the_same_receipt_and_announces_nothing_more(session: Session) -> None:
    first = submit(session, declaration(), 17)
    told = session.scalar(text("SELECT count(*) FROM outbox"))
    again = submit(session, declaration(), 17, now=NOW + timedelta(days=1))
    assert orjson.dumps(again) == orjson.dumps(first)  # as they go on the wire
    assert session.scalar(text("SELECT count(*) FROM outbox")) == told


def test_the_same_reference_with_other_content_is_refused(session: Session) -> None:
    submit(session, declaration())
    with pytest.raises(Conflict, match="reference_deja_utilisee"):
        submit(session, declaration(reference="D2"))


def test_the_same_lot_submitted_by_many_at_once_has_one_effect(emptied: Engine) -> None:
    def once(_: int) -> bytes:
        with database.transaction(emptied) as session:
            return orjson.dumps(submit(session, *[declaration()] * 50))

    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(once, range(16)))
    with database.transaction(emptied) as session:
        assert session.scalar(text("SELECT count(*) FROM line")) == 50
    assert len(receipts) == 1


def test_two_contents_under_one_reference_at_once_one_of_them_is_refused(emptied: Engine) -> None:
    def once(number: int) -> str:
        try:
            with database.transaction(emptied) as session:
                return str(submit(session, declaration(reference=f"D{number % 2}"))["lot_id"])
        except HubError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, range(16)))
    assert set(answers) == {str(LOT_ID), "reference_deja_utilisee"}
    with database.transaction(emptied) as session:
        assert session.scalar(text("SELECT count(*) FROM line")) == 1


def test_what_was_received_is_kept_sealed_and_can_be_opened_again(session: Session) -> None:
    submit(session, declaration())
    kept = lots.open_again(session, LOT_ID, KEYS.lots)
    assert kept is not None
    assert json.loads(kept) == [declaration()]
    assert b"2940375120005" not in session.scalar(text("SELECT sealed FROM lot"))


def test_a_lot_is_forgotten_after_its_time_and_its_receipt_is_not(session: Session) -> None:
    receipt = submit(session, declaration())
    kept = timedelta(days=90)
    use_cases.forget_lots(session, NOW + kept, kept)
    assert lots.open_again(session, LOT_ID, KEYS.lots) is not None
    use_cases.forget_lots(session, NOW + kept + timedelta(seconds=1), kept)
    assert lots.open_again(session, LOT_ID, KEYS.lots) is None
    assert orjson.dumps(submit(session, declaration())) == orjson.dumps(receipt)
    assert use_cases.receipt(session, SIRET, "L1", 0, 10, [])["etats"] == {"acceptee": 1}


def test_what_is_accepted_is_told_with_what_its_source_is(session: Session) -> None:
    submit(session, declaration())
    rows = session.execute(text("SELECT body FROM outbox WHERE routing_key LIKE 'declarations_accepted%'"))
    (told,) = [DECLARATIONS_ACCEPTED.schema().load(orjson.loads(bytes(row.body))) for row in rows]
    assert (told["source"], told["profile"]) == (SIRET, "opco")


# --- what is found later, where declarations meet ------------------------------------------------

LATE, HOURS = "entree_apres_fin_prevue", "heures_prevues_excessives"


def applied(session: Session, version: int, *codes: str) -> None:
    """Dossier tells what became of the lot's only line, and what is the matter with it."""
    told = {
        "declaration_id": declaration_id_of(LOT_ID, 1),
        "version": version,
        "dossier_id": LOT_ID,
        "effect": "dossier_ouvert",
        "constats": [{"code": code, "gravite": "alerte", "chemin": "faits.le"} for code in codes],
    }
    use_cases.note_effects(session, NOW + timedelta(hours=version), [told])


def read_line(session: Session) -> tuple[list[str], list[str]]:
    """The codes that stand on the receipt, and those that stood."""
    answer = json.loads(orjson.dumps(use_cases.receipt(session, SIRET, "L1", 0, 10, [])))
    (line,) = RECEIPT.answer().load(answer)["lignes"]
    assert all(one["message"] and one["remede"] for one in (*line["constats"], *line["constats_leves"]))
    return [one["code"] for one in line["constats"]], [one["code"] for one in line["constats_leves"]]


def test_an_anomaly_stands_on_the_receipt_until_it_is_settled(session: Session) -> None:
    submit(session, declaration())
    applied(session, 1, LATE, HOURS)
    assert read_line(session) == ([LATE, HOURS], [])
    applied(session, 2, HOURS)
    assert read_line(session) == ([HOURS], [LATE])
    applied(session, 3)
    assert read_line(session) == ([], [LATE, HOURS])
    applied(session, 4, LATE)
    assert read_line(session) == ([LATE], [LATE, HOURS])


def test_what_was_found_before_and_is_told_late_is_not_found_again(session: Session) -> None:
    submit(session, declaration())
    applied(session, 3, HOURS)
    applied(session, 2, LATE)
    applied(session, 3, HOURS)
    assert read_line(session) == ([HOURS], [])


def test_an_anomaly_says_since_when_and_until_when(session: Session) -> None:
    submit(session, declaration())
    for version, codes in ((1, (LATE,)), (2, (LATE,)), (3, ())):
        applied(session, version, *codes)
    answer = use_cases.receipt(session, SIRET, "L1", 0, 10, [])
    (settled,) = answer["lignes"][0]["constats_leves"]
    assert settled["signale_le"] == NOW + timedelta(hours=1)
    assert settled["leve_le"] == NOW + timedelta(hours=3)


def test_of_one_line_a_bounded_number_of_anomalies_is_kept(session: Session) -> None:
    submit(session, declaration())
    for version in range(1, 2 * MOST_NOTICED, 2):
        applied(session, version, LATE)
        applied(session, version + 1)
    kept = session.scalar(
        text("SELECT jsonb_array_length(anomalies) FROM line WHERE lot_id = :id"), {"id": LOT_ID}
    )
    assert kept == MOST_NOTICED
