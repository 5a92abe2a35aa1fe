"""The doors: what comes in as the contract says goes out as the contract says, once."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy.orm import Session

from services.access.service import DOORS, AccessBulk, AccessDoors
from services.chassis import inbox
from services.chassis.answering import Asked
from services.chassis.errors import AlreadyHandled
from services.chassis.listening import Told
from services.chassis.providers import Clock, OpenTransaction
from services.chassis.topology import entrypoints
from services.contracts import access
from services.contracts.access import (
    DECIDE,
    DECIDE_FIGURES,
    DECIDE_IDENTITY,
    PROFILE,
    REGISTER,
    VERIFY_JOURNAL,
)
from services.contracts.dossier.events import DOSSIERS_CHANGED
from services.contracts.message import Call
from services.contracts.topology import LISTENS
from tests.access.given import FIRST, NOW, OPCO, PERSON, SECOND, TODAY

ORGANISATION = {
    "siret": OPCO,
    "nom": "Organisme d’essai",
    "profile": "opco",
    "habilitations": [
        {
            "service": "dossier",
            "finalite": "prise_en_charge",
            "perimetre": "dossiers_finances",
            "blocs": ["formation", "dates"],
            "base_legale": "R.6323-35 II",
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
        },
        {
            "service": "reporting",
            "finalite": "pilotage",
            "base_legale": "R.6323-36",
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
        },
        {
            "service": "identity",
            "finalite": "gestion_identites",
            "base_legale": "R.6323-32",
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
        },
    ],
}
DOSSIERS: dict[str, Any] = {
    "at": "2026-06-15T08:00:00+00:00",
    "parcours": [
        {
            "person_id": str(PERSON),
            "version": 1,
            "relations": [],
            "dossiers": [
                {
                    "dossier_id": str(dossier_id),
                    "state": "prevu",
                    "change": "opened",
                    "blocks": ["formation"],
                    "relations": [{"siret": siret, "role": "finance"}],
                }
                for dossier_id, siret in ((FIRST, OPCO), (SECOND, "35600000000048"))
            ],
            "withdrawn": [],
        }
    ],
}


class StoppedClock(Clock):
    def now(self) -> datetime:
        return NOW

    def today(self) -> date:
        return TODAY


@pytest.fixture
def transaction(session: Session) -> OpenTransaction:
    """The transactions of doors, all of them inside the test's own."""

    @contextmanager
    def open_transaction(told: Told | None = None) -> Iterator[Session]:
        if told is not None:
            inbox.remember(session, told.message_id, told.listener)
        yield session

    return open_transaction


@pytest.fixture
def doors(transaction: OpenTransaction) -> AccessDoors:
    doors = AccessDoors()
    doors.transaction = transaction  # type: ignore[assignment]  # what nameko does with a provider
    doors.clock = StoppedClock()  # type: ignore[assignment]  # what nameko does with a provider
    return doors


@pytest.fixture
def bulk(transaction: OpenTransaction) -> AccessBulk:
    bulk = AccessBulk()
    bulk.transaction = transaction  # type: ignore[assignment]  # what nameko does with a provider
    return bulk


def ask(doors: AccessDoors, call: Call, caller: str, **body: Any) -> dict[str, Any]:
    """What a caller reads, having asked as the contract says."""
    asked = Asked(caller, call.request().load(body), b"")
    answer: dict[str, Any] = call.answer().load(
        orjson.loads(orjson.dumps(getattr(doors, call.method)(asked)))
    )
    return answer


def told(message_id: str) -> Told:
    return Told(message_id, "follow_dossiers", DOSSIERS_CHANGED.schema().load(DOSSIERS))


def test_from_registration_to_decision(doors: AccessDoors, bulk: AccessBulk) -> None:
    assert ask(doors, REGISTER, "operator", organisations=[ORGANISATION]) == {"registered": 1}
    bulk.follow_dossiers(told(str(uuid.uuid4())))
    assert ask(doors, PROFILE, OPCO)["services"] == ["dossier", "identity", "ingestion", "reporting"]
    answer = ask(
        doors,
        DECIDE,
        "dossier",
        siret=OPCO,
        service="dossier",
        finalite="prise_en_charge",
        person_id=str(PERSON),
        dossiers=[str(FIRST), str(SECOND)],
    )
    assert [(one["dossier_id"], one["blocs"]) for one in answer["dossiers"]] == [
        (FIRST, ["formation", "dates"])
    ]
    assert ask(doors, DECIDE_FIGURES, "reporting", siret=OPCO, table="entrees")["granted"]
    asked = {"siret": OPCO, "appel": "identity.compare", "person_ids": [str(PERSON)], "agent": "AGT-1"}
    assert ask(doors, DECIDE_IDENTITY, "identity", finalite="gestion_identites", **asked)["granted"]
    assert ask(doors, VERIFY_JOURNAL, "operator")["intact"]


def test_what_is_said_of_persons_is_left_unread() -> None:
    change = {"path": "remunerations.0", "after": 1, "declaration_id": None, "source": None}
    parcours = DOSSIERS["parcours"][0] | {"changes": [change]}
    dossiers = [one | {"changes": [change]} for one in parcours["dossiers"]]
    ((_, listener),) = entrypoints((AccessBulk,))
    read = listener.schema.load(DOSSIERS | {"parcours": [parcours | {"dossiers": dossiers}]})
    assert "remunerations" not in str(read)


def test_an_event_told_twice_has_the_effect_of_one(bulk: AccessBulk) -> None:
    message_id = str(uuid.uuid4())
    bulk.follow_dossiers(told(message_id))
    with pytest.raises(AlreadyHandled):
        bulk.follow_dossiers(told(message_id))


def test_every_call_and_event_of_the_contract_has_its_door() -> None:
    found = dict(entrypoints(DOORS))
    calls = {name: door.call for name, door in found.items() if hasattr(door, "call")}
    assert calls == {call.method: call for call in access.CALLS}
    assert [door.event for door in found.values() if hasattr(door, "event")] == list(LISTENS["access"])
