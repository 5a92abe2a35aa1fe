"""Guarantee 3: a parcours follows from what was said, whatever the order and however often it came."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.fold import fold

PERSON = uuid.UUID(int=7)
OPCO, CDC, ASP, BODY = "99000001700011", "99000002500012", "99000003300013", "99000100700014"
START = datetime(2026, 1, 1, tzinfo=UTC)


def said(
    nature: str, faits: dict[str, Any], *, by: str = OPCO, ref: str = "D1", at: int = 0, **more: Any
) -> Contribution:
    file = more.pop("file", File(by, ref))
    return Contribution(
        declaration_id=more.pop("id", uuid.uuid5(PERSON, f"{nature}{faits}{by}{ref}{at}")),
        source=by,
        nature=nature,
        reference=ref,
        emise_le=START + timedelta(days=at),
        ligne=1,
        file=file,
        faits=faits,
        **more,
    )


def formation(begins: str = "2026-02-01", ends: str = "2026-05-01", **more: Any) -> dict[str, Any]:
    return {
        "intitule": "CAP Cuisine",
        "dispositif": "CPF",
        "organisme": {"siret": BODY},
        "debut_prevu": begins,
        "fin_prevue": ends,
        **more,
    }


def paid(cents: int) -> dict[str, Any]:
    return {"postes": [{"nature": "pedagogique", "montant": cents}]}


def test_the_latest_statement_of_a_funder_about_its_dossier_stands() -> None:
    parcours = fold(
        PERSON, [said("formation", formation(ends="2026-06-01"), at=5), said("formation", formation())]
    )
    assert parcours.dossiers[0].blocks["dates"]["fin_prevue"] == "2026-06-01"
    assert sorted(effect.effect for effect in parcours.effects.values()) == ["dossier_ouvert", "remplacee"]


@pytest.mark.parametrize(
    ("other", "dossiers"),
    [
        pytest.param(formation("2026-03-01", "2026-04-01"), 1, id="overlapping, same body"),
        pytest.param(formation("2026-05-01", "2026-06-01"), 1, id="one day in common"),
        pytest.param(formation("2026-05-02", "2026-06-01"), 2, id="the day after"),
        pytest.param(formation(organisme={"siret": f"{BODY[:9]}00022"}), 1, id="another establishment"),
        pytest.param(formation(organisme={"siret": ASP}), 2, id="another body"),
        pytest.param(formation(certification="RNCP2"), 2, id="another certification"),
    ],
)
def test_files_of_two_funders_are_one_dossier_when_they_are_one_path(
    other: dict[str, Any], dossiers: int
) -> None:
    first = formation(certification="RNCP1")
    if "certification" not in other:
        other = {**other, "certification": "RNCP1"}
    parcours = fold(
        PERSON,
        [
            said("formation", first),
            said("financement", paid(100)),
            said("formation", other, by=CDC),
            said("financement", paid(50), by=CDC),
        ],
    )
    assert len(parcours.dossiers) == dossiers
    assert sum(share.cents for dossier in parcours.dossiers for share in dossier.shares) == 150


@pytest.mark.parametrize(
    ("events", "state"),
    [
        pytest.param([], "prevu", id="nothing yet"),
        pytest.param([("entree", "2026-02-01")], "en_formation", id="entered"),
        pytest.param([("entree", "2026-02-01"), ("interruption", "2026-03-01")], "interrompu", id="stopped"),
        pytest.param(
            [("entree", "2026-02-01"), ("interruption", "2026-03-01"), ("reprise", "2026-03-10")],
            "en_formation",
            id="resumed",
        ),
        pytest.param([("entree", "2026-02-01"), ("sortie", "2026-05-01")], "termine", id="ended"),
        pytest.param([("entree", "2026-02-01"), ("abandon", "2026-03-01")], "abandonne", id="abandoned"),
    ],
)
def test_the_state_follows_from_what_happened(events: list[tuple[str, str]], state: str) -> None:
    told = [
        said("realisation", {"evenement": kind, "le": day}, at=place)
        for place, (kind, day) in enumerate(events)
    ]
    assert fold(PERSON, [said("formation", formation()), *told]).dossiers[0].state == state


def test_the_funder_of_a_dossier_is_believed_before_others_about_what_happened() -> None:
    own = said("realisation", {"evenement": "entree", "le": "2026-02-02"})
    other = said(
        "realisation",
        {"evenement": "entree", "le": "2026-02-09"},
        by=ASP,
        ref="R1",
        at=9,
        file=File(OPCO, "D1"),
    )
    dossier = fold(PERSON, [said("formation", formation()), other, own]).dossiers[0]
    assert dossier.blocks["dates"]["entree_le"] == "2026-02-02"


def test_a_contract_whose_end_is_told_twice_is_one_contract() -> None:
    contract = {"employeur": BODY, "numero_contrat": "1", "nature_contrat": "02", "debut": "2026-06-01"}
    ended = {**contract, "fin": "2026-07-01", "motif_fin": "031"}
    parcours = fold(
        PERSON, [said("emploi", contract), said("emploi", ended, at=30), said("emploi", ended, at=40)]
    )
    assert [one.get("fin") for one in parcours.blocks["emplois"]] == ["2026-07-01"]


def test_what_its_source_withdrew_counts_for_nothing() -> None:
    parcours = fold(PERSON, [said("formation", formation(), withdrawn=True)])
    assert not parcours.dossiers
    assert [effect.effect for effect in parcours.effects.values()] == ["retiree"]


days = st.integers(0, 200).map(lambda day: (START + timedelta(days=day)).date().isoformat())
sources = st.sampled_from([OPCO, CDC, ASP])
facts = st.one_of(
    st.tuples(st.just("formation"), st.builds(lambda a, b: formation(min(a, b), max(a, b)), days, days)),
    st.tuples(
        st.just("realisation"),
        st.builds(
            lambda kind, day: {"evenement": kind, "le": day},
            st.sampled_from(["entree", "interruption", "reprise", "sortie", "abandon"]),
            days,
        ),
    ),
    st.tuples(st.just("financement"), st.integers(0, 10**6).map(paid)),
    st.tuples(st.just("remuneration"), st.builds(lambda a: {"debut": a, "fin": a, "montant": 1}, days)),
    st.tuples(
        st.just("certification"),
        st.builds(lambda a: {"certification": "RNCP1", "resultat": "obtenue", "le": a}, days),
    ),
    st.tuples(st.just("suppression"), st.just({})),
)
contributions = st.builds(
    lambda fact, by, ref, at, withdrawn, number: replace(
        said(fact[0], fact[1], by=by, ref=ref, at=at, withdrawn=withdrawn),
        declaration_id=uuid.UUID(int=number),
    ),
    facts,
    sources,
    st.sampled_from(["D1", "D2"]),
    st.integers(0, 5),
    st.booleans(),
    st.integers(0, 2**64),
)


@settings(max_examples=2000)
@given(st.lists(contributions, max_size=14, unique_by=lambda one: one.declaration_id), st.randoms())
def test_any_order_and_any_repetition_give_the_same_parcours(
    known: list[Contribution], random: Random
) -> None:
    again = [*known, *random.choices(known, k=5)] if known else []
    random.shuffle(again)
    assert fold(PERSON, again) == fold(PERSON, known)
