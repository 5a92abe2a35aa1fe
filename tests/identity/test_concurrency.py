"""Several services resolve at once: nobody is made twice, and nobody waits for ever."""

import random
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.chassis import database
from services.identity import desk, schemas, use_cases
from services.identity.moving import move
from services.identity.storage import decisions, records
from services.identity.storage.rulings import Ruled
from services.sample.persons import person
from tests.identity.given import NOW, ids, linker, nir_of, personne, sealed

SERVICES, ROUNDS, CHUNKS, LINES, PEOPLE = 6, 12, 4, 60, 80

Chunk = tuple[Sequence[uuid.UUID], list[dict[str, Any]]]


def somebody(number: int, with_nir: bool) -> dict[str, Any]:
    """One person for each number, with or without their NIR, however the name is written."""
    one = person(random.Random(number), number, date(2026, 6, 30))
    write = random.choice([str.upper, str.lower, str.title])
    return personne(
        nir=one.nir if with_nir else None,
        nom_naissance=write(one.nom_naissance),
        prenoms=list(one.prenoms),
        sexe=one.sexe,
        date=one.born.isoformat(),
        commune=one.commune,
        pays=one.pays,
    )


def resolve(engine: Engine, chunks: Sequence[Chunk], start: Barrier) -> None:
    for declarations, people in chunks:
        start.wait(30)
        with database.transaction(engine) as session:
            use_cases.resolve_persons(linker(session), NOW, declarations, sealed(people))


def at_once(engine: Engine, chunks_of_each: Sequence[Sequence[Chunk]]) -> None:
    """Each service resolves its chunks, the first of all at the same moment, and so on."""
    start = Barrier(len(chunks_of_each))
    with ThreadPoolExecutor(len(chunks_of_each)) as services:
        running = [services.submit(resolve, engine, chunks, start) for chunks in chunks_of_each]
    for one in running:
        one.result()


def counted(engine: Engine, sql: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(sql)).scalar_one()


@pytest.mark.parametrize(
    "has_nir",
    [
        pytest.param(lambda: True, id="all with NIR"),
        pytest.param(lambda: False, id="none with NIR"),
        pytest.param(lambda: random.random() < 0.5, id="some with NIR"),
    ],
)
def test_services_that_resolve_at_once_make_nobody_twice(
    emptied: Engine, has_nir: Callable[[], bool]
) -> None:
    for round_ in range(ROUNDS):
        first = round_ * PEOPLE
        at_once(
            emptied,
            [
                [
                    (
                        ids(LINES),
                        [somebody(first + random.randrange(PEOPLE), has_nir()) for _ in range(LINES)],
                    )
                    for _ in range(CHUNKS)
                ]
                for _ in range(SERVICES)
            ],
        )
    told = ROUNDS * SERVICES * CHUNKS * LINES
    assert counted(emptied, "SELECT count(*) FROM decision WHERE version = 1") == told
    assert counted(emptied, "SELECT count(*) FROM decision WHERE person_id IS NULL") == 0
    # So many lines speak of so few that each was spoken of, but for luck beyond any belief.
    assert counted(emptied, "SELECT count(DISTINCT person_id) FROM record") == ROUNDS * PEOPLE
    standing = "SELECT DISTINCT ON (declaration_id) * FROM decision ORDER BY declaration_id, version DESC"
    agree = (
        f"SELECT count(*) FROM ({standing}) AS standing JOIN statement USING (declaration_id) "
        "JOIN record USING (record_id) WHERE standing.person_id <> record.person_id"
    )
    assert counted(emptied, agree) == 0


def test_one_chunk_in_several_messages_is_decided_once(emptied: Engine) -> None:
    for _ in range(ROUNDS):
        people = [personne(nir=nir_of(number), nom_naissance="TEST") for number in range(30)] + [
            personne(nom_naissance="TEST")
        ] * 30
        chunk = (ids(len(people)), people)
        backwards = (chunk[0][::-1], people[::-1])
        at_once(emptied, [[chunk], [backwards]] * 3)
    decided = "SELECT count(DISTINCT declaration_id) = count(*) FROM decision"
    assert counted(emptied, decided)
    assert counted(emptied, "SELECT count(*) FROM statement") == ROUNDS * 60


def test_a_chunk_of_known_nirs_waits_for_nobody(emptied: Engine) -> None:
    known = [personne(nir=nir_of(number)) for number in range(50)]
    with database.transaction(emptied) as session:
        use_cases.resolve_persons(linker(session), NOW, ids(50), sealed(known))
    with database.transaction(emptied) as slow, database.transaction(emptied) as quick:
        quick.execute(text("SET LOCAL lock_timeout = '1s'"))
        use_cases.resolve_persons(linker(slow), NOW, ids(51), sealed([*known, personne(nir=nir_of(99))]))
        use_cases.resolve_persons(linker(quick), NOW, ids(50), sealed(known))


def test_a_line_told_again_is_of_whom_its_record_is_given_to_meanwhile(emptied: Engine) -> None:
    def tell() -> uuid.UUID:
        with database.transaction(emptied) as session:
            (line,) = ids(1)
            use_cases.resolve_persons(linker(session), NOW, [line], sealed([personne()]))
            return decisions.standing(session, [line])[0].person_id

    was, other = tell(), uuid.uuid4()
    with ThreadPoolExecutor(1) as service, database.transaction(emptied) as session:
        (number,) = session.scalars(text("SELECT record_id FROM record"))
        records.hold(session)
        move(linker(session), NOW, {number: other}, "regroupement")
        telling = service.submit(tell)
        with pytest.raises(TimeoutError):
            telling.result(0.5)
        session.commit()
        assert telling.result(30) == other != was


def test_a_link_asked_several_times_at_once_while_lines_come_is_ruled_once(emptied: Engine) -> None:
    lines = ids(2)
    with database.transaction(emptied) as session:
        use_cases.resolve_persons(
            linker(session), NOW, lines, sealed([personne(), personne(prenoms=["Anne"])])
        )
    asked = {"reference": "R1", "agent": "AGT-1", "declarations": lines, "motif": "acte_presente"}
    start = Barrier(SERVICES)

    def link(number: int) -> Ruled:
        start.wait(30)
        with database.transaction(emptied) as session:
            use_cases.resolve_persons(
                linker(session), NOW, ids(1), sealed([personne(nom_usage=f"Roux{number}")])
            )
        with database.transaction(emptied) as session:
            ruling = schemas.read_ruling("link", "99000029100015", asked)
            return desk.link(linker(session), NOW, ruling, lines)

    with ThreadPoolExecutor(SERVICES) as services:
        ruled = list(services.map(link, range(SERVICES)))
    assert len({(one.ruling_id, tuple(one.person_ids), one.moved) for one in ruled}) == 1
    assert counted(emptied, "SELECT count(*) FROM ruling") == 1
