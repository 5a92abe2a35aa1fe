"""What tests of dossier say: declarations and attributions as they come in, and what came of them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.chassis import database
from services.dossier import use_cases
from services.dossier.desk import When
from services.dossier.domain.fold import fold
from services.dossier.domain.parcours import Parcours
from services.dossier.domain.travelling import known, ruled
from services.dossier.storage import contributions
from services.dossier.use_cases import Moment
from services.sample.organisations import BODIES, of_profile

OPCO, OTHER_OPCO = of_profile("opco")[:2]
REGION = of_profile("region")[0]
(CDC,) = of_profile("caisse_des_depots")
ASP = of_profile("payeur")[0]
CERTIFIER = of_profile("certificateur")[0]
(DSN,) = of_profile("dsn")
CEP = of_profile("operateur_cep")[0]
BODY, OTHER_BODY = BODIES[:2]
PSEUDONYMS = bytes(32)
START = datetime(2026, 1, 1, 8, tzinfo=UTC)
PERSON, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
_LINES = uuid.UUID(int=99)


def at(days: float) -> Moment:
    """The moment so many days after the start."""
    now = START + timedelta(days=days)
    return Moment(now, now.date())


def formation(**more: Any) -> dict[str, Any]:
    """A training of four months at one body, as its funder knows it."""
    return {
        "intitule": "CAP Cuisine",
        "dispositif": "PLAN_DEVELOPPEMENT",
        "organisme": {"siret": BODY},
        "debut_prevu": "2026-02-02",
        "fin_prevue": "2026-05-29",
        "heures_prevues": 400,
        **more,
    }


def event(evenement: str, le: str, **more: Any) -> dict[str, Any]:
    """Something that happened on a day."""
    return {"evenement": evenement, "le": le, **more}


def paid(cents: int, nature: str = "pedagogique") -> dict[str, Any]:
    """What a funder pays."""
    return {"postes": [{"nature": nature, "montant": cents}]}


def line_id(name: str) -> uuid.UUID:
    """The id of a line by its name in the test."""
    return uuid.uuid5(_LINES, name)


def line(
    name: str,
    nature: str,
    faits: dict[str, Any],
    *,
    source: str = OPCO,
    reference: str = "D1",
    file: tuple[str, str] | None = None,
    said: float = 0,
    rectifie: str | None = None,
) -> dict[str, Any]:
    """One declaration as ingestion tells it; `said`, days after the start."""
    financeur, number = file or (source, reference)
    return {
        "declaration_id": line_id(name),
        "ligne": 1,
        "nature": nature,
        "reference": reference,
        "emise_le": START + timedelta(days=said),
        "dossier": {"financeur": financeur, "reference": number},
        "rectifie": line_id(rectifie) if rectifie else None,
        "faits": faits,
    }


def told(*lines: dict[str, Any], source: str = OPCO, profile: str | None = "opco") -> dict[str, Any]:
    """Lines of one lot, accepted."""
    return {
        "source": source,
        "profile": profile,
        "lot": "LOT-1",
        "received_at": START,
        "declarations": list(lines),
    }


def attribution(name: str, person_id: uuid.UUID = PERSON, version: int = 1) -> dict[str, Any]:
    """Of whom a line speaks."""
    return {"declaration_id": line_id(name), "person_id": person_id, "version": version, "rule": "contenu"}


class Spoken:
    """A session, and what dossier is told on it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def accept(
        self, *lines: dict[str, Any], source: str = OPCO, profile: str | None = "opco", days: float = 0
    ) -> None:
        """Lines are accepted by ingestion."""
        message = told(*lines, source=source, profile=profile)
        use_cases.keep_contributions(self.session, PSEUDONYMS, at(days), message)

    def attribute(self, *attributions: dict[str, Any], days: float = 0) -> None:
        """Lines are attributed by identity."""
        use_cases.follow_attributions(self.session, PSEUDONYMS, at(days), attributions)

    def say(self, *lines: dict[str, Any], person: uuid.UUID = PERSON, days: float = 0, **by: Any) -> None:
        """Lines are accepted and attributed."""
        self.accept(*lines, days=days, **by)
        versions = [
            {"declaration_id": one["declaration_id"], "person_id": person, "version": 1, "rule": "contenu"}
            for one in lines
        ]
        self.attribute(*versions, days=days)

    def parcours(self, person_id: uuid.UUID = PERSON, known_at: datetime | None = None) -> Parcours:
        """The parcours as known at an instant, or now."""
        learned = contributions.of_persons(self.session, [person_id]).get(person_id, [])
        rulings = use_cases.rulings_of(self.session, [learned])
        return fold(person_id, known(learned, known_at), ruled(rulings, known_at))

    def announced(self, event: str) -> Iterator[dict[str, Any]]:
        """The items of all the messages of an event, in the order in which they were written."""
        rows = self.session.execute(text("SELECT type, body FROM outbox ORDER BY seq"))
        for row in rows:
            if row.type == f"dossier.{event}.v1":
                body = orjson.loads(bytes(row.body))
                yield from next(value for value in body.values() if isinstance(value, list))

    def effects(self) -> dict[str, dict[str, Any]]:
        """The effect of each line, the highest version standing."""
        standing: dict[str, dict[str, Any]] = {}
        for one in self.announced("declarations_applied"):
            known_one = standing.get(one["declaration_id"])
            if known_one is None or known_one["version"] < one["version"]:
                standing[one["declaration_id"]] = one
        return standing

    def effect(self, name: str) -> dict[str, Any]:
        """The effect of one line."""
        return self.effects()[str(line_id(name))]


def now(day: str = "2026-06-30") -> When:
    """The present, on a day."""
    return When(date.fromisoformat(day))


@contextmanager
def committed(engine: Engine) -> Iterator[Spoken]:
    """What is told in a transaction, committed when it is left: only then can the feed have it."""
    with database.transaction(engine) as session:
        session.execute(text("SET LOCAL synchronous_commit TO off"))  # nothing here is about a crash
        yield Spoken(session)
