"""What a declaration can be filled with: what somebody said, as it was said, as far as the contract goes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.declaration import NATURES
from services.contracts.dossier.codes import BLOCKS
from services.dossier.domain.assembling import Assembled, assemble
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.explaining import value_at
from services.dossier.domain.fold import fold_assembled
from services.dossier.domain.parcours import Parcours
from services.dossier.domain.prefilling import MODELS, Proposal, Reader, Slot, proposals_of, spared_by
from services.dossier.prefilling import obligatory, show_proposal
from services.sample.organisations import BODIES, EMPLOYERS
from tests.dossier.saying import (
    BODY,
    CDC,
    CEP,
    CERTIFIER,
    DSN,
    OPCO,
    PERSON,
    contributions,
    event,
    formation,
    job,
    paid,
    said,
)

SLOTS = [
    pytest.param(nature, slot, id=f"{nature} {slot.path}")
    for nature, models in MODELS.items()
    for model in models
    for slot in model.slots
]
Folded = tuple[Assembled, Parcours]


def folded(*said: Contribution) -> Folded:
    assembled = assemble(PERSON, said)
    return assembled, fold_assembled(PERSON, assembled)


def everything(parcours: Parcours, siret: str, *blocks: str) -> Reader:
    """A reader to whom these blocks, or all, are open everywhere."""
    opened = blocks or BLOCKS
    return Reader(siret, {one.dossier_id: opened for one in parcours.dossiers}, opened)


def proposed(nature: str, found: Folded, reader: str = CEP, *blocks: str) -> list[Proposal]:
    assembled, parcours = found
    return proposals_of(nature, assembled, parcours, everything(parcours, reader, *blocks))


def taken(nature: str, proposal: Proposal) -> dict[str, Any]:
    faits: dict[str, Any] = show_proposal(nature, proposal)["faits"]
    return faits


# --- the table ---------------------------------------------------------------------------------


def _paths(schema: Any, at: str) -> Iterator[str]:
    for name, field in schema.fields.items():
        yield f"{at}.{name}"
        if hasattr(field, "schema"):
            yield from _paths(field.schema, f"{at}.{name}")


@pytest.mark.parametrize(("nature", "slot"), SLOTS)
def test_a_path_is_one_of_the_contract(nature: str, slot: Slot) -> None:
    faits: Any = NATURES[nature].fields["faits"]
    assert slot.path in set(_paths(faits.schema, "faits"))


def test_every_kind_that_states_something_can_be_filled_and_no_other() -> None:
    assert MODELS.keys() == {nature for nature, schema in NATURES.items() if "faits" in schema.fields}


def test_blocks_are_those_of_the_contract() -> None:
    assert {block for models in MODELS.values() for model in models for block in model.blocks} <= {*BLOCKS}


# --- whatever was said ---------------------------------------------------------------------------

_ANSWERS: dict[str, Any] = {
    "faits.intitule": "CAP Cuisine",
    "faits.dispositif": "CPF",
    "faits.organisme.siret": BODIES[0],
    "faits.debut_prevu": "1950-01-01",
    "faits.fin_prevue": "2050-01-01",
    "faits.evenement": "entree",
    "faits.le": "2026-02-02",
    "faits.postes": [{"nature": "pedagogique", "montant": 1}],
    "faits.debut": "1950-01-01",
    "faits.fin": "2050-01-01",
    "faits.montant": 1,
    "faits.certification": "RNCP38430",
    "faits.resultat": "obtenue",
    "faits.employeur": EMPLOYERS[0],
    "faits.nature_contrat": "01",
    "faits.niveau": "1",
}
"""What a person would answer to what is left to ask."""
_HEAD = {
    "reference": "R1",
    "emise_le": "2026-03-01T08:00:00+00:00",
    "personne": {
        "nom_naissance": "Kerbrat",
        "prenoms": ["Maëlle"],
        "sexe": "F",
        "naissance": {"date": "1994-05-12", "commune": "29019"},
    },
}


def _is_accepted(nature: str, faits: dict[str, Any]) -> bool:
    return not NATURES[nature].validate({"nature": nature, **_HEAD, "faits": faits})


def _existing(one: Contribution) -> Contribution:
    """The same of a certification and of organisations whose numbers the contract takes."""
    there_are = {
        "certification": "RNCP38430",
        "organisme": {"siret": BODIES[0]},
        "employeur": EMPLOYERS[0],
    }
    return replace(one, faits={**one.faits, **{n: v for n, v in there_are.items() if n in one.faits}})


# Ingestion lets nothing through that the contract refuses.
declared = contributions.map(
    lambda many: [
        one
        for one in map(_existing, many)
        if one.nature == "suppression" or _is_accepted(one.nature, one.faits)
    ]
)
natures = st.sampled_from(sorted(MODELS))
readers = st.sampled_from((OPCO, CDC, CEP, DSN))


@settings(max_examples=400)
@given(said=declared, nature=natures, reader=readers)
def test_a_declaration_made_from_a_proposal_is_accepted_by_the_contract(
    said: list[Contribution], nature: str, reader: str
) -> None:
    for proposal in proposed(nature, folded(*said), reader):
        shown = show_proposal(nature, proposal)
        faits = shown["faits"]
        for path in shown["a_demander"]:
            _, *steps, last = path.split(".")
            into = faits
            for step in steps:
                into = into.setdefault(step, {})
            into[last] = _ANSWERS[path]
        assert _is_accepted(nature, faits), faits


@settings(max_examples=400)
@given(said=declared, nature=natures, reader=readers)
def test_a_value_is_what_its_declaration_says_and_nothing_that_is_deduced(
    said: list[Contribution], nature: str, reader: str
) -> None:
    by_id = {one.declaration_id: one for one in said}
    for proposal in proposed(nature, folded(*said), reader):
        for value in proposal.values:
            by = by_id[value.reason.winner.by.declaration_id]
            name = value.path.partition(".")[2]
            assert value.value in (value_at(by.faits, name), by.faits.get("le")), value.path
            assert value.reason.rule != "deduction"
            assert not by.withdrawn


@settings(max_examples=200)
@given(said=declared, nature=natures, reader=readers, open_=st.sets(st.sampled_from(BLOCKS)))
def test_nothing_comes_from_a_closed_block(
    said: list[Contribution], nature: str, reader: str, open_: set[str]
) -> None:
    assembled, parcours = folded(*said)
    opened = {one.dossier_id: open_ for one in parcours.dossiers}
    for proposal in proposals_of(nature, assembled, parcours, Reader(reader, opened, open_)):
        for value in proposal.values:
            assert value.reason.field.partition(".")[0] in open_
            assert {one.path.partition(".")[0] for one in value.anomalies} <= open_


@settings(max_examples=200)
@given(said=declared, nature=natures, reader=readers)
def test_what_is_spared_is_nothing_that_its_reader_said_and_is_spared_once(
    said: list[Contribution], nature: str, reader: str
) -> None:
    assembled, parcours = folded(*said)
    proposals = proposals_of(nature, assembled, parcours, everything(parcours, reader))
    spared = spared_by(proposals, assembled, ())
    by_id = {one.declaration_id: one for one in assembled.known}
    assert all(by_id[one.declaration_id].source != reader for one in spared)
    assert len(set(spared)) == len(spared)
    assert spared_by(proposals, assembled, spared) == []


# --- one by one ------------------------------------------------------------------------------------

TRAINING = said(
    "formation",
    formation(
        certification="RNCP1",
        organisme={"siret": BODY, "uai": "0699901M"},
        accord_le="2026-01-05",
        cout_total=300,
        employeur=BODY,
        heures_prevues=100,
    ),
    by=CDC,
)
PAID = said("financement", paid(300), by=CDC)


def test_a_co_funder_fills_its_file_from_the_others_but_for_what_is_the_others_own() -> None:
    mine = said("financement", paid(0), by=OPCO, file=File(CDC, "D1"), ref="O1", at=1)
    (proposal,) = proposed("formation", folded(TRAINING, PAID, mine), OPCO)
    assert taken("formation", proposal) == {
        "intitule": "CAP Cuisine",
        "organisme": {"siret": BODY, "uai": "0699901M"},
        "certification": "RNCP1",
        "employeur": BODY,
        "debut_prevu": "2026-02-01",
        "fin_prevue": "2026-05-01",
        "heures_prevues": 100,
        "cout_total": 300,
    }
    shown = {value.path: value for value in proposal.values}
    assert (shown["faits.dispositif"].value, shown["faits.dispositif"].can_be_taken) == ("CPF", False)
    assert not shown["faits.accord_le"].can_be_taken
    assert shown["faits.cout_total"].reason.winner.by == TRAINING
    assert show_proposal("formation", proposal)["a_demander"] == ["faits.dispositif"]


def test_its_own_word_is_told_as_such_and_spares_nothing() -> None:
    mine = said("formation", formation(intitule="CAP Cuisinier", lieu="29019"), by=OPCO, at=1)
    found = folded(TRAINING, PAID, mine, said("financement", paid(0), by=OPCO, at=1))
    (proposal,) = proposed("formation", found, OPCO)
    values = {value.path: value for value in proposal.values}
    # Of the title it said something else, which is not believed before: it knows, and was spared nothing.
    own = {path: (value.is_own, value.has_told) for path, value in values.items()}
    assert own["faits.lieu"] == own["faits.debut_prevu"] == (True, True)
    assert own["faits.certification"] == (False, False)
    spared = {one.path for one in spared_by([proposal], found[0], ())}
    assert spared == {
        *("faits.certification", "faits.employeur", "faits.heures_prevues", "faits.cout_total"),
    }


@pytest.mark.parametrize(
    ("code", "path", "more", "is_taken"),
    [
        pytest.param(
            "dates_prevues_inversees",
            "faits.fin_prevue",
            [said("realisation", event("report", "2026-01-20", debut_prevu="2026-06-01"), by=CDC, at=2)],
            False,
            id="wrong",
        ),
        pytest.param(
            "heures_prevues_excessives",
            "faits.heures_prevues",
            [said("formation", {**TRAINING.faits, "heures_prevues": 9_000}, by=CDC, at=2)],
            True,
            id="to be verified",
        ),
    ],
)
def test_what_is_not_certain_says_so_and_what_is_wrong_is_not_to_be_taken(
    code: str, path: str, more: list[Contribution], is_taken: bool
) -> None:
    (proposal,) = proposed("formation", folded(TRAINING, PAID, *more))
    (value,) = (value for value in proposal.values if value.path == path)
    assert ([one.code for one in value.anomalies], value.can_be_taken) == ([code], is_taken)
    others = {value.path for value in proposal.values if not value.anomalies}
    assert {"faits.intitule", "faits.organisme.siret"} <= others


def test_the_declaration_that_an_anomaly_is_blamed_on_is_not_certain_either() -> None:
    entry = said("realisation", event("entree", "2026-03-01"), by=CDC, at=70)
    end = said("realisation", event("sortie", "2026-02-10", motif="fin_normale"), by=CDC, at=71)
    proposals = proposed("realisation", folded(TRAINING, PAID, entry, end))
    told = {one.model: {value.path: value for value in one.values} for one in proposals}
    assert not told["entree"]["faits.le"].can_be_taken
    assert not told["sortie"]["faits.le"].can_be_taken
    assert told["sortie"]["faits.motif"].can_be_taken


def test_a_result_that_an_anomaly_of_a_dossier_is_blamed_on_says_so_with_the_person_too() -> None:
    entry = said("realisation", event("entree", "2026-02-02"), by=CDC, at=40)
    early = {"certification": "RNCP1", "resultat": "obtenue", "le": "2026-01-20"}
    found = folded(TRAINING, PAID, entry, said("certification", early, by=CERTIFIER, at=50))

    doubtful = [
        (value.path, [one.code for one in value.anomalies])
        for proposal in proposed("certification", found)
        for value in proposal.values
        if value.anomalies
    ]
    assert doubtful == [("faits.le", ["certification_avant_entree"])]
    assembled, parcours = found
    closed = Reader(CEP, {one.dossier_id: ("formation", "dates") for one in parcours.dossiers}, BLOCKS)
    (proposal,) = (
        one for one in proposals_of("certification", assembled, parcours, closed) if one.model != "vise"
    )
    assert not any(value.anomalies for value in proposal.values), "where it shows is closed"


def test_an_event_is_filled_with_the_word_of_who_told_it() -> None:
    end = said("realisation", event("exclusion", "2026-03-10", taux_realisation=40), by=CDC, at=90)
    entry = said("realisation", event("entree", "2026-02-02"), by=CDC, at=40)
    faits = [taken("realisation", one) for one in proposed("realisation", folded(TRAINING, entry, end))]
    assert faits == [
        {"evenement": "entree", "le": "2026-02-02"},
        {"evenement": "exclusion", "le": "2026-03-10", "taux_realisation": 40},
    ]


def test_a_job_and_a_result_are_proposed_once_and_what_a_training_leads_to_until_there_is_a_result() -> None:
    result = said(
        "certification", {"certification": "RNCP1", "resultat": "echec", "le": "2026-05-20"}, by=CERTIFIER
    )
    before = folded(TRAINING, said("emploi", job("2026-06-01"), by=DSN))
    after = folded(TRAINING, said("emploi", job("2026-06-01"), by=DSN), result)
    (contract,) = proposed("emploi", after)
    assert (contract.dossier_id, taken("emploi", contract)) == (None, job("2026-06-01"))
    assert [taken("certification", one) for one in proposed("certification", before)] == [
        {"certification": "RNCP1"}
    ]
    assert [taken("certification", one) for one in proposed("certification", after)] == [result.faits]
    # Where the person's results are closed, the dossier's may be open.
    assembled, parcours = after
    reader = Reader(OPCO, {one.dossier_id: ("certifications",) for one in parcours.dossiers}, ())
    of_the_dossier = proposals_of("certification", assembled, parcours, reader)
    assert [taken("certification", one) for one in of_the_dossier] == [result.faits]


@pytest.mark.parametrize(
    ("nature", "mine", "others"),
    [
        pytest.param("financement", paid(10), paid(290), id="financement"),
        pytest.param(
            "accompagnement",
            {"niveau": "1", "debut": "2026-01-02"},
            {"niveau": "2", "debut": "2026-01-03"},
            id="accompagnement",
        ),
    ],
)
def test_what_another_pays_or_advises_is_not_to_be_declared_as_one_s_own(
    nature: str, mine: dict[str, Any], others: dict[str, Any]
) -> None:
    found = folded(TRAINING, said(nature, mine, by=OPCO, file=File(CDC, "D1")), said(nature, others, by=CDC))
    assert [taken(nature, one) for one in proposed(nature, found, OPCO)] == [mine]
    assert spared_by(proposed(nature, found, OPCO), found[0], ()) == []


def test_what_was_spared_is_the_same_whoever_says_it_since() -> None:
    """A later word, a rectification and a co-funder's file leave the dossier the same for its reader."""
    found = folded(TRAINING, PAID)
    spared = spared_by(proposed("formation", found), found[0], ())
    assert len(spared) == 9
    later = said("formation", {**TRAINING.faits, "intitule": "CAP Cuisine, 2e année"}, by=CDC, at=5)
    rectified = said("formation", TRAINING.faits, by=CDC, at=0, withdrawn=True, id=TRAINING.declaration_id)
    joined = said("formation", formation(), by=OPCO, at=6)
    for now in (
        folded(TRAINING, later, PAID),
        folded(rectified, later, PAID),
        folded(TRAINING, PAID, joined, said("financement", paid(0), by=OPCO)),
    ):
        assert spared_by(proposed("formation", now), now[0], spared) == []
    other = said("formation", formation("2025-02-01", "2025-05-01"), by=CDC, ref="D2")
    with_other = folded(TRAINING, PAID, other)
    more = spared_by(proposed("formation", with_other), with_other[0], spared)
    assert {one.declaration_id for one in more} == {other.declaration_id}


def test_obligatory_paths_are_those_without_which_the_contract_refuses() -> None:
    assert obligatory("formation") == [
        *("faits.intitule", "faits.dispositif", "faits.organisme.siret"),
        *("faits.debut_prevu", "faits.fin_prevue"),
    ]
