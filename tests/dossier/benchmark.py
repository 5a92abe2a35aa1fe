"""How many contributions a second dossier takes, alone: from the bytes of the messages to the commit.

    python -m tests.dossier.benchmark [--persons 20000] [--chunk 500] [--processes 2] [--readings 500]

The database is the one of AGORA_DOSSIER_DATABASE_URL; its tables are emptied. Lives are those of the sample:
what is said of persons comes as it was said, by source and in chunks, first the words, then of whom they are.
Then parcours of twenty dossiers are read, without access's part of it, and folds are timed by themselves.
"""

import argparse
import multiprocessing
import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import orjson
from sqlalchemy import Engine, text

from services.chassis import database, inbox, migrations
from services.chassis.roles import collect_seldom
from services.chassis.settings import settings_of
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.contracts.ingestion import DECLARATIONS_ACCEPTED
from services.dossier import answers, desk, use_cases
from services.dossier.desk import When
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.fold import fold
from services.dossier.storage.tables import metadata
from services.dossier.use_cases import Moment
from services.sample.lives import Life
from services.sample.organisations import PARTNERS
from services.sample.persons import person
from tests.conftest import empty
from tests.dossier.given import OPCO, PSEUDONYMS, event, formation, paid

TODAY = date(2026, 6, 30)
MOMENT = Moment(datetime(2026, 6, 30, tzinfo=UTC), TODAY)
PROFILES = {partner.siret: partner.profile for partner in PARTNERS}
SAYS, ATTRIBUTES = DECLARATIONS_ACCEPTED.schema(), DECLARATIONS_ATTRIBUTED.schema()
_LINES = uuid.UUID(int=77)
DOSSIERS_OF_A_READER = 20


def messages(first: int, last: int, chunk: int) -> Iterator[tuple[bytes, bytes]]:
    """What ingestion and identity tell of these persons, a chunk of each at a time."""
    waiting: dict[str, list[tuple[dict[str, Any], uuid.UUID]]] = defaultdict(list)
    for number in range(first, last):
        random = Random(number)
        begins = date(2023 + number % 3, 1 + number % 12, 1)
        said = Life(random, person(random, number, TODAY), begins, TODAY).statements()
        for place, one in enumerate(said):
            line, of = _line(one.source, one.declaration, number, place), uuid.UUID(int=number + 1)
            waiting[one.source].append((line, of))
            if len(waiting[one.source]) == chunk:
                yield _message(one.source, waiting.pop(one.source))
    for source, lines in waiting.items():
        yield _message(source, lines)


def _line(source: str, said: dict[str, Any], number: int, place: int) -> dict[str, Any]:
    return {
        "declaration_id": uuid.uuid5(_LINES, f"{number}/{place}"),
        "ligne": place + 1,
        "nature": said["nature"],
        "reference": said["reference"],
        "emise_le": said["emise_le"],
        "dossier": said.get("dossier") or {"financeur": source, "reference": said["reference"]},
        "rectifie": None,
        "faits": said.get("faits", {}),
    }


def _message(source: str, lines: list[tuple[dict[str, Any], uuid.UUID]]) -> tuple[bytes, bytes]:
    accepted = {
        "lot_id": uuid.uuid4(),
        "lot": "LOT",
        "source": source,
        "profile": PROFILES[source],
        "received_at": MOMENT.now,
        "declarations": [line for line, _ in lines],
    }
    attributed = {
        "at": MOMENT.now,
        "attributions": [
            {"declaration_id": line["declaration_id"], "person_id": of, "version": 1, "rule": "contenu"}
            for line, of in lines
        ],
    }
    return orjson.dumps(accepted), orjson.dumps(attributed)


def take_in(asked: tuple[int, int, int]) -> tuple[int, float, float]:
    """Handle the messages of some persons, as the doors do; returns how many lines, in how many seconds, and
    how many of these this process computed itself."""
    engine = database.engine_of(settings_of("dossier"), connections=1)
    told = list(messages(*asked))
    collect_seldom()  # as a process of the service does
    began, computed = time.perf_counter(), time.process_time()
    lines = 0
    for accepted, attributed in told:
        body = SAYS.load(orjson.loads(accepted))
        lines += len(body["declarations"])
        _handle(engine, "keep", use_cases.keep_contributions, body)
        body = ATTRIBUTES.load(orjson.loads(attributed))
        _handle(engine, "follow", use_cases.follow_attributions, body["attributions"])
    seconds, own = time.perf_counter() - began, time.process_time() - computed
    engine.dispose()
    return lines, seconds, own


def _handle(engine: Engine, listener: str, use_case: Callable[..., None], told: Any) -> None:
    with database.transaction(engine) as session:
        inbox.remember(session, str(uuid.uuid4()), listener)
        use_case(session, PSEUDONYMS, MOMENT, told)


# --- reading -------------------------------------------------------------------------------------


