"""How long readings take among many dossiers: asked by a partner, over the broker, of dossier and of access.

    python -m tests.dossier.scale [--dossiers 100000 5000000] [--readings 300] [--again]

Some lives of the sample and a few persons with twenty dossiers are declared to the services as they run. Then
the databases of dossier and access are filled from within: each person of one dossier and few statements is
copied, with ids and references of its own (`_COPIES`), the rows being what the services made of it. Access's
journal is filled with entries that no chain links. So the site is one that nobody needs any more:
`python -m deploy.local up` before, `destroy` after. `--again`: only the readings, of what is there.
"""

import argparse
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from random import Random
from typing import Any

import psycopg

from deploy.local.environment import load_env
from deploy.local.site import site_of
from services.client.hub import Hub
from services.sample.lots import national_sample
from services.sample.organisations import of_profile
from services.sample.persons import person
from tests.dossier.given import formation
from tests.running import Running

OPCO = of_profile("opco")[0]
PURPOSE = "prise_en_charge"
READERS, DOSSIERS_OF_A_READER = 400, 20
_AT_ONCE = 2
_STEP = 100_000  # dossiers in a transaction: fewer changes than its numbers have places

# What is copied, and how its columns differ from the original's; `copy` is the copy's number.
_ID = "md5({}::text || copy)::uuid"
_NAMED = "replace({0}::text, to_json(its_number)::text, to_json(its_number || '-' || copy)::text)::jsonb"
_COPIES = {
    "dossier": {
        "declaration": {"person_id": _ID, "declaration_id": _ID},
        "contribution": {
            "person_id": _ID,
            "declaration_id": _ID,
            "reference": "reference || '-' || copy",
            "reference_financeur": "reference_financeur || '-' || copy",
        },
        "parcours": {"person_id": _ID, "effects": "'{{}}'::jsonb", "digests": "'{{}}'::jsonb"},
        "dossier": {"person_id": _ID, "dossier_id": _ID, "blocks": _NAMED, "happened": _NAMED},
        "scope": {"person_id": _ID, "dossier_id": _ID},
        "reader": {"person_id": _ID},
        "change": {
            "numero": "(pg_current_xact_id()::text::bigint << 20) + row_number() OVER ()",
            "person_id": _ID,
            "dossier_id": _ID,
            "differences": "replace(differences::text, stated_in, md5(stated_in || copy)::uuid::text)::jsonb",
        },
    },
    "access": {
        "parcours_version": {"person_id": _ID},
        "parcours_relation": {"person_id": _ID, "dossier_id": _ID},
    },
}
_TEMPLATE = """
    CREATE TABLE template AS
    SELECT person_id, min(reference_financeur) AS its_number,
           (array_agg(declaration_id) FILTER (WHERE nature = 'formation'))[1]::text AS stated_in
    FROM contribution
    WHERE nature IN ('formation', 'realisation', 'financement')
    GROUP BY person_id
    HAVING count(DISTINCT (financeur, reference_financeur)) = 1 AND count(*) <= 3
"""
_JOURNAL = """
    INSERT INTO journal (chain, seq, at, siret, service, finalite, person_id, dossier_ids, granted, reason,
                         habilitation_ids, previous_hash, hash)
    SELECT chain, journal_head.seq + entry, now(), '', 'dossier', '', gen_random_uuid(),
           ARRAY[gen_random_uuid()], true, 'habilitation_in_force', '{}', hash, hash
    FROM journal_head, generate_series(1, %(entries)s / 16) AS entry
"""
_HEADS = "UPDATE journal_head SET seq = seq + %(entries)s / 16"
# The indexes of these tables, and what makes them: whole tables', for those of their parts follow.
_INDEXES = """
    SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', relname, conname),
           format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', relname, conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = conrelid
    WHERE contype = 'p' AND relname = ANY(%(tables)s)
    UNION ALL
    SELECT format('DROP INDEX %%s', indexrelid::regclass),
           replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
    FROM pg_index JOIN pg_class AS t ON t.oid = indrelid
    WHERE NOT indisprimary AND relname = ANY(%(tables)s)
"""


