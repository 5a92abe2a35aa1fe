"""The `agora` command as it is installed, a process of its own before the five services."""

import base64
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.environment import load_env
from services.sample.lots import national_sample
from services.sample.organisations import of_profile
from tests.client.conftest import Wire, through
from tests.journeys.telling import CEP, OTHER_CEP, Life
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

Agora = Callable[..., subprocess.CompletedProcess[str]]
OPCO = of_profile("opco")[0]
MINISTRY = of_profile("ministere")[0]
PROGRAM = Path(sys.executable).with_name("agora")
SECONDS = 30.0  # within which what happens has to be shown


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one OPCO delivers: its lines, and the code by which each faulty one is refused."""

    file: Path
    lines: list[Any]
    faults: dict[int, str]


@pytest.fixture(scope="module")
def agora(running: Running) -> Agora:
    """Run the installed command as a partner, or as the operator when no partner is named."""
    operator = load_env(running.site)["AGORA_OPERATOR_BROKER_URL"]

    def run(*arguments: str | Path, siret: str = "") -> subprocess.CompletedProcess[str]:
        mine = {"AGORA_HUB_URL": running.urls[siret]} if siret else {"AGORA_OPERATOR_BROKER_URL": operator}
        return subprocess.run(
            [PROGRAM, *arguments],
            env=environment(**mine),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


def environment(**mine: str) -> dict[str, str]:
    """What is around the command: nothing of the hub but what is given, and a pipe that Python buffers."""
    others = {name for name in os.environ if name.startswith("AGORA_")} | {"PYTHONUNBUFFERED"}
    return {**{name: value for name, value in os.environ.items() if name not in others}, **mine}


def delivery(folder: Path, seed: int, declarations: int) -> Delivery:
    """The lines of an OPCO in a sample; those that rectify name lots of the sample, and stay out."""
    lines: list[Any] = []
    faults = {}
    for lot in national_sample(declarations, seed=seed):
        for ligne, line in enumerate(lot.declarations, start=1):
            if lot.emetteur != OPCO or (isinstance(line, dict) and "rectifie" in line):
                continue
            lines.append(line)
            if ligne in lot.faults:
                faults[len(lines)] = lot.faults[ligne]
    file = folder / f"envoi-{seed}.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return Delivery(file, lines, faults)


def json_lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode < 2, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def delivered(running: Running, agora: Agora, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """A delivery of several lots, submitted by the command and in effect."""
    made = delivery(tmp_path_factory.mktemp("delivered"), seed=31, declarations=15_000)
    assert len(made.lines) > 500, "two lots at least"
    done = agora("submit", made.file, "--reference", "ENVOI-31", siret=OPCO)
    assert done.returncode == 1, done.stderr
    assert f"{len(made.lines)} déclarations" in done.stdout
    assert f"{len(made.faults)} refusées" in done.stdout
    for ligne, code in made.faults.items():
        assert any(row.split()[:2] == [str(ligne), code] for row in done.stdout.splitlines()), (ligne, code)
    running.settle()
    return made


def test_submitting_again_gives_the_same_receipts_and_has_no_effect(
    running: Running, agora: Agora, delivered: Delivery
) -> None:
    lines = running.count("ingestion", "line")
    runs = [agora("submit", delivered.file, "--reference", "ENVOI-31", "--json", siret=OPCO) for _ in "12"]
    assert runs[0].stdout == runs[1].stdout
    receipts = json_lines(runs[0])
    assert sum(receipt["lignes"] for receipt in receipts) == len(delivered.lines)
    assert running.count("ingestion", "line") == lines


def test_a_delivery_s_receipt_has_every_line_of_every_lot_in_a_final_state(
    agora: Agora, delivered: Delivery
) -> None:
    lots = json_lines(agora("receipt", "ENVOI-31", "--json", siret=OPCO))
    states = [line["etat"] for lot in lots for line in lot["lignes"]]
    assert len(states) == len(delivered.lines)
    assert states.count("rejetee") == len(delivered.faults)
    assert set(states) <= {"rejetee", "en_effet"}
    shown = agora("receipt", "ENVOI-31-0001", "--state", "en_effet", "--most", "3", siret=OPCO)
    assert shown.stdout.count("dossier_ouvert") + shown.stdout.count("dossier_complete") >= 1, shown.stdout


TABLE = ["figures", "--axes", "region,dispositif", "--from", "2024-07", "--to", "2026-06"]
READINGS = [
    pytest.param(OPCO, ["profile"], 0, ["prise_en_charge", "R.6323-35 II"], id="profile"),
    pytest.param(OPCO, ["parcours", "{reference}", "--finalite", "prise_en_charge"], 0,
                 ["dates", "financements", "Lecture journalisée"], id="parcours"),
    pytest.param(OPCO, ["parcours", "{reference}", "--finalite", "accompagnement"], 2,
                 ["purpose_not_covered"], id="parcours for a purpose it has not"),
    pytest.param(MINISTRY, TABLE, 0, ["region", "dispositif", "entrées", "secrètes"], id="figures"),
    pytest.param(OPCO, TABLE, 2, ["figures_refusees"], id="figures it may not have"),
    pytest.param(MINISTRY, ["figures", "--axes", "couleur", "--from", "2025-01", "--to", "2025-12"], 2,
                 ["requete_invalide", "axes.0 : code_inconnu"], id="an axis that is none"),
    pytest.param(OPCO, ["receipt", "ENVOI-0"], 2, ["lot_inconnu"], id="a lot that is none"),
    pytest.param("", ["journal", "verify"], 0, ["Journal intact"], id="journal"),
    pytest.param("", ["dead-letters"], 0, ["identity : 0 message(s)", "reporting : 0"], id="no dead letter"),
]  # fmt: skip


@pytest.mark.parametrize(("siret", "command", "status", "told"), READINGS)
def test_each_reads_what_it_may(
    agora: Agora, delivered: Delivery, siret: str, command: list[str], status: int, told: list[str]
) -> None:
    reference = delivered.lines[0]["reference"]
    done = agora(*(word.format(reference=reference) for word in command), siret=siret)
    assert done.returncode == status, done.stdout + done.stderr
    printed = done.stderr if status == 2 else done.stdout
    assert [text for text in told if text not in printed] == [], printed


def dead(agora: Agora) -> list[dict[str, Any]]:
    """The dead letters of identity, as the command tells a machine."""
    return json_lines(agora("dead-letters", "identity", "--json"))


def test_what_was_given_up_is_counted_and_takes_effect_when_its_cause_is_mended_and_it_is_sent_back(
    running: Running, agora: Agora, tmp_path: Path
) -> None:
    made = delivery(tmp_path, seed=32, declarations=5_000)
    accepted = len(made.lines) - len(made.faults)
    before = running.states()
    another_key = base64.b64encode(os.urandom(32)).decode()

    with running.mistaken("identity", AGORA_TRAITS_KEYS=f"k1:{another_key}"):
        assert agora("submit", made.file, "--reference", "ENVOI-32", siret=OPCO).returncode == 1
        running.wait_until(lambda: sum(one["items"] for one in dead(agora)) == accepted, "all are given up")
        meanwhile = running.states() - before
        in_dead_letters = sum(letter["items"] for letter in dead(agora))
        assert accepted == meanwhile["en_effet"] + in_dead_letters
        assert meanwhile["acceptee"] == in_dead_letters, "a partner is not told what is not so"

    listing = agora("dead-letters")
    assert listing.returncode == 1
    assert "resolve_persons" in listing.stdout
    assert "traits_" in listing.stdout
    persons = [line["personne"] for line in made.lines if isinstance(line, dict)]
    nirs = [person["nir"] for person in persons if "nir" in person]
    assert nirs
    assert not [nir for nir in nirs if nir in listing.stdout]

    replayed = agora("replay", "identity", "--listener", "resolve_persons", "--yes")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    running.settle()
    settled = running.states() - before
    assert settled["en_effet"] == accepted
    assert dead(agora) == []
    assert running.disagreements() == []


class Following:
    """`agora follow` as it runs, and what it shows, line by line as it comes through a pipe."""

    def __init__(self, url: str, *options: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "follow", *options],
            env=environment(AGORA_HUB_URL=url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self.shown: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(line)

    def until(self, *parts: str) -> str:
        """The next line with all of these in it; the command has not ended."""
        while True:
            line = self._lines.get(timeout=SECONDS)
            self.shown.append(line)
            if all(part in line for part in parts):
                assert self.process.poll() is None
                return line

    def interrupted(self) -> tuple[int, str]:
        """Its exit status once Ctrl-C was pressed, and what it said beside."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        while not self._lines.empty():
            self.shown.append(self._lines.get())
        return status, (self.process.stderr or sys.stderr).read()


