"""What was known when, and what was true when: the two times of a contribution.

Known: from the instant at which a person's parcours had it, until identity gave it to another person. True:
from the day on which what it says took effect. A parcours is folded from what was known at an instant, as far
as it was true on a day; both are now where they are not asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.dossier.domain.cofinancement import Ruling
from services.dossier.domain.contribution import Contribution


@dataclass(frozen=True, slots=True)
class Learned:
    """A contribution, when a parcours came to have it, when it lost it, and when its source took it back."""

    contribution: Contribution
    recorded_at: datetime
    moved_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling about two files, when it was made, and when it was taken back."""

    ruling: Ruling
    ruled_at: datetime
    revoked_at: datetime | None = None


def ruled(rulings: Iterable[Ruled], at: datetime | None = None) -> list[Ruling]:
    """The rulings in force at an instant; of two about the same files, the later is the last."""
    return [
        one.ruling
        for one in rulings
        if not _is_before(at, one.ruled_at) and not _has_been(one.revoked_at, at)
    ]


def known(
    learned: Iterable[Learned], at: datetime | None = None, on: str | None = None
) -> Iterator[Contribution]:
    """What was known of a person at an instant, as far as it was true on a day (`aaaa-mm-jj`)."""
    for one in learned:
        if _is_before(at, one.recorded_at) or _has_been(one.moved_at, at):
            continue
        if on is not None and one.contribution.effective_on > on:
            continue
        said = _until(one.contribution, on) if on is not None else one.contribution
        yield replace(said, withdrawn=True) if _has_been(one.withdrawn_at, at) else said


def still_hers(learned: Sequence[Learned]) -> list[Learned]:
    """What was learned of a person from the lines that are hers by now, whenever she had them."""
    hers = {one.contribution.declaration_id for one in learned if one.moved_at is None}
    return [one for one in learned if one.contribution.declaration_id in hers]


def instants(learned: Iterable[Learned]) -> list[datetime]:
    """When something was learned, or ended, in order."""
    found = {when for one in learned for when in (one.recorded_at, one.moved_at, one.withdrawn_at) if when}
    return sorted(found)


def differences(before: Any, after: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each path at which two values differ, with both; None where there is nothing."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from differences(before.get(name), after.get(name), f"{at}.{name}" if at else name)
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            one, other = (each[number] if number < len(each) else None for each in (before, after))
            yield from differences(one, other, f"{at}.{number}")
    else:
        yield at, before, after


def _is_before(at: datetime | None, when: datetime) -> bool:
    return at is not None and at < when


def _has_been(when: datetime | None, at: datetime | None) -> bool:
    return when is not None and (at is None or when <= at)


def _until(one: Contribution, on: str) -> Contribution:
    """What a job or a follow-up was on a day: its end, if it came later, was still to come."""
    if one.nature in ("emploi", "accompagnement") and one.faits.get("fin", "") > on:
        faits = {name: value for name, value in one.faits.items() if name not in ("fin", "motif_fin")}
        return replace(one, faits=faits)
    return one
