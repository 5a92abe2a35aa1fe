"""The life of a training: which state follows which event. The state is derived, for a day, each time anew.

`TRANSITIONS` is the whole of it (`domain.md` §5.1, §5.3: EDOF's states, and those of the others). What it has
no arrow for changes nothing: it is an anomaly, and `consistency` says which.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

State = Literal[
    "annonce",
    "prevu",
    "accorde",
    "refuse",
    "annule",
    "en_formation",
    "interrompu",
    "rompu",
    "termine",
    "abandonne",
    "service_fait",
    "certifie",
]
STATES: tuple[State, ...] = get_args(State)

# An entry that nobody told of may be followed by what only it makes possible: the rest is believed.
_BEFORE: tuple[State, ...] = ("annonce", "prevu", "accorde")
_DURING: tuple[State, ...] = ("en_formation", "interrompu", "rompu")


def _from(states: Iterable[State], to: State) -> dict[State, State]:
    return dict.fromkeys(states, to)


# Where nothing came of it, and nothing is paid.
NEVER_WAS: frozenset[State] = frozenset({"refuse", "annule"})

# For each event, from which state it leads to which.
TRANSITIONS: Mapping[str, Mapping[State, State]] = {
    "declaration": {"annonce": "prevu"},
    "accord": {"prevu": "accorde", "annonce": "accorde", "refuse": "accorde"},
    "refus": _from(_BEFORE, "refuse"),
    "annulation": _from((*_BEFORE, "refuse"), "annule"),
    "entree": _from(_BEFORE, "en_formation"),
    "interruption": _from((*_BEFORE, "en_formation"), "interrompu"),
    "reprise": _from(("interrompu", "rompu"), "en_formation"),
    "rupture": _from((*_BEFORE, "en_formation", "interrompu"), "rompu"),
    "contrat": {"rompu": "en_formation"},
    "sortie": _from((*_BEFORE, *_DURING), "termine"),
    "abandon": _from((*_BEFORE, *_DURING), "abandonne"),
    "exclusion": _from((*_BEFORE, *_DURING), "abandonne"),
    "service_fait": {"termine": "service_fait"},
    "certification": _from(("termine", "service_fait"), "certifie"),
}

# Where an event says nothing new, or only what the dates already say: no anomaly, no arrow.
UNMOVED: Mapping[str, frozenset[State]] = {
    "declaration": frozenset(STATES) - {"annonce"},
    "accord": frozenset(STATES) - {"annonce", "prevu", "refuse", "annule"},
    "interruption": frozenset({"interrompu", "rompu"}),
    "contrat": frozenset(STATES) - {"rompu", "refuse", "annule"},
    "report": frozenset({*_BEFORE, "en_formation", "interrompu"}),
    "prolongation": frozenset({*_BEFORE, *_DURING}),
    "service_fait": frozenset({"abandonne", "certifie"}),
    "certification": frozenset(STATES),
}

# Of one day, in this order; a certificate is looked at after the exit, whichever is dated first.
_ORDER = {event: place for place, event in enumerate((*TRANSITIONS, "report", "prolongation"))}
_LAST = frozenset({"certification"})

# Of a dossier with several files: the file that is furthest says where the dossier is.
_FURTHEST: tuple[State, ...] = (
    "refuse",
    "annule",
    "annonce",
    "prevu",
    "accorde",
    "en_formation",
    "interrompu",
    "rompu",
    "abandonne",
    "termine",
    "service_fait",
    "certifie",
)


class Happened(NamedTuple):
    """An event and the day it took effect, `aaaa-mm-jj`."""

    event: str
    on: str


class Refused(NamedTuple):
    """An event for which there was no arrow, and the state it found."""

    happened: Happened
    state: State


class Replayed(NamedTuple):
    """The state after some events, what had no place in them, and the one that led to that state (None: it
    is only heard of)."""

    state: State
    refused: list[Refused]
    led_by: Happened | None


def in_order(events: Iterable[Happened]) -> list[Happened]:
    """Events as they followed one another."""
    return sorted(events, key=lambda one: (one.event in _LAST, one.on, _ORDER[one.event]))


def replay(events: Iterable[Happened], until: str | None = None) -> Replayed:
    """The state after these events, or after those until a day."""
    state: State = "annonce"
    refused = []
    led_by = None
    for one in in_order(events):
        if until is not None and one.on > until:
            continue
        to = TRANSITIONS.get(one.event, {}).get(state)
        if to is not None:
            state, led_by = to, one
        elif state not in UNMOVED.get(one.event, frozenset()):
            refused.append(Refused(one, state))
    return Replayed(state, refused, led_by)


def furthest(states: Sequence[State]) -> State:
    """The state of a dossier whose files are in these states."""
    return max(states, key=_FURTHEST.index)


def state_on(happened: Mapping[Any, Iterable[Happened]], day: str | None = None) -> State:
    """The state of a dossier on a day (`aaaa-mm-jj`), from the events of each of its files."""
    return furthest([replay(events, day).state for events in happened.values()])


def has_results(events: Iterable[Happened]) -> bool:
    """Whether any of these events is what not everybody may see."""
    return any(one.event == "certification" for one in events)


def without_results(events: Iterable[Happened]) -> list[Happened]:
    """Events but for certifications: for whoever may see what happened, and not what it led to."""
    return [one for one in events if one.event != "certification"]
