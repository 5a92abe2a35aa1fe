"""A reader finds the dossiers of its own scope, and by nothing that it may not see."""

import json
import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from services.contracts.dossier.codes import ANOMALIES, STATES
from services.contracts.dossier.scope import DossiersFound, SearchAsked
from services.dossier import searching
from services.dossier.domain import lifecycle
from services.dossier.storage import scopes
from services.dossier.storage.scopes import Places, Sought
from tests.dossier.given import CEP, CERTIFIER, OPCO, OTHER, REGION, Spoken, event, formation, line
from tests.dossier.test_feed import BLOCKS, Ask, opening

pytestmark = pytest.mark.servers

TODAY = date(2026, 6, 30)
EVERYTHING = opening(*BLOCKS)


@pytest.fixture
def spoken(session: Session) -> Spoken:
    """Three dossiers of an OPCO: one under way, one that ended before it began, one in the autumn; a CEP
    operator follows the first person."""
    spoken = Spoken(session)
    spoken.say(
        line("A", "formation", formation(), reference="A"),
        line("AE", "realisation", event("entree", "2026-02-02"), reference="A", said=40),
        line("B", "formation", formation(debut_prevu="2025-02-03", fin_prevue="2025-05-30"), reference="B"),
        line("BE", "realisation", event("entree", "2025-02-03"), reference="B", said=41),
        line("BS", "realisation", event("sortie", "2025-01-30"), reference="B", said=42),
        days=45,
    )
    later = formation(debut_prevu="2026-09-01", fin_prevue="2026-12-18")
    spoken.say(line("C", "formation", later, reference="C"), person=OTHER)
    followed = line(
        "S", "accompagnement", {"niveau": "2", "debut": "2026-01-05"}, source=CEP, reference="CEP-1"
    )
    spoken.say(followed, source=CEP, profile="operateur_cep")
    return spoken


def search(spoken: Spoken, siret: str = OPCO, ask: Ask = EVERYTHING, **asked: Any) -> dict[str, Any]:
    """What is found, as its reader gets it: asked and answered as the contract has it."""
    body = SearchAsked().load({"finalite": "prise_en_charge", **asked})
    shown = searching.show(searching.find(spoken.session, siret, body, TODAY), ask, siret, body, TODAY)
    page: dict[str, Any] = json.loads(DossiersFound().dumps(shown))
    DossiersFound().load(page)
    return page


def names(page: dict[str, Any]) -> list[str]:
    return sorted(reference for one in page["dossiers"] for reference in one["references"])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({}, ["A", "B", "C"], id="all of one's own"),
        pytest.param({"reference": "B"}, ["B"], id="own reference"),
        pytest.param({"reference": "Z"}, [], id="no such reference"),
        pytest.param({"du": "2026-01-01", "au": "2026-03-31"}, ["A"], id="period"),
        pytest.param({"du": "2026-05-29", "au": "2026-05-29"}, ["A"], id="last day of the period"),
        pytest.param({"du": "2026-05-30"}, ["C"], id="from a day on"),
        pytest.param({"au": "2025-12-31"}, ["B"], id="until a day"),
        pytest.param({"etat": "en_formation"}, ["A"], id="state"),
        pytest.param({"etat": "prevu"}, ["C"], id="another state"),
        pytest.param({"anomalie": "sortie_avant_entree"}, ["B"], id="anomaly"),
        pytest.param({"anomalie": "sortie_avant_entree", "etat": "en_formation"}, [], id="both"),
    ],
)
def test_what_is_asked_for_is_found(spoken: Spoken, asked: dict[str, Any], found: list[str]) -> None:
    assert names(search(spoken, **asked)) == found


def test_an_adviser_finds_the_whole_parcours_under_its_own_reference_and_a_stranger_nothing(
    spoken: Spoken,
) -> None:
    assert names(search(spoken, CEP, reference="CEP-1")) == ["CEP-1", "CEP-1"]
    assert search(spoken, CEP, reference="A")["dossiers"] == [], "another's reference finds nothing"
    assert search(spoken, REGION)["dossiers"] == []


@pytest.mark.parametrize(
    "asked", [{"du": "2026-01-01"}, {"au": "2026-12-31"}, {"anomalie": "sortie_avant_entree"}]
)
def test_nothing_is_found_by_what_may_not_be_seen(spoken: Spoken, asked: dict[str, Any]) -> None:
    assert search(spoken, ask=opening("formation"), **asked)["dossiers"] == []


def test_of_closed_dates_no_day_is_shown(spoken: Spoken) -> None:
    assert {(one["debut"], one["fin"]) for one in search(spoken, ask=opening("formation"))["dossiers"]} == {
        (None, None)
    }


def test_pages_follow_one_another_and_leave_nothing_out(spoken: Spoken) -> None:
    found, after = [], str(uuid.UUID(int=0))
    while True:
        page = search(spoken, apres=after, dossiers=1)
        found += names(page)
        after = page["suite"]
        if page["fini"]:
            break
    assert sorted(found) == ["A", "B", "C"]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"since": date(2026, 5, 30)}, id="period"),
        pytest.param({"states": ("prevu", "en_formation"), "until": date(2026, 12, 31)}, id="states in it"),
        pytest.param({"anomaly": "sortie_avant_entree"}, id="anomaly"),
    ],
)
def test_a_page_looks_at_no_more_than_it_may_and_the_next_goes_on_from_there(
    spoken: Spoken, asked: dict[str, Any]
) -> None:
    def find(after: uuid.UUID, most_scanned: int) -> Places:
        return scopes.find(spoken.session, Sought(OPCO, after, 10, **asked), TODAY, most_scanned)

    nothing = uuid.UUID(int=0)
    whole = find(nothing, 1000)
    assert whole.found
    assert whole.is_last
    pages = [find(nothing, 1)]
    while not pages[-1].is_last:
        pages.append(find(pages[-1].until, 1))
        assert pages[-1].until > pages[-2].until or pages[-1].is_last
    assert [place for page in pages for place in page.found] == whole.found
    assert len(pages) > 1


def test_a_state_that_has_turned_since_it_was_folded_is_found_as_it_is_today(spoken: Spoken) -> None:
    planned = line("CE", "realisation", event("entree", "2026-06-01"), reference="C", said=50)
    spoken.say(planned, person=OTHER, days=60)
    assert "C" in names(search(spoken, etat="en_formation"))
    assert "C" not in names(search(spoken, etat="prevu"))


def test_a_result_is_found_by_no_state_where_results_are_closed(spoken: Spoken) -> None:
    spoken.say(
        line("D", "formation", formation(certification="RNCP38430"), reference="D"),
        line("DS", "realisation", event("sortie", "2026-05-29"), reference="D", said=150),
        days=150,
    )
    obtained = {"certification": "RNCP38430", "resultat": "obtenue", "le": "2026-06-15"}
    said = line("Z", "certification", obtained, source=CERTIFIER, reference="Z")
    spoken.say(said, source=CERTIFIER, profile="certificateur", days=170)
    closed = opening("formation", "dates")
    assert "D" in names(search(spoken, etat="certifie"))
    assert "D" not in names(search(spoken, etat="termine"))
    assert "D" not in names(search(spoken, ask=closed, etat="certifie"))
    assert "D" in names(search(spoken, ask=closed, etat="termine"))


def test_the_contract_names_the_states_that_there_are() -> None:
    assert tuple(STATES) == lifecycle.STATES
    assert ANOMALIES
