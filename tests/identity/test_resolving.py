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
from services.contracts.identity import DECLARATIONS_ATTRIBUTED, REVIEWS_OPENED
from services.identity import use_cases
from services.identity.errors import BlindKeyUnknown
from services.identity.storage import statements as kept
from tests.identity.given import KEYS, NIR, NOW, OTHER_NIR, announced, ids, nir_of, personne, sealed, told

MARIE, HER_NIR = personne(), personne(nir=NIR)


def persons(session: Session) -> int:
    return int(session.execute(text("SELECT count(*) FROM person")).scalar_one())


def test_a_first_line_makes_a_person(session: Session) -> None:
    (heard,) = told(session, [HER_NIR])
    assert (heard.version, heard.because) == (1, "nouvelle_personne")
    assert heard.person_id is not None
    assert heard.person_id.version == 4


@pytest.mark.parametrize(
    ("first", "second", "because"),
    [
        pytest.param(HER_NIR, HER_NIR, "nir", id="same NIR"),
        pytest.param(HER_NIR, personne(nir=NIR, nom_naissance="Martin"), "nir", id="same NIR, other name"),
        pytest.param(HER_NIR, personne(nir=NIR, date="19940312"), "nir", id="same NIR, date in another form"),
        pytest.param(MARIE, personne(nom_naissance="Du Pont"), "etat_civil", id="same civil status"),
        pytest.param(MARIE, HER_NIR, "etat_civil", id="the NIR comes after"),
        pytest.param(HER_NIR, MARIE, "etat_civil", id="the NIR came before"),
        pytest.param(
            personne(commune=None, pays="99109"),
            personne(commune=None, pays="99109"),
            "etat_civil",
            id="abroad",
        ),
        pytest.param(
            personne(nir=NIR, date="1994-03-00"), personne(nir=NIR, date="1994-03-00"), "nir", id="partial"
        ),
    ],
)
def test_two_lines_speak_of_one_person(
    session: Session, first: dict[str, Any], second: dict[str, Any], because: str
) -> None:
    (one,) = told(session, [first])
    (other,) = told(session, [second])
    assert (other.person_id, other.because) == (one.person_id, because)
    assert persons(session) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(HER_NIR, personne(nir=OTHER_NIR), id="two NIRs, all the rest alike"),
        pytest.param(MARIE, personne(prenoms=["Anne"]), id="another first name"),
        pytest.param(MARIE, personne(prenoms=["Claire", "Marie"]), id="first names in another order"),
        pytest.param(MARIE, personne(commune="75119"), id="another birthplace"),
        pytest.param(MARIE, personne(commune=None), id="no birthplace"),
        pytest.param(personne(commune=None), personne(commune=None), id="no birthplace in either"),
        pytest.param(personne(date="1994-03-00"), personne(date="1994-03-00"), id="day unknown in both"),
        pytest.param(personne(nom_naissance="TEST"), personne(nom_naissance="TEST"), id="TEST"),
        pytest.param(personne(prenoms=["X"]), personne(prenoms=["X"]), id="X"),
        pytest.param(personne(date="1900-01-01"), personne(date="1900-01-01"), id="1900-01-01"),
        pytest.param(personne(nir="1111111111111", commune=None), HER_NIR, id="filler for a NIR"),
    ],
)
def test_two_lines_speak_of_two_persons(
    session: Session, first: dict[str, Any], second: dict[str, Any]
) -> None:
    (one,) = told(session, [first])
    (other,) = told(session, [second])
    assert (other.because, persons(session)) == ("nouvelle_personne", 2)
    assert other.person_id != one.person_id


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(personne(nir=NIR, date="1994-03-13"), id="born another day"),
        pytest.param(personne(nir=NIR, date="1994-03-00"), id="born that month"),
        pytest.param(personne(nir=NIR, sexe="M"), id="of another sex"),
        pytest.param(personne(nir=NIR, nom_naissance="Martin", prenoms=["Jeanne"]), id="neither name"),
        pytest.param(personne(nir=NIR, nom_naissance="TEST", prenoms=["X"]), id="fillers"),
    ],
)
def test_a_nir_against_the_traits_waits_for_a_human(session: Session, line: dict[str, Any]) -> None:
    told(session, [HER_NIR])
    (declaration,) = ids(1)
    (heard,) = told(session, [line], [declaration])
    assert (heard.person_id, heard.because, heard.version) == (None, "nir_contredit", 1)
    assert persons(session) == 1
    waiting = session.execute(text("SELECT rule FROM decision WHERE person_id IS NULL")).scalars().all()
    assert waiting == ["nir_contredit"]
    assert orjson.loads(kept.told_by(session, KEYS.own, [declaration])[declaration]) == line


