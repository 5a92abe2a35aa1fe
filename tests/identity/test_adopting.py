"""A new model takes the place of another while lines come: at the end persons are what they would be had
there never been another, but for the links that were in force and stay."""

import base64
import itertools
import os
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any, TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.chassis import database
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import adopting, linking, rotating, ruling, schemas, use_cases
from services.identity.domain.blocking import keys_of
from services.identity.domain.default_model import default_model
from services.identity.domain.model import Model, Thresholds, dump_model
from services.identity.domain.scoring import Scorer
from services.identity.errors import ModelUnknown
from services.identity.evaluation.running import record_of
from services.identity.linking import Linker
from services.identity.storage import adoption, decisions, records, verdicts
from services.identity.storage.rulings import Ruling
from services.identity.storage.tables import metadata
from services.sample.slips import statements as told_with_slips
from tests.conftest import ROOT, RolledBack, empty
from tests.identity.given import KEYS, NOW, announced, ids, personne, sealed

T = TypeVar("T")
OLD = default_model()


def model(version: str, *, join: float, gap: float = 2.0, population: int = 0, laxer: float = 0.0) -> Model:
    """The model that ships, with another threshold (`gap` bits above that for keeping what was linked), and
    other keys: those of another population, for which the threshold moves as the prior does. `laxer` by so
    many bits in what it drops unopened."""
    other = OLD.for_population(population or OLD.population)
    join += other.prior - OLD.prior
    return replace(
        other,
        version=version,
        thresholds=Thresholds(join, join - 2 * gap, join - gap),
        glances=replace(OLD.glances, leasts=tuple(least - laxer for least in OLD.glances.leasts)),
    )


NEW = model("new", join=4.0, population=100_000, laxer=3.0)


def under(session: Session, model: Model, *before: Model) -> Linker:
    return Linker(session, KEYS, Scorer(model), before)


def tell(linker: Linker, lines: Sequence[uuid.UUID], people: Sequence[Any]) -> None:
    use_cases.resolve_persons(linker, NOW, lines, sealed(list(people)))


def adopt_all(linker: Linker, most: int = 5) -> None:
    while adopting.adopt_next(linker, NOW, most).reached is not None:
        pass


# --- what a database holds, by what does not depend on the order in which it came -------------


