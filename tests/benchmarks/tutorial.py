"""The same chain the tutorial's way: stock nameko, one message a record, a commit a step."""

import json
import os

import psycopg
from nameko.events import EventDispatcher, event_handler
from nameko.rpc import rpc

_free: list[psycopg.Connection] = []


def _store(table: str, key: str, value: object) -> None:
    """A commit for each record, through a connection that is kept, as a tutorial's session provider does."""
    connection = _free.pop() if _free else psycopg.connect(os.environ["TUTORIAL_DATABASE_URL"])
    connection.execute(f"INSERT INTO {table} VALUES (%s, %s)".encode(), (key, json.dumps(value)))
    connection.commit()
    _free.append(connection)


class Ingestion:
    name = "tutorial_ingestion"
    dispatch = EventDispatcher()

    @rpc  # type: ignore[untyped-decorator]  # nameko has no types
    def submit(self, key: str, record: dict[str, object]) -> str:
        _store("line", key, record)
        self.dispatch("received", {"key": key, "record": record})
        return key


class Identity:
    name = "tutorial_identity"
    dispatch = EventDispatcher()

    @event_handler("tutorial_ingestion", "received")  # type: ignore[untyped-decorator]  # nameko has no types
    def resolve(self, told: dict[str, object]) -> None:
        _store("person", str(told["key"]), told["record"])
        self.dispatch("resolved", told)


class Dossier:
    name = "tutorial_dossier"
    dispatch = EventDispatcher()

    @event_handler("tutorial_identity", "resolved")  # type: ignore[untyped-decorator]  # nameko has no types
    def assemble(self, told: dict[str, object]) -> None:
        _store("dossier", str(told["key"]), told["record"])
        self.dispatch("assembled", told)


class Reporting:
    name = "tutorial_reporting"

    @event_handler("tutorial_dossier", "assembled")  # type: ignore[untyped-decorator]  # nameko has no types
    def count(self, told: dict[str, object]) -> None:
        _store("figure", str(told["key"]), 1)
