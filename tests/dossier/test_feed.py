"""The feed of changes: in order, without gap or lock, as far as access lets its reader see; and the snapshot
from which to follow it.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.chassis import database
from services.contracts.access import DECIDE_READINGS, ReadingsAsked, ReadingsDecided
from services.contracts.dossier.scope import DossierChanges, DossierSnapshot
from services.contracts.errors import Conflict, Refused
from services.contracts.message import Call
from services.dossier import feeding
from services.dossier.storage import changes
from tests.dossier.given import (
    CDC,
    CEP,
    CERTIFIER,
    OPCO,
    OTHER,
    PERSON,
    REGION,
    Spoken,
    at,
    attribution,
    committed,
    event,
    formation,
    line,
    line_id,
    now,
    paid,
)

pytestmark = pytest.mark.servers

BLOCKS = ("formation", "dates", "financements", "remunerations", "certifications")
OF_A_PERSON = ("certifications", "emplois", "accompagnements")
TODAY = now().day
Ask = Callable[..., dict[str, Any]]


def opening(
    *blocs: str, reason: str = "habilitation_in_force", behind: frozenset[uuid.UUID] = frozenset()
) -> Ask:
    """Access, with these blocks open in every dossier and of every person; it knows no relation yet of who is
    `behind`."""

    def ask(call: Call, **body: Any) -> dict[str, Any]:
        assert call is DECIDE_READINGS
        asked = ReadingsAsked().load(json.loads(json.dumps(body, default=str)))
        granted = reason == "habilitation_in_force"
        readings = [
            {
                "a_jour": one["person_id"] not in behind,
                "granted": granted,
                "reason": reason,
                "finalite": one["finalite"],
                "decision": "3-1042",
                "dossiers": [
                    {"dossier_id": str(each), "blocs": list(blocs), "masques": []} for each in one["dossiers"]
                ]
                if granted and one["person_id"] not in behind
                else [],
                "blocs": [one for one in blocs if one in OF_A_PERSON] if granted else [],
                "masques": [],
            }
            for one in asked["lectures"]
        ]
        return dict(ReadingsDecided().load({"lectures": readings}))

    return ask


EVERYTHING = opening(*BLOCKS)


def read(
    engine: Engine, siret: str = OPCO, after: int = 0, most: int = 500, ask: Ask = EVERYTHING
) -> dict[str, Any]:
    """A page of changes, as its reader gets it: it conforms to the contract."""
    with database.transaction(engine) as session:
        found = feeding.find_changes(session, siret, after, most)
    shown = feeding.show_changes(found, ask, siret, "prise_en_charge", after)
    page: dict[str, Any] = json.loads(DossierChanges().dumps(shown))
    DossierChanges().load(page)
    return page


def kinds(page: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["nature"], one["etat_apres"]) for one in page["changements"]]


def opened(spoken: Spoken, name: str = "A", **more: Any) -> None:
    """An OPCO opens a dossier."""
    spoken.say(line(name, "formation", formation(), reference=name), **more)


# --- order -----------------------------------------------------------------------------------------


def test_a_smaller_number_committed_later_is_not_passed_over(emptied: Engine) -> None:
    """The race: the first takes its number before the second, and commits after it."""
    with committed(emptied) as slow:
        opened(slow, "A")
        with committed(emptied) as fast:
            opened(fast, "B", person=OTHER)
        # Committed, and told to nobody yet: what comes before it is still to be decided.
        while_slow = read(emptied)
    after = read(emptied, after=while_slow["suite"])
    assert len(while_slow["changements"]) == 0
    assert [one["decision"] for one in after["changements"]] == ["3-1042", "3-1042"]
    numbers = [one["numero"] for one in after["changements"]]
    assert numbers == sorted(numbers)
    with database.transaction(emptied) as session:
        persons = session.scalars(text("SELECT person_id FROM change ORDER BY numero")).all()
    assert persons == [PERSON, OTHER], "the slow one has the smaller number"


def test_what_is_rolled_back_leaves_nothing_to_wait_for(emptied: Engine) -> None:
    with emptied.connect() as connection, Session(connection) as failing:
        opened(Spoken(failing), "A")
        failing.rollback()
    with committed(emptied) as spoken:
        opened(spoken, "B")
    assert kinds(read(emptied)) == [("ouvert", "prevu")]


@settings(max_examples=40)
@given(data=st.data())
def test_who_follows_misses_nothing_whoever_commits_when(engine: Engine, data: st.DataObject) -> None:
    """Any interleaving of transactions and readings: each change is read once, in the order of numbers."""
    open_now: dict[int, tuple[Any, Spoken]] = {}
    with database.transaction(engine) as session:
        start = suite = changes.number(session)
    seen: list[int] = []
    steps = data.draw(st.permutations([name for name in range(4) for _ in (0, 1)]), label="begins and ends")
    for name in steps:
        if name not in open_now:
            transaction = database.transaction(engine)
            open_now[name] = (transaction, Spoken(transaction.__enter__()))
            opened(open_now[name][1], str(uuid.uuid4()), person=uuid.uuid4())
        else:
            open_now[name][0].__exit__(None, None, None)
        page = read(engine, after=suite, most=data.draw(st.integers(1, 3), label="page"))
        suite, seen = page["suite"], seen + [one["numero"] for one in page["changements"]]
    while (page := read(engine, after=suite, most=2))["changements"]:
        suite, seen = page["suite"], seen + [one["numero"] for one in page["changements"]]
    noted = text("SELECT numero FROM change WHERE numero > :start ORDER BY numero")
    with database.transaction(engine) as session:
        assert seen == session.scalars(noted, {"start": start}).all()
    assert len(seen) == 4


def test_a_page_looks_at_no_more_than_it_may_and_goes_on_from_there(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        for number in range(5):
            opened(spoken, f"O{number}", person=uuid.UUID(int=50 + number))
        region = line("R", "formation", formation(), source=REGION, reference="R")
        spoken.say(region, person=OTHER, source=REGION, profile="region")
    with database.transaction(emptied) as session:
        first = changes.since(session, REGION, 0, 10, most_scanned=3)
        rest = changes.since(session, REGION, first.until, 10, most_scanned=4)
    assert (len(first.changes), first.is_last) == (0, False)
    assert (len(rest.changes), rest.is_last) == (1, True)


def test_a_number_of_another_feed_is_refused(emptied: Engine) -> None:
    with pytest.raises(Conflict) as refused:
        read(emptied, after=2**62)
    assert refused.value.code == "suite_inconnue"


# --- what is kept ----------------------------------------------------------------------------------


def forget(engine: Engine, days: float, most: int = 100) -> int:
    """Forget what was noted before this day of the test."""
    with database.transaction(engine) as session:
        return changes.forget(session, at(days).now, most)


def opened_each_day(engine: Engine, days: int) -> list[int]:
    """A dossier is opened each day; returns the numbers of the changes."""
    for day in range(days):
        with committed(engine) as spoken:
            opened(spoken, f"O{day}", person=uuid.UUID(int=90 + day), days=day)
    return [one["numero"] for one in read(engine)["changements"]]


def test_who_asks_for_what_is_no_longer_kept_is_told_to_begin_anew(emptied: Engine) -> None:
    """And never given what is left as if it were all."""
    numbers = opened_each_day(emptied, 5)
    assert forget(emptied, days=2.5) == 3
    for after in (0, numbers[0], numbers[1]):
        with pytest.raises(Conflict) as refused:
            read(emptied, after=after)
        assert (refused.value.code, refused.value.details) == ("suite_oubliee", {"chemin": "apres"})
        assert "snapshot" in refused.value.message
    assert [one["numero"] for one in read(emptied, after=numbers[2])["changements"]] == numbers[3:]
    start = next(snapshot(emptied, OPCO))["numero"]
    assert read(emptied, after=start)["fini"]


def test_who_has_read_all_may_go_on_when_all_of_it_is_forgotten(emptied: Engine) -> None:
    opened_each_day(emptied, 2)
    suite = read(emptied)["suite"]
    assert forget(emptied, days=30) == 2
    assert read(emptied, after=suite)["changements"] == []
    with pytest.raises(Conflict):
        read(emptied, after=0)


def test_what_is_old_is_forgotten_by_steps_and_nothing_that_is_not(emptied: Engine) -> None:
    opened_each_day(emptied, 5)
    steps = [forget(emptied, days=3.5, most=3) for _ in range(3)]
    assert steps == [3, 1, 0]
    assert len(read(emptied, after=last_forgotten(emptied))["changements"]) == 1


def test_nothing_is_forgotten_that_comes_after_what_is_kept(emptied: Engine) -> None:
    """A transaction that began first may have the later clock: numbers are forgotten in their order."""
    with committed(emptied) as spoken:
        opened(spoken, "A", days=9)
    with committed(emptied) as spoken:
        opened(spoken, "B", person=OTHER, days=1)
    assert forget(emptied, days=5) == 0
    assert len(read(emptied)["changements"]) == 2


def last_forgotten(engine: Engine) -> int:
    with database.transaction(engine) as session:
        return int(session.scalars(text("SELECT until FROM forgotten")).one())


# --- what is told ----------------------------------------------------------------------------------


def test_a_change_says_what_changed_before_after_and_by_whose_declaration(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        opened(spoken)
        spoken.say(line("E", "realisation", event("entree", "2026-02-02"), reference="A"), days=40)
    after = read(emptied)["suite"]
    with committed(emptied) as spoken:
        moved = line("F", "realisation", event("entree", "2026-02-05"), reference="A", said=50)
        spoken.say(moved, days=50)
    (change,) = read(emptied, after=after)["changements"]
    assert (change["nature"], change["etat_avant"], change["etat_apres"]) == (
        "modifie",
        "en_formation",
        "en_formation",
    )
    assert change["differences"] == [
        {
            "chemin": "dates.entree_le",
            "avant": "2026-02-02",
            "apres": "2026-02-05",
            "cause": {"declaration_id": str(line_id("F")), "source": OPCO},
        }
    ]


def test_what_is_not_opened_is_in_no_change(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        opened(spoken)
        spoken.say(line("P", "financement", paid(777), reference="A"))
    page = read(emptied, ask=opening("formation"))
    assert "777" not in json.dumps(page)
    assert {d["chemin"].partition(".")[0] for c in page["changements"] for d in c["differences"]} == {
        "formation"
    }


def test_a_result_is_no_change_for_whom_results_are_closed(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        spoken.say(line("A", "formation", formation(certification="RNCP38430"), reference="A"))
        spoken.say(line("O", "realisation", event("sortie", "2026-05-29"), reference="A"), days=150)
    after = read(emptied)["suite"]
    with committed(emptied) as spoken:
        obtained = {"certification": "RNCP38430", "resultat": "obtenue", "le": "2026-06-15"}
        said = line("Z", "certification", obtained, source=CERTIFIER, reference="Z")
        spoken.say(said, source=CERTIFIER, profile="certificateur", days=170)
    assert kinds(read(emptied, after=after)) == [("modifie", "certifie")]
    assert kinds(read(emptied, after=after, ask=opening("formation", "dates"))) == []


def test_who_is_nothing_to_the_person_is_not_even_asked_about(emptied: Engine) -> None:
    def nobody_asks(*_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError

    with committed(emptied) as spoken:
        opened(spoken)
    page = read(emptied, siret=REGION, ask=nobody_asks)
    assert (page["changements"], page["fini"]) == ([], True)


def test_without_a_right_it_is_said_why_and_nothing_is_passed_over(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        opened(spoken)
    with pytest.raises(Refused) as refused:
        read(emptied, ask=opening(reason="habilitation_not_in_force"))
    assert refused.value.details["motif"] == "habilitation_not_in_force"


def test_a_page_ends_before_what_access_does_not_know_yet(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        opened(spoken, "A")
        opened(spoken, "B", person=OTHER)
    page = read(emptied, ask=opening(*BLOCKS, behind=frozenset({OTHER})))
    assert (len(page["changements"]), page["fini"]) == (1, False)
    rest = read(emptied, after=page["suite"])
    assert (len(rest["changements"]), rest["fini"]) == (1, True)


def test_who_comes_to_follow_a_person_is_told_all_and_who_no_longer_does_that_it_is_no_more(
    emptied: Engine,
) -> None:
    with committed(emptied) as spoken:
        opened(spoken)
        followed = line(
            "S", "accompagnement", {"niveau": "2", "debut": "2026-01-05"}, source=CEP, reference="S"
        )
        spoken.say(followed, source=CEP, profile="operateur_cep")
    page = read(emptied, siret=CEP)
    assert kinds(page) == [("ouvert", "prevu")]
    assert "formation.intitule" in {one["chemin"] for one in page["changements"][0]["differences"]}
    with committed(emptied) as spoken:
        spoken.attribute(attribution("S", OTHER, version=2), days=9)
    gone = read(emptied, siret=CEP, after=page["suite"], ask=opening(reason="no_relation"))
    assert kinds(gone) == [("retire", None)]
    assert kinds(read(emptied))[-1] != ("retire", None), "the OPCO still has it"


def test_what_was_another_s_is_told_to_nobody_once_identity_has_said_so(emptied: Engine) -> None:
    """Two persons taken for one: who reads the changes afterwards learns nothing of the other."""
    with committed(emptied) as spoken:
        opened(spoken)
        entered = line("E", "realisation", event("entree", "2026-02-17"), reference="A")
        spoken.say(entered, days=40)
        corrected = line("F", "realisation", event("entree", "2026-02-03"), reference="A", said=41)
        spoken.say(corrected, days=41)
        spoken.attribute(attribution("E", OTHER, version=2), days=50)
    assert "2026-02-17" not in json.dumps(
        [one for one in read(emptied)["changements"] if one["dossier_id"] in _dossiers(emptied, PERSON)]
    )


def test_what_a_financement_shows_of_its_file_goes_with_who_said_it(emptied: Engine) -> None:
    """The training was another's, what was paid is hers: of the training, nothing is told of her any more."""
    with committed(emptied) as spoken:
        opened(spoken)
        spoken.say(line("P", "financement", paid(123_456), reference="A"), days=3)
    before = json.dumps(read(emptied)["changements"])
    assert "PLAN_DEVELOPPEMENT" in before
    assert "123456" in before
    with committed(emptied) as spoken:
        spoken.attribute(attribution("A", OTHER, version=2), days=50)
    hers = _dossiers(emptied, PERSON)
    after = json.dumps([one for one in read(emptied)["changements"] if one["dossier_id"] in hers])
    assert "PLAN_DEVELOPPEMENT" not in after
    assert "123456" in after


