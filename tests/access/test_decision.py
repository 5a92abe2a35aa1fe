"""Who may read what: the rules, as tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.access.domain.decision import (
    Granted,
    Motif,
    OpenDossier,
    Refused,
    decide,
    decide_dossiers,
    decide_figures,
    decide_identity,
)
from services.access.domain.habilitation import Habilitation
from services.access.domain.parcours import Relation
from tests.access.given import (
    FIRST,
    OPCO,
    PERSON,
    SECOND,
    THIRD,
    TODAY,
    consultation,
    finances,
    follows,
    handling,
    keeping,
    pays,
    reading,
    right,
    steering,
)

WHOLE = ("formation", "emplois", "accompagnements")


@pytest.mark.parametrize(
    ("rights", "motif"),
    [
        pytest.param(None, "organisation_unknown", id="nobody registered the reader"),
        pytest.param([], "no_habilitation_for_service", id="no right at all"),
        pytest.param([steering()], "no_habilitation_for_service", id="a right to figures opens no dossier"),
        pytest.param([right(finalite="suivi")], "purpose_not_covered", id="another purpose"),
        pytest.param(
            [right(valid_until=date(2026, 6, 14))], "habilitation_not_in_force", id="ended yesterday"
        ),
        pytest.param(
            [right(valid_from=date(2026, 6, 16))], "habilitation_not_in_force", id="begins tomorrow"
        ),
        pytest.param(
            [right(finalite="suivi"), right(valid_until=date(2025, 1, 1), valid_from=date(2024, 1, 1))],
            "habilitation_not_in_force",
            id="the nearest miss is told",
        ),
        pytest.param([right("dossiers_payes")], "no_relation", id="it finances, and may read what it pays"),
        pytest.param([right("perimetre_inconnu")], "no_relation", id="a perimetre nobody defined"),
    ],
)
def test_nothing_is_read_without_a_right(rights: Sequence[Habilitation] | None, motif: Motif) -> None:
    assert decide(rights, [finances(FIRST)], reading(FIRST), TODAY) == Refused(motif)


@pytest.mark.parametrize(
    ("today", "granted"),
    [
        pytest.param(date(2025, 12, 31), False, id="day before"),
        pytest.param(date(2026, 1, 1), True, id="first day"),
        pytest.param(date(2026, 12, 31), True, id="last day"),
        pytest.param(date(2027, 1, 1), False, id="day after"),
    ],
)
def test_a_right_ends_with_its_last_day(today: date, granted: bool) -> None:
    answer = decide([right()], [finances(FIRST)], reading(FIRST), today)
    assert answer == (
        Granted((right(),), (OpenDossier(FIRST, ("formation", "dates")),))
        if granted
        else Refused("habilitation_not_in_force")
    )


@pytest.mark.parametrize(
    ("perimetre", "relations", "listed", "person"),
    [
        # Perimetre                | the reader is…                      | dossiers read  | person-wide
        pytest.param("dossiers_finances", [finances(FIRST)], {FIRST}, (), id="one dossier financed of two"),
        pytest.param(
            "dossiers_finances", [finances(FIRST), finances(SECOND)], {FIRST, SECOND}, (), id="both financed"
        ),
        pytest.param("dossiers_finances", [finances(THIRD)], None, (), id="finances one not asked for"),
        pytest.param("dossiers_finances", [pays(FIRST)], None, (), id="pays, does not finance"),
        pytest.param("dossiers_finances", [follows()], None, (), id="follows, does not finance"),
        pytest.param("dossiers_payes", [pays(SECOND)], {SECOND}, (), id="the dossier it pays for"),
        pytest.param("dossiers_payes", [finances(SECOND)], None, (), id="finances, does not pay"),
        pytest.param("personnes_accompagnees", [follows()], {FIRST, SECOND}, WHOLE[1:], id="follows"),
        pytest.param("personnes_accompagnees", [finances(FIRST)], None, (), id="does not follow"),
        pytest.param(
            "personnes_accompagnees",
            [Relation(OPCO, "accompagne", FIRST)],
            None,
            (),
            id="following is of a person, not of a dossier",
        ),
        pytest.param(
            "personnes_financees", [finances(FIRST)], {FIRST, SECOND}, WHOLE[1:], id="finances one: whole"
        ),
        pytest.param(
            "personnes_financees", [finances(THIRD)], {FIRST, SECOND}, WHOLE[1:], id="even one not asked for"
        ),
        pytest.param("personnes_financees", [pays(FIRST)], None, (), id="paying is not financing"),
        pytest.param("personnes_financees", [], None, (), id="nobody to the person"),
    ],
)
def test_a_right_reaches_as_far_as_its_perimetre(
    perimetre: str, relations: list[Relation], listed: set[UUID] | None, person: tuple[str, ...]
) -> None:
    answer = decide([right(perimetre, *WHOLE)], relations, reading(FIRST, SECOND), TODAY)
    if listed is None:
        assert answer == Refused("no_relation")
    else:
        assert isinstance(answer, Granted)
        assert {one.dossier_id for one in answer.dossiers} == listed
        assert answer.blocs == person


@pytest.mark.parametrize(
    ("rights", "opened", "person"),
    [
        pytest.param([right("dossiers_finances", "dates")], {FIRST: ("dates",)}, (), id="one block"),
        pytest.param(
            [right("dossiers_finances", "dates"), right("dossiers_finances", "financements")],
            {FIRST: ("dates", "financements")},
            (),
            id="two rights open together what each opens",
        ),
        pytest.param(
            [right("dossiers_finances", "financements"), right("personnes_financees", "dates", "emplois")],
            {FIRST: ("dates", "financements"), SECOND: ("dates",)},
            ("emplois",),
            id="each as far as its own perimetre",
        ),
        pytest.param(
            [right("dossiers_finances", "dates"), right(valid_until=date(2026, 1, 2))],
            {FIRST: ("dates",)},
            (),
            id="one that has ended adds nothing",
        ),
        pytest.param(
            [right("dossiers_finances", "certifications")],
            {FIRST: ("certifications",)},
            (),
            id="certifications of the dossier, not of the person",
        ),
        pytest.param([right("personnes_financees", "emplois")], {}, ("emplois",), id="no dossier to show"),
        pytest.param([right("dossiers_finances", "emplois")], {}, (), id="a block out of reach"),
    ],
)
def test_blocks_open_one_by_one(
    rights: list[Habilitation], opened: dict[UUID, tuple[str, ...]], person: tuple[str, ...]
) -> None:
    answer = decide(rights, [finances(FIRST)], reading(FIRST, SECOND), TODAY)
    assert isinstance(answer, Granted)
    assert {one.dossier_id: one.blocs for one in answer.dossiers} == opened
    assert answer.blocs == person


def test_only_the_rights_that_open_something_are_the_ground_of_a_decision() -> None:
    useful, useless = right(), right("dossiers_payes")
    answer = decide([useless, useful], [finances(FIRST)], reading(FIRST), TODAY)
    assert isinstance(answer, Granted)
    assert answer.habilitations == (useful,)


@pytest.mark.parametrize(
    ("rights", "answer"),
    [
        pytest.param(None, Refused("organisation_unknown"), id="nobody registered the reader"),
        pytest.param([right()], Refused("no_habilitation_for_service"), id="reads dossiers only"),
        pytest.param(
            [steering(valid_until=date(2026, 6, 14))], Refused("habilitation_not_in_force"), id="ended"
        ),
        pytest.param([steering(valid_until=TODAY)], Granted((steering(valid_until=TODAY),)), id="last day"),
    ],
)
def test_figures_are_for_whoever_steers(rights: list[Habilitation] | None, answer: Granted | Refused) -> None:
    assert decide_figures(rights, TODAY) == answer


ANOTHER = UUID("00000000-0000-4000-8000-000000000002")
FUNDER = keeping(finalite="prise_en_charge", perimetre="personnes_financees")
ADVISER = keeping(finalite="accompagnement", perimetre="personnes_accompagnees")


@pytest.mark.parametrize(
    ("rights", "answer"),
    [
        pytest.param(None, Refused("organisation_unknown"), id="nobody registered the caller"),
        pytest.param([right(), steering()], Refused("no_habilitation_for_service"), id="reads dossiers only"),
        pytest.param(
            [keeping(finalite="droits_personne")], Refused("purpose_not_covered"), id="answers persons only"
        ),
        pytest.param(
            [keeping(valid_until=date(2026, 6, 14))], Refused("habilitation_not_in_force"), id="ended"
        ),
        pytest.param([keeping(valid_until=TODAY)], Granted((keeping(valid_until=TODAY),)), id="last day"),
    ],
)
def test_identities_are_for_whoever_keeps_them(
    rights: list[Habilitation] | None, answer: Granted | Refused
) -> None:
    assert decide_identity(rights, {}, consultation(PERSON, ANOTHER), TODAY) == answer
    assert decide_identity(rights, {}, replace(consultation(), person_ids=()), TODAY) == answer


@pytest.mark.parametrize(
    ("rights", "answer"),
    [
        pytest.param([handling()], Granted((handling(),)), id="keeps dossiers right"),
        pytest.param([right(), keeping()], Refused("purpose_not_covered"), id="reads dossiers only"),
        pytest.param([keeping()], Refused("no_habilitation_for_service"), id="keeps identities only"),
        pytest.param(None, Refused("organisation_unknown"), id="nobody registered the caller"),
        pytest.param(
            [handling(valid_until=date(2026, 6, 14))], Refused("habilitation_not_in_force"), id="ended"
        ),
    ],
)
def test_dossiers_are_ruled_on_by_whoever_keeps_them(
    rights: list[Habilitation] | None, answer: Granted | Refused
) -> None:
    asked = consultation(PERSON, appel="dossier.join", finalite="gestion_dossiers", dossier_ids=(FIRST,))
    assert decide_dossiers(rights, asked, TODAY) == answer


def test_who_keeps_dossiers_right_reads_none_by_it() -> None:
    asked = replace(reading(FIRST), finalite="gestion_dossiers")
    assert decide([handling()], [finances(FIRST)], asked, TODAY) == Refused("no_relation")


@pytest.mark.parametrize(
    ("held", "relations", "granted"),
    [
        pytest.param(FUNDER, {PERSON: [finances(FIRST)]}, True, id="funds the person"),
        pytest.param(FUNDER, {PERSON: [pays(FIRST)]}, False, id="pays the person"),
        pytest.param(FUNDER, {PERSON: [follows()]}, False, id="follows, and may see whom it funds"),
        pytest.param(FUNDER, {ANOTHER: [finances(FIRST)]}, False, id="funds another person"),
        pytest.param(FUNDER, {}, False, id="is nothing to anybody"),
        pytest.param(ADVISER, {PERSON: [follows()]}, True, id="follows the person"),
        pytest.param(ADVISER, {PERSON: [finances(FIRST)]}, False, id="funds, and may see whom it follows"),
        pytest.param(replace(ADVISER, perimetre=None), {PERSON: [follows()]}, False, id="no perimetre"),
    ],
)
def test_others_see_the_civil_status_of_those_to_whom_they_are_related(
    held: Habilitation, relations: dict[UUID, list[Relation]], granted: bool
) -> None:
    asked = consultation(PERSON, finalite=held.finalite)
    answer = decide_identity([held], relations, asked, TODAY)
    assert answer == (Granted((held,)) if granted else Refused("no_relation"))


def test_of_two_persons_one_sees_both_or_none() -> None:
    asked = consultation(PERSON, ANOTHER, finalite="prise_en_charge")
    one, both = {PERSON: [finances(FIRST)]}, {PERSON: [finances(FIRST)], ANOTHER: [finances(SECOND)]}
    assert decide_identity([FUNDER], one, asked, TODAY) == Refused("no_relation")
    assert decide_identity([FUNDER], both, asked, TODAY) == Granted((FUNDER,))
    nobody = replace(asked, person_ids=())
    assert decide_identity([FUNDER], both, nobody, TODAY) == Refused("no_relation")
