"""Guarantee 3: a parcours follows from what was said, whatever the order and however often it came."""

import uuid
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dossier.domain.assembling import assemble
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.explaining import why
from services.dossier.domain.fold import fold, fold_assembled
from services.dossier.domain.parcours import Dossier, Parcours
from tests.dossier.saying import (
    ASP,
    BODY,
    CDC,
    CEP,
    CERTIFIER,
    DSN,
    OPCO,
    OTHER_OPCO,
    PERSON,
    contributions,
    event,
    formation,
    job,
    paid,
    said,
)


@settings(max_examples=3000)
@given(contributions, st.randoms())
def test_any_order_and_any_repetition_give_the_same_parcours(
    known: list[Contribution], random: Random
) -> None:
    again = [*known, *random.choices(known, k=5)] if known else []
    random.shuffle(again)
    assert fold(PERSON, again) == fold(PERSON, known)


@settings(max_examples=500)
@given(contributions, contributions)
def test_what_is_said_of_one_person_changes_nothing_of_another(
    hers: list[Contribution], others: list[Contribution]
) -> None:
    """Linked they are one; split again, each is as it was: a parcours is what was said of its person."""
    other = uuid.UUID(int=8)
    before = fold(PERSON, hers), fold(other, others)
    fold(PERSON, [*hers, *others])
    assert (fold(PERSON, hers), fold(other, others)) == before


def _paths(block: Any, at: str) -> list[str]:
    """Every field of a block, and every item of a list and its fields."""
    if isinstance(block, list):
        return [
            path
            for number, item in enumerate(block)
            for path in [f"{at}.{number}", *_paths(item, f"{at}.{number}")]
        ]
    return (
        [f"{at}.{name}" for name, value in block.items() if value is not None]
        if isinstance(block, dict)
        else []
    )


@settings(max_examples=1500)
@given(contributions)
def test_every_field_of_every_block_knows_its_winner(known: list[Contribution]) -> None:
    assembled = assemble(PERSON, known)
    folded = fold_assembled(PERSON, assembled)
    wholes: list[Parcours | Dossier] = [folded, *folded.dossiers]
    for whole in wholes:
        for name, block in whole.blocks.items():
            for path in _paths(block, name):
                reason = why(assembled, whole.blocks, whole.grounds, path)
                assert reason is not None, path
                assert not reason.winner.by.withdrawn
                assert reason.winner.by in known


@settings(max_examples=1500)
@given(contributions)
def test_every_contribution_has_one_effect_and_every_finding_is_of_one_that_counts(
    known: list[Contribution],
) -> None:
    folded = fold(PERSON, known)
    assert folded.effects.keys() == {one.declaration_id for one in known}
    blamed = {
        who.declaration_id for one in folded.dossiers for anomaly in one.anomalies for who in anomaly.blamed
    }
    found = {id_ for id_, effect in folded.effects.items() if effect.findings}
    assert blamed == found


def test_the_latest_statement_of_a_funder_about_its_dossier_stands() -> None:
    parcours = fold(
        PERSON, [said("formation", formation(ends="2026-06-01"), at=5), said("formation", formation())]
    )
    assert parcours.dossiers[0].blocks["dates"]["fin_prevue"] == "2026-06-01"
    assert sorted(effect.effect for effect in parcours.effects.values()) == ["dossier_ouvert", "remplacee"]


@pytest.mark.parametrize(
    ("nature", "faits", "by"),
    [
        ("certification", {"certification": "RNCP1", "resultat": "partielle", "le": "2026-05-01"}, CERTIFIER),
        ("accompagnement", {"niveau": "1", "debut": "2026-01-05"}, CEP),
    ],
)
def test_of_a_person_too_what_its_source_says_again_takes_the_place_of_what_it_said(
    nature: str, faits: dict[str, Any], by: str
) -> None:
    first, again = (said(nature, faits, by=by, at=at) for at in (0, 5))
    effects = fold(PERSON, [first, again]).effects
    assert [effects[one.declaration_id].effect for one in (first, again)] == [
        "remplacee",
        "parcours_complete",
    ]


