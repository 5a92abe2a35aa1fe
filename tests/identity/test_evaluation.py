"""A file goes through the service's own code, in a room of its own, and nothing of it is left."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from services.contracts.errors import Malformed, Unavailable
from services.identity.evaluation import figures
from services.identity.evaluation.report import write_report
from services.identity.evaluation.room import PREFIX, Room, room_in
from services.identity.evaluation.running import Asked, Evaluation, evaluate, open_source
from services.sample.slips import Statement, statements

pytestmark = pytest.mark.servers
WORDS = ("nom_naissance", "nom_usage", "prenoms", "sexe", "date_naissance", "lieu_naissance", "code_postal",
         "commune")  # fmt: skip
TOLD = statements(150, seed=5)


@pytest.fixture
def url(engine: Engine) -> str:
    """The service's own database, which has its own tables too."""
    assert engine
    return os.environ["AGORA_IDENTITY_DATABASE_URL"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some persons, several times each, with faults."""
    file = tmp_path_factory.mktemp("sample") / "records.csv"
    write(file, TOLD)
    return file


def write(file: Path, told: Sequence[Statement]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([*WORDS, "whose"])
        for one in told:
            cells = (one.told.get(word, "") for word in WORDS)
            writer.writerow(
                [*(cell if isinstance(cell, str) else " ".join(cell) for cell in cells), one.number]
            )


@contextmanager
def evaluated(url: str, asked: Asked) -> Iterator[tuple[Evaluation, Room]]:
    source = open_source(asked.records, asked.mapping, asked.truth)
    with room_in(url) as room:
        yield evaluate(asked, source, room, lambda _what, _count: None), room


def of_file(url: str, tmp_path: Path, content: str, chunk: int = 500) -> Evaluation:
    file = tmp_path / "absurd.csv"
    file.write_text(content)
    with evaluated(url, Asked(file, "whose", chunk=chunk)) as (found, _):
        return found


def rooms(url: str) -> list[str]:
    asked = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix)")
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.scalars(asked, {"prefix": PREFIX}))
    engine.dispose()
    return found


def persons_of(found: Evaluation, order: Sequence[int]) -> set[frozenset[int]]:
    """The persons found, as sets of rows of the file."""
    persons: dict[int, set[int]] = {}
    for line, person in enumerate(found.fed.person_of):
        persons.setdefault(person, set()).add(order[line])
    return set(map(frozenset, persons.values()))


def order_of(found: Evaluation, seed: int) -> list[int]:
    from random import Random

    rows = list(range(len(found.fed.truth_of)))
    Random(seed).shuffle(rows)
    return rows


def test_a_shuffled_file_gives_the_same_persons(url: str, sample: Path) -> None:
    shuffled = []
    for seed in (1, 2):
        with evaluated(url, Asked(sample, "whose", shuffle=seed, chunk=40)) as (found, _):
            shuffled.append(persons_of(found, order_of(found, seed)))
    assert shuffled[0] == shuffled[1]


def test_a_file_is_believed_when_it_says_that_a_nir_is_certified(url: str, tmp_path: Path) -> None:
    content = (
        "nom_naissance,prenoms,sexe,date_naissance,lieu_naissance,nir,nir_certifie,whose\n"
        "Durand,Zoé,F,1994-03-12,33063,2940333063005,oui,1\n"
        "Durand,Zoé,F,1994-03-12,33063,2940333063117,oui,2\n"
    )
    file = tmp_path / "certified.csv"
    file.write_text(content)
    with evaluated(url, Asked(file, "whose")) as (found, room), Session(room.engine) as session:
        assert len(set(found.fed.person_of)) == 2
        assert session.scalars(text("SELECT answer FROM verdict")).all() == ["separes"]


def test_the_sweep_finds_at_the_threshold_in_force_what_the_service_found(url: str, sample: Path) -> None:
    with evaluated(url, Asked(sample, "whose")) as (found, _):
        assert found.in_force in found.curve
        assert found.best_persons.persons.f1 >= found.in_force.persons.f1
        assert [one.join for one in found.curve] == sorted(one.join for one in found.curve)
        assert found.in_force.persons.f1 > 0.95


def test_learning_on_the_file_takes_no_label_and_is_told_apart(url: str, sample: Path) -> None:
    with evaluated(url, Asked(sample, "whose", learn=True)) as (found, _):
        assert found.learning_seconds
        assert found.model.version == "evaluation"
        assert found.model.population == len(TOLD)


def test_splink_is_measured_on_the_same_lines(url: str, sample: Path) -> None:
    with evaluated(url, Asked(sample, "whose", splink=True)) as (found, _):
        assert found.splink
        assert max(one.pairs.f1 for one in found.splink) > 0.8
        assert {row[0] for row in figures.tables_of(found)[0].rows} >= {"en vigueur", "Splink, le meilleur"}


def test_pairs_of_one_person_are_found_together_or_missed_for_a_cause(url: str, sample: Path) -> None:
    with evaluated(url, Asked(sample, "whose")) as (found, _):
        recall = found.in_force.pairs.recall
        true = found.true.pairs
        assert found.mistakes.true == true
        assert round((1 - recall) * true) == sum(found.mistakes.missed.values())
        # A pair that was dropped unopened may still be together through a third.
        assert found.mistakes.recall_of_keys > 0.99


@pytest.mark.parametrize("how", ["an end", "an error", "the keyboard"])
def test_nothing_is_left_after(url: str, how: str) -> None:
    errors = {"an error": RuntimeError, "the keyboard": KeyboardInterrupt}

    def run() -> None:
        with room_in(url):
            assert len(rooms(url)) == 1
            if how in errors:
                raise errors[how]

    if how in errors:
        with pytest.raises(errors[how]):
            run()
    else:
        run()
    assert rooms(url) == []


def test_the_room_of_a_killed_run_is_cleared_up_by_the_next_and_that_of_a_living_one_is_not(url: str) -> None:
    with room_in(url):
        (living,) = rooms(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {PREFIX}killed CREATE TABLE record (name text)"))
        engine.dispose()
        with room_in(url):
            found = rooms(url)
            assert living in found
            assert f"{PREFIX}killed" not in found


def test_the_service_s_own_tables_are_not_touched(url: str, engine: Engine, sample: Path) -> None:
    counted = text("SELECT (SELECT count(*) FROM statement), (SELECT count(*) FROM record)")
    with engine.connect() as connection:
        before = connection.execute(counted).one()
    with evaluated(url, Asked(sample, "whose")), engine.connect() as connection:
        assert connection.execute(counted).one() == before


def test_a_run_does_not_make_the_service_wait(url: str, engine: Engine) -> None:
    from services.identity.storage import records

    with room_in(url) as room, Session(room.engine) as one, Session(engine) as other:
        records.hold(one)
        other.execute(text("SET LOCAL lock_timeout = '2s'"))
        records.hold(other)


ABSURD = [
    pytest.param("", "fichier_vide", id="empty"),
    pytest.param("\n\n", "fichier_vide", id="nothing but ends of lines"),
    pytest.param("surname,whose\n", "fichier_vide", id="titles alone"),
    pytest.param("surname\nMartin\n", "colonne_absente", id="no truth"),
    pytest.param("surname,whose\nMartin,\n", "verite_absente", id="an empty truth"),
    pytest.param("taille,whose\n182,1\n", "colonnes_inconnues", id="no name"),
    pytest.param('surname,whose\n"' + "x" * 200_000, "fichier_illisible", id="a quote that never ends"),
]


@pytest.mark.parametrize(("content", "code"), ABSURD)
def test_a_file_that_cannot_be_evaluated_says_why(tmp_path: Path, content: str, code: str) -> None:
    file = tmp_path / "absurd.csv"
    file.write_text(content)
    with pytest.raises(Malformed) as refused:
        open_source(file, (), "whose")
    assert refused.value.code == code


def test_a_database_that_does_not_answer_is_told() -> None:
    with (
        pytest.raises(Unavailable) as refused,
        room_in("postgresql+psycopg://agora:hidden@127.0.0.1:1/agora?connect_timeout=2"),
    ):
        pass
    assert refused.value.code == "base_injoignable"
    assert "hidden" not in refused.value.message


def test_thousands_of_test_test_are_nobody(url: str, tmp_path: Path) -> None:
    lines = "".join(f"TEST,TEST,{at}\n" for at in range(10_000))
    found = of_file(url, tmp_path, f"surname,first_name,whose\n{lines}", chunk=5000)
    assert found.in_force.pairs.precision == 1
    assert found.in_force.found == 10_000


def test_thousands_of_the_same_line_are_one_record(url: str, tmp_path: Path) -> None:
    line = "Abgrall,Maëlenn,1987-04-23,29200,Brest,1\n"
    titles = "surname,first_name,dob,postcode,city,whose\n"
    found = of_file(url, tmp_path, titles + line * 20_000, chunk=5000)
    assert found.in_force.found == 1
    assert found.in_force.pairs.f1 == 1


def test_thousands_of_lines_like_one_another_end(url: str, tmp_path: Path) -> None:
    lines = "".join(f"Martin,Jean,{at % 28 + 1:02d}/05/1987,29200,Brest,1\n" for at in range(3_000))
    found = of_file(url, tmp_path, "surname,first_name,dob,postcode,city,whose\n" + lines)
    assert len(found.fed.person_of) == 3_000


@given(rows=st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12)), max_size=8))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_in_a_file_stops_its_evaluation(
    url: str, tmp_path: Path, rows: list[tuple[str, str, str]]
) -> None:
    file = tmp_path / "any.csv"
    with file.open("w", encoding="utf-8", errors="replace", newline="") as opened:
        writer = csv.writer(opened, quoting=csv.QUOTE_ALL)
        writer.writerow(["surname", "first_name", "dob", "whose"])
        writer.writerow(["Martin", "Jean", "1990-01-01", "1"])
        writer.writerows([*row, at] for at, row in enumerate(rows))
    with evaluated(url, Asked(file, "whose")) as (found, _):
        assert len(found.fed.person_of) == found.source.survey.rows


def test_the_page_is_its_owner_s_alone_stands_alone_and_obeys_no_name(url: str, tmp_path: Path) -> None:
    file, page = tmp_path / "records.csv", tmp_path / "page.html"
    script = "<script>alert(1)</script>"
    file.write_text(
        "surname,first_name,dob,postcode,city,whose\n"
        f"Abgrall,Maëlenn,1987-04-23,29200,Brest {script},1\n"
        f"Abgrall,Maëlenn,1987-04-23,29200,Brest {script}s,2\n"
    )
    with evaluated(url, Asked(file, "whose")) as (found, room):
        write_report(page, found, room, None)
    written = page.read_text(encoding="utf-8")
    assert "Données personnelles" in written
    assert "&lt;script&gt;" in written
    assert "<script" not in written
    assert page.stat().st_mode & 0o777 == 0o600
    for outside in ("src=", "@import", "url(http", "<link"):
        assert outside not in written


def test_hundreds_of_records_like_one_another_are_not_clustered_over_and_over(
    url: str, tmp_path: Path
) -> None:
    lines = "".join(f"Martin,Jean,01/01/1970,{10_000 + 97 * at},Paris,{at}\n" for at in range(300))
    found = of_file(url, tmp_path, "surname,first_name,dob,postcode,city,whose\n" + lines)
    assert found.in_force in found.curve
    assert len({one.found for one in found.curve}) == 1
