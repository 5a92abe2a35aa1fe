"""Guarantee 1: with lots flowing, everything is killed in turn; nothing is lost, nothing doubled."""

import random
import threading
import time

import pytest

from services.contracts.errors import Unavailable
from services.sample.lots import Lot, national_sample
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(600)]

ROUNDS = 12


class Partners:
    """Submits lots one after the other, again and again until each is acknowledged."""

    def __init__(self, running: Running, lots: list[Lot]) -> None:
        self.running, self.lots = running, lots
        self.accepted = 0
        self.thread = threading.Thread(target=self._submit_all)
        self.thread.start()

    def _submit_all(self) -> None:
        for lot in self.lots:
            while True:
                try:
                    with self.running.hub(lot.emetteur, timeout=5, attempts=3) as hub:
                        receipt = hub.submit(lot.reference, lot.declarations)
                except Unavailable:
                    time.sleep(0.2)
                else:
                    break
            self.accepted += int(receipt["acceptees"])
            time.sleep(0.1)


@pytest.mark.parametrize("seed", [101, 102])
def test_after_kills_of_everything_each_acknowledged_line_is_in_one_state(
    running: Running, seed: int
) -> None:
    chance = random.Random(seed)
    before = running.states()
    partners = Partners(running, list(national_sample(2500, seed=seed, lot_size=25)))
    killed = []
    for number in range(ROUNDS):
        time.sleep(chance.uniform(0.1, 1.0))
        if number == ROUNDS // 3:
            running.kill_postgres()
            killed.append("postgresql")
        elif number == 2 * ROUNDS // 3:
            running.kill_rabbitmq()
            killed.append("rabbitmq")
        else:
            killed.append(running.kill_process(chance))
    partners.thread.join(300)
    assert not partners.thread.is_alive()
    running.settle(patience=180)
    states = running.states()
    settled = states["en_effet"] + states["en_revue"] - before["en_effet"] - before["en_revue"]
    assert settled == partners.accepted, killed
    assert running.disagreements() == [], killed
    assert running.dead_letters() == 0, killed
