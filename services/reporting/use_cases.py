"""What reporting is told and asked: one function each."""

import re
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from services.contracts.access import DECIDE_FIGURES
from services.contracts.message import OPERATOR, Call
from services.reporting import errors, schemas
from services.reporting.domain.counting import difference
from services.reporting.domain.secrecy import OF_WHAT_IS_SPARED
from services.reporting.storage import cube, facts, spared

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z", re.ASCII)
_MOST_MONTHS = 120


class Ask(Protocol):
    """How another service is asked."""

    def __call__(self, call: Call, **body: Any) -> dict[str, Any]: ...


def count_facts(session: Session, told: Sequence[dict[str, Any]]) -> None:
    """Count what is newer than what was counted; what is older or the same changes nothing."""
    newest = facts.newest(schemas.fact_of(one) for one in told)
    before = facts.lock(session, list(newest))
    after = [fact for fact in newest.values() if fact.version > before[fact.dossier_id].version]
    cells, presences = difference([before[fact.dossier_id] for fact in after], after)
    facts.save(session, after)
    cube.add(session, cells, presences)


def differences(session: Session) -> int:
    """How many cells and presences differ from a full recount: none, at all times."""
    cells, presences = difference([], facts.all_of(session))
    return cube.differences(session, cells, presences)


def count_spared(session: Session, told: Sequence[dict[str, Any]]) -> None:
    """Add what partners need not ask again, or take it off; in any order, and once for each message."""
    spared.add(session, schemas.spared_of(told))


def check_right(ask: Ask, caller: str, table: str) -> None:
    """Raises `Refused` when access says that the caller may not see figures; an operator may."""
    if caller == OPERATOR:
        return
    decision = ask(DECIDE_FIGURES, siret=caller, table=table)
    if not decision["granted"]:
        raise errors.figures_refusees(decision["reason"])


def figures(session: Session, threshold: int, axes: Sequence[str], du: str, au: str) -> dict[str, Any]:
    """A table over one or two axes for the months from `du` to `au`. Raises `BadRequest`."""
    _check_period(du, au)
    return schemas.table_to_wire(axes, cube.table(session, axes, du, au), threshold)


def spared_figures(session: Session, threshold: int, axes: Sequence[str], du: str, au: str) -> dict[str, Any]:
    """What partners need not ask again, over one or two axes. Raises `BadRequest`."""
    _check_period(du, au)
    return schemas.table_to_wire(axes, spared.table(session, axes, du, au), threshold, OF_WHAT_IS_SPARED)


def _check_period(du: str, au: str) -> None:
    first, last = _MONTH.match(du), _MONTH.match(au)
    if not first or not last or not 0 <= _months(last) - _months(first) < _MOST_MONTHS:
        raise errors.periode_invalide()


def _months(found: re.Match[str]) -> int:
    return int(found[1]) * 12 + int(found[2])