def test_what_its_source_withdrew_counts_for_nothing() -> None:
    parcours = fold(PERSON, [said("formation", formation(), withdrawn=True)])
    assert not parcours.dossiers
    assert [effect.effect for effect in parcours.effects.values()] == ["retiree"]


# --- who is believed about what ----------------------------------------------------------------

OPCO_FILE = File(OPCO, "D1")


@pytest.mark.parametrize(
    ("statements", "field", "value", "rule"),
    [
        pytest.param(
            [
                said("realisation", event("entree", "2026-02-02")),
                said("realisation", event("entree", "2026-02-09"), by=ASP, at=9, file=OPCO_FILE),
            ],
            "dates.entree_le",
            "2026-02-02",
            "autorite",
            id="the funder of the dossier before the payer, who said it later",
        ),
        pytest.param(
            [
                said("realisation", event("entree", "2026-02-02"), by=BODY, profile=None, file=OPCO_FILE),
                said("realisation", event("entree", "2026-02-09"), by=ASP, at=9, file=OPCO_FILE),
            ],
            "dates.entree_le",
            "2026-02-02",
            "autorite",
            id="the training body before whoever only heard",
        ),
        pytest.param(
            [
                said("realisation", event("entree", "2026-02-03"), by=CDC),
                said("realisation", event("entree", "2026-02-09"), at=9),
            ],
            "dates.entree_le",
            "2026-02-03",
            "autorite",
            id="of a CPF, the Caisse des Dépôts before the co-funder",
        ),
        pytest.param(
            [
                said("formation", formation("2019-02-01", "2019-05-01"), by=CDC),
                said("formation", formation("2019-02-01", "2019-05-01", dispositif="PLAN_DEVELOPPEMENT")),
                said("realisation", event("entree", "2019-02-03"), by=CDC),
                said("realisation", event("entree", "2019-02-09"), at=9),
            ],
            "dates.entree_le",
            "2019-02-09",
            "fraicheur",
            id="before 2020 it was not the manager of the CPF: they are equals",
        ),
        pytest.param(
            [
                said("formation", formation(ends="2026-05-15"), at=3),
                said("realisation", event("report", "2026-03-01", fin_prevue="2026-06-01"), by=CDC, at=60),
            ],
            "dates.fin_prevue",
            "2026-06-01",
            "fraicheur",
            id="a report moves the planned end",
        ),
        pytest.param(
            [
                said("formation", formation(certification="RNCP1"), at=1),
                said(
                    "certification",
                    {"certification": "RNCP1", "resultat": "echec", "le": "2026-05-02"},
                    by=CERTIFIER,
                ),
                said(
                    "certification",
                    {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-05-02"},
                    by=CDC,
                    at=9,
                ),
            ],
            "certifications.0.resultat",
            "echec",
            "autorite",
            id="the certificateur before the funder, about a result",
        ),
        pytest.param(
            [
                said(
                    "remuneration",
                    {"debut": "2026-02-01", "fin": "2026-02-28", "montant": 68500},
                    by=ASP,
                    file=OPCO_FILE,
                ),
                said("remuneration", {"debut": "2026-02-01", "fin": "2026-02-28", "montant": 1}, at=9),
            ],
            "remunerations.0.montant",
            68500,
            "autorite",
            id="the payer before the funder, about pay",
        ),
        pytest.param(
            [
                said("formation", formation(intitule="B"), ligne=2),
                said("formation", formation(intitule="A"), ligne=1),
            ],
            "formation.intitule",
            "B",
            "ordre",
            id="of two lines said at once, the later",
        ),
    ],
)
def test_a_field_is_whose_is_believed_and_says_why(
    statements: list[Contribution], field: str, value: Any, rule: str
) -> None:
    known = [said("formation", formation()), said("formation", formation(), by=CDC), *statements]
    assembled = assemble(PERSON, known)
    (dossier,) = fold_assembled(PERSON, assembled).dossiers
    reason = why(assembled, dossier.blocks, dossier.grounds, field)
    assert reason is not None
    assert (reason.value, reason.winner.value, reason.rule) == (value, value, rule)
    assert {one.value for one in reason.others} - {value}, "the others are told too"


def test_what_is_made_of_several_statements_says_whose_each_part_is() -> None:
    stopped, resumed = event("interruption", "2026-03-02"), event("reprise", "2026-03-09")
    again = event("interruption", "2026-03-16")
    known = [
        said("formation", formation(dispositif="APPRENTISSAGE"), id=uuid.UUID(int=1)),
        said("financement", paid(100), id=uuid.UUID(int=2)),
        said("realisation", event("contrat", "2026-02-01", fin="2026-12-31"), id=uuid.UUID(int=3)),
        said("realisation", stopped, id=uuid.UUID(int=4)),
        said("realisation", resumed, id=uuid.UUID(int=5)),
        said("realisation", again, id=uuid.UUID(int=6)),
        said("realisation", event("rupture", "2026-04-01"), id=uuid.UUID(int=7)),
        said("emploi", job("2026-04-15", dispositif="65"), by=DSN, id=uuid.UUID(int=8)),
        said("emploi", job("2026-04-15", "2026-04-30", motif_fin="031"), by=DSN, at=1, id=uuid.UUID(int=9)),
        said("emploi", job("2026-04-15", poste="commis"), by=DSN, at=2, id=uuid.UUID(int=10)),
    ]
    assembled = assemble(PERSON, known)
    (dossier,) = fold_assembled(PERSON, assembled).dossiers
    found = {}
    for field in (
        *("dates.interruptions.0.debut", "dates.interruptions.0.fin", "dates.interruptions.1"),
        *(
            "dates.contrats.0.fin",
            "dates.contrats.0.rompu_le",
            "dates.contrats.1.debut",
            "dates.contrats.1.fin",
        ),
        *("financements.0.total", "financements.0.dispositif", "financements.0.etat"),
    ):
        reason = why(assembled, dossier.blocks, dossier.grounds, field)
        assert reason is not None, field
        found[field] = (reason.winner.by.declaration_id.int, reason.rule)
    assert found == {
        "dates.interruptions.0.debut": (4, "deduction"),
        "dates.interruptions.0.fin": (5, "deduction"),
        "dates.interruptions.1": (6, "deduction"),
        "dates.contrats.0.fin": (3, "deduction"),
        "dates.contrats.0.rompu_le": (7, "deduction"),
        "dates.contrats.1.debut": (10, "deduction"),
        "dates.contrats.1.fin": (9, "deduction"),
        "financements.0.total": (2, "unanime"),
        "financements.0.dispositif": (1, "unanime"),
        "financements.0.etat": (10, "deduction"),
    }, "a new contract leads on from the rupture"


def test_of_a_contract_the_dsn_is_believed_before_others() -> None:
    assembled = assemble(
        PERSON,
        [
            said("emploi", job("2026-06-01", nature_contrat="01"), by=DSN),
            said("emploi", job("2026-06-01"), at=9),
        ],
    )
    folded = fold_assembled(PERSON, assembled)
    reason = why(assembled, folded.blocks, folded.grounds, "emplois.0.nature_contrat")
    assert reason is not None
    assert (reason.value, reason.rule) == ("01", "autorite")


# --- jobs ----------------------------------------------------------------------------------------

ENDED = job("2026-06-01", "2026-07-01", motif_fin="031")
TAKEN_BACK = job("2026-06-01", "2026-07-01", motif_fin="099")


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        pytest.param([job("2026-06-01"), ENDED, ENDED], ["2026-07-01"], id="the end told twice"),
        pytest.param([ENDED, job("2026-06-01")], ["2026-07-01"], id="a later statement without the end"),
        pytest.param([ENDED, TAKEN_BACK], [None], id="the end taken back by 099"),
        pytest.param([ENDED, TAKEN_BACK, ENDED], ["2026-07-01"], id="and told again"),
        pytest.param(
            [ENDED, job("2026-06-01", "2026-07-15", motif_fin="031")], ["2026-07-15"], id="another end"
        ),
        pytest.param([job("2026-06-01"), job("2026-08-01")], [None, None], id="two contracts"),
        pytest.param(
            [job("2026-06-01"), job("2026-06-01", numero_contrat="2")], [None, None], id="two numbers"
        ),
    ],
)
def test_a_contract_is_counted_once_however_often_it_is_told(
    told: list[dict[str, Any]], ends: list[str | None]
) -> None:
    parcours = fold(PERSON, [said("emploi", faits, by=DSN, at=day) for day, faits in enumerate(told)])
    assert [one.get("fin") for one in parcours.blocks["emplois"]] == ends


