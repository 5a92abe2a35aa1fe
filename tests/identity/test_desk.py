"""The identities' desk: access is asked first and told of whom; what is answered holds no NIR."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.answering import Asked
from services.chassis.providers import Clock
from services.chassis.topology import entrypoints
from services.contracts import identity
from services.contracts.access import DECIDE_IDENTITY
from services.contracts.errors import BadRequest, Conflict, HubError, NotFound, Refused, Unavailable
from services.contracts.identity import (
    CHANGES,
    CIVIL_STATUS,
    COMPARE,
    EXPLAIN,
    LINK,
    RESOLVE,
    REVIEWS,
    REVOKE,
    SPLIT,
)
from services.contracts.message import Call
from services.identity import use_cases
from services.identity.service import IdentityDesk
from services.identity.storage.statements import Origin
from tests.identity.given import KEYS, NIR, NOW, follow, ids, linker, personne, sealed, told

BUREAU = "99000029100015"
OPCO, DSN = "99000016800015", "99000026700015"
MARIE = personne(nir=NIR)
TWIN = personne(prenoms=["Anne"])
STRANGER = personne(
    nom_naissance="Kervadec", prenoms=["Solange"], date="1984-02-11", commune="29232", sexe="F"
)


class SetClock(Clock):
    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        return self.instant


@dataclass
class Access:
    """What access answers; and what it was asked, as it reads it."""

    granted: bool = True
    is_there: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, call: Call, **body: Any) -> dict[str, Any]:
        assert call == DECIDE_IDENTITY
        if not self.is_there:
            raise Unavailable("service_indisponible", "")
        self.asked.append(call.request().load(orjson.loads(orjson.dumps(body))))
        reason = "habilitation_in_force" if self.granted else "no_habilitation_for_service"
        answer = {"granted": self.granted, "reason": reason, "decision": f"3-{len(self.asked)}"}
        read: dict[str, Any] = call.answer().load(answer)
        return read


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
def desk(session: Session, access: Access) -> IdentityDesk:
    """The desk's doors, whose transactions are savepoints inside the test's own."""

    @contextmanager
    def open_transaction(_: Any = None) -> Iterator[Session]:
        with session.begin_nested():
            yield session

    desk = IdentityDesk()
    # What nameko does with the providers.
    vars(desk).update(
        transaction=open_transaction,
        clock=SetClock(),
        traits_keys=KEYS.traits,
        own_keys=KEYS.own,
        blind_key=KEYS.blind,
        model="",
        models_before="",
        others=access,
    )
    return desk


def ask(desk: IdentityDesk, call: Call, **body: Any) -> dict[str, Any]:
    """What the bureau reads, having asked as the contract says."""
    request = call.request().load(orjson.loads(orjson.dumps(body)))
    answered = orjson.dumps(getattr(desk, call.method)(Asked(BUREAU, request, b"")))
    assert not [nir for nir in (NIR, "294037512000591") if nir.encode() in answered]
    read: dict[str, Any] = call.answer().load(orjson.loads(answered))
    missing = call.answer().load(orjson.loads(answered)).keys() ^ orjson.loads(answered).keys()
    assert not missing, "an answer says what its contract does"
    return read


def said(
    session: Session, people: Sequence[Any], source: str | None, on: datetime | None = None
) -> list[uuid.UUID]:
    """Lines told by a source at an instant."""
    lines = ids(len(people))
    at = dict.fromkeys(lines, on) if on else {}
    use_cases.resolve_persons(linker(session), NOW, lines, sealed(list(people)), Origin(source, at))
    return lines


@pytest.fixture
def doubtful(session: Session) -> list[uuid.UUID]:
    """Two lines that may be of one person."""
    return said(session, [MARIE], OPCO, NOW) + said(session, [TWIN], DSN, NOW)


AGENT = {"agent": "AGT-1"}


def link_of(lines: Sequence[uuid.UUID], **change: Any) -> dict[str, Any]:
    return {
        "reference": "R1",
        "declarations": list(lines),
        "motif": "acte_presente",
        **AGENT,
        **change,
    }


def split_of(lines: Sequence[uuid.UUID], other: uuid.UUID, **change: Any) -> dict[str, Any]:
    return {**link_of(lines, motif="traits_contraires"), "autre": other, "portee": "lignes", **change}


def resolved(desk: IdentityDesk, lines: Sequence[uuid.UUID], **at: Any) -> list[Any]:
    """The person of each line, as the desk tells it."""
    return [one["person_id"] for one in ask(desk, RESOLVE, declarations=list(lines), **at)["lignes"]]


# --- a doubt, from the queue to the ruling and back ----------------------------------------------


def test_a_doubt_is_shown_compared_and_ruled_on(desk: IdentityDesk, doubtful: list[uuid.UUID]) -> None:
    page = ask(desk, REVIEWS)
    (doubt,) = page["doutes"]
    assert (doubt["declarations"], doubt["cause"]) == (doubtful, "jumeaux")
    assert doubt["poids"] < page["seuils"]["liaison"]

    side_by_side = ask(desk, COMPARE, declarations=doubt["declarations"], **AGENT)
    assert [one["prenoms"] for one in side_by_side["candidats"]] == [["Marie", "Claire"], ["Anne"]]
    assert [(one["a_un_nir"], one["source"]) for one in side_by_side["candidats"]] == [
        (True, OPCO),
        (False, DSN),
    ]
    assert [one["person_id"] for one in side_by_side["candidats"]] == doubt["person_ids"]

    ruled = ask(desk, LINK, **link_of(doubtful))
    assert ruled["person_ids"] == [doubt["person_ids"][0]]
    assert ruled["lignes_deplacees"] == 1
    assert ask(desk, REVIEWS)["doutes"] == []
    undone = ask(desk, REVOKE, ruling_id=str(ruled["ruling_id"]), motif="decision_erronee", **AGENT)
    assert (undone["person_ids"], undone["lignes_deplacees"]) == (sorted(doubt["person_ids"]), 1)
    assert ask(desk, REVIEWS)["doutes"] == page["doutes"]


def test_a_split_is_ruled_on_the_scope_that_is_told(desk: IdentityDesk, session: Session) -> None:
    people = [MARIE, personne(nom_naissance="Dupond", nir=NIR), personne(nom_usage="Roux", nir=NIR)]
    lines = said(session, people, OPCO)
    assert len(set(resolved(desk, lines))) == 1
    ruled = ask(desk, SPLIT, **split_of(lines[1:2], lines[0], portee="personnes"))
    one, parted, other = resolved(desk, lines)
    assert one == other != parted
    assert (set(ruled["person_ids"]), ruled["lignes_deplacees"]) == ({one, parted}, 1)


def test_a_ruling_is_the_organisations_and_its_agents_with_a_motive(
    desk: IdentityDesk, session: Session, doubtful: list[uuid.UUID]
) -> None:
    ask(desk, LINK, **link_of(doubtful))
    kept = session.execute(text("SELECT author, motive, scope FROM ruling")).one()
    assert kept == (f"{BUREAU}/AGT-1", "acte_presente", "lignes")


def test_what_is_asked_twice_is_ruled_once_and_told_again(
    desk: IdentityDesk, session: Session, doubtful: list[uuid.UUID]
) -> None:
    asked = link_of(doubtful)
    first = ask(desk, LINK, **asked)
    again = ask(desk, LINK, **asked)
    assert {**again, "decision": ""} == {**first, "decision": ""}
    assert session.scalar(text("SELECT count(*) FROM ruling")) == 1
    with pytest.raises(Conflict, match="reference_deja_utilisee"):
        ask(desk, LINK, **link_of(doubtful, motif="confirme_par_personne"))
    revoked = {"ruling_id": str(first["ruling_id"]), "motif": "decision_erronee", **AGENT}
    back = ask(desk, REVOKE, **revoked)
    assert {**ask(desk, REVOKE, **revoked), "decision": ""} == {**back, "decision": ""}
    with pytest.raises(NotFound, match="decision_inconnue"):
        ask(desk, REVOKE, **{**revoked, "agent": "AGT-2"})


@pytest.mark.parametrize(
    ("call", "body", "kind", "code"),
    [
        pytest.param(LINK, link_of(ids(2)), NotFound, "declaration_inconnue", id="link unknown lines"),
        pytest.param(
            SPLIT, split_of(ids(1), uuid.uuid4()), NotFound, "declaration_inconnue", id="split unknown lines"
        ),
        pytest.param(
            REVOKE,
            {"ruling_id": uuid.uuid4(), "motif": "decision_erronee", **AGENT},
            NotFound,
            "decision_inconnue",
            id="revoke nothing",
        ),
        pytest.param(
            COMPARE, {"declarations": ids(2), **AGENT}, NotFound, "declaration_inconnue", id="compare"
        ),
        pytest.param(
            EXPLAIN, {"declarations": ids(2), **AGENT}, NotFound, "declaration_inconnue", id="explain"
        ),
        pytest.param(
            CIVIL_STATUS,
            {"person_id": uuid.uuid4(), "finalite": "gestion_identites", **AGENT},
            NotFound,
            "personne_inconnue",
            id="nobody",
        ),
    ],
)
def test_what_cannot_be_answered_is_told_what_to_do(
    desk: IdentityDesk, call: Call, body: dict[str, Any], kind: type[HubError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        ask(desk, call, **body)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_a_line_that_tells_nobody_apart_cannot_be_ruled_on(desk: IdentityDesk, session: Session) -> None:
    lines = said(session, [MARIE, personne(nom_naissance="TEST", prenoms=["TEST"])], OPCO)
    with pytest.raises(BadRequest, match="declaration_sans_identite"):
        ask(desk, LINK, **link_of(lines))
    assert ask(desk, COMPARE, declarations=lines, **AGENT)["candidats"][1]["nom_naissance"] == "TEST"


# --- pages -----------------------------------------------------------------------------------


def test_doubts_are_paged_by_key(desk: IdentityDesk, session: Session) -> None:
    for commune in ("13055", "29232", "75120"):
        told(session, [personne(commune=commune, date=f"19{commune[:2]}-03-12")])
        told(session, [personne(commune=commune, date=f"19{commune[:2]}-03-12", prenoms=["Anne"])])
    whole = ask(desk, REVIEWS)["doutes"]
    paged, after = [], [0, 0]
    while page := ask(desk, REVIEWS, apres=after, doutes=1):
        if not page["doutes"]:
            break
        paged += page["doutes"]
        after = page["suite"]
    assert len(whole) >= 3
    assert paged == whole
    assert page["suite"] == after, "an empty page goes on from where one was"


def test_whoever_follows_the_moves_misses_none(
    desk: IdentityDesk, session: Session, doubtful: list[uuid.UUID]
) -> None:
    start = ask(desk, CHANGES)["suite"]
    one, other = resolved(desk, doubtful)
    ruled = ask(desk, LINK, **link_of(doubtful))
    ask(desk, REVOKE, ruling_id=str(ruled["ruling_id"]), motif="decision_erronee", **AGENT)
    followed, after = [], start
    while page := ask(desk, CHANGES, apres=after, mouvements=1)["mouvements"]:
        followed += page
        after = page[-1]["numero"]
    assert [(move["de"], move["vers"], move["cause"]) for move in followed] == [
        (other, one, "liaison"),
        (one, other, "annulation"),
    ]
    assert ask(desk, CHANGES, apres=after)["suite"] == after


def test_of_whom_a_line_spoke_on_a_day_is_told_and_a_line_of_then_unknown_is_nobodys(
    desk: IdentityDesk, session: Session, doubtful: list[uuid.UUID]
) -> None:
    before = resolved(desk, doubtful)
    desk.clock.instant = datetime(2026, 9, 1, tzinfo=UTC)
    ask(desk, LINK, **link_of(doubtful))
    assert resolved(desk, doubtful) == [before[0]] * 2
    assert resolved(desk, doubtful, connu_le="2026-08-31T00:00:00+00:00") == before
    assert resolved(desk, doubtful, connu_le="2020-01-01T00:00:00+00:00") == [None, None]
    assert resolved(desk, [uuid.uuid4()]) == [None]


# --- what is looked at -----------------------------------------------------------------------


def test_an_explanation_adds_up_and_holds_no_value(desk: IdentityDesk, doubtful: list[uuid.UUID]) -> None:
    explained = ask(desk, EXPLAIN, declarations=doubtful, **AGENT)
    weights = sum(part["poids"] for part in explained["traits"])
    assert explained["total"] == pytest.approx(explained["a_priori"] + weights)
    levels = {part["trait"]: part["niveau"] for part in explained["traits"]}
    assert (levels["nom"], levels["naissance"], levels["nir"]) == ("identique", "identique", None)
    assert (explained["reponse"], explained["cause"]) == ("doute", "jumeaux")
    written = json.dumps(explained, default=str).upper()
    assert not [value for value in ("DUPONT", "MARIE", "ANNE", "1994", "75120") if value in written]
    turned = ask(desk, EXPLAIN, declarations=doubtful[::-1], **AGENT)
    assert (turned["total"], turned["traits"]) == (explained["total"], explained["traits"])


def test_a_number_typed_into_a_name_is_not_shown(desk: IdentityDesk, session: Session) -> None:
    lines = said(session, [personne(nom_usage=f"DUPONT {NIR}"), personne(nir=NIR, prenoms=[NIR])], OPCO)
    side_by_side = ask(desk, COMPARE, declarations=lines, **AGENT)["candidats"]
    assert side_by_side[0]["nom_usage"] == "DUPONT [nir]"
    assert side_by_side[1]["prenoms"] == ["[nir]"]
    person_id = side_by_side[0]["person_id"]
    ask(desk, CIVIL_STATUS, person_id=str(person_id), finalite="droits_personne", **AGENT)


def test_the_civil_status_of_a_person_says_why_each_trait_is_the_one(
    desk: IdentityDesk, session: Session
) -> None:
    use_cases.follow_sources(
        session,
        [
            {"siret": OPCO, "version": 1, "profile": "opco"},
            {"siret": DSN, "version": 2, "profile": "dsn"},
            {"siret": DSN, "version": 1, "profile": "operateur_cep"},
        ],
    )
    early, late = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    here = {"code_postal": "93100", "commune": "Montreuil"}
    (line,) = said(session, [MARIE], DSN, early)
    said(session, [personne(nir=NIR, nom_naissance="Dupond", adresse=here)], OPCO, late)
    (person_id,) = resolved(desk, [line])
    shown = ask(desk, CIVIL_STATUS, person_id=str(person_id), finalite="gestion_identites", **AGENT)
    traits = {one["trait"]: one for one in shown["traits"]}
    assert traits["nom_naissance"] == {
        "trait": "nom_naissance",
        "valeurs": ["DUPONT"],
        "source": DSN,
        "dite_le": early,
        "regle": "autorite",
        "contraires": 1,
    }
    assert (traits["adresse"]["valeurs"], traits["adresse"]["source"]) == (["93100", "Montreuil"], OPCO)
    assert (shown["a_un_nir"], shown["nir_certifie"]) == (True, False)


def test_a_nir_is_told_certified_by_the_word_of_who_asks_the_register(
    desk: IdentityDesk, session: Session
) -> None:
    follow(session, {OPCO: "opco", BUREAU: "caisse_des_depots"})
    certified = {**MARIE, "nir_certifie": True}
    lines = said(session, [certified], OPCO, NOW)
    (person_id,) = resolved(desk, lines)
    asked = {"person_id": str(person_id), "finalite": "gestion_identites", **AGENT}
    assert ask(desk, CIVIL_STATUS, **asked)["nir_certifie"] is False
    lines += said(session, [certified], BUREAU, NOW)
    assert ask(desk, CIVIL_STATUS, **asked)["nir_certifie"] is True
    candidates = ask(desk, COMPARE, declarations=lines, **AGENT)["candidats"]
    assert [(one["a_un_nir"], one["nir_certifie"]) for one in candidates] == [(True, False), (True, True)]


@pytest.mark.parametrize("finalite", identity.FINALITES)
def test_a_purpose_is_shown_the_traits_it_needs(desk: IdentityDesk, session: Session, finalite: str) -> None:
    here = {"code_postal": "93100", "commune": "Montreuil"}
    (person_id,) = resolved(desk, said(session, [personne(adresse=here, nom_usage="Roux")], OPCO, NOW))
    shown = ask(desk, CIVIL_STATUS, person_id=str(person_id), finalite=finalite, **AGENT)
    recognised = {"nom_naissance", "nom_usage", "prenoms", "sexe", "date_naissance"}
    beyond = set() if finalite in ("prise_en_charge", "accompagnement") else {"lieu_naissance", "adresse"}
    assert {one["trait"] for one in shown["traits"]} == recognised | beyond


def test_a_line_said_before_sources_were_kept_has_none(desk: IdentityDesk, session: Session) -> None:
    lines = ids(1)
    told(session, [MARIE], lines)
    (candidate, _) = ask(desk, COMPARE, declarations=[*lines, *lines], **AGENT)["candidats"]
    assert (candidate["source"], candidate["dite_le"]) == (None, None)


# --- who may -----------------------------------------------------------------------------------


def every_call(lines: Sequence[uuid.UUID], person_id: uuid.UUID, ruling_id: uuid.UUID) -> dict[Call, Any]:
    """A call of each kind that would be answered."""
    pair = {"declarations": list(lines), **AGENT}
    return {
        LINK: link_of(lines, reference="R9"),
        SPLIT: split_of(lines[:1], lines[1], reference="R8"),
        REVOKE: {"ruling_id": ruling_id, "motif": "decision_erronee", **AGENT},
        REVIEWS: {},
        COMPARE: pair,
        EXPLAIN: pair,
        RESOLVE: {"declarations": list(lines)},
        CHANGES: {},
        CIVIL_STATUS: {"person_id": person_id, "finalite": "droits_personne", **AGENT},
    }


SPEAKS_OF_NOBODY = {REVIEWS, CHANGES}


@pytest.mark.parametrize("call", identity.CALLS, ids=lambda call: str(call.method))
def test_access_is_told_which_call_whose_about_whom_and_why_before_anything_is_answered(
    desk: IdentityDesk, access: Access, doubtful: list[uuid.UUID], call: Call
) -> None:
    ruled = ask(desk, LINK, **link_of(doubtful))
    (person_id,) = ruled["person_ids"]
    access.asked.clear()
    body = every_call(doubtful, person_id, ruled["ruling_id"])[call]
    try:
        ask(desk, call, **body)
    except Conflict:
        assert call is SPLIT  # another ruling says the opposite; that it was asked is remembered all the same
    (asked,) = access.asked
    assert (asked["siret"], asked["appel"]) == (BUREAU, call.routing_key)
    assert asked["person_ids"] == ([] if call in SPEAKS_OF_NOBODY else [person_id])
    assert asked["finalite"] == body.get("finalite", "gestion_identites")
    assert (asked.get("agent"), asked.get("motif")) == (body.get("agent"), body.get("motif"))


@pytest.mark.parametrize("call", identity.CALLS, ids=lambda call: str(call.method))
def test_who_may_not_changes_nothing_and_learns_nothing(
    desk: IdentityDesk, access: Access, session: Session, doubtful: list[uuid.UUID], call: Call
) -> None:
    ruled = ask(desk, LINK, **link_of(doubtful))
    decided = session.execute(text("SELECT * FROM decision ORDER BY 1, 2")).all()
    access.granted = False
    known = every_call(doubtful, ruled["person_ids"][0], ruled["ruling_id"])[call]
    unknown = every_call(ids(2), uuid.uuid4(), uuid.uuid4())[call]
    refusals = []
    for body in (known, unknown):
        with pytest.raises(Refused) as refused:
            ask(desk, call, **body)
        refusals.append({**refused.value.to_wire(), "details": refused.value.details["motif"]})
    assert refusals[0] == refusals[1], "what is there and what is not are refused alike"
    assert session.execute(text("SELECT * FROM decision ORDER BY 1, 2")).all() == decided


@pytest.mark.parametrize("call", identity.CALLS, ids=lambda call: str(call.method))
def test_without_access_there_is_no_answer(
    desk: IdentityDesk, access: Access, session: Session, doubtful: list[uuid.UUID], call: Call
) -> None:
    ruled = ask(desk, LINK, **link_of(doubtful))
    access.is_there = False
    with pytest.raises(Unavailable):
        ask(desk, call, **every_call(doubtful, ruled["person_ids"][0], ruled["ruling_id"])[call])
    assert session.scalar(text("SELECT count(*) FROM ruling WHERE revoked_at IS NULL")) == 1


def test_every_call_of_the_contract_has_its_door_and_none_of_them_lists_persons() -> None:
    calls = {name: door.call for name, door in entrypoints((IdentityDesk,))}
    assert calls == {call.method: call for call in identity.CALLS}
    # Whom one asks about, one must name by an id: of a line, of a person, or of a ruling.
    feeds = {"apres", "doutes", "mouvements", "agent"}
    for call in identity.CALLS:
        fields = set(call.request().fields)
        assert fields <= feeds or fields & {"declarations", "person_id", "ruling_id"}
