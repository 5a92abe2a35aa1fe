"""The doors of dossier: what partners read, and what ingestion and identity tell."""

from datetime import timedelta
from typing import Any

from services.chassis.answering import Asked, answer
from services.chassis.calling import Calls
from services.chassis.listening import Told, listen
from services.chassis.mailboxes import Mailboxes
from services.chassis.providers import Key, Number, Transaction, WallClock
from services.chassis.timing import every
from services.contracts.access import ORGANISATIONS_CHANGED
from services.contracts.dossier.events import (
    LIVES_CHANGED,
    MOST_NOTIFICATIONS,
    NOTIFICATIONS,
    NOTIFICATIONS_KEPT_DAYS,
)
from services.contracts.dossier.prefilling import PREFILL
from services.contracts.dossier.reading import COMPARE, HISTORY, READ_DOSSIER, READ_PARCOURS, WHY
from services.contracts.dossier.ruling import DOUBTS, JOIN, PART, REVOKE
from services.contracts.dossier.scope import CHANGES, SEARCH, SNAPSHOT
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import DECLARATIONS_ACCEPTED
from services.contracts.message import Call
from services.dossier import answers, desk, feeding, notifying, prefilling, ruling, searching, use_cases
from services.dossier.domain.contribution import File
from services.dossier.storage.parcours import Stored
from services.dossier.use_cases import Moment


class Dossier:
    """For readers, and for those who look after dossiers: answered whatever is being folded behind."""

    name = "dossier"
    transaction = Transaction()
    clock = WallClock()
    others = Calls()
    pseudonyms = Key("AGORA_DOSSIER_PSEUDONYM_KEY")

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

    @answer(PREFILL)
    def prefill(self, asked: Asked) -> dict[str, Any]:
        caller, nature, moment = asked.caller, asked.body["nature"], self.moment()
        with self.transaction() as session:
            held = prefilling.find(session, caller, asked.body)
        given = prefilling.prefill(held, self.others.ask, caller, asked.body, desk.When(moment.today))
        prefilling.count(self.transaction, self.pseudonyms, moment, caller, nature, given)
        return prefilling.show(nature, given)

    @answer(WHY)
    def why(self, asked: Asked) -> dict[str, Any]:
        question = desk.question_of(asked.caller, asked.body, self.clock.today())
        with self.transaction() as session:
            past = desk.find_past_of(session, question.dossier_id)
        return desk.explain(past, self.others.ask, question)

    @answer(HISTORY)
    def history(self, asked: Asked) -> dict[str, Any]:
        question = desk.question_of(asked.caller, asked.body, self.clock.today())
        with self.transaction() as session:
            past = desk.find_past_of(session, question.dossier_id)
        return desk.recount(past, self.others.ask, question)

    @answer(COMPARE)
    def compare(self, asked: Asked) -> dict[str, Any]:
        today = self.clock.today()
        question = desk.question_of(asked.caller, asked.body, today)
        moments = [desk.when_of(asked.body[name], today) for name in ("avant", "apres")]
        with self.transaction() as session:
            past = desk.find_past_of(session, question.dossier_id)
        return desk.compare(past, self.others.ask, question, moments)

    @answer(CHANGES)
    def changes(self, asked: Asked) -> dict[str, Any]:
        after, most = asked.body["apres"], asked.body["changements"]
        with self.transaction() as session:
            found = feeding.find_changes(session, asked.caller, after, most)
        return feeding.show_changes(found, self.others.ask, asked.caller, asked.body["finalite"], after)

    @answer(SNAPSHOT)
    def snapshot(self, asked: Asked) -> dict[str, Any]:
        after, most, today = asked.body["apres"], asked.body["dossiers"], self.clock.today()
        with self.transaction() as session:
            found = feeding.find_scope(session, asked.caller, after, most)
        return feeding.show_scope(found, self.others.ask, asked.caller, asked.body["finalite"], today)

    @answer(SEARCH)
    def search(self, asked: Asked) -> dict[str, Any]:
        today = self.clock.today()
        with self.transaction() as session:
            found = searching.find(session, asked.caller, asked.body, today)
        return searching.show(found, self.others.ask, asked.caller, asked.body, today)

    @answer(DOUBTS)
    def doubts(self, asked: Asked) -> dict[str, Any]:
        after, most = asked.body["apres"], asked.body["dossiers"]
        with self.transaction() as session:
            found = ruling.doubtful(session, after, most)
        decision = self.let(DOUBTS, asked, found)
        return answers.doubts_to_wire(found, after, decision)

    @answer(JOIN)
    def join(self, asked: Asked) -> dict[str, Any]:
        told = ruling.asked_of("join", asked.caller, asked.body)
        with self.transaction() as session:
            dossiers = ruling.dossiers_of(session, told, asked.body["dossiers"])
        decision = self.let(JOIN, asked, dossiers)
        with self.transaction() as session:
            ruled = ruling.join(session, self.pseudonyms, self.moment(), told, dossiers)
        return answers.ruled_to_wire(ruled.ruling_id, ruled.dossiers, decision)

    @answer(PART)
    def part(self, asked: Asked) -> dict[str, Any]:
        told = ruling.asked_of("part", asked.caller, asked.body)
        file = File(asked.body["financeur"], asked.body["numero"])
        with self.transaction() as session:
            dossiers = ruling.dossiers_of(session, told, [asked.body["dossier_id"]])
        decision = self.let(PART, asked, dossiers)
        with self.transaction() as session:
            ruled = ruling.part(session, self.pseudonyms, self.moment(), told, dossiers, file)
        return answers.ruled_to_wire(ruled.ruling_id, ruled.dossiers, decision)

    @answer(REVOKE)
    def revoke(self, asked: Asked) -> dict[str, Any]:
        ruling_id, motive = asked.body["ruling_id"], asked.body["motif"]
        with self.transaction() as session:
            dossiers = ruling.dossiers_ruled_on(session, ruling_id)
        decision = self.let(REVOKE, asked, dossiers)
        author = ruling.author_of(asked.caller, asked.body)
        with self.transaction() as session:
            ruled = ruling.revoke(session, self.pseudonyms, self.moment(), ruling_id, author, motive)
        return answers.ruled_to_wire(ruled.ruling_id, ruled.dossiers, decision)

    def let(self, call: Call, asked: Asked, dossiers: list[Stored]) -> str:
        """The number under which access remembers that it lets this be asked."""
        return ruling.let(self.others.ask, call, asked.caller, asked.body, dossiers)

    def moment(self) -> Moment:
        """This instant, and the day it is in France."""
        return Moment(self.clock.now(), self.clock.today())