def persons(session: Session, lines: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    return {one.declaration_id: one.person_id for one in decisions.standing(session, lines)}


def of_records(session: Session) -> dict[int, uuid.UUID]:
    rows = session.execute(text("SELECT record_id, person_id FROM record"))
    return {row.record_id: row.person_id for row in rows}


def partition(person_of: dict[T, uuid.UUID]) -> set[frozenset[T]]:
    groups: dict[uuid.UUID, set[T]] = defaultdict(set)
    for line, person_id in person_of.items():
        groups[person_id].add(line)
    return set(map(frozenset, groups.values()))


Mark = bytes
IN_FORCE = """
    SELECT one.mark AS one, other.mark AS other FROM verdict
    JOIN record AS one ON one.record_id = verdict.one JOIN record AS other ON other.record_id = verdict.other
    WHERE (answer = 'lies' OR is_kept) AND is_followed
    UNION ALL
    SELECT mark, mark FROM record WHERE NOT is_nobody
"""
JUDGED = """
    SELECT least(one.mark, other.mark), greatest(one.mark, other.mark), answer, weight, is_kept, is_followed
    FROM verdict
    JOIN record AS one ON one.record_id = verdict.one JOIN record AS other ON other.record_id = verdict.other
"""
KEYED = """
    SELECT mark, key, substr(entries, start + 8, 32)
    FROM block CROSS JOIN generate_series(1, length(entries), 40) AS start
    JOIN record ON int8send(record_id) = substr(entries, start, 8)
"""
NOBODIES = "SELECT mark FROM record WHERE is_nobody"


def all_of(session: Session, sql: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in session.execute(text(sql))}


def number_of(session: Session) -> dict[Mark, int]:
    return {row.mark: row.record_id for row in session.execute(text("SELECT mark, record_id FROM record"))}


def kept(linker: Linker, in_force: set[tuple[Any, ...]]) -> None:
    """Write down links that were in force elsewhere."""
    number = number_of(linker.session)
    records.hold(linker.session)
    pairs = [(number[one], number[other]) for one, other in in_force]
    adopting.keep(linker, NOW, [(min(pair), max(pair)) for pair in pairs])


def held(session: Session) -> list[set[tuple[Any, ...]]]:
    return [all_of(session, sql) for sql in (JUDGED, KEYED, NOBODIES)]


# --- any lines, any models, any moment ---------------------------------------------------------


def people_of(seed: int, persons: int = 8) -> list[dict[str, Any]]:
    """A few persons, each told of several times, one trait in four not quite right; some of them twice to the
    letter, and some who tell too little to be anybody's."""
    told = [_personne(one.told) for one in told_with_slips(persons, seed=seed, faulty=0.25)]
    little = [_personne({"nom_naissance": "Martin", "prenoms": "Marie", "date_naissance": "1990-05-00"})]
    return [*told, *told[:4], *little * 3, _personne({"nom_naissance": "TEST"})]


def _personne(said: dict[str, str]) -> dict[str, Any]:
    return personne(
        nom_naissance=said.get("nom_naissance", ""),
        nom_usage=said.get("nom_usage"),
        prenoms=said.get("prenoms", "").split(),
        sexe=said.get("sexe", ""),
        date=said.get("date_naissance", ""),
        commune=said.get("lieu_naissance"),
    )


# What another model may differ by: a model itself is too much to print when something fails.
DIFFERENCES = st.fixed_dictionaries(
    {
        "join": st.floats(-8, 16),
        "gap": st.floats(0.5, 6),
        "population": st.sampled_from([1_000, 100_000, 50_000_000]),
        "laxer": st.sampled_from([6.0, 3.0, 0.0, -3.0]),
    }
)


@settings(
    max_examples=60, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10**6),
    luck=st.integers(0, 10**6),
    size=st.integers(1, 12),
    most=st.integers(1, 12),
    differs=DIFFERENCES,
)
def test_whatever_comes_and_when_persons_are_those_of_the_new_model_and_of_the_links_in_force(
    engine: Engine, seed: int, luck: int, size: int, most: int, differs: dict[str, Any]
) -> None:
    chance, people, new = Random(luck), people_of(seed), model("new", **differs)
    lines = ids(len(people))
    told = list(zip(lines, people, strict=True))
    chance.shuffle(told)
    chunks = [told[at : at + size] for at in range(0, len(told), size)]
    early, later = chunks[: (turn := chance.randint(0, len(chunks)))], chunks[turn:]
    with RolledBack(engine) as session:
        for chunk in early:
            tell(under(session, OLD), *zip(*chunk, strict=True))
        in_force, before = all_of(session, IN_FORCE), of_records(session)
        both = under(session, new, OLD)
        while later and chance.random() < 0.9:
            if chance.random() < 0.5:
                tell(both, *zip(*later.pop(0), strict=True))
            else:
                adopting.adopt_next(both, NOW, most)
        adopt_all(both, most)
        for chunk in later:
            tell(under(session, new), *zip(*chunk, strict=True))
        found, state = persons(session, lines), held(session)
        assert all_of(session, "SELECT DISTINCT keyed_with FROM record") == {("new",)}
        _are_named_after_their_oldest(session)
        _are_announced(session, found)
        _keep_their_ids(before, of_records(session))
        _go_with_their_records(session)
        moves = all_of(session, "SELECT * FROM move")
        adopt_all(both)
        assert (persons(session, lines), held(session)) == (found, state)
        assert all_of(session, "SELECT * FROM move") == moves
    with RolledBack(engine) as session:
        chance.shuffle(told)
        tell(under(session, new), *zip(*told, strict=True))
        kept(under(session, new), in_force)
        assert held(session) == state
        assert partition(persons(session, lines)) == partition(found)


def _are_named_after_their_oldest(session: Session) -> None:
    wrong = """
        SELECT FROM record JOIN (
            SELECT person_id, min(record_id) AS record_id FROM record GROUP BY person_id
        ) AS oldest USING (person_id)
        JOIN record AS first ON first.record_id = oldest.record_id WHERE first.name <> record.person_id
    """
    assert session.execute(text(wrong)).all() == []


