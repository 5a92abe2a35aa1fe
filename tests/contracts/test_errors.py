"""The codes of errors are part of the contract: what a service may answer is what its calls announce."""

import ast
from pathlib import Path

import pytest

from services.contracts.errors import KINDS, OF_ANY_CALL
from services.contracts.message import SPEAKERS
from services.contracts.topology import CALLS
from tests.conftest import ROOT

_KIND_OF = {error.__name__: kind for kind, error in KINDS.items()}


@pytest.mark.parametrize("service", SPEAKERS)
def test_a_call_announces_the_errors_its_service_may_answer_with(service: str) -> None:
    announced = {pair for call in CALLS if call.service == service for pair in call.errors.items()}
    raised = _raised_in(ROOT / "services" / service / "errors.py")
    assert raised == announced, f"contracts of {service}: put each code in `errors` of its calls"


def test_any_call_may_be_answered_with_what_the_chassis_answers() -> None:
    chassis = ROOT / "services" / "chassis"
    raised = _raised_in(chassis / "answering.py") | _raised_in(chassis / "calling.py")
    assert not raised - OF_ANY_CALL.items(), "services/contracts/errors.py: put the code in `OF_ANY_CALL`"


def _raised_in(module: Path) -> set[tuple[str, str]]:
    """(code, kind) of every error that the text of a module makes of a literal code."""
    return {
        (str(call.args[0].value), _KIND_OF[call.func.id])
        for call in ast.walk(ast.parse(module.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in _KIND_OF
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
