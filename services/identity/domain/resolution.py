"""Decides of whom each line of a chunk speaks.

1. A known NIR whose person's traits agree decides. One whose person's traits do not agree never does.
2. A NIR nobody has: an exact civil status decides when one person without any NIR has it. Whoever has
   another NIR is a homonym, however alike.
3. No NIR: an exact civil status decides when one person has it, and a human when several have.
4. Otherwise it is a new person.

Traits come as keyed hashes: to decide, nobody needs to read them.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Rule = Literal["nir", "etat_civil", "nouvelle_personne"]
Cause = Literal["nir_contredit", "homonymes"]


@dataclass(frozen=True, slots=True)
class Marks:
    """The keyed hashes of what is `Comparable`, None where that is None."""

    nir: bytes | None
    civil_status: bytes | None
    by_name: bytes | None
    by_first_name: bytes | None

    def agree_with(self, other: "Marks") -> bool:
        """Born the same day, of the same sex, with the same name or the same first name."""
        same_name = self.by_name is not None and self.by_name == other.by_name
        same_first_name = self.by_first_name is not None and self.by_first_name == other.by_first_name
        return same_name or same_first_name


@dataclass(frozen=True, slots=True)
class Line:
    """A line of which nothing is decided yet."""

    declaration_id: uuid.UUID
    marks: Marks


@dataclass(frozen=True, slots=True)
class Person:
    """A known person: its marks are of the traits that this declaration told."""

    person_id: uuid.UUID
    declaration_id: uuid.UUID
    marks: Marks


@dataclass(frozen=True, slots=True)
class Attributed:
    """The line speaks of this person."""

    person_id: uuid.UUID
    rule: Rule


@dataclass(frozen=True, slots=True)
class InReview:
    """A human must say of whom the line speaks."""

    cause: Cause


Decision = Attributed | InReview


@dataclass(slots=True)
class Register:
    """The persons a chunk may speak of; it grows as the chunk is read, and knows what it gained."""

    persons: dict[uuid.UUID, Person] = field(default_factory=dict)
    created: set[uuid.UUID] = field(default_factory=set)
    adopted: set[uuid.UUID] = field(default_factory=set)
    _by_nir: dict[bytes, uuid.UUID] = field(default_factory=dict)
    _by_civil_status: dict[bytes, set[uuid.UUID]] = field(default_factory=dict)

    @classmethod
    def of(cls, persons: Iterable[Person]) -> "Register":
        """A register of these persons."""
        register = cls()
        for person in persons:
            register._enter(person)
        return register

    def holder_of(self, nir: bytes | None) -> Person | None:
        """The person who has this NIR."""
        person_id = self._by_nir.get(nir) if nir is not None else None
        return self.persons[person_id] if person_id is not None else None

    def namesakes(self, civil_status: bytes | None) -> list[Person]:
        """The persons who have this civil status."""
        if civil_status is None:
            return []
        return [self.persons[person_id] for person_id in self._by_civil_status.get(civil_status, ())]

    def create(self, line: Line, person_id: uuid.UUID) -> None:
        """Enter a person nobody knew."""
        self._enter(Person(person_id, line.declaration_id, line.marks))
        self.created.add(person_id)

    def adopt(self, person: Person, line: Line) -> None:
        """A person of whom no NIR was known has this line's from now on; the other marks are the same."""
        self._enter(replace(person, declaration_id=line.declaration_id, marks=line.marks))
        if person.person_id not in self.created:
            self.adopted.add(person.person_id)

    def _enter(self, person: Person) -> None:
        self.persons[person.person_id] = person
        if person.marks.nir is not None:
            self._by_nir[person.marks.nir] = person.person_id
        if person.marks.civil_status is not None:
            self._by_civil_status.setdefault(person.marks.civil_status, set()).add(person.person_id)


def resolve(lines: Sequence[Line], register: Register, new_id: Callable[[], uuid.UUID]) -> list[Decision]:
    """One decision for each line, in order; whom they create, and who gains a NIR, is in the register."""
    return [_resolve_line(line, register, new_id) for line in lines]


def _resolve_line(line: Line, register: Register, new_id: Callable[[], uuid.UUID]) -> Decision:
    holder = register.holder_of(line.marks.nir)
    if holder is not None:
        agreed = line.marks.agree_with(holder.marks)
        return Attributed(holder.person_id, "nir") if agreed else InReview("nir_contredit")
    namesakes = register.namesakes(line.marks.civil_status)
    if line.marks.nir is not None:
        namesakes = [person for person in namesakes if person.marks.nir is None]
    if len(namesakes) > 1:
        return InReview("homonymes")
    if namesakes:
        if line.marks.nir is not None:
            register.adopt(namesakes[0], line)
        return Attributed(namesakes[0].person_id, "etat_civil")
    person_id = new_id()
    register.create(line, person_id)
    return Attributed(person_id, "nouvelle_personne")
