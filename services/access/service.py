"""The doors of access: operators register, partners see what they are, the other services ask."""

from typing import Any

from services.access import schemas, use_cases
from services.chassis.answering import Asked, answer
from services.chassis.listening import Told, listen
from services.chassis.providers import Transaction, WallClock
from services.contracts.access import (
    DECIDE,
    DECIDE_DOSSIERS,
    DECIDE_FIGURES,
    DECIDE_IDENTITY,
    DECIDE_READINGS,
    PROFILE,
    REGISTER,
    VERIFY_JOURNAL,
)
from services.contracts.dossier.events import DOSSIERS_CHANGED


class AccessDoors:
    """For whoever asks: a reading waits for the answer."""

    name = "access"
    transaction = Transaction()
    clock = WallClock()

    @answer(REGISTER)
    def register(self, asked: Asked) -> dict[str, Any]:
        registrations = schemas.read_registrations(asked.body)
        with self.transaction() as session:
            return {"registered": use_cases.register(session, registrations, self.clock.now())}

    @answer(PROFILE)
    def profile(self, asked: Asked) -> dict[str, Any]:
        with self.transaction() as session:
            organisation, rights = use_cases.get_profile(session, asked.caller)
        return schemas.profile_to_wire(organisation, rights, self.clock.today())

    @answer(DECIDE)
    def decide(self, asked: Asked) -> dict[str, Any]:
        reading = schemas.read_reading(asked.body)
        with self.transaction() as session:
            decided, number = use_cases.decide(session, reading, self.clock.now(), self.clock.today())
        return schemas.decision_to_wire(decided, number)

    @answer(DECIDE_FIGURES)
    def decide_figures(self, asked: Asked) -> dict[str, Any]:
        with self.transaction() as session:
            decided, number = use_cases.decide_figures(
                session, asked.body["siret"], asked.body["table"], self.clock.now(), self.clock.today()
            )
        return schemas.plain_decision_to_wire(decided, number)

    @answer(DECIDE_IDENTITY)
    def decide_identity(self, asked: Asked) -> dict[str, Any]:
        consultation = schemas.read_consultation(asked.body)
        with self.transaction() as session:
            decided, number = use_cases.decide_identity(
                session, consultation, self.clock.now(), self.clock.today()
            )
        return schemas.plain_decision_to_wire(decided, number)

    @answer(DECIDE_DOSSIERS)
    def decide_dossiers(self, asked: Asked) -> dict[str, Any]:
        consultation = schemas.read_consultation(asked.body)
        with self.transaction() as session:
            decided, number = use_cases.decide_dossiers(
                session, consultation, self.clock.now(), self.clock.today()
            )
        return schemas.plain_decision_to_wire(decided, number)

    @answer(DECIDE_READINGS)
    def decide_readings(self, asked: Asked) -> dict[str, Any]:
        readings = schemas.read_readings(asked.body)
        with self.transaction() as session:
            decided = use_cases.decide_readings(
                session,
                asked.body["appel"],
                readings,
                self.clock.now(),
                self.clock.today(),
                together=asked.body["ensemble"],
            )
        return {"lectures": [schemas.reading_to_wire(one) for one in decided]}

    @answer(VERIFY_JOURNAL)
    def verify_journal(self, _: Asked) -> dict[str, Any]:
        with self.transaction() as session:
            return schemas.verified_to_wire(use_cases.verify_journal(session))


# Who is related to whom is for access; what is said of them is not.
SAID_OF_PERSONS = ("parcours.changes", "parcours.dossiers.changes")


class AccessBulk:
    """For dossier, which tells who is related to whom: never in the way of a reading."""

    name = "access_bulk"
    transaction = Transaction()

    @listen(DOSSIERS_CHANGED, unread=SAID_OF_PERSONS)
    def follow_dossiers(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.follow_dossiers(session, schemas.read_parcours(told.body["parcours"]))


DOORS = (AccessDoors, AccessBulk)
