"""How many lines a second identity resolves, alone: from the bytes of the message to the commit.

    python -m tests.identity.benchmark [--base 1000000] [--lines 20000] [--chunk 500] [--workers 2]

The database is the one of AGORA_IDENTITY_DATABASE_URL; its identity tables are emptied, then filled with a
base of generated persons, one record each, by the service's own reading, keys and seals (only the writing is
COPY, with blocks and indexes made after). Then lines come in, as to a service that has been running: about
these persons, as they were told before, and with one trait in ten not quite right, with NIR and without; and
about persons nobody knew. Then one line at a time, against its candidates.
"""

import argparse
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random
from typing import Any

import numpy as np
import orjson
import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.chassis import database, inbox, migrations
from services.chassis.roles import collect_seldom
from services.chassis.settings import settings_of
from services.contracts.ingestion import TRAITS_RECEIVED
from services.identity import linking, schemas, use_cases
from services.identity.domain.blocking import keys_of
from services.identity.domain.deciding import tells_nobody
from services.identity.domain.default_model import default_model
from services.identity.domain.scoring import Scorer
from services.identity.domain.sketching import EVERYTHING
from services.identity.linking import Linker
from services.identity.storage.blocks import ENTRY, MOST_CANDIDATES, PIECE
from services.identity.storage.tables import metadata
from services.sample.slips import one_statement
from tests.conftest import empty
from tests.identity.given import KEYS, NOW, ids, sealed

READ = TRAITS_RECEIVED.schema()
# A service has been running for long: before anything is measured, each process takes in so many lines; and
# first of all one of this share of the base, by which most pages of the blocks have gone to the journal whole
# since the last checkpoint, as all do once after each.
WARMING = 3_000
WARMING_OF_BASE = 40
TODAY = date(2026, 6, 30)
PART = 5_000
_INDEXES = {
    "record": ("pk_record", "uq_record_mark", "ix_record_person_id"),
    "content": ("pk_content",),
}
# Blocks are made of so many parts of the keys, each sorted in memory.
_SHARES = 32


def scorer(base: int) -> Scorer:
    """The model that ships, for a population of this size."""
    return Scorer(default_model().for_population(base))


def told(number: int, saying: int, *, faulty: float, with_nir: bool) -> dict[str, Any]:
    """What a source says of person number so many; another `saying`, other slips."""
    said, nir = one_statement(Random(number), Random(f"{number}/{saying}"), number, faulty, TODAY)
    place = said["lieu_naissance"]
    return {
        "nom_naissance": said["nom_naissance"],
        "nom_usage": said["nom_usage"],
        "prenoms": said["prenoms"].split(", "),
        "sexe": said["sexe"],
        "naissance": {"date": said["date_naissance"], "pays" if place.startswith("99") else "commune": place},
        **({"nir": nir} if with_nir and nir else {}),
    }


# --- the base ------------------------------------------------------------------------------


