"""A copy of contracts, reference, chassis and one service, alone in an empty folder, starts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.contracts.message import SPEAKERS
from tests.conftest import ROOT

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("service", SPEAKERS)
def test_a_service_starts_with_what_it_may_import_and_nothing_more(service: str, tmp_path: Path) -> None:
    for part in ("contracts", "reference", "chassis", service):
        shutil.copytree(ROOT / "services" / part, tmp_path / "services" / part)
    shutil.copy(ROOT / "services" / "__init__.py", tmp_path / "services")
    program = (
        "import services.chassis.green, services, importlib; "
        f"assert services.__file__.startswith({str(tmp_path)!r}), services.__file__; "
        f"importlib.import_module('services.{service}.service')"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    for command in (["-c", program], ["-m", f"services.{service}", "check"]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr[-2000:]
