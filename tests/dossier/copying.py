"""A reader that follows: access's decisions on what dossier announced, and a copy put together from a
snapshot and the changes after it, or from the events alone.
"""

import copy
import itertools
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.access import schemas
from services.access.domain import decision
from services.access.domain.habilitation import Habilitation
from services.access.domain.parcours import Parcours, latest
from services.chassis import database
from services.contracts.access import DECIDE, Decision, DecisionAsked, ReadingsAsked, ReadingsDecided
from services.contracts.dossier.events import DossiersChanged
from services.contracts.dossier.reading import ParcoursRead
from services.contracts.dossier.scope import DossierChanges, DossierSnapshot
from services.contracts.errors import Refused
from services.contracts.message import Call
from services.dossier import desk, feeding
from services.dossier.desk import Found
from services.dossier.storage import parcours
from tests.dossier.given import now

TODAY = now().day
Blocks = dict[str, Any]


def right(siret: str, finalite: str, perimetre: str, blocs: str) -> Habilitation:
    """A right to read these blocks."""
    always = (date(2020, 1, 1), date(2040, 12, 31))
    return Habilitation(
        siret, "dossier", finalite, perimetre, tuple(sorted(blocs.split())), "R.6323-35", *always
    )


class Access:
    """Access's own decisions, without its journal, on these rights and on the relations that it was told."""

    def __init__(self, *rights: Habilitation) -> None:
        self.rights = rights
        self.told: dict[uuid.UUID, Parcours] = {}

    def hear(self, session: Session) -> None:
        """What dossier has announced so far."""
        heard = schemas.read_parcours(list(_announced(session)))
        self.told = {one.person_id: one for one in latest(heard)}

    def __call__(self, call: Call, **body: Any) -> dict[str, Any]:
        """What access answers to `decide` and to `decide_readings`."""
        asked = json.loads(json.dumps(body, default=str))
        if call is DECIDE:
            reading = schemas.read_reading(DecisionAsked().load(asked))
            answer = decision.decide(
                self._of(reading.siret), self._held(reading.person_id, reading.siret), reading, TODAY
            )
            told = schemas.decision_to_wire(answer, "3-1042")
            return dict(Decision().load(json.loads(json.dumps(told, default=str))))
        decided = [self._decided(one) for one in schemas.read_readings(ReadingsAsked().load(asked))]
        lectures = {"lectures": [schemas.reading_to_wire(one) for one in decided]}
        return dict(ReadingsDecided().load(json.loads(json.dumps(lectures, default=str))))

    def _decided(self, reading: decision.Reading) -> tuple[decision.Decided, str] | None:
        known = self.told.get(reading.person_id)
        if (known.version if known else 0) < reading.version:
            return None
        held = self._held(reading.person_id, reading.siret)
        return decision.decide_for_any_purpose(self._of(reading.siret), held, reading, TODAY), "3-1042"

    def _of(self, siret: str) -> list[Habilitation]:
        return [one for one in self.rights if one.siret == siret]

    def _held(self, person_id: uuid.UUID, siret: str) -> list[Any]:
        known = self.told.get(person_id)
        return [one for one in known.relations if one.siret == siret] if known else []


class Copy:
    """What a reader holds: the blocks of each dossier and of each parcours, as it was told of them."""

    def __init__(self, engine: Engine, ask: Access, siret: str, finalite: str) -> None:
        self.engine, self.ask, self.siret, self.finalite = engine, ask, siret, finalite
        self.held: dict[str, Blocks] = {}
        self.suite = 0
        self.told: list[dict[str, Any]] = []

    def begin(self, most: int = 50) -> Iterator[None]:
        """Begin with a snapshot, and stop after each page."""
        after, number = uuid.UUID(int=0), None
        while True:
            with database.transaction(self.engine) as session:
                found = feeding.find_scope(session, self.siret, after, most)
            shown = feeding.show_scope(found, self.ask, self.siret, self.finalite, TODAY)
            page = json.loads(DossierSnapshot().dumps(shown))
            take(self.held, page)
            self.suite = number = page["numero"] if number is None else number
            yield
            if page["fini"]:
                return
            after = uuid.UUID(page["suite"])

    def follow(self, pages: int = 1000, most: int = 500) -> None:
        """Go on with so many pages of changes, or to the end."""
        for _ in range(pages):
            with database.transaction(self.engine) as session:
                found = feeding.find_changes(session, self.siret, self.suite, most)
            shown = feeding.show_changes(found, self.ask, self.siret, self.finalite, self.suite)
            page = json.loads(DossierChanges().dumps(shown))
            DossierChanges().load(page)
            for one in sorted((*page["changements"], *page["parcours"]), key=lambda one: one["numero"]):
                self.told.append(one)
                apply(self.held, one)
            self.suite = page["suite"]
            if page["fini"]:
                return

    def is_now(self, persons: Iterable[uuid.UUID]) -> dict[str, Blocks]:
        """What it may read of these persons, dossiers and parcours."""
        found: dict[str, Blocks] = {}
        for person_id in persons:
            with database.transaction(self.engine) as session:
                blocks = parcours.find_blocks(session, [person_id]).get(person_id, {})
                there = Found(person_id, parcours.find_dossiers(session, person_id), blocks)
            try:
                shown = desk.show_parcours(there, self.ask, self.siret, self.finalite, now())
            except Refused:
                continue
            read = json.loads(ParcoursRead().dumps(shown))
            found[str(person_id)] = read["blocs"]
            found |= {one["dossier_id"]: one["blocs"] for one in read["dossiers"]}
        return plain(found) or {}