def _are_announced(session: Session, found: dict[uuid.UUID, uuid.UUID]) -> None:
    """Every decision was announced, in order, and the last is the one that stands."""
    versions: dict[uuid.UUID, list[int]] = defaultdict(list)
    last: dict[uuid.UUID, uuid.UUID] = {}
    for one in announced(session, DECLARATIONS_ATTRIBUTED):
        versions[one["declaration_id"]].append(one["version"])
        last[one["declaration_id"]] = one["person_id"]
    assert last == found
    assert all(heard == list(range(1, len(heard) + 1)) for heard in versions.values())


def _keep_their_ids(before: dict[int, uuid.UUID], found: dict[int, uuid.UUID]) -> None:
    """Whoever has the same records of those that were there has the same id."""
    untouched = partition(before) & partition({record: found[record] for record in before})
    assert all(before[record] == found[record] for records in untouched for record in records)


def _go_with_their_records(session: Session) -> None:
    """Every line is of its record's person, and of nobody else's where that tells too little."""
    wrong = """
        SELECT FROM (
            SELECT DISTINCT ON (declaration_id) * FROM decision ORDER BY declaration_id, version DESC
        ) AS standing JOIN statement USING (declaration_id) JOIN record USING (record_id)
        WHERE (standing.person_id = record.person_id) = is_nobody
    """
    assert session.execute(text(wrong)).all() == []


# --- links that stay -------------------------------------------------------------------------


def relative_to(weight: float, *, join: float, split: float) -> Model:
    """A model with the thresholds so far from the weight of a pair."""
    return replace(OLD, version="new", thresholds=Thresholds(weight + join, weight - 4, weight + split))


def told_under(linker: Linker, people: Sequence[Any]) -> list[uuid.UUID]:
    """Tell of these; the person of each."""
    lines = ids(len(people))
    tell(linker, lines, people)
    person_of = persons(linker.session, lines)
    return [person_of[line] for line in lines]


@pytest.mark.parametrize(
    ("split", "stays"), [pytest.param(-1.0, True, id="worth it"), pytest.param(1.0, False, id="not worth it")]
)
def test_a_link_that_would_not_be_made_any_more_stays_as_long_as_it_is_worth_it(
    session: Session, split: float, stays: bool
) -> None:
    lines, people = ids(2), [personne(), personne(nom_naissance="Dupond")]
    tell(under(session, OLD), lines, people)
    before = persons(session, lines)
    assert len(set(before.values())) == 1
    weight = session.execute(text("SELECT weight FROM verdict")).scalar_one()
    new = relative_to(weight, join=2.0, split=split)
    adopt_all(under(session, new, OLD))
    after = persons(session, lines)
    assert after[lines[0]] == before[lines[0]]
    assert (after == before) == stays
    moved = [(one.from_person, one.to_person, one.cause) for one in records.moves(session, 0, 10)]
    assert moved == ([] if stays else [(before[lines[1]], after[lines[1]], "nouveau_modele")])
    heard = [one for one in announced(session, DECLARATIONS_ATTRIBUTED) if one["version"] > 1]
    assert [(one["declaration_id"], one["version"], one["rule"]) for one in heard] == (
        [] if stays else [(lines[1], 2, "nouveau_modele")]
    )
    # A human is asked about the one that went, and not about the one that stayed.
    assert len(verdicts.doubts(session, (0, 0), 10)) == (0 if stays else 1)


def test_what_was_never_linked_is_not_by_the_threshold_that_keeps(session: Session) -> None:
    people = [personne(), personne(nom_naissance="Dupond")]
    one, other = told_under(under(session, OLD), people)
    assert one == other
    weight = session.execute(text("SELECT weight FROM verdict")).scalar_one()
    for table in ("verdict", "block", "content", "decision", "statement", "record"):
        session.execute(text(f"DELETE FROM {table}"))
    one, other = told_under(under(session, relative_to(weight, join=2.0, split=-1.0)), people)
    assert one != other


def test_a_link_that_was_kept_is_kept_again_by_the_model_after(session: Session) -> None:
    lines = ids(2)
    tell(under(session, OLD), lines, [personne(), personne(nom_naissance="Dupond")])
    weight = session.execute(text("SELECT weight FROM verdict")).scalar_one()
    new = relative_to(weight, join=2.0, split=-1.0)
    adopt_all(under(session, new, OLD))
    adopt_all(under(session, replace(new, version="after"), new))
    assert len(set(persons(session, lines).values())) == 1