class DossierBulk:
    """For sources: contributions kept, attributions followed, dossiers folded anew."""

    name = "dossier_bulk"
    transaction = Transaction()
    clock = WallClock()
    pseudonyms = Key("AGORA_DOSSIER_PSEUDONYM_KEY")
    days_kept = Number("AGORA_DOSSIER_FEED_KEPT_DAYS", 90)

    @every(minutes=1)
    def forget_changes(self) -> None:
        with self.transaction() as session:
            feeding.forget_changes(session, self.clock.now(), timedelta(days=self.days_kept))

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


class DossierNotices:
    """For who follows persons: told what happened to them, once access has let it be told."""

    name = "dossier_notices"
    transaction = Transaction()
    clock = WallClock()
    others = Calls()
    open_mailboxes = Mailboxes(
        NOTIFICATIONS, most=MOST_NOTIFICATIONS, kept=timedelta(days=NOTIFICATIONS_KEPT_DAYS)
    )

    @listen(ORGANISATIONS_CHANGED)
    def follow_organisations(self, told: Told) -> None:
        self.open_mailboxes([one["siret"] for one in told.body["organisations"]])

    @listen(LIVES_CHANGED)
    def notify(self, told: Told) -> None:
        notices = notifying.decide(self.others.ask, told.body["lives"])
        with self.transaction(told) as session:
            notifying.notify(session, notices, self.clock.now())


DOORS = (Dossier, DossierBulk, DossierNotices)