class Filled:
    """The databases of dossier and access, full of copies."""

    def __init__(self, running: Running) -> None:
        self.urls = {
            service: load_env(running.site)[f"AGORA_{service.upper()}_DATABASE_URL"].replace("+psycopg", "")
            for service in _COPIES
        }
        with self.connected("dossier") as database:
            database.execute(_TEMPLATE)
            self.template = database.execute("SELECT person_id, its_number FROM template").fetchall()
            (self.dossiers,) = database.execute("SELECT count(*) FROM dossier").fetchone() or (0,)
        with self.connected("access") as database:
            database.execute("CREATE TABLE template (person_id uuid, its_number text)")
            with database.cursor() as cursor:
                cursor.executemany("INSERT INTO template VALUES (%s, %s)", self.template)
        # By themselves: else every copying would look through all that was copied before.
        for service, tables in _COPIES.items():
            with self.connected(service) as database:
                for table in tables:
                    database.execute(
                        f"CREATE TABLE template_{table} AS"
                        f" SELECT * FROM {table} JOIN template USING (person_id)".encode()
                    )
        self.copies = 0

    @contextmanager
    def connected(self, service: str) -> Iterator[psycopg.Connection]:
        """A connection to a service's database, each statement a transaction."""
        with psycopg.connect(self.urls[service], autocommit=True) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute("SET maintenance_work_mem = '512MB'")
            yield connection

    def fill(self, dossiers: int) -> None:
        """Copy the template until there are so many dossiers."""
        first, last = self.copies + 1, self.copies + (dossiers - self.dossiers) // len(self.template)
        step = max(1, _STEP // len(self.template))
        for service, tables in _COPIES.items():
            with (
                self.connected(service) as database,
                _without_indexes(database, list(tables)),
                ThreadPoolExecutor(_AT_ONCE) as pool,
            ):
                copied = [
                    pool.submit(self._copy, service, table, start, min(start + step - 1, last))
                    for table in tables
                    for start in range(first, last + 1, step)
                ]
                for one in copied:
                    one.result()
        with self.connected("access") as database:
            for statement in (_JOURNAL, _HEADS):
                database.execute(statement.encode(), {"entries": dossiers - self.dossiers})
        for service in _COPIES:
            with self.connected(service) as database:
                database.execute("VACUUM ANALYZE")
        self.dossiers += (last - first + 1) * len(self.template)
        self.copies = last

    def _copy(self, service: str, table: str, first: int, last: int) -> None:
        changed = _COPIES[service][table]
        with self.connected(service) as database:
            found = database.execute(f"SELECT * FROM {table} LIMIT 0".encode()).description or ()
            values = [changed.get(column.name, column.name).format(column.name) for column in found]
            database.execute(
                f"""
                INSERT INTO {table} SELECT {", ".join(values)}
                FROM template_{table}, generate_series(%s::int, %s::int) AS copy
                """.encode(),
                (first, last),
            )


@contextmanager
def _without_indexes(database: psycopg.Connection, tables: list[str]) -> Iterator[None]:
    """Indexes are made once everything is there: one after the other they would be written all over."""
    indexes = database.execute(_INDEXES.encode(), {"tables": tables}).fetchall()
    for remove, _ in indexes:
        database.execute(remove.encode())
    try:
        yield
    finally:
        for _, make in indexes:
            database.execute(make.encode())


# --- readings ---------------------------------------------------------------------------------------


def declare(running: Running) -> None:
    """Lives of the sample, and persons with twenty dossiers."""
    for lot in national_sample(5_000, seed=5, faults=0):
        with running.hub(lot.emetteur) as hub:
            hub.submit(lot.reference, lot.declarations)
    with running.hub(OPCO) as hub:
        for number in range(READERS):
            hub.submit(f"VINGT-{number}", list(_twenty(number)))
    running.settle(900)


def _twenty(number: int) -> Iterator[dict[str, Any]]:
    traits = person(Random(number), 9_000_000 + number, date(2026, 6, 30)).traits(with_nir=True)
    for place in range(DOSSIERS_OF_A_READER):
        year = 2006 + place
        faits = formation(debut_prevu=f"{year}-02-01", fin_prevue=f"{year}-05-01")
        said = {
            "reference": f"VINGT-{number}-{place}",
            "emise_le": f"{year}-01-15T08:00:00Z",
            "personne": traits,
        }
        yield {**said, "nature": "formation", "faits": faits}
        yield {**said, "nature": "realisation", "faits": {"evenement": "entree", "le": f"{year}-02-01"}}


def readings(hub: Hub, references: list[str]) -> dict[str, Callable[[Random], Any]]:
    """What is asked, each time of other persons or of another place in a reader's scope."""

    def ask(method: str, **asked: Any) -> Any:
        return hub.call(f"dossier.{method}", {"finalite": PURPOSE, **asked})

    def within(random: Random) -> str:
        return str(uuid.UUID(int=random.getrandbits(128)))

    start = hub.call("dossier.changes", {"finalite": PURPOSE, "changements": 1})["suite"]
    end = hub.call("dossier.snapshot", {"finalite": PURPOSE, "dossiers": 1})["numero"]
    return {
        "parcours of 20 dossiers": lambda random: hub.read_parcours(random.choice(references), PURPOSE),
        "search by reference": lambda random: ask("search", reference=random.choice(references)),
        "search by state": lambda random: ask("search", etat="en_formation", apres=within(random)),
        "search by period": lambda random: ask(
            "search", du="2024-03-01", au="2024-03-31", apres=within(random)
        ),
        "search by anomaly": lambda random: ask("search", anomalie="dispositif_ferme", apres=within(random)),
        "snapshot, 50 dossiers": lambda random: ask("snapshot", apres=within(random)),
        "changes, 200": lambda random: ask("changes", apres=random.randrange(start, end)),
    }


def measure(running: Running, times: int) -> None:
    """Ask each so many times, and print the median and what 95 of 100 stay below."""
    print(f"among {running.count('dossier', 'dossier')} dossiers:")
    with running.hub(OPCO, timeout=60) as hub:
        _measure(hub, times)


def _measure(hub: Hub, times: int) -> None:
    for name, read in readings(hub, [f"VINGT-{number}-0" for number in range(READERS)]).items():
        random, took, found = Random(7), [], 0
        for _ in range(times):
            began = time.perf_counter()
            answer = read(random)
            took.append((time.perf_counter() - began) * 1000)
            found += len(answer.get("dossiers", answer.get("changements", ())))
        ends = statistics.quantiles(took, n=20)
        median = statistics.median(took)
        print(f"  {name:26s} median {median:6.1f} ms, p95 {ends[-1]:6.1f} ms; {found / times:.0f} a page")


def main() -> None:
    """Fill, and read, at each size."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--dossiers", type=int, nargs="+", default=[100_000, 5_000_000])
    asked.add_argument("--readings", type=int, default=300)
    asked.add_argument("--again", action="store_true")
    told = asked.parse_args()
    running = Running(site_of())
    if told.again:
        measure(running, told.readings)
        return
    declare(running)
    filled = Filled(running)
    for size in told.dossiers:
        filled.fill(size)
        measure(running, told.readings)


if __name__ == "__main__":
    main()