def test_a_link_in_force_outlives_what_comes_and_is_ruled_before_its_records_are_adopted(
    session: Session,
) -> None:
    lines = ids(2)
    tell(under(session, OLD), lines, [personne(), personne(nom_naissance="Dupond")])
    before = persons(session, lines)
    weight = session.execute(text("SELECT weight FROM verdict")).scalar_one()
    both = under(session, relative_to(weight, join=2.0, split=-1.0), OLD)
    told_under(both, [personne(nom_usage="Roux"), personne(nom_naissance="Dupond", nom_usage="Roux")])
    assert persons(session, lines) == before
    rule = Ruling(uuid.uuid4(), "split", "lignes", "agent 12", "erreur")
    ruling.split(both, NOW, rule, [lines[1]], lines[0])
    assert len(set(persons(session, lines).values())) == 2
    adopt_all(both)
    ruling.revoke(both, NOW, rule.ruling_id, "agent 13", "erreur")
    assert persons(session, lines) == before


def test_what_a_human_parted_stays_parted_and_what_was_tied_tied(session: Session) -> None:
    lines, sister = ids(3), personne(prenoms=["Anne"])
    tell(under(session, OLD), lines, [personne(), personne(nom_naissance="Dupond"), sister])
    rule = Ruling(uuid.uuid4(), "split", "lignes", "agent 12", "erreur")
    ruling.split(under(session, OLD), NOW, rule, [lines[1]], lines[0])
    tie = Ruling(uuid.uuid4(), "link", "lignes", "agent 12", "acte_presente")
    ruling.link(under(session, OLD), NOW, tie, lines[0], lines[2])
    before = persons(session, lines)
    adopt_all(under(session, model("new", join=-8.0), OLD), most=1)
    assert persons(session, lines) == before
    assert before[lines[0]] == before[lines[2]] != before[lines[1]]


@pytest.mark.parametrize(
    ("was", "join", "gap", "turns"),
    [
        pytest.param(20.0, -20.0, 1.0, True, id="enough from now on"),
        pytest.param(-20.0, 20.0, 1.0, True, id="too little from now on"),
        pytest.param(-20.0, 20.0, 60.0, False, id="too little, but it was enough"),
    ],
)
def test_lines_that_tell_the_same_are_one_person_or_one_each_and_move_when_that_changes(
    session: Session, was: float, join: float, gap: float, turns: bool
) -> None:
    lines, little = ids(3), personne(date="1990-05-00", commune=None)
    old, new = model("old", join=was), model("new", join=join, gap=gap)
    tell(under(session, old), lines, [little] * 3)
    before = persons(session, lines)
    assert len(set(before.values())) == (3 if was > 0 else 1)
    adopt_all(under(session, new, old))
    after = persons(session, lines)
    assert len(set(after.values())) == (3 if (was > 0) != turns else 1)
    moved = {(one.from_person, one.to_person) for one in records.moves(session, 0, 10)}
    assert moved == {(before[line], after[line]) for line in lines if before[line] != after[line]}
    _are_announced(session, after)


# --- at any moment ---------------------------------------------------------------------------


def in_base(engine: Engine, told: Iterable[tuple[uuid.UUID, Any]], model: Model, *before: Model) -> None:
    with database.transaction(engine) as session:
        tell(under(session, model, *before), *zip(*told, strict=True))


def told_of(people: Sequence[Any]) -> list[tuple[uuid.UUID, Any]]:
    """Each with a line."""
    return list(zip(ids(len(people)), people, strict=True))


def adopted(engine: Engine) -> dict[str, int]:
    return adopting.adopt(engine, KEYS, Scorer(NEW), [OLD])


def in_force_in(engine: Engine) -> set[tuple[Any, ...]]:
    with database.transaction(engine) as session:
        return all_of(session, IN_FORCE)


def found_in(engine: Engine, told: Iterable[tuple[uuid.UUID, Any]]) -> tuple[Any, Any]:
    with database.transaction(engine) as session:
        return held(session), partition(persons(session, [line for line, _ in told]))