def put_together(session: Session) -> dict[tuple[str, str], Blocks]:
    """What a service holds that hears `dossiers_changed`, and nothing else: of each person and dossier, or
    under the person's id of what is in none, the blocks."""
    held: dict[tuple[str, str], Blocks] = {}
    for one in _announced(session):
        of = str(one["person_id"])
        for gone in one["withdrawn"]:
            held.pop((of, str(gone)))
        for dossier in one["dossiers"]:
            place = of, str(dossier["dossier_id"])
            assert (dossier["change"] != "opened") == (place in held)
            _put_changes(held.setdefault(place, {}), dossier["changes"])
        _put_changes(held.setdefault((of, of), {}), one["changes"])
    return plain(held) or {}


def standing(session: Session, persons: Iterable[uuid.UUID]) -> dict[tuple[str, str], Blocks]:
    """The same, of these persons, as dossier holds it."""
    held: dict[tuple[str, str], Blocks] = {}
    for person_id in persons:
        held[str(person_id), str(person_id)] = parcours.find_blocks(session, [person_id]).get(person_id, {})
        for dossier in parcours.find_dossiers(session, person_id):
            held[str(person_id), str(dossier.dossier_id)] = dossier.blocks
    return plain(held) or {}


def _put_changes(blocks: Blocks, changes: Sequence[Mapping[str, Any]]) -> None:
    for one in changes:
        put(blocks, one["path"].split("."), copy.deepcopy(one["after"]))


def _announced(session: Session) -> Iterator[dict[str, Any]]:
    rows = session.scalars(
        text("SELECT body FROM outbox WHERE type = 'dossier.dossiers_changed.v1' ORDER BY seq")
    )
    for body in rows:
        yield from DossiersChanged().load(orjson.loads(bytes(body)))["parcours"]


def take(held: dict[str, Blocks], page: Mapping[str, Any]) -> None:
    """Hold what a page of a snapshot has, of dossiers and of parcours."""
    for one in (*page["dossiers"], *page["parcours"]):
        held[one.get("dossier_id") or one["person_id"]] = one["blocs"]


def apply(held: dict[str, Blocks], change: Mapping[str, Any]) -> None:
    """Hold what is after a change of a dossier or of a parcours."""
    of = change.get("dossier_id") or change["person_id"]
    if change["nature"] != "modifie":
        held.pop(of, None)
    for one in change["differences"]:
        # What was told stays as it was told.
        put(held.setdefault(of, {}), one["chemin"].split("."), copy.deepcopy(one["apres"]))


def put(where: Any, path: list[str], value: Any) -> None:
    """Put a value at a path; lists grow as they need."""
    for step, following in itertools.pairwise(path):
        at: Any = int(step) if isinstance(where, list) else step
        if isinstance(where, list):
            where.extend([None] * (at + 1 - len(where)))
        if (where[at] if isinstance(where, list) else where.get(at)) is None:
            where[at] = [] if following.isdecimal() else {}
        where = where[at]
    if isinstance(where, list):
        where.extend([None] * (int(path[-1]) + 1 - len(where)))
        where[int(path[-1])] = value
    else:
        where[path[-1]] = value


def plain(value: Any) -> Any:
    """A value without what is nothing in it: None, what is empty, and what ends a list with nothing."""
    if isinstance(value, dict):
        return {name: each for name, one in value.items() if (each := plain(one)) is not None} or None
    if isinstance(value, list):
        found = [plain(one) for one in value]
        while found and found[-1] is None:
            found.pop()
        return found or None
    return value
