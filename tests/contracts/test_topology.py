"""The names others depend on: a handler's name is part of a queue's, and renaming one is a migration."""

import importlib

import pytest

from services.chassis.settings import Settings
from services.chassis.topology import entrypoints, queues_of
from services.contracts.message import SPEAKERS
from services.contracts.topology import LISTENS

QUEUES = {
    "access": {"access.calls", "access.dead", "access.follow_dossiers"},
    "dossier": {
        "dossier.calls",
        "dossier.dead",
        "dossier.follow_attributions",
        "dossier.follow_organisations",
        "dossier.keep_contributions",
        "dossier.notify",
    },
    "identity": {"identity.calls", "identity.dead", "identity.follow_sources", "identity.resolve_persons"},
    "ingestion": {
        "ingestion.calls",
        "ingestion.dead",
        "ingestion.follow_organisations",
        "ingestion.note_attributions",
        "ingestion.note_effects",
    },
    "reporting": {"reporting.calls", "reporting.count_facts", "reporting.count_spared", "reporting.dead"},
}


@pytest.mark.parametrize("service", SPEAKERS)
def test_the_queues_of_a_service_keep_their_names(service: str) -> None:
    doors = importlib.import_module(f"services.{service}.service").DOORS
    settings = Settings(service=service, database_url="", broker_url="")
    names = {queue.name for queue in queues_of(settings, doors)}
    assert {name for name in names if ".retry." not in name} == QUEUES[service]


@pytest.mark.parametrize("service", SPEAKERS)
def test_a_service_listens_to_what_its_account_may_hear_and_to_nothing_else(service: str) -> None:
    doors = importlib.import_module(f"services.{service}.service").DOORS
    heard = {entrypoint.event.type for _, entrypoint in entrypoints(doors) if hasattr(entrypoint, "event")}
    assert heard == {event.type for event in LISTENS[service]}
