"""Whoever watches a process finds out whether it could work, and what it did."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from deploy.local.ports import answers
from tests.chassis.conftest import wait_until
from tests.conftest import ROOT

pytestmark = pytest.mark.servers


@contextmanager
def _process(role: str, port: int, **settings: str) -> Iterator[str]:
    environment = {**os.environ, "AGORA_ACCESS_HTTP_PORT": str(port), **settings}
    command = [sys.executable, "-W", "ignore", "-m", "services.access", *role.split()]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(port), "it listens")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.mark.parametrize("role", ["run access_bulk", "relay"])
def test_a_process_that_could_work_says_so_and_shows_its_figures(role: str) -> None:
    with _process(role, _free_port()) as address:
        health = requests.get(f"{address}/health", timeout=10)
        assert health.status_code == 200
        assert {one["name"]: one["well"] for one in health.json()} == {
            "database": True,
            "migrations": True,
            "outbox": True,
            "broker": True,
        }
        assert "agora_messages_total" in requests.get(f"{address}/metrics", timeout=10).text


def test_a_process_without_its_database_says_so_without_its_address() -> None:
    url = os.environ["AGORA_ACCESS_DATABASE_URL"]
    nowhere = f"{url.rsplit(':', 1)[0]}:1/agora_access"
    with _process("relay", _free_port(), AGORA_ACCESS_DATABASE_URL=nowhere) as address:
        health = requests.get(f"{address}/health", timeout=20)
    assert health.status_code == 503
    assert {one["name"]: one["well"] for one in health.json()} == {"database": False, "broker": True}
    assert nowhere.split("@")[1] not in json.dumps(health.json())


@pytest.mark.parametrize("role", ["run access", "run access_bulk", "relay"])
def test_a_process_that_is_told_to_stop_at_any_moment_of_its_start_does(role: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "services.access", *role.split()]
    for milliseconds in range(0, 2000, 500):
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            time.sleep(milliseconds / 1000)
            process.terminate()
            assert process.wait(15) in (0, -15), milliseconds  # 15 before it could know what to do
