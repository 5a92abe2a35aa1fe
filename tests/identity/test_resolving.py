"""A chunk of traits comes in: persons are found or made, every line is decided once, and it is told."""

import base64
import uuid
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.errors import Unreadable
from services.chassis.sealing import Keyring, SealBroken
from services.contracts.identity import DECLARATIONS_ATTRIBUTED
from services.identity import use_cases
from services.identity.errors import BlindKeyUnknown
from services.identity.storage import decisions, records
from services.identity.storage import statements as kept
from tests.identity.given import (
    KEYS,
    NIR,
    NOW,
    OTHER_NIR,
    announced,
    causes,
    ids,
    linker,
    nir_of,
    personne,
    persons,
    sealed,
    told,
)

MARIE, HER_NIR = personne(), personne(nir=NIR)


def test_a_first_line_makes_a_person(session: Session) -> None:
    (heard,) = told(session, [HER_NIR])
    assert (heard.version, heard.because) == (1, "nouvelle_personne")
    assert heard.person_id.version == 4


@pytest.mark.parametrize(
    ("first", "second", "because"),
    [
        pytest.param(HER_NIR, HER_NIR, "contenu", id="the same content"),
        pytest.param(
            HER_NIR,
            personne(nir=NIR, nom_naissance="dupont"),
            "nouvelle_personne",
            id="the same in other letters",
        ),
        pytest.param(HER_NIR, personne(nir=NIR, nom_naissance="Martin"), "nir", id="same NIR, other name"),
        pytest.param(MARIE, personne(nom_naissance="Du Pont"), "traits", id="same civil status"),
        pytest.param(MARIE, personne(nom_naissance="Dupond"), "traits", id="one letter wrong"),
        pytest.param(MARIE, personne(date="1994-12-03"), "traits", id="day and month exchanged"),
        pytest.param(
            MARIE, personne(prenoms=["Claire", "Marie"]), "traits", id="first names in another order"
        ),
        pytest.param(
            MARIE, personne(nom_naissance="MARIE", prenoms=["DUPONT"]), "traits", id="names exchanged"
        ),
        pytest.param(MARIE, HER_NIR, "traits", id="the NIR comes after"),
        pytest.param(HER_NIR, MARIE, "traits", id="the NIR came before"),
        pytest.param(
            personne(commune=None, pays="99109", nom_naissance="Zwickelbauer"),
            personne(commune=None, pays="99109", nom_naissance="Zwickelbaur"),
            "traits",
            id="abroad",
        ),
    ],
)
def test_two_lines_speak_of_one_person(
    session: Session, first: dict[str, Any], second: dict[str, Any], because: str
) -> None:
    (one,) = told(session, [first])
    (other,) = told(session, [second])
    assert other.person_id == one.person_id
    assert other.because in (because, "contenu")
    assert persons(session) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(MARIE, personne(prenoms=["Anne"]), id="a sister born the same day"),
        pytest.param(MARIE, personne(date="1962-11-29"), id="a mother of the same names"),
        pytest.param(
            MARIE, personne(nom_naissance="Lefebvre", commune="13055"), id="another name and birthplace"
        ),
        pytest.param(
            personne(nom_naissance="TEST"), personne(nom_naissance="TEST", prenoms=["Anne"]), id="TEST"
        ),
        pytest.param(
            personne(date="1900-01-01"), personne(date="1900-01-01", commune="13055"), id="1900-01-01"
        ),
        pytest.param(
            personne(nir="1111111111111", commune=None),
            personne(nir="1111111111111", prenoms=["Anne"], nom_naissance="Roux", date="1980-01-02"),
            id="a filler for a NIR",
        ),
    ],
)
def test_two_lines_speak_of_two_persons(
    session: Session, first: dict[str, Any], second: dict[str, Any]
) -> None:
    (one,) = told(session, [first])
    (other,) = told(session, [second])
    assert other.person_id != one.person_id
    assert persons(session) == 2


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        pytest.param(
            personne(nir=NIR, nom_naissance="Roux", prenoms=["Jeanne"], date="1980-01-02", commune="13055"),
            "nir_contredit",
            id="a NIR against the traits",
        ),
        pytest.param(personne(nir=OTHER_NIR), "nir_differents", id="two NIRs, all the rest alike"),
        pytest.param(personne(prenoms=["Anne"], nir=None), "jumeaux", id="a twin, or another first name"),
    ],
)
def test_a_doubt_links_nothing_blocks_nothing_and_is_asked(
    session: Session, line: dict[str, Any], cause: str
) -> None:
    (first,) = told(session, [HER_NIR])
    (heard,) = told(session, [line])
    assert heard.person_id != first.person_id
    assert causes(session) == [cause]


