"""What the tests of identifiers share: every checker by its name, the vectors, any text, plausible NIRs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from services.reference import identifiers
from services.reference.identifiers import Answer

CASES = Path(__file__).parent / "cases"

CHECKERS: dict[str, Callable[[str], Answer]] = {
    name.removeprefix("check_"): getattr(identifiers, name)
    for name in identifiers.__all__
    if name.startswith("check_")
}
REASONS = {"empty", "characters", "length", "placeholder", "structure", "key"}

# Any text at all, lone surrogates and NUL included.
ANY_TEXT = st.text(st.characters(exclude_categories=()))
# Texts that go further: made of what identifiers are made of, and of what looks like it.
NEAR_TEXT = st.text(
    st.sampled_from("0123456789ABCNPRSabcprsſßı٣²Ⅷ９ .-\u00a0\u2011\n\x00\ud800"), max_size=20
)

_DEPARTEMENTS = [f"{n:02d}" for n in range(1, 97)] + ["2A", "2B"]


def _numbered(least: int, most: int, width: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda number: f"{number:0{width}d}")


_PLACES = st.one_of(
    st.tuples(st.sampled_from(_DEPARTEMENTS), _numbered(1, 999, 3)),
    st.tuples(st.sampled_from(["971", "972", "973", "974", "976", "984", "988"]), _numbered(1, 99, 2)),
    st.tuples(st.just("99"), _numbered(1, 999, 3)),
).map("".join)
_MONTHS = st.sampled_from([*range(1, 13), 20, *range(30, 43), *range(50, 100)]).map("{:02d}".format)

# The 13 characters of NIRs of a right structure; those of one digit over and over are placeholders.
THIRTEEN = (
    st.tuples(st.sampled_from("123478"), _numbered(0, 99, 2), _MONTHS, _PLACES, _numbered(1, 999, 3))
    .map("".join)
    .filter(lambda nir: len(set(nir)) > 1)
)


def read_cases(name: str) -> dict[str, Any]:
    """A table of cases."""
    found: dict[str, Any] = json.loads((CASES / name).read_text(encoding="utf-8"))
    return found
