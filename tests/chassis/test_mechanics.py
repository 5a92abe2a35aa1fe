"""The smaller promises of the chassis, each seen on its own."""

import hmac
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pika
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from services.chassis import database, relay, trace
from services.chassis.errors import StorageBusy, StorageFailure
from services.chassis.logs import mask
from services.chassis.outbox import announce
from services.chassis.sealing import Keyring, SealBroken, keyed_hash, keyed_hashes
from services.chassis.settings import SettingMissing, Settings, settings_of
from services.contracts.access import ORGANISATIONS_CHANGED
from tests.broker import connected
from tests.conftest import ROOT

KEY = "k2:" + "A" * 43 + "=" + ",k1:" + "B" * 42 + "A="

OVERLAP = """
import services.chassis.green, sys, time
import eventlet, psycopg
if sys.argv[2] != "-":
    psycopg.waiting.wait = getattr(psycopg.waiting, sys.argv[2])
def sleep(_):
    with psycopg.connect(sys.argv[1]) as connection:
        connection.execute("SELECT pg_sleep(0.5)")
began = time.monotonic()
list(eventlet.GreenPool().imap(sleep, range(5)))
print(time.monotonic() - began)
"""

# A thousand pieces of an answer, each there already when it is wanted.
TURNS = """
from services.chassis import green
import socket
from psycopg.waiting import Ready, Wait
here, there = socket.socketpair()
there.send(b"x")
waits = green._at_once((Wait.R for _ in range(1000)), here.fileno())
turns = len([next(waits)])
try:
    while waits.send(Ready.R):
        turns += 1
except StopIteration:
    print(turns)
"""


def _dsn(settings: Settings) -> str:
    return settings.database_url.replace("postgresql+psycopg", "postgresql")