def test_an_end_told_anew_is_told_with_its_own_reason_or_none() -> None:
    again = job("2026-06-01", "2026-07-15")
    told = [said("emploi", faits, by=DSN, at=day) for day, faits in enumerate((ENDED, again))]
    (contract,) = fold(PERSON, told).blocks["emplois"]
    assert (contract["fin"], "motif_fin" in contract) == ("2026-07-15", False)


def test_annule_et_remplace_takes_the_line_back_and_its_end_with_it() -> None:
    told = [said("emploi", job("2026-06-01"), by=DSN), said("emploi", ENDED, by=DSN, at=1, withdrawn=True)]
    assert "fin" not in fold(PERSON, told).blocks["emplois"][0]


# --- money -----------------------------------------------------------------------------------------


def test_a_refused_share_is_shown_and_not_counted() -> None:
    parcours = fold(
        PERSON,
        [
            said("formation", formation()),
            said("financement", paid(100)),
            said("formation", formation(), by=CDC),
            said("financement", paid(50), by=CDC),
            said("realisation", event("refus", "2026-01-20"), by=CDC),
            said("realisation", event("entree", "2026-02-01"), at=40),
        ],
    )
    (dossier,) = parcours.dossiers
    assert {one["financeur"]: one["etat"] for one in dossier.blocks["financements"]} == {
        OPCO: "en_formation",
        CDC: "refuse",
    }
    assert [(share.financeur, share.cents) for share in dossier.shares] == [(OPCO, 100)]
    assert dossier.state == "en_formation"
    assert not dossier.anomalies, "an entry is no anomaly because another funder refused"


