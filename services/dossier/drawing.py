"""Draws the life of a training in the service's page, from the table that makes it.

python -m services.dossier.drawing
"""

from collections import defaultdict
from pathlib import Path

from services.contracts.dossier import codes
from services.dossier.domain.lifecycle import STATES, TRANSITIONS, State

PAGE = Path(__file__).parent / "README.md"
BEGINS, ENDS = "<!-- lifecycle: python -m services.dossier.drawing -->", "<!-- /lifecycle -->"


def diagram() -> str:
    """A Mermaid state diagram: the states, and from each the events that lead to another."""
    events: dict[tuple[State, State], list[str]] = defaultdict(list)
    for event, arrows in TRANSITIONS.items():
        for state, to in arrows.items():
            events[state, to].append(event)
    reached = {to for _, to in events}
    lines = ["stateDiagram-v2", *(f"    {state} : {codes.STATES[state]}" for state in STATES)]
    lines += [f"    [*] --> {state}" for state in STATES if state not in reached]
    lines += [f"    {state} --> {to} : {', '.join(led)}" for (state, to), led in sorted(events.items())]
    left = {state for state, _ in events}
    lines += [f"    {state} --> [*]" for state in STATES if state not in left]
    return "\n".join(lines)


def page(before: str) -> str:
    """The page with the diagram as it is now."""
    head, _, rest = before.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    return f"{head}{BEGINS}\n```mermaid\n{diagram()}\n```\n{ENDS}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