def _dossiers(engine: Engine, person_id: uuid.UUID) -> set[str]:
    with database.transaction(engine) as session:
        rows = session.execute(
            text("SELECT dossier_id FROM dossier WHERE person_id = :id"), {"id": person_id}
        )
        return {str(row.dossier_id) for row in rows}


def test_services_are_told_what_changed_before_and_after_and_by_whose_declaration(session: Session) -> None:
    spoken = Spoken(session)
    opened(spoken)
    spoken.say(line("E", "realisation", event("entree", "2026-02-02"), reference="A"), days=2)
    spoken.say(line("L", "realisation", event("entree", "2026-02-09"), reference="A", said=3), days=3)
    first, *_, last = (one["dossiers"][0] for one in spoken.announced("dossiers_changed"))
    assert (first["change"], first["state_before"], first["state"]) == ("opened", None, "prevu")
    assert {
        "path": "dates.debut_prevu",
        "before": None,
        "after": "2026-02-02",
        "declaration_id": str(line_id("A")),
        "source": OPCO,
    } in first["changes"]
    assert (last["change"], last["state_before"], last["state"]) == (
        "changed",
        "en_formation",
        "en_formation",
    )
    assert last["changes"] == [
        {
            "path": "dates.entree_le",
            "before": "2026-02-02",
            "after": "2026-02-09",
            "declaration_id": str(line_id("L")),
            "source": OPCO,
        }
    ]


