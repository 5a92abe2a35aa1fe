"""What comes in pages is asked for page by page, each from where the one before ended, to the last."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from services.client.hub import Hub
from tests.client.conftest import StandIn, result

pytestmark = pytest.mark.servers

PURPOSE = "accompagnement"


@pytest.fixture
def dossier() -> Iterator[StandIn]:
    """A stand-in that answers in dossier's place."""
    made = StandIn(os.environ["AGORA_DOSSIER_BROKER_URL"], "dossier.calls")
    yield made
    made.stop()


def asked(dossier: StandIn) -> list[dict[str, Any]]:
    return [json.loads(body) for body in dossier.bodies]


@pytest.mark.parametrize("many", [1, 2, 4])
def test_a_snapshot_is_all_its_pages_with_what_is_in_dossiers_and_in_none(
    partner_url: str, dossier: StandIn, many: int
) -> None:
    pages = [
        {
            "numero": 900 + place,
            "dossiers": [{"dossier_id": f"d{place}"}],
            "parcours": [{"person_id": f"p{place}"}],
            "suite": f"s{place}",
            "fini": place == many - 1,
        }
        for place in range(many)
    ]
    dossier.replies = [result(**page) for page in pages]
    with Hub(partner_url, attempts=1) as hub:
        assert list(hub.snapshot(PURPOSE)) == pages
    assert asked(dossier) == [
        {"finalite": PURPOSE},
        *({"finalite": PURPOSE, "apres": f"s{place}"} for place in range(many - 1)),
    ]


@pytest.mark.parametrize("many", [1, 2, 4])
def test_changes_are_all_their_pages_from_the_number_that_one_has(
    partner_url: str, dossier: StandIn, many: int
) -> None:
    pages = [
        {"changements": [place], "parcours": [-place], "suite": 900 + place, "fini": place == many - 1}
        for place in range(many)
    ]
    dossier.replies = [result(**page) for page in pages]
    with Hub(partner_url, attempts=1) as hub:
        assert list(hub.changes(PURPOSE, 77)) == pages
    assert [one["apres"] for one in asked(dossier)] == [77, *(900 + place for place in range(many - 1))]


def test_a_page_is_asked_for_once_it_is_wanted(partner_url: str, dossier: StandIn) -> None:
    """Who keeps a page before it goes on may stop there, and nothing is asked for in vain."""
    dossier.replies = [result(numero=1, dossiers=[], parcours=[], suite="s", fini=False)]
    with Hub(partner_url, attempts=1) as hub:
        next(hub.snapshot(PURPOSE))
        assert len(dossier.bodies) == 1
