"""Whoever reads the database without the keys learns nobody's number, name or birth (guarantee 7)."""

import base64
from collections.abc import Iterator

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.identity.storage.tables import metadata
from tests.identity.given import NIR, ids, personne, told

WOMAN = personne(
    nir=NIR,
    nom_naissance="Quévillon-Dumoutier",
    nom_usage="Zwickelbauer",
    prenoms=["Hortensia", "Philomène"],
    date="1994-03-12",
)
SECRETS = [
    NIR,
    "294037512000591",
    "Quévillon-Dumoutier",
    "QUEVILLONDUMOUTIER",
    "Zwickelbauer",
    "Hortensia",
    "Philomène",
    "1994-03-12",
]


def written(secret: str) -> Iterator[str]:
    """The ways in which a text may be found in a dump: as it is, escaped, in hexadecimal, in base64."""
    plain = secret.encode()
    yield secret.lower()
    yield orjson.dumps(secret).decode()[1:-1].lower()
    yield plain.hex()
    yield secret.upper().encode().hex()
    # Wherever it begins in what was encoded; the ends depend on what stands beside.
    for before in range(3):
        yield base64.b64encode(bytes(before) + plain).decode()[4:-4].lower()


def dump(session: Session) -> str:
    """Every row of every table, as text."""
    rows = [
        row
        for table in metadata.sorted_tables
        for row in session.execute(text(f'SELECT row_to_json(t)::text FROM "{table.name}" AS t')).scalars()
    ]
    bodies = session.execute(text("SELECT convert_from(body, 'UTF8') FROM outbox")).scalars()
    return "\n".join([*rows, *bodies]).lower()


@pytest.fixture
def fed(session: Session) -> Session:
    """A database that heard of her in every way: new, known, contradicted, without NIR, repeated."""
    declarations = ids(4)
    people = [WOMAN, WOMAN, {**WOMAN, "sexe": "M"}, {**WOMAN, "nir": None}]
    told(session, people, declarations)
    told(session, people, declarations)
    return session


@pytest.mark.parametrize("secret", SECRETS)
def test_no_column_shows_a_trait(fed: Session, secret: str) -> None:
    found = dump(fed)
    assert len(found) > 5_000, "the dump is empty: nothing was looked at"
    assert [form for form in written(secret) if form in found] == []


def test_the_dump_would_show_a_trait(fed: Session) -> None:
    fed.execute(text("UPDATE statement SET sealed = :plain"), {"plain": b"xx" + orjson.dumps(WOMAN)})
    found = dump(fed)
    for secret in ("Quévillon-Dumoutier", NIR, "1994-03-12"):
        assert any(form in found for form in written(secret))


def test_the_same_trait_is_told_apart_from_itself(fed: Session) -> None:
    """Nothing is sealed twice alike, and no hash of a person equals another kind of hash."""
    sealed = fed.execute(text("SELECT sealed FROM statement")).scalars().all()
    assert len(set(sealed)) == len(sealed) == 4
    marks = fed.execute(text("SELECT mark FROM record UNION ALL SELECT mark FROM content")).scalars().all()
    assert len(set(marks)) == len(marks)
    assert {len(mark) for mark in marks} == {16}
