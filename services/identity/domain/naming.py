"""Which person a group of records is: it bears the name of its oldest record.

A name is given to a record when it is taken in, and never to another. So a person keeps its id as long as its
oldest record is in it; of two persons that become one, the older id stays; and when they are parted again,
each gets back the id that it had, whatever happened between. The price: where the oldest record itself turns
out to be somebody else's, the others go by the next one's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.identity.domain.clustering import Group


class Named(NamedTuple):
    """A record's number, which tells its age, and the name it was given."""

    record_id: int
    name: UUID


def name_groups(groups: Iterable[Group], records: Mapping[str, Named]) -> dict[int, UUID]:
    """The person of each record, by its number."""
    return {
        records[one].record_id: person_id
        for group in groups
        for person_id in (name_of(group, records),)
        for one in group
    }


def name_of(group: Sequence[str], records: Mapping[str, Named]) -> UUID:
    """The person that a group is."""
    return min(records[one] for one in group).name
