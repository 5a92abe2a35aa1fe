"""The door of identity: told who lines speak of, it says which person that is."""

from services.chassis.listening import Told, listen
from services.chassis.providers import Key, Keys, Transaction, WallClock
from services.contracts.ingestion import TRAITS_RECEIVED
from services.identity import use_cases


class Identity:
    """Resolves the persons of lines, chunk by chunk."""

    name = "identity"
    transaction = Transaction()
    clock = WallClock()
    traits_keys = Keys("AGORA_TRAITS_KEYS")
    own_keys = Keys("AGORA_IDENTITY_KEYS")
    blind_key = Key("AGORA_IDENTITY_BLIND_KEY")

    @listen(TRAITS_RECEIVED)
    def resolve_persons(self, told: Told) -> None:
        keys = use_cases.IdentityKeys(self.traits_keys, self.own_keys, self.blind_key)
        with self.transaction(told) as session:
            use_cases.resolve_persons(
                session, keys, self.clock.now(), told.body["declarations"], told.body["sealed"]
            )


DOORS = (Identity,)
