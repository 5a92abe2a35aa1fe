"""The door: what ingestion says goes in as the contract says, and has its effect once."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from services.chassis import inbox
from services.chassis.errors import AlreadyHandled
from services.chassis.listening import Told
from services.chassis.providers import Clock
from services.chassis.topology import entrypoints
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.topology import LISTENS
from services.identity.service import DOORS, Identity
from tests.identity.given import KEYS, NIR, NOW, announced, ids, message, personne


class StoppedClock(Clock):
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def door(session: Session) -> Identity:
    """Identity's door, whose transactions are all inside the test's own."""

    @contextmanager
    def open_transaction(told: Told | None = None) -> Iterator[Session]:
        if told is not None:
            inbox.remember(session, told.message_id, told.listener)
        yield session

    door = Identity()
    # What nameko does with the providers.
    vars(door).update(
        transaction=open_transaction,
        clock=StoppedClock(),
        traits_keys=KEYS.traits,
        own_keys=KEYS.own,
        blind_key=KEYS.blind,
        blind_before=(),
        model="",
        models_before="",
    )
    return door


def test_a_message_has_its_effect_once(door: Identity, session: Session) -> None:
    declarations = ids(2)
    told = Told(str(uuid.uuid4()), "resolve_persons", message(declarations, [personne(), personne(nir=NIR)]))
    door.resolve_persons(told)
    with pytest.raises(AlreadyHandled):
        door.resolve_persons(told)
    heard = announced(session, DECLARATIONS_ATTRIBUTED)
    assert [one["declaration_id"] for one in heard] == declarations
    assert len({one["person_id"] for one in heard}) == 1


def test_identity_hears_what_it_is_let_hear() -> None:
    heard = {name: entrypoint.event for name, entrypoint in entrypoints(DOORS[:1])}
    assert set(heard.values()) == set(LISTENS["identity"])
    assert list(heard) == [
        "follow_sources",
        "resolve_persons",
    ]  # part of a queue's name: renaming it is a migration