def fill(url: str, base: int, workers: int) -> None:
    """Enter persons 1 to `base`, each with the record of one exact statement with NIR."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table, names in _INDEXES.items():
            for name in names:
                of_table = name.startswith("pk") or name == "uq_record_mark"
                drop = f"ALTER TABLE {table} DROP CONSTRAINT {name}" if of_table else f"DROP INDEX {name}"
                connection.execute(drop.encode())
        connection.execute(b"DROP TABLE IF EXISTS filling")
        connection.execute(
            b"CREATE UNLOGGED TABLE filling (key bigint, record_id bigint, entry bytea)"
            b" PARTITION BY HASH (key)"
        )
        for at in range(_SHARES):
            connection.execute(
                f"CREATE UNLOGGED TABLE filling_{at} PARTITION OF filling"
                f" FOR VALUES WITH (MODULUS {_SHARES}, REMAINDER {at})".encode()
            )
        parts = [(url, start, min(start + PART, base), base) for start in range(0, base, PART)]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            for _ in pool.imap_unordered(_fill_part, parts):
                pass
            for _ in pool.imap_unordered(_fill_blocks, [(url, at) for at in range(_SHARES)]):
                pass
        connection.execute(b"DROP TABLE filling")
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("ALTER TABLE record ADD CONSTRAINT pk_record PRIMARY KEY (record_id)")
        connection.execute("ALTER TABLE record ADD CONSTRAINT uq_record_mark UNIQUE (mark)")
        connection.execute("CREATE INDEX ix_record_person_id ON record (person_id)")
        connection.execute("ALTER TABLE content ADD CONSTRAINT pk_content PRIMARY KEY (mark)")
        connection.execute("SELECT setval(pg_get_serial_sequence('record', 'record_id'), %s)", (base + 1,))
        connection.execute(b"VACUUM ANALYZE record, block, content")


def _fill_part(asked: tuple[str, int, int, int]) -> None:
    url, first, last, base = asked
    under = scorer(base)
    name = schemas.name_of_key(KEYS.blind)
    seen: set[bytes] = set()
    entered = [one for number in range(first, last) for one in _entered(number, under, seen)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy(
            "COPY record (record_id, mark, sealed, is_nobody, name, person_id, marked_with) FROM STDIN"
        ) as copy:
            for number, mark, packed, _, nobody, _, _ in entered:
                person_id = uuid.uuid4()
                sealed_record = KEYS.own.seal(packed, b"record:" + mark)
                copy.write_row((number, mark, sealed_record, nobody, person_id, person_id, name))
        with cursor.copy("COPY filling (key, record_id, entry) FROM STDIN") as copy:
            for number, _, _, sketch, _, keys, _ in entered:
                entry = number.to_bytes(8) + sketch
                for key in set(keys):
                    copy.write_row((key, number, entry))
        with cursor.copy("COPY content (mark, record_id) FROM STDIN") as copy:
            for number, _, _, _, _, _, content in entered:
                copy.write_row((content, number))


def _fill_blocks(asked: tuple[str, int]) -> None:
    url, share = asked
    with psycopg.connect(url) as connection:
        connection.execute(b"SET work_mem = '1GB'")
        connection.execute(
            f"""
            INSERT INTO block (key, piece, newest, entries)
            SELECT key, (place - 1) / {PIECE}, max(record_id), string_agg(entry, '' ORDER BY record_id)
            FROM (
                SELECT key, record_id, entry, row_number() OVER (PARTITION BY key ORDER BY record_id) AS place
                FROM filling_{share}
            ) AS placed
            GROUP BY 1, 2
            """.encode()
        )


def _entered(number: int, under: Scorer, seen: set[bytes]) -> Iterator[tuple[Any, ...]]:
    statement = schemas.read_statements(
        [uuid.UUID(int=number)], sealed([told(number, 0, faulty=0.0, with_nir=True)]), KEYS.traits, KEYS.blind
    )[0]
    record = schemas.record_of(statement)
    mark = schemas.mark_of(record, KEYS.blind)
    if mark in seen:
        return
    seen.add(mark)
    keys = schemas.hashed_keys(keys_of(record, under.model), KEYS.blind)
    nobody = tells_nobody(under.prepare(record), under)
    sketch = schemas.sketch_of(record, KEYS.blind)
    yield number + 1, mark, schemas.pack(record), sketch, nobody, keys, statement.content


# --- the lines -----------------------------------------------------------------------------


def messages(lines: Sequence[dict[str, Any]], chunk: int) -> list[bytes]:
    """The bytes that ingestion would publish."""
    parts = (lines[start : start + chunk] for start in range(0, len(lines), chunk))
    return [
        orjson.dumps(
            {
                "lot_id": uuid.uuid4(),
                "source": "73282932000074",
                "declarations": ids(len(part)),
                "sealed": sealed(part),
            }
        )
        for part in parts
    ]


def resolve(engine: Engine, under: Scorer, message: bytes) -> None:
    """What the listener and the door do of a message."""
    body = READ.load(orjson.loads(message))
    with database.transaction(engine) as session:
        inbox.remember(session, str(uuid.uuid4()), "resolve_persons")
        use_cases.resolve_persons(Linker(session, KEYS, under), NOW, body["declarations"], body["sealed"])


@cache
def _service(base: int) -> tuple[Engine, Scorer]:
    """A service's connection and its model, for as long as its process runs."""
    engine, under = database.engine_of(settings_of("identity"), connections=1), scorer(base)
    collect_seldom()
    return engine, under