def test_a_chunk_reads_its_own_lines(session: Session) -> None:
    one, two, three, other = told(
        session,
        [MARIE, HER_NIR, HER_NIR, personne(nir=nir_of(7), prenoms=["Solange"], nom_naissance="Kervadec")],
    )
    assert one.person_id == two.person_id == three.person_id != other.person_id
    assert persons(session) == 2


def test_a_late_line_that_bridges_two_persons_links_them_and_says_so(session: Session) -> None:
    before = personne(nom_naissance="Kervadec", prenoms=["Solange"], date="1984-02-11", commune=None)
    after = {**before, "nom_naissance": "Quévillon", "nir": NIR}
    bridge = {**before, "nom_usage": "Quévillon", "nir": NIR}
    declarations = ids(3)
    (one,) = told(session, [before], declarations[:1])
    (two,) = told(session, [after], declarations[1:2])
    assert one.person_id != two.person_id
    told(session, [bridge], declarations[2:])
    standing = {one.declaration_id: one for one in decisions.standing(session, declarations)}
    assert {one.person_id for one in standing.values()} == {one.person_id}
    assert (standing[declarations[1]].version, standing[declarations[1]].rule) == (2, "regroupement")
    heard = announced(session, DECLARATIONS_ATTRIBUTED)
    assert [each["version"] for each in heard if each["declaration_id"] == declarations[1]] == [1, 2]
    assert [(each.from_person, each.to_person) for each in records.moves(session, 0, 10)] == [
        (two.person_id, one.person_id)
    ]


def test_a_repeated_chunk_has_one_effect_and_is_told_again(session: Session) -> None:
    people = [HER_NIR, personne(nir=NIR, sexe="M"), personne(nom_naissance="Kervadec", prenoms=["Jo"]), MARIE]
    declarations = ids(len(people))
    first = told(session, people, declarations)
    before = session.execute(text("SELECT * FROM decision ORDER BY declaration_id")).all()
    assert told(session, people, declarations) == first
    assert session.execute(text("SELECT * FROM decision ORDER BY declaration_id")).all() == before
    assert (persons(session), len(announced(session, DECLARATIONS_ATTRIBUTED))) == (2, 8)


def test_a_line_decided_before_keeps_its_decision_among_new_ones(session: Session) -> None:
    (declaration,) = ids(1)
    (first,) = told(session, [MARIE], [declaration])
    later = told(session, [personne(nir=NIR), MARIE, MARIE], [uuid.uuid4(), declaration, uuid.uuid4()])
    assert later[1] == first
    assert {one.person_id for one in later} == {first.person_id}


def test_a_declaration_twice_in_a_chunk_is_decided_once(session: Session) -> None:
    (declaration,) = ids(1)
    told(session, [MARIE, MARIE], [declaration, declaration])
    assert len(announced(session, DECLARATIONS_ATTRIBUTED)) == 1


def test_an_empty_chunk_says_nothing(session: Session) -> None:
    assert told(session, []) == []
    assert announced(session, DECLARATIONS_ATTRIBUTED) == []


@pytest.mark.parametrize("size", [1, 500])
def test_a_chunk_is_a_constant_number_of_statements(
    session: Session, statements: list[str], size: int
) -> None:
    new = [personne(nir=nir_of(number), prenoms=[f"Marie{number}"]) for number in range(size)]
    use_cases.resolve_persons(linker(session), NOW, ids(size), sealed(new))
    assert len(statements) <= 22
    statements.clear()
    use_cases.resolve_persons(linker(session), NOW, ids(size), sealed(new))
    # One to announce; contents and their records are read by the driver's own cursor, and not noted.
    assert len(statements) == 4 + 1


# --- what nobody should send ---------------------------------------------------------------

OTHERS_KEYS = Keyring.parse("t1:" + base64.b64encode(bytes(32)).decode())


