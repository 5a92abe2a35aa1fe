"""What is said, of whom, and what takes it back meet in any order; nothing learned is written over."""

import itertools
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.chassis.database import transaction
from services.dossier import use_cases
from tests.dossier.given import (
    OPCO,
    OTHER,
    PERSON,
    PSEUDONYMS,
    REGION,
    Spoken,
    at,
    attribution,
    event,
    formation,
    line,
    line_id,
    paid,
    told,
)

pytestmark = pytest.mark.servers


@pytest.fixture
def spoken(session: Session) -> Spoken:
    return Spoken(session)


def _held(session: Session) -> dict[str, list[Any]]:
    """All that follows from what was said: but for versions, instants, and the state, which is of a day."""
    queries = {
        "dossier": "SELECT person_id, dossier_id, blocks, happened, anomalies, doubts FROM dossier",
        "parcours": "SELECT person_id, blocks, effects FROM parcours WHERE effects <> '{}'",
        "directory": "SELECT declaration_id, person_id, is_kept, said FROM declaration",
    }
    return {what: sorted(map(str, session.execute(text(query)))) for what, query in queries.items()}


STEPS: dict[str, Callable[[Spoken], None]] = {
    "F said": lambda spoken: spoken.accept(line("F", "formation", formation())),
    "E said": lambda spoken: spoken.accept(line("E", "realisation", event("entree", "2026-02-02"))),
    "X takes E back": lambda spoken: spoken.accept(
        line("X", "realisation", event("entree", "2026-02-09"), rectifie="E", said=1)
    ),
    "F is hers": lambda spoken: spoken.attribute(attribution("F")),
    "E is hers": lambda spoken: spoken.attribute(attribution("E")),
    "X is hers": lambda spoken: spoken.attribute(attribution("X")),
    "E is another's after all": lambda spoken: spoken.attribute(attribution("E", OTHER, 2)),
}


def test_any_order_of_what_is_told_gives_the_same(engine: Engine, rolled_back: Any) -> None:
    """All that can come apart, in a hundred orders; and all of it twice."""
    orders = [list(STEPS), *(Random(seed).sample(list(STEPS), len(STEPS)) for seed in range(100))]
    held = []
    for order in orders:
        with rolled_back(engine) as session:
            for table in ("declaration", "contribution", "ending", "parcours", "dossier"):
                session.execute(text(f"DELETE FROM {table}"))
            for step in (*order, *order):
                STEPS[step](Spoken(session))
            held.append(_held(session))
    for order, one in zip(orders, held, strict=True):
        assert one == held[0], order
    assert "2026-02-09" in held[0]["dossier"][0]


def test_what_was_kept_is_never_changed(spoken: Spoken) -> None:
    spoken.say(line("F", "formation", formation()))
    spoken.accept(line("F", "formation", formation(intitule="Autre chose")))
    assert spoken.parcours().dossiers[0].blocks["formation"]["intitule"] == "CAP Cuisine"


def test_a_line_that_goes_to_another_and_comes_back_leaves_everything_as_it_was(spoken: Spoken) -> None:
    spoken.say(line("F", "formation", formation()), line("E", "realisation", event("entree", "2026-02-02")))
    before = _held(spoken.session)
    spoken.attribute(attribution("F", OTHER, 2), attribution("E", OTHER, 2), days=1)
    assert not spoken.parcours(PERSON).dossiers
    assert len(spoken.parcours(OTHER).dossiers) == 1
    spoken.attribute(attribution("F", PERSON, 3), attribution("E", PERSON, 3), days=2)
    assert _held(spoken.session) == before


LINES = {
    "F": line("F", "formation", formation()),
    "G": line("G", "formation", formation(), source=REGION, reference="R1"),
    "P": line("P", "financement", paid(100)),
    "E": line("E", "realisation", event("entree", "2026-02-02"), said=40),
    "X": line("X", "realisation", event("entree", "2026-02-09"), said=50, rectifie="E"),
    "I": line("I", "realisation", event("interruption", "2026-03-02"), said=70),
    "S": line("S", "suppression", {}, said=90, rectifie="I"),
    "J": line("J", "emploi", {"employeur": OPCO, "nature_contrat": "01", "debut": "2026-06-15"}),
}


def _alone(engine: Engine, rolled_back: Any, steps: list[dict[str, Any]]) -> tuple[Any, Any]:
    """What is held, and what was told of each line, after these steps in an empty database."""
    with rolled_back(engine) as session:
        for table in ("outbox", "declaration", "contribution", "ending", "parcours", "dossier"):
            session.execute(text(f"DELETE FROM {table}"))
        spoken = Spoken(session)
        for days, step in enumerate(steps):
            tell = spoken.attribute if "person_id" in step else spoken.accept
            tell(step, days=days)
        told = {id_: (one["effect"], one["dossier_id"]) for id_, one in spoken.effects().items()}
        return _held(session), told