# --- snapshot --------------------------------------------------------------------------------------


def snapshot(engine: Engine, siret: str, most: int = 2) -> Iterator[dict[str, Any]]:
    """All pages of a snapshot, read one after the other."""
    after = uuid.UUID(int=0)
    while True:
        with database.transaction(engine) as session:
            found = feeding.find_scope(session, siret, after, most)
        shown = feeding.show_scope(found, EVERYTHING, siret, "prise_en_charge", TODAY)
        page: dict[str, Any] = json.loads(DossierSnapshot().dumps(shown))
        yield page
        if page["fini"]:
            return
        after = uuid.UUID(page["suite"])


def test_a_snapshot_and_the_changes_after_it_give_every_dossier_as_it_stands(emptied: Engine) -> None:
    """Whatever is folded between two pages."""
    with committed(emptied) as spoken:
        for number in range(5):
            opened(spoken, f"O{number}", person=uuid.UUID(int=60 + number))
    copy: dict[str, Any] = {}
    start: int | None = None
    for place, page in enumerate(snapshot(emptied, OPCO)):
        start = page["numero"] if start is None else start
        copy |= {one["dossier_id"]: one["blocs"] for one in page["dossiers"]}
        with committed(emptied) as spoken:
            entered = event("entree", f"2026-02-{10 + place}")
            for person in (60, 64):
                said = line(
                    f"E{person}{place}", "realisation", entered, reference=f"O{person - 60}", said=place
                )
                spoken.say(said, person=uuid.UUID(int=person), days=40 + place)
            opened(spoken, f"N{place}", person=uuid.UUID(int=80 + place))
    assert start is not None
    for change in read(emptied, after=start)["changements"]:
        blocks = copy.setdefault(change["dossier_id"], {})
        for one in change["differences"]:
            block, _, name = one["chemin"].partition(".")
            blocks.setdefault(block, {})[name] = one["apres"]
    standing = {
        one["dossier_id"]: one["blocs"] for page in snapshot(emptied, OPCO) for one in page["dossiers"]
    }
    assert {id_: blocks["dates"] for id_, blocks in copy.items()} == {
        id_: blocks["dates"] for id_, blocks in standing.items()
    }
    assert len(standing) > 5, "some were opened between the pages"


def test_a_co_funder_has_the_dossier_in_its_snapshot_and_a_stranger_has_not(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        opened(spoken)
        other = line("C", "formation", formation(dispositif="CPF"), source=CDC, reference="C")
        spoken.say(other, source=CDC, profile="caisse_des_depots")
    assert [len(page["dossiers"]) for siret in (OPCO, CDC, REGION) for page in snapshot(emptied, siret)] == [
        1,
        1,
        0,
    ]