def _resolve_all(asked: tuple[int, list[bytes]]) -> None:
    base, told_of = asked
    for message in told_of:
        resolve(*_service(base), message)


@dataclass(frozen=True, slots=True)
class Kind:
    """Lines of a kind: about persons of the base or not, told how."""

    name: str
    are_known: bool = True
    faulty: float = 0.1
    with_nir: bool = True

    def lines(self, base: int, count: int, chance: Random) -> list[dict[str, Any]]:
        """Lines about persons drawn at random, in other words than any before where they are faulty."""
        first = 0 if self.are_known else chance.randrange(base, 10**9)
        saying = chance.randrange(1, 10**9) if self.faulty else 0
        return [
            told(first + chance.randrange(base), saying, faulty=self.faulty, with_nir=self.with_nir)
            for _ in range(count)
        ]


AS_BEFORE = Kind("known persons, with NIR, as they were told before", faulty=0.0)
OTHERWISE = Kind("known persons, with NIR, one trait in ten faulty")
NEW = Kind("persons nobody knew, with NIR", are_known=False)


@dataclass(frozen=True, slots=True)
class Mixture:
    """Lines of several kinds, so many of each in a hundred, in any order."""

    name: str
    shares: Sequence[tuple[Kind, int]]

    def lines(self, base: int, count: int, chance: Random) -> list[dict[str, Any]]:
        """So many lines, of each kind its share."""
        lines = [
            line
            for kind, share in self.shares
            for line in kind.lines(base, round(count * share / 100), chance)
        ]
        chance.shuffle(lines)
        return lines


KINDS = (
    AS_BEFORE,
    OTHERWISE,
    NEW,
    # Five declarations a dossier, and sixty million dossiers of 35 million persons: three first declarations
    # in five are of somebody nobody knew. Of the four that follow, two are of whoever told the person first,
    # and two of others, in their own words.
    Mixture("with NIR, as declarations come in", [(AS_BEFORE, 40), (OTHERWISE, 48), (NEW, 12)]),
    Kind("known persons, without NIR, one trait in ten faulty", with_nir=False),
    Kind("persons nobody knew, without NIR", are_known=False, with_nir=False),
)


def measure(
    engine: Engine, kind: Kind | Mixture, base: int, workers: int, lines: int, chunk: int, chance: Random
) -> None:
    """As many processes as workers, each with its share of the lines, after as many as it warms up with."""
    first = messages(kind.lines(base, WARMING * workers, chance), chunk)
    told_of = messages(kind.lines(base, lines, chance), chunk)
    warming, shares = (
        [(base, part[worker::workers]) for worker in range(workers)] for part in (first, told_of)
    )
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        pool.map(_resolve_all, warming, chunksize=1)
        contents = _contents(engine)
        began = time.perf_counter()
        pool.map(_resolve_all, shares, chunksize=1)
        seconds = time.perf_counter() - began
    told_new = _contents(engine) - contents
    print(f"{kind.name:52} {lines / seconds:8,.0f} lines/s, {100 * told_new / lines:3.0f} % new contents")