@pytest.mark.parametrize(
    ("blob", "code"),
    [
        pytest.param("", "traits_seal", id="nothing"),
        pytest.param("!!!", "traits_seal", id="not base64"),
        pytest.param("é", "traits_seal", id="not ASCII"),
        pytest.param("\x00", "traits_seal", id="NUL"),
        pytest.param(base64.b64encode(b"x" * 60).decode(), "traits_seal", id="not sealed"),
        pytest.param(sealed([MARIE], OTHERS_KEYS), "traits_seal", id="sealed by another"),
        pytest.param(
            base64.b64encode(KEYS.traits.seal(b"[]", b"lot")).decode(), "traits_seal", id="for another use"
        ),
        pytest.param(sealed(b"[{"), "traits_json", id="not JSON"),
        pytest.param(sealed(b"\xff"), "traits_json", id="not UTF-8"),
        pytest.param(sealed(b"[" * 100_000), "traits_json", id="deep"),
        pytest.param(sealed({"0": MARIE}), "traits_count", id="not a list"),
        pytest.param(sealed([]), "traits_count", id="too few"),
        pytest.param(sealed([MARIE, MARIE]), "traits_count", id="too many"),
        pytest.param(sealed([None]), "traits_shape", id="nobody"),
        pytest.param(sealed(["x"]), "traits_shape", id="a text"),
        pytest.param(sealed([personne(naissance="1994-03-12")]), "traits_shape", id="birth is a text"),
        pytest.param(sealed([personne(naissance=["x"])]), "traits_shape", id="birth is a list"),
        pytest.param(sealed([personne(prenoms=[{}])]), "traits_shape", id="first name is an object"),
        pytest.param(sealed([personne(sexe=1)]), "traits_shape", id="sex is a number"),
        pytest.param(sealed([personne(nir=2940375120005)]), "traits_shape", id="NIR is a number"),
        pytest.param(sealed([personne(date=19940312)]), "traits_shape", id="date is a number"),
        pytest.param(sealed([personne(commune=75120)]), "traits_shape", id="place is a number"),
    ],
)
def test_traits_that_cannot_be_read_are_given_up(session: Session, blob: str, code: str) -> None:
    with pytest.raises(Unreadable) as given_up:
        use_cases.resolve_persons(linker(session), NOW, ids(1), blob)
    assert (given_up.value.code, str(given_up.value)) == (code, code)
    assert persons(session) == 0


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("\\ud800", id="lone surrogate"),
        pytest.param("Du\\u0000pont", id="NUL"),
        pytest.param("Dupont" * 100_000, id="endless"),
        pytest.param("\\u202eDupont\\u200b", id="invisible"),
        pytest.param("'; DROP TABLE person; --", id="SQL"),
        pytest.param("\\u0001", id="control"),
        pytest.param(" ", id="blank"),
    ],
)
def test_a_strange_name_harms_nobody(session: Session, name: str) -> None:
    strange = orjson.dumps(personne(nom_naissance="@", nir=NIR)).replace(b"@", name.encode())
    declarations = ids(2)
    plain = b"[" + strange + b"," + orjson.dumps(MARIE) + b"]"
    use_cases.resolve_persons(linker(session), NOW, declarations, sealed(plain))
    heard = {one["declaration_id"] for one in announced(session, DECLARATIONS_ATTRIBUTED)}
    assert heard == set(declarations)
    assert kept.told_by(session, KEYS.own, declarations[:1])[declarations[0]]


# --- keys ----------------------------------------------------------------------------------


def test_a_new_sealing_key_leaves_what_is_known_known(session: Session) -> None:
    (declaration,) = ids(1)
    (first,) = told(session, [HER_NIR], [declaration])
    newer = replace(KEYS, own=Keyring({"i2": OTHERS_KEYS.keys["t1"], **KEYS.own.keys}))
    (again,) = told(session, [HER_NIR], keys=newer)
    assert again.person_id == first.person_id
    assert orjson.loads(kept.told_by(session, newer.own, [declaration])[declaration]) == HER_NIR
    named = session.execute(text("SELECT substring(sealed FROM 2 FOR 2) FROM statement")).scalars()
    assert sorted(map(bytes, named)) == [b"i1", b"i2"]


def test_another_blind_key_is_refused_before_everybody_is_made_anew(session: Session) -> None:
    told(session, [HER_NIR])
    with pytest.raises(BlindKeyUnknown) as refused:
        told(session, [HER_NIR], keys=replace(KEYS, blind=bytes(32)))
    assert (refused.value.code, persons(session)) == ("blind_key_unknown", 1)


def test_what_is_sealed_for_one_line_opens_for_no_other(session: Session) -> None:
    one, other = ids(2)
    told(session, [MARIE, HER_NIR], [one, other])
    session.execute(
        text("UPDATE statement SET sealed = (SELECT sealed FROM statement WHERE declaration_id = :other)"),
        {"other": other},
    )
    assert kept.told_by(session, KEYS.own, [other])
    with pytest.raises(SealBroken):
        kept.told_by(session, KEYS.own, [one])


def test_namesakes_of_a_commune_are_two_persons_though_a_line_tells_the_year_alone(session: Session) -> None:
    namesake = {"nom_naissance": "Abgrall", "prenoms": ["Solenn"], "commune": "29232"}
    one, other = told(session, [personne(**namesake, date=day) for day in ("1990-01-11", "1990-02-03")])
    assert causes(session) == ["homonyme"]
    (of_either,) = told(session, [personne(**namesake, date="1990-00-00")])
    assert of_either.person_id in (one.person_id, other.person_id)
    assert persons(session) == 2
    assert causes(session) == ["homonyme", "chaine"]
