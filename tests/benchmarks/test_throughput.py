"""How much the hub takes, from submission to figures, beside the tutorial's way; and how fast it reads.

Measured on whatever machine this is, never asserted by time. One run of each, on the same records, in the
same minute: the ratio is what travels.
"""

import os
import statistics
import subprocess
import sys
import time
from itertools import islice

import psycopg
import pytest

from deploy.local import postgres, rabbitmq
from deploy.local.credentials import password_of
from deploy.local.ports import ports_of
from services.sample.lots import national_sample
from services.sample.organisations import of_profile
from tests.conftest import ROOT
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.benchmark, pytest.mark.timeout(900)]

SIZE = int(os.environ.get("DECLARATIONS", "20000"))
TUTORIAL_SIZE = 2000


def _through_the_hub(running: Running, size: int) -> float:
    lots = list(national_sample(size, seed=size, faults=0))
    hubs = {lot.emetteur: running.hub(lot.emetteur) for lot in lots}
    began = time.monotonic()
    for lot in lots:
        hubs[lot.emetteur].submit(lot.reference, lot.declarations)
    while not running.is_settled() or running.disagreements():
        time.sleep(0.1)
    for hub in hubs.values():
        hub.close()
    return size / (time.monotonic() - began)


def _the_tutorial_s_way(running: Running, size: int) -> float:
    admin, ports = postgres.admin_url(running.site), ports_of(running.site)
    with psycopg.connect(admin, autocommit=True) as connection:
        for table in ("line", "person", "dossier", "figure"):
            connection.execute(f"CREATE TABLE {table} (key text PRIMARY KEY, value jsonb)".encode())
    broker = (
        f"amqp://{rabbitmq.ADMIN}:{password_of(running.site, rabbitmq.ADMIN)}@127.0.0.1:{ports['amqp']}/agora"
    )
    environment = {**os.environ, "TUTORIAL_DATABASE_URL": admin, "PYTHONWARNINGS": "ignore"}
    program = (
        "import eventlet; eventlet.monkey_patch()\n"
        "import sys\n"
        "from nameko.runners import ServiceRunner\n"
        "from tests.benchmarks import tutorial\n"
        "runner = ServiceRunner({'AMQP_URI': sys.argv[1]})\n"
        "runner.add_service(getattr(tutorial, sys.argv[2]))\n"
        "runner.start(); print('started', flush=True); runner.wait()\n"
    )
    client = (
        "import eventlet; eventlet.monkey_patch()\n"
        "import sys\n"
        "from nameko.standalone.rpc import ClusterRpcProxy\n"
        "from services.sample.lots import national_sample\n"
        "lines = [line for lot in national_sample(int(sys.argv[2]), faults=0) for line in lot.declarations]\n"
        "with ClusterRpcProxy({'AMQP_URI': sys.argv[1]}) as hub:\n"
        "    hub.tutorial_ingestion.submit('warm', {})\n"
        "    submit = hub.tutorial_ingestion.submit.call_async\n"
        "    print('begun', flush=True)\n"
        "    asked = [submit(str(number), line) for number, line in enumerate(lines)]\n"
        "    [one.result() for one in asked]\n"
    )
    services = [
        subprocess.Popen(
            [sys.executable, "-c", program, broker, name], cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        for name in ("Reporting", "Dossier", "Identity", "Ingestion")
    ]
    try:
        for service in services:
            assert service.stdout is not None
            assert service.stdout.readline() == b"started\n"
        asked = [sys.executable, "-c", client, broker, str(size)]
        with subprocess.Popen(asked, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as submitting:
            assert submitting.stdout is not None
            assert submitting.stdout.readline() == b"begun\n"
            began = time.monotonic()
            assert submitting.wait(300) == 0
        with psycopg.connect(admin, autocommit=True) as connection:
            count = "SELECT count(*) FROM figure"
            while (connection.execute(count).fetchone() or (0,))[0] < size + 1:
                assert time.monotonic() - began < 300, "the tutorial's way did not end"
                time.sleep(0.05)
        return size / (time.monotonic() - began)
    finally:
        for service in services:
            service.kill()
            service.wait()
            if service.stdout:
                service.stdout.close()


def test_throughput_from_submission_to_figures(running: Running) -> None:
    hub = _through_the_hub(running, SIZE)
    tutorial = _the_tutorial_s_way(running, TUTORIAL_SIZE)
    print(f"\nthe hub               {hub:8.0f} declarations/s  ({SIZE} declarations, lots of 500)")
    print(
        f"the tutorial's way    {tutorial:8.0f} declarations/s  ({TUTORIAL_SIZE} declarations, one a message)"
    )
    print(f"ratio                 {hub / tutorial:8.1f}")
    assert hub > 0


def test_latency_of_a_reading(running: Running) -> None:
    _through_the_hub(running, 3000)
    cdc = of_profile("caisse_des_depots")[0]
    lots = (lot for lot in national_sample(3000, seed=3000, faults=0) if lot.emetteur == cdc)
    references = [
        line["reference"] for lot in lots for line in lot.declarations if line["nature"] == "formation"
    ]
    seconds = []
    with running.hub(cdc) as hub:
        for reference in islice(references, 220):
            began = time.perf_counter()
            hub.read_parcours(reference, "prise_en_charge")
            seconds.append(time.perf_counter() - began)
    quantiles = statistics.quantiles(seconds[20:], n=100)
    print(
        f"\na reading of a parcours: median {quantiles[49] * 1000:.1f} ms, p95 {quantiles[94] * 1000:.1f} ms"
    )
    assert seconds