@pytest.mark.parametrize("seed", range(40))
def test_any_walk_of_links_and_splits_ends_as_if_one_had_gone_there_straight(
    engine: Engine, rolled_back: Any, seed: int
) -> None:
    """Guarantee 5: lines go from person to person, told in any order; in the end the last word counts."""
    random = Random(seed)
    walk = [
        attribution(name, uuid.UUID(int=random.randint(1, 3)), version)
        for name in LINES
        for version in range(1, random.randint(2, 6))
    ]
    last = {one["declaration_id"]: one for one in walk}
    steps = [*walk, *LINES.values(), *random.sample(walk, 4)]
    random.shuffle(steps)
    assert _alone(engine, rolled_back, steps) == _alone(
        engine, rolled_back, [*LINES.values(), *last.values()]
    )


def test_as_known_at_an_instant_is_what_was_read_then(spoken: Spoken) -> None:
    """Said, rectified, given to another person and back: each instant still has its own answer."""
    seen = []

    def look(days: float) -> None:
        seen.append((at(days).now, spoken.parcours(PERSON), spoken.parcours(OTHER)))

    spoken.say(line("F", "formation", formation()), days=0)
    look(0.5)
    spoken.say(line("E", "realisation", event("entree", "2026-02-02")), days=1)
    look(1.5)
    spoken.say(line("X", "realisation", event("entree", "2026-02-09"), rectifie="E", said=2), days=2)
    look(2.5)
    spoken.attribute(attribution("F", OTHER, 2), days=3)
    look(3.5)
    spoken.attribute(attribution("F", PERSON, 3), days=4)
    look(4.5)
    spoken.say(line("Z", "suppression", {}, rectifie="X", said=5), days=5)
    look(5.5)
    for instant, hers, others in seen:
        assert spoken.parcours(PERSON, instant) == hers
        assert spoken.parcours(OTHER, instant) == others
    assert len({str(hers.dossiers) for _, hers, _ in seen}) == len(seen) - 2, (
        "in the end, what was in the beginning"
    )


def test_a_declaration_withdrawn_before_it_is_known_of_whom_stays_withdrawn_wherever_it_goes(
    spoken: Spoken,
) -> None:
    spoken.say(line("S", "suppression", {}, rectifie="F", said=1))
    spoken.accept(line("F", "formation", formation()))
    for version, person in enumerate((PERSON, OTHER, PERSON), start=1):
        spoken.attribute(attribution("F", person, version), days=version)
        assert not spoken.parcours(person).dossiers
    assert spoken.effect("F")["effect"] == "retiree"


def test_the_effect_of_a_line_that_changes_persons_is_told_with_a_higher_version(spoken: Spoken) -> None:
    """Ingestion keeps the highest version, whichever person's it is."""
    spoken.say(line("F", "formation", formation()), line("G", "formation", formation(), reference="D2"))
    for days in range(1, 6):
        spoken.say(line(f"E{days}", "realisation", event("interruption", f"2026-03-0{days}")), days=days)
    spoken.attribute(attribution("E5", OTHER, 2), days=7)
    told_of = [
        one for one in spoken.announced("declarations_applied") if one["declaration_id"] == str(line_id("E5"))
    ]
    assert [one["version"] for one in told_of] == sorted({one["version"] for one in told_of})
    assert len({one["dossier_id"] for one in told_of}) == 2


def test_a_chunk_takes_as_many_statements_however_many_lines_it_has(
    spoken: Spoken, statements: list[str]
) -> None:
    counts = []
    for size in (2, 60):
        names = [f"{size}/{number}" for number in range(size)]
        spoken.accept(*(line(name, "formation", formation(), reference=name) for name in names))
        statements.clear()
        spoken.attribute(*(attribution(name, uuid.UUID(int=number % 7)) for number, name in enumerate(names)))
        counts.append(len(statements))
    assert counts[0] == counts[1] < 25


def test_what_is_told_at_the_same_time_by_several_finds_each_other(emptied: Engine) -> None:
    """Said and attributed by two processes at once, thirty times: no line is left waiting."""
    names = [f"L{number}" for number in range(30)]

    def accept(name: str) -> None:
        with transaction(emptied) as session:
            said = told(line(name, "formation", formation(), reference=name))
            use_cases.keep_contributions(session, PSEUDONYMS, at(0), said)

    def attribute(name: str) -> None:
        with transaction(emptied) as session:
            use_cases.follow_attributions(session, PSEUDONYMS, at(0), [attribution(name)])

    def take_back(name: str) -> None:
        with transaction(emptied) as session:
            Spoken(session).say(line(f"S{name}", "suppression", {}, rectifie=name, reference=name, said=1))

    with ThreadPoolExecutor(12) as pool:
        list(
            pool.map(lambda pair: pair[0](pair[1]), itertools.product((accept, attribute, take_back), names))
        )
    with transaction(emptied) as session:
        assert {effect["effect"] for effect in Spoken(session).effects().values()} == {
            "retiree",
            "retrait_effectue",
        }
        waiting = session.execute(text("SELECT count(*) FROM declaration WHERE NOT is_kept")).scalar_one()
    assert waiting == 0