def never_otherwise(engine: Engine, told: Sequence[tuple[uuid.UUID, Any]], in_force: Any) -> tuple[Any, Any]:
    """What there is had the new model been the only one, and these links in force."""
    empty(engine, metadata)
    in_base(engine, told, NEW)
    with database.transaction(engine) as session:
        kept(under(session, NEW), in_force)
    return found_in(engine, told)


def test_a_job_that_is_killed_leaves_whole_batches_and_the_next_goes_on(
    emptied: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = told_of(people_of(3))
    in_base(emptied, told, OLD)
    in_force = in_force_in(emptied)
    monkeypatch.setattr(adopting, "BATCH", 4)
    reach, calls = adoption.reach, itertools.count(1)

    def killed(*arguments: Any) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        reach(*arguments)

    monkeypatch.setattr(adoption, "reach", killed)
    with pytest.raises(KeyboardInterrupt):
        adopted(emptied)
    with database.transaction(emptied) as session:
        count = len(number_of(session))
        keyed = all_of(session, "SELECT keyed_with, count(*) FROM record GROUP BY 1")
    assert keyed == {(OLD.version, count - 8), ("new", 8)}
    monkeypatch.setattr(adoption, "reach", reach)
    assert adopted(emptied)["records"] == count - 8
    assert adopted(emptied) == {}
    assert found_in(emptied, told) == never_otherwise(emptied, told, in_force)


MARIE = record_of(orjson.dumps(personne()))
KERVADEC = personne(nom_naissance="Kervadec", prenoms=["Solange"], date="1984-02-11", commune="29232")
JOSIANE = personne(nom_naissance="Kervadec", prenoms=["Josiane"], date="1961-11-30", commune="35238")


@pytest.mark.parametrize(
    ("populations", "meet"),
    [
        pytest.param((50_000_000, 1_000), True, id="found by the new keys alone"),
        pytest.param((1_000, 50_000_000), False, id="found by the old keys alone"),
    ],
)
def test_a_record_adopted_between_the_look_at_a_line_and_its_turn_is_looked_at_again(
    emptied: Engine, populations: tuple[int, int], meet: bool
) -> None:
    old, new = (
        model(version, join=-60.0, population=population, laxer=100.0)
        for version, population in zip(("old", "new"), populations, strict=True)
    )
    in_base(emptied, told_of([KERVADEC]), old)
    with database.transaction(emptied) as session:
        linker = under(session, new, old)
        (statement,) = schemas.read_statements(ids(1), sealed([JOSIANE]), KEYS.traits, KEYS.blind)
        looked = linking.look(linker, [statement])
        assert bool(looked.graph.judged) != meet
        with database.transaction(emptied) as beside:
            adopt_all(under(beside, new, old))
        records.hold(session)
        linking.take_in(linker, looked)
        judged = session.execute(text("SELECT count(*) FROM verdict")).scalar_one()
    assert judged == meet


def test_two_jobs_at_once_while_lines_come_do_what_one_does_when_none_come(
    emptied: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "BATCH", 3)
    people = [one for seed in range(4) for one in people_of(seed)]
    Random(1).shuffle(people)
    told = told_of(people)
    early, later = told[: len(told) // 2], told[len(told) // 2 :]
    in_base(emptied, early, OLD)
    in_force = in_force_in(emptied)
    start = Barrier(4)

    def adopt() -> None:
        start.wait(30)
        adopted(emptied)

    def told_by(part: Sequence[tuple[uuid.UUID, Any]]) -> None:
        start.wait(30)
        for at in range(0, len(part), 5):
            in_base(emptied, part[at : at + 5], NEW, OLD)

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(adopt) for _ in range(2)]
        running += [threads.submit(told_by, part) for part in (later[::2], later[1::2])]
        for one in running:
            one.result()
    assert found_in(emptied, told) == never_otherwise(emptied, told, in_force)


def test_lines_that_come_before_the_job_find_whom_the_old_model_keyed(session: Session) -> None:
    new = model("new", join=0.0, population=1_000)
    assert not set(keys_of(MARIE, OLD)) & set(keys_of(MARIE, new))
    (one,) = told_under(under(session, OLD), [personne()])
    assert told_under(under(session, new, OLD), [personne(nom_naissance="Dupond")]) == [one]


def test_keys_are_rotated_while_a_model_is_adopted(emptied: Engine) -> None:
    told = told_of(people_of(5))
    in_base(emptied, told, OLD)
    today = replace(KEYS, blind=bytes(range(9, 41)))
    between = replace(today, blind_before=(KEYS.blind,))
    with database.transaction(emptied) as session:
        adopting.adopt_next(Linker(session, between, Scorer(NEW), (OLD,)), NOW, 7)
    rotating.rotate(emptied, between, [NEW, OLD])
    with database.transaction(emptied) as session:
        adopt_all(Linker(session, today, Scorer(NEW), (OLD,)))
        keyed = all_of(session, KEYED)
    empty(emptied, metadata)
    with database.transaction(emptied) as session:
        tell(Linker(session, today, Scorer(NEW)), *zip(*told, strict=True))
        assert all_of(session, KEYED) == keyed


# --- what an operator may get wrong ----------------------------------------------------------


def test_another_model_is_refused_before_everybody_is_made_anew(session: Session) -> None:
    tell(under(session, OLD), ids(1), [personne()])
    with pytest.raises(ModelUnknown) as refused:
        tell(under(session, NEW), ids(1), [KERVADEC])
    assert refused.value.code == "model_unknown"


def test_a_process_that_was_not_restarted_is_refused_once_the_new_model_keys(session: Session) -> None:
    tell(under(session, OLD), ids(1), [personne()])
    tell(under(session, NEW, OLD), ids(1), [KERVADEC])
    with pytest.raises(ModelUnknown):
        tell(under(session, OLD), ids(1), [JOSIANE])
    with pytest.raises(ModelUnknown):
        linking.cluster_anew(under(session, OLD), number_of(session).values())


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(replace(OLD, version="other"), id="not the one that keyed"),
        pytest.param(replace(OLD, version="new"), id="of the same version"),
    ],
)
def test_a_job_that_is_not_told_the_right_model_changes_nothing(emptied: Engine, before: Model) -> None:
    in_base(emptied, told_of([personne()]), OLD)
    with pytest.raises(ModelUnknown):
        adopting.adopt(emptied, KEYS, Scorer(NEW), [before])
    with database.transaction(emptied) as session:
        assert all_of(session, "SELECT keyed_with FROM record") == {(OLD.version,)}


