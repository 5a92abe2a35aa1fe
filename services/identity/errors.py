"""What can go wrong here. Codes, never a value.

Unreadable("traits_…")   the traits of a chunk are not what ingestion seals; no attempt will change that
BlindKeyUnknown          this process has another blind key than the one by which persons are known
"""

from services.chassis.errors import Unreadable


class BlindKeyUnknown(Exception):
    """With this blind key nobody would be found again, and every line would make a new person."""

    code = "blind_key_unknown"


def traits_unreadable(why: str) -> Unreadable:
    """The sealed traits cannot be opened (`seal`), read (`json`, `shape`) or counted (`count`)."""
    return Unreadable(f"traits_{why}")
