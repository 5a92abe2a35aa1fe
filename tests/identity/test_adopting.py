"""A new model takes the place of another while lines come: at the end persons are what they would be had
there never been another, but for the links that were in force and stay."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import adopting, schemas, use_cases
from services.identity.domain.blocking import keys_of
from services.identity.domain.default_model import default_model
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.scoring import Scorer
from services.identity.linking import Linker
from services.identity.storage import decisions, records
from services.sample.slips import statements as told_with_slips
from tests.conftest import RolledBack
from tests.identity.given import KEYS, NOW, announced, ids, personne, sealed

T = TypeVar("T")
OLD = default_model()


def model(version: str, *, join: float, gap: float = 2.0, population: int = 0, alike: float = 0.0) -> Model:
    """The model that ships, with another threshold (`gap` bits above that for keeping what was linked), and
    other keys: those of another population, for which the threshold moves as the prior does."""
    other = OLD.for_population(population or OLD.population)
    join += other.prior - OLD.prior
    return replace(
        other,
        version=version,
        thresholds=Thresholds(join, join - 2 * gap, join - gap),
        least_likeness=alike or OLD.least_likeness,
    )


NEW = model("new", join=4.0, population=100_000, alike=0.6)


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
KEYED = "SELECT mark, key, sketch FROM record_key JOIN record USING (record_id)"
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


def people_of(seed: int) -> list[dict[str, Any]]:
    """A few persons, each told of several times, one trait in four not quite right; some of them twice to the
    letter, and some who tell too little to be anybody's."""
    told = [_personne(one.told) for one in told_with_slips(8, seed=seed, faulty=0.25)]
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
        "alike": st.sampled_from([0.5, 0.6, 0.7, 0.8]),
    }
)


@settings(max_examples=60, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture])
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
        SELECT FROM (SELECT DISTINCT ON (declaration_id) * FROM decision ORDER BY declaration_id, version DESC)
             AS standing JOIN statement USING (declaration_id) JOIN record USING (record_id)
        WHERE (standing.person_id = record.person_id) = is_nobody
    """
    assert session.execute(text(wrong)).all() == []
