"""How many lines a second identity resolves, alone: from the bytes of the message to the commit.

    python -m tests.identity.benchmark [--lines 50000] [--chunk 500] [--workers 1] [--profile]

The database is the one of AGORA_IDENTITY_DATABASE_URL; its identity tables are emptied. Four passes:
everybody is new; everybody is known by NIR; known, told without NIR; half new and half known.
"""

import argparse
import cProfile
import itertools
import pstats
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from sqlalchemy import Engine, text

from services.chassis import database, inbox, migrations
from services.chassis.settings import settings_of
from services.contracts.ingestion import TRAITS_RECEIVED
from services.identity import use_cases
from services.identity.storage.tables import metadata
from tests.conftest import empty
from tests.identity.given import KEYS, NOW, ids, nir_of, personne, sealed

READ = TRAITS_RECEIVED.schema()
NAMES = ["Martin", "Bernard", "Le Gall", "d’Artagnan", "Lefèvre", "N’Diaye", "Garcia", "de La Fontaine"]
FIRST_NAMES = ["Marie", "Jean-Noël", "Chloé", "Mohamed", "Anne Sophie", "Zoé", "Paul", "François"]


def person(number: int, with_nir: bool) -> dict[str, Any]:
    """The same person for the same number, and no homonyms."""
    return personne(
        nir=nir_of(number) if with_nir else None,
        nom_naissance=f"{NAMES[number % 8]} {number:x}",
        nom_usage=NAMES[number // 8 % 8],
        prenoms=[FIRST_NAMES[number // 64 % 8], FIRST_NAMES[number % 7]],
        date=f"{1960 + number % 45}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        commune=f"{number % 80 + 10:02d}{number % 899 + 100:03d}".replace("20", "21", 1),
    )


def messages(numbers: list[int], chunk: int, with_nir: bool) -> list[bytes]:
    """The bytes that ingestion would publish."""
    return [
        orjson.dumps(
            {
                "lot_id": uuid.uuid4(),
                "source": "73282932000074",
                "declarations": ids(len(part)),
                "sealed": sealed([person(number, with_nir) for number in part]),
            }
        )
        for part in _chunks(numbers, chunk)
    ]


def _chunks(numbers: list[int], chunk: int) -> Iterator[list[int]]:
    return (numbers[start : start + chunk] for start in range(0, len(numbers), chunk))


def resolve(engine: Engine, message: bytes) -> None:
    """What the listener and the door do of a message."""
    body = READ.load(orjson.loads(message))
    with database.transaction(engine) as session:
        inbox.remember(session, str(uuid.uuid4()), "resolve_persons")
        use_cases.resolve_persons(session, KEYS, NOW, body["declarations"], body["sealed"])


def resolve_all(engine: Engine, told: list[bytes]) -> None:
    for message in told:
        resolve(engine, message)


def measure(name: str, engine: Engine, workers: int, told: list[bytes], lines: int) -> None:
    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(resolve, itertools.repeat(engine), told))
    seconds = time.perf_counter() - began
    print(f"{name:34} {lines / seconds:8,.0f} lines/s   {1000 * seconds / len(told):6.1f} ms a chunk")


def profiled(run: Callable[[], None]) -> None:
    profile = cProfile.Profile()
    profile.runcall(run)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--chunk", type=int, default=500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()

    engine = database.engine_of(settings_of("identity"), connections=asked.workers)
    migrations.migrate("identity", engine, metadata)
    empty(engine, metadata)
    with engine.connect() as connection:
        durability = [connection.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit")]
    print(f"fsync {durability[0]}, synchronous_commit {durability[1]}, {asked.workers} worker(s)")

    numbers = list(range(asked.lines))
    passes = {
        "with NIR, everybody new": (numbers, True),
        "with NIR, everybody known": (numbers, True),
        "without NIR, everybody known": (numbers, False),
        "with NIR, half new, half known": ([number + asked.lines // 2 for number in numbers], True),
    }
    for name, (people, with_nir) in passes.items():
        told = messages(people, asked.chunk, with_nir)
        measure(name, engine, asked.workers, told, len(people))
    if asked.profile:
        told = messages([number + 2 * asked.lines for number in numbers[:5_000]], asked.chunk, True)
        profiled(lambda: resolve_all(engine, told))


if __name__ == "__main__":
    main()
