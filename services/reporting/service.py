"""The doors of reporting: figures for those who steer, facts from dossier."""

from typing import Any

from services.chassis.answering import Asked, answer
from services.chassis.calling import Calls
from services.chassis.listening import Told, listen
from services.chassis.providers import Number, Transaction
from services.contracts.dossier.events import FACTS_CHANGED, VALUES_SPARED
from services.contracts.reporting import FIGURES, SPARED
from services.reporting import use_cases


class Reporting:
    """For readers: answered whatever is being counted behind."""

    name = "reporting"
    transaction = Transaction()
    others = Calls()
    threshold = Number("AGORA_REPORTING_THRESHOLD", 5)

    @answer(FIGURES)
    def figures(self, asked: Asked) -> dict[str, Any]:
        use_cases.check_right(self.others.ask, asked.caller, "figures")
        with self.transaction() as session:
            return use_cases.figures(session, self.threshold, **asked.body)

    @answer(SPARED)
    def spared(self, asked: Asked) -> dict[str, Any]:
        use_cases.check_right(self.others.ask, asked.caller, "spared")
        with self.transaction() as session:
            return use_cases.spared_figures(session, self.threshold, **asked.body)


class ReportingBulk:
    """Counts what changes."""

    name = "reporting_bulk"
    transaction = Transaction()

    @listen(FACTS_CHANGED)
    def count_facts(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.count_facts(session, told.body["facts"])

    @listen(VALUES_SPARED)
    def count_spared(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.count_spared(session, told.body["spared"])


DOORS = (Reporting, ReportingBulk)