AGREED = formation(dispositif="CPF", cout_total=100)
OTHERWISE = formation("2026-03-01", "2026-06-01", dispositif="AIR", cout_total=300, modalite="mixte")
TAKEN = {"dispositif": "AIR", "debut_prevu": "2026-03-01", "modalite": "mixte"}
LEFT = {"dispositif": "CPF", "debut_prevu": "2026-02-01", "modalite": "mixte"}


@pytest.mark.parametrize(
    ("decided", "shown"),
    [
        pytest.param([], TAKEN, id="undecided: the later word"),
        pytest.param([("refus", "2026-01-20")], LEFT, id="refused"),
        pytest.param([("annulation", "2026-01-20")], LEFT, id="cancelled"),
        pytest.param([("refus", "2026-01-20"), ("accord", "2026-01-25")], TAKEN, id="agreed to after all"),
        pytest.param([("accord", "2026-01-20"), ("refus", "2026-01-25")], LEFT, id="refused after all"),
    ],
)
def test_whoever_refused_its_part_does_not_say_what_the_training_is(
    decided: list[tuple[str, str]], shown: dict[str, str]
) -> None:
    """What nobody else says it may still add."""
    parcours = fold(
        PERSON,
        [
            said("formation", AGREED),
            said("formation", OTHERWISE, by=OTHER_OPCO, at=5),
            *(said("realisation", event(*one), by=OTHER_OPCO, at=30) for one in decided),
        ],
    )
    (dossier,) = parcours.dossiers
    found = {**dossier.blocks["formation"], **dossier.blocks["dates"]}
    assert {name: found[name] for name in shown} == shown
    codes = {anomaly.code for anomaly in dossier.anomalies}
    assert ("couts_differents" in codes) == (shown == TAKEN)