def test_homonyms_wait_for_a_human(session: Session) -> None:
    told(session, [HER_NIR, personne(nir=OTHER_NIR)])
    (heard,) = told(session, [MARIE])
    assert (heard.person_id, heard.because) == (None, "homonymes")


def test_a_nir_gained_is_kept(session: Session) -> None:
    (first,) = told(session, [MARIE])
    told(session, [HER_NIR])
    (other,) = told(session, [personne(nir=OTHER_NIR)])
    (again,) = told(session, [personne(nir=NIR, nom_naissance="Martin")])
    assert other.person_id != first.person_id
    assert (again.person_id, again.because) == (first.person_id, "nir")


def test_a_chunk_reads_its_own_lines(session: Session) -> None:
    one, two, three, contradicted = told(
        session, [MARIE, HER_NIR, HER_NIR, personne(nir=NIR, date="1980-01-02")]
    )
    assert one.person_id == two.person_id == three.person_id
    assert [two.because, three.because, contradicted.because] == ["etat_civil", "nir", "nir_contredit"]
    assert persons(session) == 1


def test_a_repeated_chunk_has_one_effect_and_is_told_again(session: Session) -> None:
    people = [HER_NIR, personne(nir=NIR, sexe="M"), personne(nom_naissance="TEST"), MARIE]
    declarations = ids(len(people))
    first = told(session, people, declarations)
    before = session.execute(text("SELECT * FROM decision ORDER BY declaration_id")).all()
    assert told(session, people, declarations) == first
    assert session.execute(text("SELECT * FROM decision ORDER BY declaration_id")).all() == before
    assert (persons(session), len(announced(session, DECLARATIONS_ATTRIBUTED))) == (2, 6)


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
    assert announced(session, DECLARATIONS_ATTRIBUTED) == announced(session, REVIEWS_OPENED) == []


def test_nothing_stays_held(session: Session) -> None:
    told(session, [MARIE, HER_NIR, personne(nir=OTHER_NIR)])
    assert session.execute(text("SELECT count(*) FROM held")).scalar_one() == 0


@pytest.mark.parametrize("size", [1, 500])
def test_a_chunk_is_a_constant_number_of_statements(
    session: Session, statements: list[str], size: int
) -> None:
    new = [personne(nir=nir_of(number), prenoms=[f"Marie{number}"]) for number in range(size)]
    use_cases.resolve_persons(session, KEYS, NOW, ids(size), sealed(new))
    assert len(statements) == 7 + 2  # and two to announce
    statements.clear()
    use_cases.resolve_persons(session, KEYS, NOW, ids(size), sealed(new))
    assert len(statements) == 4 + 2


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
        pytest.param(sealed([personne(prenoms=[])]), "traits_shape", id="no first name"),
        pytest.param(sealed([personne(prenoms=[{}])]), "traits_shape", id="first name is an object"),
        pytest.param(sealed([personne(sexe=1)]), "traits_shape", id="sex is a number"),
        pytest.param(sealed([personne(nir=2940375120005)]), "traits_shape", id="NIR is a number"),
        pytest.param(sealed([personne(date=19940312)]), "traits_shape", id="date is a number"),
        pytest.param(sealed([personne(commune=75120)]), "traits_shape", id="place is a number"),
    ],
)
def test_traits_that_cannot_be_read_are_given_up(session: Session, blob: str, code: str) -> None:
    with pytest.raises(Unreadable) as given_up:
        use_cases.resolve_persons(session, KEYS, NOW, ids(1), blob)
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
    use_cases.resolve_persons(session, KEYS, NOW, declarations, sealed(plain))
    heard = {one["declaration_id"] for one in announced(session, DECLARATIONS_ATTRIBUTED)}
    assert heard == set(declarations)
    assert kept.told_by(session, KEYS.own, declarations[:1])[declarations[0]]


def test_ten_thousand_tests_are_ten_thousand_persons(session: Session) -> None:
    filler = personne(nom_naissance="TEST", prenoms=["TEST"])
    told(session, [filler] * 10_000)
    assert persons(session) == 10_000


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