def warm_up(base: int, workers: int, chunk: int, chance: Random) -> None:
    """Take in lines of which nearly all are new contents, so many that the journal is what it is for long."""
    told_of = messages(KINDS[-1].lines(base, base // WARMING_OF_BASE, chance), chunk)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        pool.map(_resolve_all, [(base, told_of[worker::workers]) for worker in range(workers)], chunksize=1)


def _contents(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM content")) or 0)


def latency(engine: Engine, under: Scorer, numbers: Sequence[int]) -> None:
    """One line at a time, its transaction and its commit included."""
    seconds = []
    for number in numbers:
        (message,) = messages([told(number, 7, faulty=0.1, with_nir=False)], 1)
        began = time.perf_counter()
        resolve(engine, under, message)
        seconds.append(time.perf_counter() - began)
    quantiles = statistics.quantiles(seconds, n=20)
    print(f"one line without NIR: median {1000 * quantiles[9]:.1f} ms, p95 {1000 * quantiles[18]:.1f} ms")


def against(engine: Engine, name: str, under: Scorer, numbers: Sequence[int], least: int = 0) -> None:
    """One line at a time, of those that share a key with so many records at least: its blocks read, the
    records opened and compared; nothing is kept."""
    seconds, shared, opened = [], [], []
    for number in numbers:
        told_of = sealed([told(number, 8, faulty=0.1, with_nir=False)])
        said = schemas.read_statements([uuid.UUID(int=number)], told_of, KEYS.traits, KEYS.blind)
        with database.transaction(engine) as session:
            session.connection()  # the transaction has begun
            began = time.perf_counter()
            looked = linking.look(Linker(session, KEYS, under), said)
            took = time.perf_counter() - began
            share_a_key = _share_a_key(session, under, said[0])
        if share_a_key >= least:
            seconds.append(took)
            shared.append(share_a_key)
            opened.append(len(looked.graph.prepared) - len(looked.new))
    if seconds:
        print(
            f"one line against {name}: median {1000 * statistics.median(seconds):.1f} ms of {len(seconds)},"
            f" {statistics.median(shared):.0f} records that share a key,"
            f" {statistics.median(opened):.0f} opened and compared"
        )


def _share_a_key(session: Session, under: Scorer, said: schemas.Statement) -> int:
    """How many records share a key with a line: those that its blocks hold."""
    keys = schemas.hashed_keys(keys_of(schemas.record_of(said), under.model), KEYS.blind)
    held = session.scalars(text("SELECT entries FROM block WHERE key = ANY(:keys)"), {"keys": keys})
    return len(np.unique(np.frombuffer(b"".join(held), ENTRY)["record_id"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--base", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--chunk", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="use the base that is there")
    asked = parser.parse_args()

    settings = settings_of("identity")
    engine = database.engine_of(settings, connections=1)
    migrations.migrate("identity", engine, metadata)
    if not asked.keep:
        empty(engine, metadata)
        began = time.perf_counter()
        fill(settings.database_url.replace("+psycopg", ""), asked.base, asked.workers)
        print(f"base of {asked.base:,} persons in {time.perf_counter() - began:,.0f} s")
    with engine.connect() as connection:
        durability = [connection.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit")]
        keys = connection.scalar(text(f"SELECT sum(length(entries)) / {ENTRY.itemsize} FROM block"))
    print(
        f"fsync {durability[0]}, synchronous_commit {durability[1]}, {asked.workers} processes, {keys:,} keys"
    )
    chance = Random(time.time())
    warm_up(asked.base, asked.workers, asked.chunk, chance)
    for kind in KINDS:
        measure(engine, kind, asked.base, asked.workers, asked.lines, asked.chunk, chance)
    collect_seldom()
    latency(engine, scorer(asked.base), [chance.randrange(asked.base) for _ in range(200)])
    under = scorer(asked.base)
    looks_at_all = Scorer(replace(under.model, glances=EVERYTHING))
    numbers = [chance.randrange(asked.base) for _ in range(200)]
    against(engine, "its blocks", under, numbers)
    many = [chance.randrange(asked.base) for _ in range(2_000)]
    against(engine, f"blocks of {MOST_CANDIDATES} and more", under, many, MOST_CANDIDATES)
    against(engine, f"{MOST_CANDIDATES} candidates, none dropped unopened", looks_at_all, numbers)


if __name__ == "__main__":
    main()
