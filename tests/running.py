"""The five services as they run: what tests say to them, what they hold, and what goes wrong."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pika
import psycopg

from deploy.local import postgres, processes, rabbitmq
from deploy.local.__main__ import administration
from deploy.local.environment import load_env
from deploy.local.site import CHECKOUT, Site
from services.chassis.dead_letters import peek
from services.client.hub import Hub
from services.contracts import topology
from services.contracts.message import OPERATOR, SPEAKERS, mailbox
from services.sample.organisations import PARTNERS


class Running:
    """One site with everything running."""

    def __init__(self, site: Site) -> None:
        self.site = site
        processes.migrate_all(site)
        # Tests of one service alone leave rows in its database that no other service was told of.
        self.left_before: dict[str, int] = {}
        self.left_before = {what: found - wanted for what, (found, wanted) in self._counts().items()}
        processes.start(site)
        self.urls = administration(site).partners([partner.siret for partner in PARTNERS])
        with Hub(administration(site).account(OPERATOR, topology.of_operator())) as hub:
            hub.call("access.register", {"organisations": [one.registration() for one in PARTNERS]})
        self.wait_until(self._are_partners_known, "the partners are known")

    def _are_partners_known(self) -> bool:
        tables = (("ingestion", "partner"), ("identity", "source"))
        are_kept = all(self.count(service, table) >= len(PARTNERS) for service, table in tables)
        return are_kept and self._have_mailboxes()

    def _have_mailboxes(self) -> bool:
        with self._operator() as connection:
            channel = connection.channel()
            try:
                for siret in self.urls:
                    channel.queue_declare(mailbox(siret), passive=True)
            except pika.exceptions.ChannelClosedByBroker:
                return False
        return True

    @contextmanager
    def _operator(self) -> Iterator[pika.BlockingConnection]:
        url = load_env(self.site)["AGORA_OPERATOR_BROKER_URL"]
        connection = pika.BlockingConnection(pika.URLParameters(url))
        try:
            yield connection
        finally:
            connection.close()

    def hub(self, siret: str, **options: float) -> Hub:
        """A partner's client."""
        return Hub(self.urls[siret], **options)  # type: ignore[arg-type]  # timeout and attempts

    def rows(self, service: str, query: str) -> list[tuple[object, ...]]:
        """What a service's database answers, to whoever may look into all of them."""
        url = load_env(self.site)[f"AGORA_{service.upper()}_DATABASE_URL"]
        with psycopg.connect(
            url.replace("postgresql+psycopg", "postgresql"), connect_timeout=5
        ) as connection:
            return connection.execute(query.encode()).fetchall()

    def count(self, service: str, table: str) -> int:
        """How many rows a table has."""
        return int(str(self.rows(service, f"SELECT count(*) FROM {table}")[0][0]))

    def states(self) -> Counter[str]:
        """How many lines of all lots are in each state, as ingestion tells its partners."""
        from services.ingestion.storage.lines import _STATE

        found = self.rows("ingestion", f"SELECT {_STATE}, count(*) FROM line GROUP BY 1")
        return Counter({str(state): int(str(count)) for state, count in found})

    def dead_letters(self) -> int:
        """How many messages were given up, by all services."""
        with self._operator() as connection:
            return sum(len(peek(connection.channel(), service)) for service in SPEAKERS)

    def is_settled(self) -> bool:
        """Whether every accepted line has its final state and nothing waits to be published."""
        open_states = {"acceptee", "personne_identifiee"}
        if open_states & set(self.states()):
            return False
        return not any(self.count(service, "outbox") for service in SPEAKERS if service != "reporting")

    def settle(self, patience: float = 90) -> None:
        """Wait until everything that was said has had its effect everywhere."""
        self.wait_until(self.is_settled, "every line is in effect", patience)
        self.wait_until(lambda: not self.disagreements(), "the databases agree", 30)

    def disagreements(self) -> list[str]:
        """Where the five databases do not say the same (guarantee 1), but for what earlier tests left."""
        return [
            f"{what}: {found} ≠ {wanted}"
            for what, (found, wanted) in self._counts().items()
            if found - wanted != self.left_before.get(what, 0)
        ]

    def _counts(self) -> dict[str, tuple[int, int]]:
        states = self.states()
        accepted = sum(states.values()) - states["rejetee"]
        kept = "declaration WHERE is_kept"
        decided = "(SELECT DISTINCT declaration_id FROM decision) AS decided"
        return {
            "identity decided every accepted line": (self.count("identity", decided), accepted),
            "dossier has every line": (self.count("dossier", kept), accepted),
            "every contribution has its effect": (
                self.count("dossier", "parcours, jsonb_object_keys(effects)"),
                self.count("dossier", kept),
            ),
            "ingestion knows every effect": (states["en_effet"], accepted),
            "access knows every parcours": (
                self.count("access", "parcours_version"),
                self.count("dossier", "parcours"),
            ),
            "reporting counts every dossier": (
                self.count("reporting", "fact WHERE NOT removed"),
                self.count("dossier", "dossier"),
            ),
        }

    def wait_until(self, true: Callable[[], object], what: str, patience: float = 30) -> None:
        """Wait for something to become true; fails, saying what did not happen."""
        until = time.monotonic() + patience
        while not true():
            assert time.monotonic() < until, f"not within {patience} s: {what}; {self.disagreements()}"
            time.sleep(0.2)

    # --- what goes wrong -----------------------------------------------------------------

    def kill(self, program: str) -> None:
        """SIGKILL one of the services' processes; supervisor starts it again."""
        self.wait_until(lambda: program in processes.pids(self.site), f"{program} runs")
        os.kill(processes.pids(self.site)[program], signal.SIGKILL)

    @contextmanager
    def mistaken(self, service: str, **settings: str) -> Iterator[None]:
        """A service's first process runs with wrong settings, for as long as this is held."""
        environment = {**processes.environment(self.site, service), **settings}
        processes.stop_one(self.site, service)
        command = [sys.executable, "-m", f"services.{service}", "run", service]
        with (self.site.logs / f"{service}-mistaken.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)
            processes.start_one(self.site, service)

    def kill_postgres(self) -> None:
        """SIGKILL PostgreSQL, then start it again."""
        pid_file = self.site.folder / "postgres" / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        self._until_started(lambda: postgres.start(self.site))

    def kill_rabbitmq(self) -> None:
        """SIGKILL the broker, then start it again."""
        node = f"agora-{self.site.key}@localhost".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if b"beam.smp" in command and node in command:
                os.kill(int(process.name), signal.SIGKILL)
        self._until_started(lambda: rabbitmq.start(self.site))

    def _until_started(self, start: Callable[[], None]) -> None:
        """A server that was killed leaves children that take a moment to notice."""
        from deploy.local.waiting import Failure

        for attempt in range(10):
            try:
                start()
            except Failure:
                if attempt == 9:
                    raise
                time.sleep(1)
            else:
                return

    def everything_written(self, tmp: Path) -> bytes:
        """All that the system wrote: every database as text, every log, the broker's own files."""
        written = []
        for service in SPEAKERS:
            url = load_env(self.site)[f"AGORA_{service.upper()}_DATABASE_URL"]
            dump = ["pg_dump", url.replace("postgresql+psycopg", "postgresql")]
            written.append(subprocess.run(dump, check=True, capture_output=True, timeout=60).stdout)
        for folder in (self.site.logs, self.site.folder / "rabbitmq", self.site.folder / "postgres"):
            for path in folder.resolve().rglob("*"):
                if path.is_file() and "data/base" not in str(path) and "pg_wal" not in str(path):
                    written.append(path.read_bytes())
        return b"\n".join(written)
