"""What a model tried in shadow would do is what its adoption does."""

import uuid
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.chassis import database
from services.contracts.errors import BadRequest, Conflict
from services.identity import ruling
from services.identity.domain.model import Model
from services.identity.evaluation.history import history_at
from services.identity.evaluation.room import room_in
from services.identity.evaluation.shadowing import Shadow, data_of, shadow, tables_of
from services.identity.storage.rulings import Ruling
from tests.identity.given import KEYS, NOW, personne
from tests.identity.test_adopting import (
    OLD,
    adopt_all,
    in_base,
    model,
    of_records,
    people_of,
    relative_to,
    told_of,
    under,
)

pytestmark = pytest.mark.servers


def tried(engine: Engine, model: Model) -> Shadow:
    url = engine.url.render_as_string(hide_password=False)
    with history_at(url, KEYS.own) as history, room_in(url) as room:
        return shadow(history, room, model, lambda _: None)


def ruled(engine: Engine, told: list[tuple[uuid.UUID, Any]]) -> None:
    """Part a few lines from the next, and tie a few others, as far as that can be ruled."""
    for at in range(0, len(told) - 1, 3):
        one, other = told[at][0], told[at + 1][0]
        with database.transaction(engine) as session:
            linker = under(session, OLD)
            try:
                with session.begin_nested():
                    rule = Ruling(uuid.uuid4(), "split" if at % 2 else "link", "lignes", "agent", "erreur")
                    if at % 2:
                        ruling.split(linker, NOW, rule, [one], other)
                    else:
                        ruling.link(linker, NOW, rule, one, other)
            except (Conflict, BadRequest):
                pass


@pytest.mark.parametrize(
    "with_rulings", [pytest.param(False, id="no ruling"), pytest.param(True, id="rulings")]
)
@pytest.mark.parametrize(
    "new",
    [
        pytest.param(model("new", join=10.0, gap=1.0), id="stricter"),
        pytest.param(model("new", join=10.0, gap=8.0), id="stricter, but it keeps"),
        pytest.param(model("new", join=-12.0, gap=1.0, laxer=6.0), id="laxer"),
        pytest.param(model("new", join=5.0, gap=1.0, population=1_000), id="other keys"),
    ],
)
def test_what_shadow_shows_is_what_adoption_does(emptied: Engine, new: Model, with_rulings: bool) -> None:
    told = told_of(people_of(1, persons=50))
    in_base(emptied, told, OLD)
    if with_rulings:
        ruled(emptied, told)
    with database.transaction(emptied) as session:
        before = of_records(session)
        nobodies = session.scalar(text("SELECT count(*) FROM record WHERE is_nobody"))
    shown = tried(emptied, new)
    with database.transaction(emptied) as session:
        assert of_records(session) == before
        adopt_all(under(session, new, OLD), most=40)
    with database.transaction(emptied) as session:
        after = of_records(session)
        little = session.scalar(text("SELECT count(*) FROM record WHERE is_nobody"))
    moved = Counter((before[one], after[one]) for one in before if before[one] != after[one])
    assert {(one.from_person, one.to_person): one.records for one in shown.moves} == moved
    assert moved or new.thresholds.join - new.thresholds.split > 5  # or there is nothing to see
    assert shown.nobodies == (nobodies, little)
    assert shown.records == len(before)
    whose = {(before[one], after[one]) for one in before}
    joined, parted = Counter(now for _, now in whose), Counter(was for was, _ in whose)
    assert {frozenset(one.persons) for one in shown.linked} == {
        frozenset(was for was, now in whose if now == person) for person, count in joined.items() if count > 1
    }
    assert {one.persons for one in shown.split} == {(was,) for was, count in parted.items() if count > 1}


def test_a_link_that_only_its_being_in_force_keeps_is_shown_with_its_lines_and_weights(
    emptied: Engine,
) -> None:
    told = told_of([personne(), personne(nom_naissance="Dupond")])
    in_base(emptied, told, OLD)
    with database.transaction(emptied) as session:
        weight = session.execute(text("SELECT weight FROM verdict")).scalar_one()
    shown = tried(emptied, relative_to(weight, join=2.0, split=-1.0))
    assert (shown.moves, shown.linked, shown.split, shown.after) == ([], [], [], 1)
    (kept,) = shown.kept
    assert set(kept.lines) == {line for line, _ in told}
    assert kept.weight == pytest.approx(weight)
    shown = tried(emptied, relative_to(weight, join=2.0, split=1.0))
    (split,) = shown.split
    assert (set(split.lines), split.cause, shown.kept, shown.after) == (set(kept.lines), "incertain", [], 2)
    assert OLD.prior + sum(split.traits.values()) == pytest.approx(weight)
    for word in ("DUPON", "MARIE", "1994"):
        assert word not in f"{data_of(shown)} {tables_of(shown, 10)}".upper()