def _said_by(script: str, *arguments: str) -> float:
    command = [sys.executable, "-W", "ignore", "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    return float(done.stdout)


@pytest.mark.servers
def test_queries_of_several_workers_overlap(settings_for: Callable[[str], Settings]) -> None:
    url = _dsn(settings_for("access"))
    assert _said_by(OVERLAP, url, "-") < 1.5
    assert _said_by(OVERLAP, url, "wait_c") > 2.4  # psycopg's own choice: one after the other


def test_an_answer_that_has_begun_lets_others_go_on_once_in_a_hundred_pieces() -> None:
    assert _said_by(TURNS) == 10


@pytest.mark.servers
def test_a_smaller_number_committed_later_is_published_too(
    settings_for: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for("access")
    engine: Engine = database.engine_of(settings, connections=2)
    published: list[str] = []
    monkeypatch.setattr(relay, "_publish", lambda _channel, _account, row: published.append(row[6].decode()))

    def say(session: object, siret: str) -> None:
        announce(session, ORGANISATIONS_CHANGED, organisations=[{"siret": siret}])  # type: ignore[arg-type]  # a Session

    with engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
    with psycopg.connect(_dsn(settings), autocommit=True) as reader:
        with database.transaction(engine) as slow:
            say(slow, "first")
            with database.transaction(engine) as fast:
                say(fast, "second")
            assert relay.relay_batch(reader, pika.BlockingConnection, "access") == 1  # type: ignore[arg-type]  # unused
        assert relay.relay_batch(reader, pika.BlockingConnection, "access") == 1  # type: ignore[arg-type]  # unused
    engine.dispose()
    assert ["second" in published[0], "first" in published[1]] == [True, True]


@pytest.mark.servers
@pytest.mark.parametrize(
    "obstacle",
    [
        pytest.param({"routing_key": "nobody.listens.v1"}, id="nobody listens yet"),
        pytest.param({"body": b"0" * (33 * 1024 * 1024)}, id="more than the broker takes"),
    ],
)
def test_what_the_broker_does_not_take_stays_and_lets_the_others_pass(
    settings_for: Callable[[str], Settings], obstacle: dict[str, object]
) -> None:
    settings = settings_for("access")
    write = """
        INSERT INTO outbox (message_id, exchange, routing_key, type, traceparent, body)
        VALUES (gen_random_uuid(), %(exchange)s, %(routing_key)s, 'test', '', %(body)s)
    """
    # To access's own dead letters: the one queue that is there and that nobody consumes.
    heard = {"exchange": "access.delivery", "routing_key": "access.dead", "body": b"{}"}
    with psycopg.connect(_dsn(settings), autocommit=True) as reader:
        reader.execute("DELETE FROM outbox")
        for row in (heard | {"exchange": "access.events"} | obstacle, heard, heard):
            reader.execute(write, row)
        with connected(settings.broker_url) as channel:
            relay.relay_batch(reader, channel, "access")
        with connected(settings.broker_url) as channel:
            relay.relay_batch(reader, channel, "access")
            waiting = reader.execute("SELECT attempts, not_before > now() FROM outbox").fetchall()
            assert channel.queue_purge("access.dead").method.message_count == 2
        reader.execute("DELETE FROM outbox")
    assert waiting == [(1, True)]


@pytest.mark.servers
def test_what_is_announced_goes_on_with_the_trace_of_its_cause(
    settings_for: Callable[[str], Settings],
) -> None:
    engine = database.engine_of(settings_for("access"), connections=1)
    trace.begin(f"00-{'ab' * 16}-{'cd' * 8}-01")
    with database.transaction(engine) as session:
        announce(session, ORGANISATIONS_CHANGED, organisations=[{"siret": "1"}])
        (traceparent,) = session.scalars(text("SELECT traceparent FROM outbox")).all()
        session.execute(text("DELETE FROM outbox"))
    engine.dispose()
    assert traceparent.split("-")[1] == "ab" * 16


@pytest.mark.servers
def test_a_message_is_cut_by_count_and_by_size(settings_for: Callable[[str], Settings]) -> None:
    engine = database.engine_of(settings_for("access"), connections=1)
    long = "x" * 1_500_000
    with database.transaction(engine) as session:
        for sirets in (["1"] * 501, [long] * 5):
            announce(session, ORGANISATIONS_CHANGED, organisations=[{"siret": one} for one in sirets])
        bodies = session.scalars(text("SELECT body FROM outbox ORDER BY seq")).all()
        session.execute(text("DELETE FROM outbox"))
    engine.dispose()
    told = [[one["siret"][:1] for one in orjson.loads(body)["organisations"]] for body in bodies]
    assert [len(part) for part in told] == [500, 1, 2, 2, 1]


@pytest.mark.servers
def test_a_database_error_never_prints_a_value(settings_for: Callable[[str], Settings]) -> None:
    engine = database.engine_of(settings_for("access"), connections=1)
    twice = text("INSERT INTO inbox (message_id, listener) VALUES (:id, 'MARTIN')")
    known = [{"id": uuid.UUID(int=1)}] * 2
    with pytest.raises(StorageFailure) as failure, database.transaction(engine) as session:
        session.execute(twice, known)
    engine.dispose()
    assert (failure.value.code, failure.value.constraint) == ("23505", "pk_inbox")
    assert "MARTIN" not in repr(failure.value) + str(failure.value.__cause__)


@pytest.mark.servers
def test_what_is_fetched_in_binary_is_bytes_and_fails_like_all_else(
    settings_for: Callable[[str], Settings],
) -> None:
    engine = database.engine_of(settings_for("access"), connections=1)
    asked = {"told": b"\x00MARTIN"}
    with database.transaction(engine) as session:
        assert database.fetch_binary(session, "SELECT %(told)s::bytea, 1", asked) == [(b"\x00MARTIN", 1)]
    with pytest.raises(StorageFailure) as failure, database.transaction(engine) as session:
        database.fetch_binary(session, "SELECT %(told)s::bytea::text::int", asked)
    hurried = database.engine_of(
        replace(settings_for("access"), statement_timeout=timedelta(milliseconds=50))
    )
    with pytest.raises(StorageBusy), database.transaction(hurried) as session:
        database.fetch_binary(session, "SELECT pg_sleep(5), %(told)s", asked)
    hurried.dispose()
    engine.dispose()
    assert "4d415254494e" not in repr(failure.value) + str(failure.value) + str(failure.value.__cause__)


@pytest.mark.servers
@pytest.mark.parametrize("count", [0, 1, 3])
def test_arrays_arrive_as_they_were_sent(settings_for: Callable[[str], Settings], count: int) -> None:
    numbers, ids = [-(2**63), 0, 2**63 - 1][:count], [uuid.UUID(int=0), uuid.uuid4(), uuid.uuid4()][:count]
    asked = {"numbers": database.integers(iter(numbers)), "ids": database.uuids(iter(ids))}
    engine = database.engine_of(settings_for("access"), connections=1)
    with database.transaction(engine) as session:
        told = "SELECT CAST(%(numbers)s AS bigint[]), CAST(%(ids)s AS uuid[])"
        assert database.fetch_binary(session, told, asked) == [(numbers, ids)]
        by_name = text("SELECT CAST(:numbers AS bigint[]), CAST(:ids AS uuid[])")
        assert session.execute(by_name, asked).one() == (numbers, ids)
    engine.dispose()


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("nir 2940375120005 ici", "nir [nir] ici"),
        ("294037512000591", "[nir]"),
        ("2 94 03 75 120 005 91", "[nir]"),
        ("188052A00401220", "[nir]"),
        ("73282932000074", "73282932000074"),
        ("0c35dd0e-1234-5678-9012-345678901234", "0c35dd0e-1234-5678-9012-345678901234"),
    ],
)
def test_what_has_a_nir_s_shape_is_masked_and_a_siret_is_not(written: str, masked: str) -> None:
    assert mask({"a": [written]}) == {"a": [masked]}


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_is_sealed_opens_for_its_purpose_alone(plain: bytes, purpose: bytes) -> None:
    ring = Keyring.parse(KEY)
    sealed = ring.seal(plain, purpose)
    assert ring.open(sealed, purpose) == plain
    with pytest.raises(SealBroken):
        ring.open(sealed, purpose + b"x")
    with pytest.raises(SealBroken):
        ring.open(sealed[:-1], purpose)


@given(st.binary(min_size=32, max_size=32), st.lists(st.text()))
def test_a_keyed_hash_is_an_hmac(key: bytes, values: list[str]) -> None:
    hashes = [hmac.digest(key, value.encode(), "sha256") for value in values]
    assert keyed_hashes(key, values) == hashes == [keyed_hash(key, value) for value in values]


def test_an_old_key_still_opens_what_it_sealed() -> None:
    old, both = Keyring.parse(KEY.split(",")[1]), Keyring.parse(KEY)
    assert both.open(old.seal(b"x", b""), b"") == b"x"
    assert both.current == "k2"


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingMissing, match="AGORA_DOSSIER_DATABASE_URL"):
        settings_of("dossier", {})
