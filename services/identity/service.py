"""The doors of identity: told who lines speak of, it says which person that is."""

from sqlalchemy.orm import Session

from services.chassis.listening import Told, listen
from services.chassis.providers import FormerKeys, Key, Keys, Text, Transaction, WallClock
from services.contracts.ingestion import TRAITS_RECEIVED
from services.identity import use_cases
from services.identity.linking import IdentityKeys, Linker
from services.identity.storage.models import scorer_of


class Identity:
    """Resolves the persons of lines, chunk by chunk."""

    name = "identity"
    transaction = Transaction()
    clock = WallClock()
    traits_keys = Keys("AGORA_TRAITS_KEYS")
    own_keys = Keys("AGORA_IDENTITY_KEYS")
    blind_key = Key("AGORA_IDENTITY_BLIND_KEY")
    blind_before = FormerKeys("AGORA_IDENTITY_BLIND_BEFORE")
    model = Text("AGORA_IDENTITY_MODEL", "")

    @listen(TRAITS_RECEIVED)
    def resolve_persons(self, told: Told) -> None:
        with self.transaction(told) as session:
            use_cases.resolve_persons(
                self.linker(session), self.clock.now(), told.body["declarations"], told.body["sealed"]
            )

    def linker(self, session: Session) -> Linker:
        """What a door links with, in its transaction."""
        keys = IdentityKeys(self.traits_keys, self.own_keys, self.blind_key, self.blind_before)
        return Linker(session, keys, scorer_of(self.model))


DOORS = (Identity,)
