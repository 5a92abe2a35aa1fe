"""The decision against a naive oracle: every block of every dossier asked for, one question at a time."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.access.domain.decision import (
    Consultation,
    Granted,
    Motif,
    Reading,
    Refused,
    decide,
    decide_identity,
)
from services.access.domain.habilitation import OF_IDENTITY, Habilitation
from services.access.domain.parcours import Relation
from services.contracts.access import PERIMETRES
from services.contracts.dossier.codes import BLOCKS, ROLES
from services.contracts.identity import FINALITES
from tests.access.given import FIRST, OPCO, SECOND, THIRD, TODAY, consultation, keeping, reading, right

DOSSIERS = (FIRST, SECOND, THIRD)
PERSON_WIDE = {"certifications", "emplois", "accompagnements"}
IN_DOSSIERS = set(BLOCKS) - {"emplois", "accompagnements"}

# Most rights could open something: the cases of interest lie where several almost do.
rights = st.lists(
    st.builds(
        right,
        st.sampled_from([*PERIMETRES, *PERIMETRES, None, "autre"]),
        service=st.sampled_from(["dossier"] * 7 + ["reporting"]),
        finalite=st.sampled_from(["prise_en_charge"] * 7 + ["suivi"]),
        blocs=st.sets(st.sampled_from(BLOCKS), min_size=1, max_size=4).map(
            lambda blocs: tuple(sorted(blocs))
        ),
        valid_from=st.sampled_from([-1, -1, -1, 0, 1]).map(lambda away: TODAY + timedelta(days=away)),
        valid_until=st.sampled_from([1, 1, 1, 0, -1]).map(lambda away: TODAY + timedelta(days=away)),
    ),
    max_size=6,
)
relations = st.lists(
    st.builds(Relation, st.just(OPCO), st.sampled_from(ROLES), st.sampled_from([*DOSSIERS, None])),
    max_size=6,
    unique=True,
)
asked = st.lists(st.sampled_from(DOSSIERS), unique=True).map(lambda ids: reading(*ids))


def opens(one: Habilitation, relations: Sequence[Relation], dossier: object, bloc: str, today: date) -> bool:
    """Whether this right opens this block: of this dossier or, without one, of the person."""
    finances = {held.dossier_id for held in relations if held.role == "finance"} - {None}
    pays = {held.dossier_id for held in relations if held.role == "paie"} - {None}
    follows = Relation(OPCO, "accompagne", None) in relations
    near = {"dossiers_finances": dossier in finances, "dossiers_payes": dossier in pays}
    far = {"personnes_accompagnees": follows, "personnes_financees": bool(finances)}
    return (
        one.service == "dossier"
        and one.finalite == "prise_en_charge"
        and one.valid_from <= today
        and today <= one.valid_until
        and bloc in one.blocs
        and bloc in (IN_DOSSIERS if dossier else PERSON_WIDE)
        and ({**near, **far} if dossier else far).get(str(one.perimetre), False)
    )


@settings(max_examples=400)
@given(rights, relations, asked)
def test_the_decision_opens_what_the_oracle_opens_and_nothing_else(
    rights: list[Habilitation], relations: list[Relation], asked: Reading
) -> None:
    wanted = asked.dossier_ids
    expected = {
        (dossier, bloc)
        for dossier in (*wanted, None)
        for bloc in BLOCKS
        if any(opens(one, relations, dossier, bloc, TODAY) for one in rights)
    }
    answer = decide(rights, relations, asked, TODAY)
    opened = (
        {(one.dossier_id, bloc) for one in answer.dossiers for bloc in one.blocs}
        | {(None, bloc) for bloc in answer.blocs}
        if isinstance(answer, Granted)
        else set()
    )
    assert opened == expected


@settings(max_examples=400)
@given(rights, relations, asked)
def test_what_is_listed_is_exactly_what_may_be_read(
    rights: list[Habilitation], relations: list[Relation], asked: Reading
) -> None:
    whole = decide(rights, relations, asked, TODAY)
    listed = {one.dossier_id: one for one in whole.dossiers} if isinstance(whole, Granted) else {}
    for dossier_id in asked.dossier_ids:
        alone = decide(rights, relations, replace(asked, dossier_ids=(dossier_id,)), TODAY)
        read = alone.dossiers if isinstance(alone, Granted) else ()
        assert read == ((listed[dossier_id],) if dossier_id in listed else ())
        assert all(one.blocs for one in read)


@settings(max_examples=400)
@given(rights, relations, asked)
def test_a_refusal_says_the_first_thing_that_is_missing(
    rights: list[Habilitation], relations: list[Relation], asked: Reading
) -> None:
    steps: list[tuple[Motif, Callable[[Habilitation], bool]]] = [
        ("no_habilitation_for_service", lambda one: one.service == "dossier"),
        ("purpose_not_covered", lambda one: one.finalite == "prise_en_charge"),
        ("habilitation_not_in_force", lambda one: one.valid_from <= TODAY <= one.valid_until),
    ]
    answer = decide(rights, relations, asked, TODAY)
    for motif, holds in steps:
        rights = [one for one in rights if holds(one)]
        if not rights:
            assert answer == Refused(motif)
            return
    assert isinstance(answer, Granted) or answer.reason == "no_relation"


# --- identities --------------------------------------------------------------------------------

PERSONS = DOSSIERS  # three ids are three ids
kept = st.lists(
    st.builds(
        keeping,
        service=st.sampled_from(["identity"] * 5 + ["dossier"]),
        finalite=st.sampled_from(list(FINALITES)),
        perimetre=st.sampled_from([*PERIMETRES, None]),
        valid_until=st.sampled_from([1, 1, 0, -1]).map(lambda away: TODAY + timedelta(days=away)),
    ),
    max_size=5,
)
related = st.dictionaries(st.sampled_from(PERSONS), relations, max_size=3)
consulted = st.builds(
    lambda persons, finalite: replace(consultation(finalite=finalite), person_ids=tuple(persons)),
    st.lists(st.sampled_from(PERSONS), unique=True),
    st.sampled_from(list(FINALITES)),
)


def shows(one: Habilitation, held: Sequence[Relation], finalite: str) -> bool:
    """Whether this right, for this purpose, shows a person to whom one is this."""
    if one.service != "identity" or one.finalite != finalite or one.valid_until < TODAY:
        return False
    if finalite in ("gestion_identites", "droits_personne"):
        return True
    if one.perimetre == "personnes_financees":
        return any(each.role == "finance" and each.dossier_id for each in held)
    follows = any(each.role == "accompagne" and each.dossier_id is None for each in held)
    return one.perimetre == "personnes_accompagnees" and follows


@settings(max_examples=400)
@given(kept, related, consulted)
def test_identities_are_shown_to_whom_the_oracle_shows_them_and_to_nobody_else(
    rights: list[Habilitation], related: dict[UUID, list[Relation]], asked: Consultation
) -> None:
    person_ids = asked.person_ids
    everybody = asked.finalite in ("gestion_identites", "droits_personne")
    expected = all(
        any(shows(one, related.get(person_id, []), asked.finalite) for one in rights)
        for person_id in person_ids
    ) and (bool(person_ids) or (everybody and any(shows(one, [], asked.finalite) for one in rights)))
    answer = decide_identity(rights, related, asked, TODAY)
    assert isinstance(answer, Granted) == expected
    if isinstance(answer, Granted):
        assert all(
            any(shows(one, related.get(person_id, []), asked.finalite) for person_id in (*person_ids, FIRST))
            for one in answer.habilitations
        )


def test_every_purpose_of_the_contract_reaches_somewhere() -> None:
    assert OF_IDENTITY.keys() == FINALITES.keys()
    assert set(OF_IDENTITY.values()) <= {*PERIMETRES, None}
