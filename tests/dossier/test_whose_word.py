"""What is told of a person is the word of lines that are hers: also where what is shown is made of several
statements, of which identity gives one to somebody else.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from services.chassis import database
from services.dossier.domain.lifecycle import TRANSITIONS
from services.dossier.storage import changes
from services.dossier.storage.tables import metadata
from tests.conftest import empty
from tests.dossier.given import BODY, CDC, CEP, CERTIFIER, DSN, OPCO, committed, event, formation, line
from tests.dossier.test_feed import BLOCKS, opening, read

pytestmark = pytest.mark.servers

ALL = opening(*BLOCKS, "emplois", "accompagnements")
HIRED = {"employeur": BODY, "numero_contrat": "1", "nature_contrat": "02", "dispositif": "65"}
_FIRST = date(2025, 9, 1)


class Line(NamedTuple):
    """One line of the story: its days and amounts are no other line's. `events`: what happened by it."""

    name: str
    nature: str
    faits: dict[str, Any]
    events: tuple[str, ...] = ()
    source: str = OPCO
    profile: str = "opco"

    @property
    def own(self) -> set[str]:
        """What only it says; the day after one of its days follows from it."""
        days = [one for one in _plain(self.faits) if one in _DAYS]
        after = [(date.fromisoformat(one) + timedelta(days=1)).isoformat() for one in days]
        return {*days, *after, *(one for one in _plain(self.faits) if one in _AMOUNTS)}


def _plain(value: Any) -> set[str]:
    """Each single thing in a value, as text."""
    if isinstance(value, dict):
        return {each for one in value.values() for each in _plain(one)}
    if isinstance(value, list):
        return {each for one in value for each in _plain(one)}
    return {str(value)}


def _day(number: int) -> str:
    return (_FIRST + timedelta(days=number)).isoformat()


_DAYS = {_day(number) for number in range(400)}
_AMOUNTS = {str(one) for one in range(70_001, 70_010)}

STORY = (
    Line(
        "A",
        "formation",
        formation(
            dispositif="APPRENTISSAGE",
            debut_prevu=_day(3),
            fin_prevue=_day(303),
            heures_prevues=70_001,
            certification="RNCP38430",
            cout_total=70_002,
        ),
        ("declaration",),
    ),
    Line(
        "P",
        "financement",
        {"postes": [{"nature": "pedagogique", "montant": 70_003}], "accord_le": _day(6)},
        ("accord",),
    ),
    Line("C", "realisation", event("contrat", _day(12), fin=_day(306), employeur=CDC), ("contrat",)),
    Line("E", "realisation", event("entree", _day(15)), ("entree",)),
    Line("I", "realisation", event("interruption", _day(30), motif="maternite"), ("interruption",)),
    Line("R", "realisation", event("reprise", _day(60)), ("reprise",)),
    Line("I2", "realisation", event("interruption", _day(90)), ("interruption",)),
    Line("R2", "realisation", event("reprise", _day(120)), ("reprise",)),
    Line("B", "realisation", event("rupture", _day(150)), ("rupture",)),
    Line("J", "emploi", {**HIRED, "debut": _day(180)}, ("contrat",), DSN, "dsn"),
    Line(
        "K",
        "emploi",
        {**HIRED, "debut": _day(180), "fin": _day(210), "motif_fin": "036"},
        ("contrat", "rupture"),
        DSN,
        "dsn",
    ),
    Line(
        "F",
        "emploi",
        {**HIRED, "debut": _day(180), "fin": _day(216), "motif_fin": "031"},
        ("contrat",),
        DSN,
        "dsn",
    ),
    Line("O", "realisation", event("sortie", _day(240), heures_realisees=70_004), ("sortie",)),
    Line("D", "realisation", event("service_fait", _day(250)), ("service_fait",)),
    Line(
        "Z",
        "certification",
        {"certification": "RNCP38430", "resultat": "obtenue", "le": _day(270)},
        (),
        CERTIFIER,
        "certificateur",
    ),
)
_NAMES = [one.name for one in STORY]


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left(engine: Engine) -> Iterator[None]:
    """What is committed here is of persons whom no other test knows; nor is it left to any relay."""
    yield
    empty(engine, metadata)


@settings(max_examples=60, deadline=None)
@example(said=_NAMES, moved=["R"])
@example(said=_NAMES, moved=["I2"])
@example(said=_NAMES, moved=["B"])
@example(said=_NAMES, moved=["K"])
@example(said=["A", "F", "J"], moved=["F"])
@example(said=["A", "P", "E"], moved=["E"])
@example(said=["A", "P"], moved=["A"])
@given(
    said=st.lists(st.sampled_from(_NAMES), unique=True, min_size=2),
    moved=st.lists(st.sampled_from(_NAMES), unique=True, min_size=1, max_size=4),
)
def test_what_another_s_line_says_is_told_of_her_no_more(
    engine: Engine, said: list[str], moved: list[str]
) -> None:
    """Line after line, then some are somebody else's: in all that the feed still tells of her, from its
    beginning on, there is no day, amount or state that only these say."""
    her, mark = uuid.uuid4(), uuid.uuid4().hex
    with database.transaction(engine) as session:
        start = changes.number(session)
    with committed(engine) as spoken:
        spoken.say(
            line(
                f"S{mark}",
                "accompagnement",
                {"niveau": "2", "debut": "2025-01-06"},
                source=CEP,
                reference=mark,
            ),
            person=her,
            source=CEP,
            profile="operateur_cep",
        )
    of = {one.name: one for one in STORY}
    for place, name in enumerate(said):
        with committed(engine) as spoken:
            one = of[name]
            spoken.say(
                line(f"{name}{mark}", one.nature, one.faits, source=one.source, reference=mark, said=place),
                person=her,
                source=one.source,
                profile=one.profile,
                days=place,
            )
    hers = [of[name] for name in said if name not in moved]
    others = [of[name] for name in said if name in moved]
    with committed(engine) as spoken:
        elsewhere = [
            {
                "declaration_id": line(f"{one.name}{mark}", "", {})["declaration_id"],
                "person_id": uuid.uuid4(),
                "version": 2,
                "rule": "contenu",
            }
            for one in others
        ]
        spoken.attribute(*elsewhere, days=60)
    told = _told(engine, start, her)
    told_values = _plain([[one["avant"], one["apres"]] for one in told])
    for one in others:
        found = sorted((one.own - {own for each in hers for own in each.own}) & told_values)
        assert not found, f"{one.name} is another's, and is told still: {found}"
    if others:
        led = {"annonce"} | {to for one in hers for name in one.events for to in TRANSITIONS[name].values()}
        assert _states(told) <= led


def _told(engine: Engine, start: int, her: uuid.UUID) -> list[dict[str, Any]]:
    """All that the adviser's feed tells of her from a number on: what was, what is, and why."""
    page = read(engine, CEP, start, ask=ALL)
    with database.transaction(engine) as session:
        rows = session.execute(text("SELECT numero FROM change WHERE person_id = :her"), {"her": her})
        numbers = {row.numero for row in rows}
    return [
        difference
        for one in (*page["changements"], *page["parcours"])
        if one["numero"] in numbers
        for difference in one["differences"]
    ]


def _states(told: Iterable[dict[str, Any]]) -> set[str]:
    """Where a financement's file is told to be."""
    found = set()
    for one in told:
        for value in (one["avant"], one["apres"]):
            if one["chemin"].endswith(".etat") and value is not None:
                found.add(value)
            elif isinstance(value, dict) and "etat" in value:
                found.add(value["etat"])
    return found
