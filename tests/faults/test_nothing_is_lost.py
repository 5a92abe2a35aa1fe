"""Guarantee 1: with lots flowing, everything is killed in turn; nothing is lost, nothing doubled."""

import random
import time
from collections.abc import Callable
from functools import partial

import pytest

from deploy.local import postgres, processes, rabbitmq
from services.contracts.errors import Unavailable
from services.sample.lots import national_sample
from services.sample.organisations import of_profile
from tests.faults.submitting import Partners
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(600)]


def _kills(running: Running, chance: random.Random) -> list[tuple[str, Callable[[], None]]]:
    """Every process twice, both servers twice, in an order of chance."""
    everything: list[tuple[str, Callable[[], None]]] = [
        *((program, partial(running.kill, program)) for program, _, _ in processes.PROCESSES),
        ("postgresql", running.kill_postgres),
        ("rabbitmq", running.kill_rabbitmq),
    ] * 2
    chance.shuffle(everything)
    return everything


@pytest.mark.parametrize("seed", [101, 102])
def test_after_kills_of_everything_each_acknowledged_line_is_in_one_state(
    running: Running, seed: int
) -> None:
    chance = random.Random(seed)
    before = running.states()
    with Partners(running, national_sample(100_000, seed=seed, lot_size=25), pause=0.05) as partners:
        for name, kill in _kills(running, chance):
            time.sleep(chance.uniform(0.1, 1.0))
            submitted = partners.submitted
            kill()
            print(f"killed {name} after {submitted} lots")
        assert partners.accepted, "lots were flowing meanwhile"
        running.wait_until(lambda: partners.accepted > 1000, "lots flow again", patience=60)
        partners.end()
    running.settle(patience=180)
    settled = running.states() - before
    assert settled["en_effet"] == partners.accepted
    assert settled["rejetee"] == partners.rejected
    assert running.disagreements() == []
    assert running.dead_letters() == 0


def test_every_process_stops_in_time_while_the_broker_is_away(running: Running) -> None:
    rabbitmq.stop(running.site)
    try:
        time.sleep(3)  # long enough for everybody to notice
        for program in sorted(processes.pids(running.site)):
            began = time.monotonic()
            processes.stop_one(running.site, program)
            assert time.monotonic() - began < 10, f"{program} did not stop by itself"
    finally:
        rabbitmq.start(running.site)
        for program, _, _ in processes.PROCESSES:
            if program not in processes.pids(running.site):
                processes.start_one(running.site, program)
    running.wait_until(running.is_settled, "everything is as before")


def test_a_database_that_is_away_for_a_while_costs_nothing(running: Running) -> None:
    before = running.states()
    postgres.stop(running.site)
    try:
        with Partners(running, national_sample(200, seed=7, lot_size=50)) as partners:
            time.sleep(3)
            postgres.start(running.site)
    finally:
        postgres.start(running.site)
    running.settle()
    settled = running.states() - before
    assert settled["en_effet"] == partners.accepted > 0
    assert running.dead_letters() == 0


def test_without_access_nothing_is_read_and_with_it_again_everything_is(running: Running) -> None:
    """Guarantee 6: fail closed."""
    opco = of_profile("opco")[0]
    lot = next(lot for lot in national_sample(2000, seed=55, faults=0) if lot.emetteur == opco)
    reference = next(line["reference"] for line in lot.declarations if line["nature"] == "formation")
    with running.hub(opco, timeout=8, attempts=1) as hub:
        hub.submit(lot.reference, lot.declarations)
        running.settle()
        dossier_id = hub.read_parcours(reference, "prise_en_charge")["dossiers"][0]["dossier_id"]
        processes.stop_one(running.site, "access")
        try:
            for read in (partial(hub.read_parcours, reference), partial(hub.read_dossier, dossier_id)):
                with pytest.raises(Unavailable) as refusal:
                    read("prise_en_charge")
                assert refusal.value.code == "service_indisponible"
        finally:
            processes.start_one(running.site, "access")
        assert hub.read_parcours(reference, "prise_en_charge")["dossiers"]
