"""The command where only a partner's packages are installed, and the words it repeats of the contracts."""

import subprocess
import sys

import pytest

from services.cli import partner, views
from services.contracts.dossier.codes import FINALITES
from services.contracts.ingestion import LINE_STATES
from services.contracts.reporting import AXES, INDICATORS
from tests.conftest import ROOT

NOT_A_PARTNER_S = ("nameko", "kombu", "eventlet", "marshmallow", "sqlalchemy", "psycopg", "structlog")


@pytest.mark.parametrize("command", ["--help", "submit --help", "dead-letters --help"])
def test_a_partner_needs_nothing_of_the_services(command: str) -> None:
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({NOT_A_PARTNER_S!r})); "
        f"from services.cli.__main__ import app; app({command.split()!r}, prog_name='agora')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize(
    ("repeated", "said"),
    [
        pytest.param(partner.FINALITES.split(", "), FINALITES, id="finalités"),
        pytest.param(partner.AXES.split(", "), AXES, id="axes"),
        pytest.param(partner.STATES.split(", "), LINE_STATES, id="states in the help"),
        pytest.param(views.STATES, LINE_STATES, id="states shown"),
        pytest.param(views.INDICATORS, INDICATORS, id="indicators"),
    ],
)
def test_what_the_help_lists_is_what_the_contracts_have(repeated: list[str], said: dict[str, str]) -> None:
    assert list(repeated) == list(said)