@contextmanager
def following(url: str, *options: str) -> Iterator[Following]:
    made = Following(url, *options)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


@pytest.fixture
def wire(running: Running) -> Iterator[Wire]:
    """What the adviser's command connects through."""
    parts = urlsplit(running.urls[CEP])
    made = Wire((str(parts.hostname), int(parts.port or 5672)))
    yield made
    made.stop()


def day(ago: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


def test_an_adviser_follows_what_happens_as_it_comes_through_a_cut_until_it_has_seen_enough(
    running: Running, agora: Agora, wire: Wire
) -> None:
    life = Life(running, "Zerdoun", "1992-10-17", nir="2921029232903")
    adviser, opco = life.source(CEP, "CEP-SUIVI"), life.source(OPCO, "OPCO-SUIVI")
    adviser.advises(day(120))
    opco.formation(said=day(100), debut_prevu=day(90), fin_prevue=day(0))
    opco.pays(said=day(100), pedagogique=2_500_00)
    life.settle()
    with following(through(wire, running.urls[CEP]), "--json") as command:
        opco.event("entree", day(90))
        entered = json.loads(command.until("CEP-SUIVI"))
        wire.cut()
        opco.event("interruption", day(60), motif="maladie")
        stopped = json.loads(command.until("CEP-SUIVI", "interruption"))
        status, beside = command.interrupted()
    assert [(one["evenement"], one["le"]) for one in (entered, stopped)] == [
        ("entree", day(90)),
        ("interruption", day(60)),
    ]
    assert sum("CEP-SUIVI" in line for line in command.shown) == 2, "each once, the cut notwithstanding"
    assert (status, beside.strip()) == (0, "Fin du suivi.")
    # Whose it is, what it costs and why she stopped is nothing that a notification tells.
    shown = "".join(command.shown) + beside
    assert not [one for one in ("Zerdoun", "ZERDOUN", "1992-10-17", "2921029232903") if one in shown]
    assert set(entered) == {
        *("notification_id", "reference", "dossier_id", "evenement", "le", "avant", "decision"),
    }

    # What was shown does not come again; who does not follow her is shown nothing, and who told it neither.
    opco.event("reprise", day(30))
    life.settle()
    again = agora("follow", "--seconds", "5", siret=CEP)
    mine = [line for line in again.stdout.splitlines() if line.startswith("CEP-SUIVI : ")]
    assert mine == [f"CEP-SUIVI : reprise le {day(30)} — dossier {entered['dossier_id']}"]
    for siret in (OTHER_CEP, OPCO):
        done = agora("follow", "--seconds", "1", "--json", siret=siret)
        assert (done.returncode, done.stderr) == (0, "")
        assert entered["dossier_id"] not in done.stdout

    # Who has seen enough while the broker says nothing does not wait for its word.
    with following(through(wire, running.urls[CEP])) as command:
        opco.event("sortie", day(10), realisation="totale")
        command.until("CEP-SUIVI", f"le {day(10)}")
        wire.hold()
        assert command.interrupted() == (0, "Fin du suivi.\n")


def test_whoever_is_not_admitted_is_told_so_and_follows_nothing(running: Running) -> None:
    url = running.urls[CEP].replace(f"{CEP}:", f"{OTHER_CEP}:")
    done = subprocess.run(
        [PROGRAM, "follow"],
        env=environment(AGORA_HUB_URL=url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "code" in done.stderr
    assert "Traceback" not in done.stderr
