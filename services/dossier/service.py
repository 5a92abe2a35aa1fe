"""The doors of dossier: what partners read, and what ingestion and identity tell."""

from typing import Any

from services.chassis.answering import Asked, answer
from services.chassis.calling import Calls
from services.chassis.listening import Told, listen
from services.chassis.providers import Key, Transaction, WallClock
from services.contracts.dossier import COMPARE, HISTORY, READ_DOSSIER, READ_PARCOURS, WHY
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import DECLARATIONS_ACCEPTED
from services.dossier import desk, use_cases
from services.dossier.use_cases import Moment


class Dossier:
    """For readers: answered whatever is being folded behind."""

    name = "dossier"
    transaction = Transaction()
    clock = WallClock()
    others = Calls()

    @answer(READ_DOSSIER)
    def read_dossier(self, asked: Asked) -> dict[str, Any]:
        when = desk.when_of(asked.body, self.clock.today())
        with self.transaction() as session:
            found = desk.find_dossier(session, asked.body["dossier_id"], when)
        return desk.show_dossier(found, self.others.ask, asked.caller, asked.body["finalite"], when)

    @answer(READ_PARCOURS)
    def read_parcours(self, asked: Asked) -> dict[str, Any]:
        when = desk.when_of(asked.body, self.clock.today())
        with self.transaction() as session:
            found = desk.find_parcours(session, asked.caller, asked.body["reference"], when)
        return desk.show_parcours(found, self.others.ask, asked.caller, asked.body["finalite"], when)

    @answer(WHY)
    def why(self, asked: Asked) -> dict[str, Any]:
        when = desk.when_of(asked.body, self.clock.today())
        dossier_id, finalite, champ = (asked.body[name] for name in ("dossier_id", "finalite", "champ"))
        with self.transaction() as session:
            past = desk.find_past_of(session, dossier_id)
        return desk.explain(past, self.others.ask, asked.caller, finalite, dossier_id, champ, when)

    @answer(HISTORY)
    def history(self, asked: Asked) -> dict[str, Any]:
        today = self.clock.today()
        dossier_id, finalite, champ = (asked.body[name] for name in ("dossier_id", "finalite", "champ"))
        with self.transaction() as session:
            past = desk.find_past_of(session, dossier_id)
        return desk.recount(past, self.others.ask, asked.caller, finalite, dossier_id, champ, today)

    @answer(COMPARE)
    def compare(self, asked: Asked) -> dict[str, Any]:
        moments = [desk.when_of(asked.body[name], self.clock.today()) for name in ("avant", "apres")]
        dossier_id, finalite = asked.body["dossier_id"], asked.body["finalite"]
        with self.transaction() as session:
            past = desk.find_past_of(session, dossier_id)
        return desk.compare(past, self.others.ask, asked.caller, finalite, dossier_id, moments)


class DossierBulk:
    """For sources: contributions kept, attributions followed, dossiers folded anew."""

    name = "dossier_bulk"
    transaction = Transaction()
    clock = WallClock()
    pseudonyms = Key("AGORA_DOSSIER_PSEUDONYM_KEY")

    @listen(DECLARATIONS_ACCEPTED)
    def keep_contributions(self, told: Told) -> None:
        moment = Moment(self.clock.now(), self.clock.today())
        with self.transaction(told) as session:
            use_cases.keep_contributions(session, self.pseudonyms, moment, told.body)

    @listen(DECLARATIONS_ATTRIBUTED)
    def follow_attributions(self, told: Told) -> None:
        moment = Moment(self.clock.now(), self.clock.today())
        with self.transaction(told) as session:
            use_cases.follow_attributions(session, self.pseudonyms, moment, told.body["attributions"])


DOORS = (Dossier, DossierBulk)
