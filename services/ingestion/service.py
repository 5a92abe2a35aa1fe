"""The doors of ingestion: what partners ask, and what the other services tell of their lines."""

from datetime import timedelta
from typing import Any

from services.chassis.answering import Asked, answer
from services.chassis.listening import Told, listen
from services.chassis.providers import Keys, Number, Transaction, WallClock
from services.chassis.timing import every
from services.contracts.access import ORGANISATIONS_CHANGED
from services.contracts.dossier.events import DECLARATIONS_APPLIED
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import RECEIPT, SUBMIT
from services.ingestion import use_cases


class Ingestion:
    """For partners: what they ask is answered whatever is being caught up behind."""

    name = "ingestion"
    transaction = Transaction()
    clock = WallClock()
    lot_keys = Keys("AGORA_INGESTION_KEYS")
    traits_keys = Keys("AGORA_TRAITS_KEYS")

    @answer(SUBMIT)
    def submit(self, asked: Asked) -> dict[str, Any]:
        keys = use_cases.SubmitKeys(self.lot_keys, self.traits_keys)
        with self.transaction() as session:
            return use_cases.submit(session, keys, asked.caller, asked.body, self.clock.now())

    @answer(RECEIPT)
    def receipt(self, asked: Asked) -> dict[str, Any]:
        with self.transaction() as session:
            return use_cases.receipt(session, asked.caller, **asked.body)


class IngestionBulk:
    """What becomes of the lines, as the other services tell it."""

    name = "ingestion_bulk"
    transaction = Transaction()
    clock = WallClock()
    days_kept = Number("AGORA_INGESTION_LOTS_KEPT_DAYS", 90)

    @every(minutes=10)
    def forget_lots(self) -> None:
        with self.transaction() as session:
            use_cases.forget_lots(session, self.clock.now(), timedelta(days=self.days_kept))

    @listen(ORGANISATIONS_CHANGED)
    def follow_organisations(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.follow_organisations(session, **told.body)

    @listen(DECLARATIONS_ATTRIBUTED)
    def note_attributions(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.note_attributions(session, **told.body)

    @listen(DECLARATIONS_APPLIED)
    def note_effects(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.note_effects(session, **told.body)


DOORS = (Ingestion, IngestionBulk)
