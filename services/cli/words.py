"""How the command speaks: results on the standard output, everything else beside it, in French."""

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.contracts.errors import HubError

_WIDTH_IN_A_FILE = 160
# What a partner or a broker wrote is shown, never obeyed: no colour, no cursor, no bell.
_CONTROL = re.compile(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def _console(*, beside: bool = False) -> Console:
    stream = sys.stderr if beside else sys.stdout
    width = None if stream.isatty() else _WIDTH_IN_A_FILE
    return Console(stderr=beside, width=width, markup=False, highlight=False)


def plain(value: object) -> str:
    """Any value as text a terminal only shows; nothing for None."""
    return "" if value is None else _CONTROL.sub(" ", str(value))


def say(text: str) -> None:
    """A sentence of the result."""
    _console().print(plain(text))


def remark(text: str) -> None:
    """A sentence for the person, not for what reads the result."""
    _console(beside=True).print(plain(text))


def tell(result: Any) -> None:
    """One JSON value on one line, for machines; at once, for who reads along."""
    sys.stdout.write(orjson.dumps(result).decode() + "\n")
    sys.stdout.flush()


def table(headings: Iterable[str], rows: Iterable[Iterable[object]], title: str = "") -> None:
    """A table of the result; nothing when it has no row."""
    drawn = Table(title=title or None, box=None, title_justify="left", pad_edge=False)
    for heading in headings:
        drawn.add_column(heading, overflow="fold")  # a cut identifier is none
    for row in rows:
        drawn.add_row(*map(plain, row))
    if drawn.row_count:
        _console().print(drawn)


def complain(error: HubError) -> None:
    """What went wrong and what to do about it, its code and its facts."""
    details = ", ".join(f"{name} : {value}" for name, value in error.details.items())
    remark(f"✗ {error.message}")
    remark(f"  code {error.code}" + (f" ({details})" if details else ""))


def agreed(question: str) -> bool:
    """Whether the person says yes; silence is no."""
    try:
        answer: str = typer.prompt(f"{question} (oui/non)", default="non", show_default=False, err=True)
    except typer.Abort:
        return False
    return answer.strip().lower() in ("o", "oui")


def progress() -> Progress:
    """A bar beside the result; none where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = _console(beside=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def counted(states: Mapping[str, int], labels: Mapping[str, str]) -> str:
    """`12 en_effet (prise en compte), 3 rejetee (…)`."""
    return ", ".join(
        f"{count} {state}" + (f" ({labels[state]})" if state in labels else "")
        for state, count in states.items()
    )