def read(engine: Engine, readings: int) -> list[float]:
    """Seconds that each reading of a parcours of twenty dossiers takes, of as many persons."""
    persons = [uuid.UUID(int=10**9 + number) for number in range(50)]
    for of in persons:
        _write_parcours(engine, of)
    opened = {"blocs": list(answers_blocks()), "masques": []}
    took = []
    for number in range(readings):
        began = time.perf_counter()
        with database.transaction(engine) as session:
            found = desk.find_parcours(
                session, PARTNERS[0].siret, f"D{persons[number % 50].int}-0", When(TODAY)
            )
        assert len(found.dossiers) == DOSSIERS_OF_A_READER
        shown = [answers.dossier_to_wire(one, opened, (), TODAY) for one in found.dossiers]
        orjson.dumps(shown)
        took.append(time.perf_counter() - began)
    return took


def answers_blocks() -> tuple[str, ...]:
    """All blocks of a dossier."""
    return ("formation", "dates", "financements", "remunerations", "certifications")


def _write_parcours(engine: Engine, of: uuid.UUID) -> None:
    source = PARTNERS[0].siret
    lines: list[tuple[dict[str, Any], uuid.UUID]] = []
    for number in range(DOSSIERS_OF_A_READER):
        faits = formation(debut_prevu=f"20{number + 10}-02-01", fin_prevue=f"20{number + 10}-05-01")
        for nature, told in (
            ("formation", faits),
            ("realisation", {"evenement": "entree", "le": faits["debut_prevu"]}),
            ("financement", {"postes": [{"nature": "pedagogique", "montant": 100_000}]}),
        ):
            said = {
                "nature": nature,
                "reference": f"D{of.int}-{number}",
                "emise_le": MOMENT.now.isoformat(),
                "faits": told,
            }
            lines.append((_line(source, said, of.int, len(lines)), of))
    accepted, attributed = _message(source, lines)
    with database.transaction(engine) as session:
        use_cases.keep_contributions(session, PSEUDONYMS, MOMENT, SAYS.load(orjson.loads(accepted)))
    with database.transaction(engine) as session:
        told_of = ATTRIBUTES.load(orjson.loads(attributed))["attributions"]
        use_cases.follow_attributions(session, PSEUDONYMS, MOMENT, told_of)


# --- folding -------------------------------------------------------------------------------------


def time_folds(times: int = 1000) -> float:
    """Seconds that a fold of one dossier of 50 contributions takes, at the median: it is planned, paid for,
    begun, stopped and resumed, and at last ended."""
    begins = date(2026, 1, 5)
    stops = [
        event(name, (begins + timedelta(days=7 * week + shift)).isoformat())
        for week in range(1, 24)
        for name, shift in (("interruption", 0), ("reprise", 3))
    ]
    happened = [event("entree", begins.isoformat()), *stops, event("sortie", "2026-06-29")]
    told = [("formation", formation(fin_prevue="2026-06-30")), ("financement", paid(400_000))]
    told += [("realisation", one) for one in happened]
    known = [
        Contribution(
            uuid.uuid5(_LINES, str(place)), OPCO, nature, "D1", MOMENT.now, place, File(OPCO, "D1"), faits
        )
        for place, (nature, faits) in enumerate(told)
    ]
    assert len(known) == 50
    took = []
    for _ in range(times):
        began = time.perf_counter()
        fold(uuid.UUID(int=1), known)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser()
    for name, default in (("persons", 20_000), ("chunk", 500), ("processes", 2), ("readings", 500)):
        asked.add_argument(f"--{name}", type=int, default=default)
    told = asked.parse_args()
    settings = settings_of("dossier")
    engine = database.engine_of(settings, connections=2)
    migrations.migrate("dossier", engine, metadata)
    empty(engine, metadata)
    step = told.persons // told.processes
    parts = [(start, start + step, told.chunk) for start in range(0, step * told.processes, step)]
    with multiprocessing.get_context("spawn").Pool(told.processes) as pool:
        done = pool.map(take_in, parts)
    lines, seconds, own = (
        sum(one[0] for one in done),
        max(one[1] for one in done),
        sum(one[2] for one in done),
    )
    print(
        f"{lines} contributions by {told.processes} processes: {lines / seconds:.0f} a second; "
        f"{own / lines * 1e6:.0f} µs of computing each, the database's apart"
    )
    with database.transaction(engine) as session:
        dossiers = session.execute(text("SELECT count(*) FROM dossier")).scalar_one()
        session.execute(text("ANALYZE"))
    took = read(engine, told.readings)
    ends = statistics.quantiles(took, n=20)
    print(
        f"a parcours of {DOSSIERS_OF_A_READER} dossiers among {dossiers}: "
        f"median {statistics.median(took) * 1000:.1f} ms, p95 {ends[-1] * 1000:.1f} ms"
    )
    print(f"a fold of a dossier of 50 contributions: {time_folds() * 1000:.2f} ms")
    empty(engine, metadata)


if __name__ == "__main__":
    main()
