"""Crowds: a placeholder, a NIR or a person that thousands of lines repeat cost no more than their bound."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import ruling
from services.identity.domain.clustering import SPEAKERS
from services.identity.storage import blocks, statements
from services.identity.storage.rulings import Ruling
from tests.identity.given import NIR, NOW, announced, causes, ids, linker, personne, persons, told


def test_ten_thousand_tests_are_ten_thousand_persons(session: Session) -> None:
    filler = personne(nom_naissance="TEST", prenoms=["TEST"])
    for _ in range(20):
        told(session, [filler] * 500)
    assert persons(session) == 10_000
    assert causes(session) == []


# Numbers in letters.
HEX = str.maketrans("0123456789", "ghijklmnop")


def said_otherwise(at: int, **change: Any) -> dict[str, Any]:
    """One person, with another second first name each time."""
    return personne(prenoms=["Marie", f"{at:x}".translate(HEX)], **change)


# Lines that differ by a number, and how many verdicts each may leave: with those before it, and with those of
# its own chunk.
ABSURD: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "one placeholder, another postcode each": (
        lambda at: personne(
            nom_naissance="MARTIN",
            prenoms=["Jean"],
            date="1970-01-01",
            adresse={"code_postal": f"{10000 + at}"},
        ),
        2 * blocks.MOST_CANDIDATES,
    ),
    "one NIR for everybody": (
        lambda at: personne(
            nir=NIR, nom_naissance=f"{at:x}".translate(HEX) * 2, date=f"19{at % 90 + 10}-03-12"
        ),
        2 * blocks.MOST_CANDIDATES,
    ),
    "one person, another first name each": (said_otherwise, 2 * SPEAKERS),
    "one person, another home each": (
        lambda at: personne(nir=NIR, adresse={"code_postal": f"{10000 + 7 * at}"}),
        2 * SPEAKERS,
    ),
}


@pytest.mark.parametrize("kind", ABSURD)
def test_absurd_lines_cost_no_more_than_their_bound(session: Session, kind: str) -> None:
    line, most = ABSURD[kind]
    for first in range(0, 800, 400):
        told(session, [line(at) for at in range(first, first + 400)])
    kept = session.scalar(text("SELECT count(*) FROM verdict"))
    assert kept is not None
    assert kept <= 800 * most


def test_a_person_of_hundreds_of_contents_stays_one(session: Session) -> None:
    for first in range(0, 900, 300):
        told(session, [said_otherwise(at, nir=NIR) for at in range(first, first + 300)])
    assert persons(session) == 1
    (heard,) = told(session, [personne(nir=NIR, adresse={"code_postal": "29200"})])
    assert heard.because == "nir"
    assert persons(session) == 1


def test_one_bridge_is_seen_beside_any_number_of_links(session: Session) -> None:
    """She is told in forty ways under her name of birth, once under that of use, and then under both: all the
    forty speak against it, and a human is asked."""
    home = {"adresse": {"code_postal": "29200"}}
    told(session, [said_otherwise(at, nir=NIR) for at in range(40)])
    told(session, [personne(nom_naissance="Lefebvre", date="1994-03-13", **home)])
    assert "chaine" not in causes(session)
    told(session, [personne(nir=NIR, nom_usage="Lefebvre", **home)])
    assert "chaine" in causes(session)


def test_every_line_of_a_crowded_record_follows_it_once(session: Session) -> None:
    """A human ties two persons; the younger has more lines than are read at once."""
    told(session, [personne()])
    other, many = personne(nom_naissance="Lefebvre", date="1971-05-06"), statements.AT_ONCE + 700
    lines = ids(many)
    for start in range(0, many, 900):
        part = lines[start : start + 900]
        told(session, [other] * len(part), part)
    records = session.scalars(text("SELECT record_id FROM record")).all()
    assert [len(part) for part in statements.of_records(session, records)] == [statements.AT_ONCE, 701]
    before = session.scalar(text("SELECT coalesce(max(seq), 0) FROM outbox"))
    (one,) = session.scalars(text("SELECT declaration_id FROM statement ORDER BY record_id LIMIT 1"))
    asked = Ruling(uuid.uuid4(), "link", "lignes", "73282932000074/A", "mariage")
    assert ruling.link(linker(session), NOW, asked, one, lines[0]) == many
    assert persons(session) == 1
    heard = Counter(line["declaration_id"] for line in announced(session, DECLARATIONS_ATTRIBUTED, before))
    assert heard == dict.fromkeys(lines, 1)
    assert ruling.revoke(linker(session), NOW, asked.ruling_id, "73282932000074/A", "erreur") == many
    assert persons(session) == 2
