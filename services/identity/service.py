"""The doors of identity: told who lines speak of, it says which person that is; and those who look after
identities ask, look and rule."""

from typing import Any

from sqlalchemy.orm import Session

from services.chassis.answering import Asked, answer
from services.chassis.calling import Calls
from services.chassis.listening import Told, listen
from services.chassis.providers import FormerKeys, Key, Keys, Text, Transaction, WallClock
from services.contracts.access import ORGANISATIONS_CHANGED
from services.contracts.identity import (
    CHANGES,
    CIVIL_STATUS,
    COMPARE,
    EXPLAIN,
    LINK,
    RESOLVE,
    REVIEWS,
    REVOKE,
    SPLIT,
)
from services.contracts.ingestion import TRAITS_RECEIVED
from services.identity import answers, desk, schemas, use_cases
from services.identity.domain.scoring import Scorer
from services.identity.linking import IdentityKeys, Linker
from services.identity.storage.models import models_of, scorer_of


class _Doors:
    """What both classes of doors work with."""

    transaction = Transaction()
    clock = WallClock()
    traits_keys = Keys("AGORA_TRAITS_KEYS")
    own_keys = Keys("AGORA_IDENTITY_KEYS")
    blind_key = Key("AGORA_IDENTITY_BLIND_KEY")
    blind_before = FormerKeys("AGORA_IDENTITY_BLIND_BEFORE")
    model = Text("AGORA_IDENTITY_MODEL", "")
    models_before = Text("AGORA_IDENTITY_MODEL_BEFORE", "")

    def scorer(self) -> Scorer:
        """A scorer under the model in force."""
        return scorer_of(self.model)

    def linker(self, session: Session) -> Linker:
        """What a door links with, in its transaction."""
        keys = IdentityKeys(self.traits_keys, self.own_keys, self.blind_key, self.blind_before)
        return Linker(session, keys, self.scorer(), models_of(self.models_before))


class Identity(_Doors):
    """Resolves the persons of lines, chunk by chunk."""

    name = "identity"

    @listen(TRAITS_RECEIVED)
    def resolve_persons(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.resolve_persons(
                self.linker(session),
                self.clock.now(),
                told.body["declarations"],
                told.body["sealed"],
                schemas.origin_of(told.body),
            )

    @listen(ORGANISATIONS_CHANGED)
    def follow_sources(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.follow_sources(session, told.body["organisations"])


class IdentityDesk(_Doors):
    """For those who look after identities: never behind what is being resolved.

    Each door finds of whom it will speak, asks access, which remembers, and only then does what it is asked.
    """

    name = "identity_desk"
    others = Calls()

    @answer(LINK)
    def link(self, asked: Asked) -> dict[str, Any]:
        persons = self.persons_of(asked.body["declarations"])
        decision = desk.let(self.others.ask, LINK, asked.caller, asked.body, persons.values())
        ruling = schemas.read_ruling("link", asked.caller, asked.body)
        with self.transaction() as session:
            ruled = desk.link(self.linker(session), self.clock.now(), ruling, asked.body["declarations"])
        return answers.ruled_to_wire(ruled, decision)

    @answer(SPLIT)
    def split(self, asked: Asked) -> dict[str, Any]:
        lines, other = asked.body["declarations"], asked.body["autre"]
        persons = self.persons_of([*lines, other])
        decision = desk.let(self.others.ask, SPLIT, asked.caller, asked.body, persons.values())
        ruling = schemas.read_ruling("split", asked.caller, asked.body)
        with self.transaction() as session:
            ruled = desk.split(self.linker(session), self.clock.now(), ruling, lines, other)
        return answers.ruled_to_wire(ruled, decision)

    @answer(REVOKE)
    def revoke(self, asked: Asked) -> dict[str, Any]:
        ruling_id, motive = asked.body["ruling_id"], asked.body["motif"]
        with self.transaction() as session:
            persons = desk.persons_ruled_on(session, ruling_id)
        decision = desk.let(self.others.ask, REVOKE, asked.caller, asked.body, persons.values())
        author = schemas.author_of(asked.caller, asked.body)
        with self.transaction() as session:
            ruled = desk.revoke(self.linker(session), self.clock.now(), ruling_id, author, motive)
        return answers.ruled_to_wire(ruled, decision)

    @answer(REVIEWS)
    def reviews(self, asked: Asked) -> dict[str, Any]:
        decision = desk.let(self.others.ask, REVIEWS, asked.caller, asked.body, [])
        after = (asked.body["apres"][0], asked.body["apres"][1])
        with self.transaction() as session:
            doubts = desk.doubts(session, after, asked.body["doutes"])
        return answers.doubts_to_wire(doubts, after, self.scorer(), decision)

    @answer(COMPARE)
    def compare(self, asked: Asked) -> dict[str, Any]:
        lines = asked.body["declarations"]
        persons = self.persons_of(lines)
        decision = desk.let(self.others.ask, COMPARE, asked.caller, asked.body, persons.values())
        with self.transaction() as session:
            kept = desk.side_by_side(session, self.own_keys, lines)
            explained = desk.explain(session, self.own_keys, self.scorer(), lines)
        return answers.compared_to_wire(kept, lines, explained, persons, decision)

    @answer(EXPLAIN)
    def explain(self, asked: Asked) -> dict[str, Any]:
        lines = asked.body["declarations"]
        persons = self.persons_of(lines)
        decision = desk.let(self.others.ask, EXPLAIN, asked.caller, asked.body, persons.values())
        with self.transaction() as session:
            explained = desk.explain(session, self.own_keys, self.scorer(), lines)
        return answers.explanation_to_wire(explained, persons, decision)

    @answer(RESOLVE)
    def resolve(self, asked: Asked) -> dict[str, Any]:
        lines = asked.body["declarations"]
        with self.transaction() as session:
            decided = desk.resolve(session, lines, asked.body.get("connu_le"))
        persons = [one.person_id for one in decided]
        decision = desk.let(self.others.ask, RESOLVE, asked.caller, asked.body, persons)
        return answers.resolved_to_wire(lines, decided, decision)

    @answer(CHANGES)
    def changes(self, asked: Asked) -> dict[str, Any]:
        decision = desk.let(self.others.ask, CHANGES, asked.caller, asked.body, [])
        with self.transaction() as session:
            moves = desk.changes(session, asked.body["apres"], asked.body["mouvements"])
        return answers.changes_to_wire(moves, asked.body["apres"], decision)

    @answer(CIVIL_STATUS)
    def civil_status(self, asked: Asked) -> dict[str, Any]:
        person_id, finalite = asked.body["person_id"], asked.body["finalite"]
        decision = desk.let(self.others.ask, CIVIL_STATUS, asked.caller, asked.body, [person_id])
        with self.transaction() as session:
            said = desk.said_of(session, self.own_keys, person_id)
        return answers.civil_status_to_wire(person_id, finalite, said, decision)

    def persons_of(self, lines: list[Any]) -> desk.Persons:
        """Of whom lines speak."""
        with self.transaction() as session:
            return desk.persons_of(session, lines)


DOORS = (Identity, IdentityDesk)
