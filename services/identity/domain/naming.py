"""Which person each group of records is, when groups change: persons keep their ids, and none is used again.

A group takes over the person most of whose records it holds; of two groups with the same claim, the one with
the surer claim first: more records, then the first by its records. A group that takes over nobody is a person
nobody knew.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from services.identity.domain.clustering import Group


def name_groups(
    groups: Sequence[Group], was: Mapping[str, uuid.UUID], new_id: Callable[[], uuid.UUID]
) -> dict[str, uuid.UUID]:
    """The person of each record. `was` says whose each record was; those it does not name are new."""
    claims = sorted(
        (-count, group, person_id)
        for group in groups
        for person_id, count in Counter(was[one] for one in group if one in was).items()
    )
    person_of: dict[Group, uuid.UUID] = {}
    taken: set[uuid.UUID] = set()
    for _, group, person_id in claims:
        if group not in person_of and person_id not in taken:
            person_of[group] = person_id
            taken.add(person_id)
    return {one: person_of.get(group) or made for group in groups for made in (new_id(),) for one in group}
