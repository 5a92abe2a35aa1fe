"""The doors of dossier: what partners read, and what ingestion and identity tell."""

from typing import Any

from services.chassis.answering import Asked, answer
from services.chassis.calling import Calls
from services.chassis.listening import Told, listen
from services.chassis.providers import Key, Transaction, WallClock
from services.contracts.dossier import READ_DOSSIER, READ_PARCOURS
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import DECLARATIONS_ACCEPTED
from services.dossier import use_cases


class Dossier:
    """For readers: answered whatever is being folded behind."""

    name = "dossier"
    transaction = Transaction()
    others = Calls()

    @answer(READ_DOSSIER)
    def read_dossier(self, asked: Asked) -> dict[str, Any]:
        with self.transaction() as session:
            found = use_cases.find_dossier(session, asked.body["dossier_id"])
        return use_cases.show_dossier(found, self.others.ask, asked.caller, asked.body["finalite"])

    @answer(READ_PARCOURS)
    def read_parcours(self, asked: Asked) -> dict[str, Any]:
        with self.transaction() as session:
            found = use_cases.find_parcours(session, asked.caller, asked.body["reference"])
        return use_cases.show_parcours(found, self.others.ask, asked.caller, asked.body["finalite"])


class DossierBulk:
    """For sources: contributions kept, attributions followed, dossiers folded anew."""

    name = "dossier_bulk"
    transaction = Transaction()
    clock = WallClock()
    pseudonyms = Key("AGORA_DOSSIER_PSEUDONYM_KEY")

    @listen(DECLARATIONS_ACCEPTED)
    def keep_contributions(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.keep_contributions(session, self.pseudonyms, self.clock.now(), told.body)

    @listen(DECLARATIONS_ATTRIBUTED)
    def follow_attributions(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.follow_attributions(
                session, self.pseudonyms, self.clock.now(), told.body["attributions"]
            )


DOORS = (Dossier, DossierBulk)
