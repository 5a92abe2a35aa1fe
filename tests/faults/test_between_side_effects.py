"""Guarantee 1: a process that dies between any two of its side effects loses nothing and doubles nothing."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import count

import pytest

from deploy.local import processes
from services.sample.lots import national_sample
from tests.conftest import ROOT
from tests.faults.submitting import Partners
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(180)]

# What each kind of process does to the outside, in its order.
ANSWERING = ("before-commit", "after-commit", "after-publication")
LISTENING = ("before-commit", "after-commit")
RELAYING = ("before-relayed", "after-relayed", "after-batch")
POINTS = {
    "ingestion": ANSWERING,
    "ingestion_bulk": LISTENING,
    "identity": LISTENING,
    "dossier_bulk": LISTENING,
    "access_bulk": LISTENING,
    "reporting_bulk": LISTENING,
    **{f"{service}_relay": RELAYING for service in ("ingestion", "identity", "dossier")},
}
_seeds = count(2_000)


@pytest.fixture
def stopped(running: Running, request: pytest.FixtureRequest) -> Iterator[str]:
    """A program that supervisor does not run for the moment."""
    program: str = request.param
    processes.stop_one(running.site, program)
    yield program
    if program not in processes.pids(running.site):
        processes.start_one(running.site, program)


def _die(running: Running, program: str, point: str) -> int:
    """Run the program until it kills itself; returns its exit status."""
    service, role = next((service, role) for name, service, role in processes.PROCESSES if name == program)
    command = [sys.executable, "-m", "tests.faults.dying", point, service, *role.split()]
    environment = processes.environment(running.site, service)
    log = (running.site.logs / f"{program}.log").open("ab")
    with log, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as process:
        try:
            return process.wait(60)
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("stopped", "point"),
    [
        pytest.param(program, point, id=f"{program} {point}")
        for program in POINTS
        for point in POINTS[program]
    ],
    indirect=["stopped"],
)
def test_a_death_between_two_side_effects_leaves_each_line_with_one_effect(
    running: Running, stopped: str, point: str
) -> None:
    before = running.states()
    seed = next(_seeds)
    with Partners(running, national_sample(60, seed=seed, lot_size=20)) as partners:
        assert _die(running, stopped, point) == -9
        processes.start_one(running.site, stopped)
    running.settle()
    settled = running.states() - before
    assert settled["en_effet"] == partners.accepted
    assert running.disagreements() == []
    assert running.dead_letters() == 0