def test_records_from_before_versions_were_noted_are_of_the_model_in_force_until_one_is_adopted(
    emptied: Engine,
) -> None:
    told = told_of(people_of(2))
    in_base(emptied, told, OLD)
    found = found_in(emptied, told)
    with database.transaction(emptied) as session:
        session.execute(text("UPDATE record SET keyed_with = ''"))
        count = len(number_of(session))
    in_base(emptied, told_of([KERVADEC]), OLD)
    assert adopting.adopt(emptied, KEYS, Scorer(OLD), []) == {}
    assert found_in(emptied, told)[1] == found[1]
    assert adopted(emptied)["records"] == count + 1


def test_it_is_a_job_of_the_service(emptied: Engine, tmp_path: Path) -> None:
    in_base(emptied, told_of(people_of(1)), OLD)
    with database.transaction(emptied) as session:
        count = len(number_of(session))
    file = tmp_path / "new.json"
    file.write_text(dump_model(NEW), encoding="utf-8")
    settings = {
        "AGORA_TRAITS_KEYS": "t1:" + base64.b64encode(bytes(range(32))).decode(),
        "AGORA_IDENTITY_KEYS": "i1:" + base64.b64encode(bytes(range(1, 33))).decode(),
        "AGORA_IDENTITY_BLIND_KEY": base64.b64encode(KEYS.blind).decode(),
        "AGORA_IDENTITY_MODEL": str(file),
        "AGORA_IDENTITY_MODEL_BEFORE": "default",
    }
    command = [sys.executable, "-W", "ignore", "-m", "services.identity", "job", "adopt"]
    environment = {**os.environ, **settings}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f'"records": {count}' in done.stderr
    with database.transaction(emptied) as session:
        assert all_of(session, "SELECT DISTINCT keyed_with FROM record") == {("new",)}
