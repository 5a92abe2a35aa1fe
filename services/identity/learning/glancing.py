"""What sketches tell, learned: how alike those of one person are, and those of two that share a key."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.identity.domain.records import Record
from services.identity.domain.sketching import (
    EVERYTHING,
    LEVELS,
    PARTS,
    Glance,
    Glances,
    levels_of,
    rows_of,
    sketch_of,
    unkeyed,
)
from services.identity.learning.pairs import Pair

# Of the pairs of one person, this share may be lost for weighing less than all others.
_MISSED = 0.0005
# Fewer pairs of one person do not tell how unlike they can be: all that share a key are compared.
_ENOUGH = 500
# From some ten thousand records to some ten millions.
_DOUBLINGS = 12
# So many pairs of the fewer are added to each level: none is impossible.
_UNSEEN = 0.5


def glances_of(records: Sequence[Record], alike: Mapping[Pair, float], unlike: Sequence[Pair]) -> Glances:
    """The weights of the parts of sketches, of pairs that share a key: `alike` are those of one person, with
    their weights in bits. From the least on, nearly all of these are compared; where damage is rare, few
    others are. Among twice as many records a pair weighs a bit less, and one that is no link any more need
    not be looked at."""
    if len(alike) < _ENOUGH:
        return EVERYTHING
    sketches = rows_of([sketch_of(record, unkeyed) for record in records])
    ones, others = (np.array(pairs, np.intp).reshape(-1, 2) for pairs in (list(alike), unlike))
    weights = {
        part.name: _weights(_counts(of_one), _counts(of_two))
        for part, of_one, of_two in zip(
            PARTS,
            levels_of(sketches[ones[:, 0]], sketches[ones[:, 1]]),
            levels_of(sketches[others[:, 0]], sketches[others[:, 1]]),
            strict=True,
        )
    }
    seen = Glance(weights, 0.0).weigh(sketches[ones[:, 0]], sketches[ones[:, 1]])
    of_pairs, leasts = np.array(list(alike.values())), []
    for doublings in range(_DOUBLINGS):
        still = np.sort(seen[of_pairs >= doublings])
        if len(still) < _ENOUGH:
            break
        leasts.append(round(float(still[int(_MISSED * len(still))]) - 0.01, 2))
    return Glances(weights, tuple(leasts), len(records))


def _counts(levels: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many pairs are on each level; those of which one says nothing are on none."""
    return np.bincount(levels[levels >= 0], minlength=LEVELS)


def _weights(of_one: NDArray[np.intp], of_two: NDArray[np.intp]) -> tuple[float, ...]:
    """The weight of each level, in bits; of one that nobody is on, none."""
    unseen = _UNSEEN / max(min(of_one.sum(), of_two.sum()), 1)
    m, u = (counts / max(counts.sum(), 1) + unseen for counts in (of_one, of_two))
    weights = np.log2(m) - np.log2(u)
    return tuple(round(float(weight), 2) for weight in weights)
