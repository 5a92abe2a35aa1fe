"""Pairs to learn from: those that share a key, some drawn at random, and some of one postcode."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random

from services.identity.domain.blocking import keys_of
from services.identity.domain.model import Model
from services.identity.domain.records import Record

Pair = tuple[int, int]

# A block that the frequencies did not foresee (one person's thousand lines) teaches no more than its first.
_LARGEST_BLOCK = 500


def candidate_pairs(records: Sequence[Record], model: Model, most: int) -> list[Pair]:
    """The pairs of records that share a key, in order; at most about so many, of the finest blocks first."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for at, record in enumerate(records):
        for key in keys_of(record, model):
            blocks[key].append(at)
    pairs: set[Pair] = set()
    for block in sorted(
        (block for block in blocks.values() if len(block) > 1), key=lambda one: (len(one), one)
    ):
        pairs.update(itertools.combinations(block[:_LARGEST_BLOCK], 2))
        if len(pairs) >= most:
            break
    return sorted(pairs)


def random_pairs(records: Sequence[Record], count: int, random: Random) -> Iterator[Pair]:
    """So many pairs of different records, drawn at random."""
    size = len(records)
    for _ in range(count if size > 1 else 0):
        one, other = random.randrange(size), random.randrange(size - 1)
        yield one, other + (other >= one)


def pairs_of_one_postcode(records: Sequence[Record], count: int, random: Random) -> Iterator[Pair]:
    """So many pairs of records of one postcode, if there are any."""
    homes: dict[str, list[int]] = defaultdict(list)
    for at, record in enumerate(records):
        if record.postcode and record.commune:
            homes[record.postcode].append(at)
    shared = [home for home in homes.values() if len(home) > 1]
    sizes = [len(home) * (len(home) - 1) for home in shared]
    for home in random.choices(shared, sizes, k=count) if shared else ():
        one, other = random.sample(home, 2)
        yield one, other
