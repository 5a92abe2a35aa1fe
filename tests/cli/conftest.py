"""The command, run as a shell would, before a hub that answers as a test tells it to."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.__main__ import app
from tests.client.conftest import partner_url, stand_in

__all__ = ["partner_url", "stand_in"]

Run = Callable[..., Result]


@pytest.fixture
def agora(partner_url: str) -> Run:
    """Run the command as this partner; `environment` replaces its address."""
    environment = {"AGORA_HUB_URL": partner_url}

    def run(*arguments: str | Path, answer: str = "", **more: str) -> Result:
        shell = {**environment, "AGORA_OPERATOR_BROKER_URL": "", **more}
        return CliRunner().invoke(app, [str(one) for one in arguments], input=answer, env=shell)

    return run
