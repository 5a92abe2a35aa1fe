"""Persons, keys and chunks that the tests of identity speak of."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.sealing import Keyring
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import TRAITS_RECEIVED
from services.contracts.message import Event
from services.identity import use_cases
from services.identity.linking import IdentityKeys, Linker
from services.identity.storage import verdicts
from services.identity.storage.models import scorer_of
from services.identity.storage.statements import Origin

NOW = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)
KEYS = IdentityKeys(
    traits=Keyring.parse("t1:" + base64.b64encode(bytes(range(32))).decode()),
    own=Keyring.parse("i1:" + base64.b64encode(bytes(range(1, 33))).decode()),
    blind=bytes(range(2, 34)),
)

# Two women, born the same day in the same town: Marie, and Anne who is another.
NIR, OTHER_NIR = "2940375120005", "2940375120010"


def personne(**change: Any) -> dict[str, Any]:
    """Marie Dupont, as a source without her NIR knows her; `date`, `commune` and `pays` are of her birth."""
    birth = {"date": "1994-03-12", "commune": "75120"}
    birth |= {key: change.pop(key) for key in ("date", "commune", "pays") if key in change}
    known = {
        "nom_naissance": "DUPONT",
        "prenoms": ["Marie", "Claire"],
        "sexe": "F",
        "naissance": {key: value for key, value in birth.items() if value is not None},
        **change,
    }
    return {key: value for key, value in known.items() if value is not None}


def nir_of(number: int) -> str:
    """A valid NIR, another for each number below 70 million."""
    commune, order = divmod(number, 999)
    departement, commune = divmod(commune, 899)
    return f"29403{departement + 10:02d}{commune + 100:03d}{order + 1:03d}"


def sealed(people: Any, keys: Keyring = KEYS.traits) -> str:
    """Traits sealed as ingestion seals them."""
    plain = people if isinstance(people, bytes) else orjson.dumps(people)
    return base64.b64encode(keys.seal(plain, b"traits")).decode()


def ids(count: int) -> list[uuid.UUID]:
    """As many declarations nobody heard of."""
    return [uuid.uuid4() for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listener hears of one declaration: its person, and what decided."""

    version: int
    person_id: uuid.UUID
    because: str


def told(
    session: Session,
    people: Sequence[Any],
    declarations: Sequence[uuid.UUID] | None = None,
    keys: IdentityKeys = KEYS,
    source: str | None = None,
) -> list[Heard]:
    """Resolve a chunk that a source tells; what is announced of each line, in their order."""
    declarations = declarations or ids(len(people))
    last = session.scalar(text("SELECT coalesce(max(seq), 0) FROM outbox"))
    blob, origin = sealed(people, keys.traits), Origin(source)
    use_cases.resolve_persons(linker(session, keys), NOW, declarations, blob, origin)
    heard = _heard(session, last)
    return [heard[declaration_id] for declaration_id in declarations]


def follow(session: Session, profiles: Mapping[str, str], version: int = 1) -> None:
    """Access tells what these sources are."""
    organisations = [
        {"siret": siret, "version": version, "profile": profile} for siret, profile in profiles.items()
    ]
    use_cases.follow_sources(session, organisations)


def linker(session: Session, keys: IdentityKeys = KEYS) -> Linker:
    """What a door links with: the model that ships."""
    return Linker(session, keys, scorer_of(""))


def _heard(session: Session, after: int | None) -> dict[uuid.UUID, Heard]:
    return {
        one["declaration_id"]: Heard(one["version"], one["person_id"], one["rule"])
        for one in announced(session, DECLARATIONS_ATTRIBUTED, after)
    }


def announced(session: Session, event: Event, after: int | None = 0) -> list[dict[str, Any]]:
    """All that waits in the outbox of an event, as its listeners read it."""
    rows = session.scalars(
        text("SELECT body FROM outbox WHERE type = :type AND seq > :after ORDER BY seq"),
        {"type": event.type, "after": after or 0},
    )
    read = event.schema()
    return [one for body in rows for one in read.load(orjson.loads(body))[event.items]]


def persons(session: Session) -> int:
    """How many persons lines speak of, as it stands."""
    standing = (
        "SELECT DISTINCT ON (declaration_id) person_id FROM decision ORDER BY declaration_id, version DESC"
    )
    return int(session.execute(text(f"SELECT count(DISTINCT person_id) FROM ({standing}) AS s")).scalar_one())


def causes(session: Session) -> list[str]:
    """Why humans are asked."""
    return [doubt.cause for doubt in verdicts.doubts(session, (0, 0), 100)]


def message(declarations: Sequence[uuid.UUID], people: Any) -> dict[str, Any]:
    """The body of the event, as identity's listener reads it from the wire."""
    wire = {
        "lot_id": uuid.uuid4(),
        "source": "73282932000074",
        "declarations": declarations,
        "sealed": sealed(people),
        "emises": [NOW for _ in declarations],
    }
    read: dict[str, Any] = TRAITS_RECEIVED.schema().load(orjson.loads(orjson.dumps(wire)))
    return read
