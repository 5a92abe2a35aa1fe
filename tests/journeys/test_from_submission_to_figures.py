"""A partner submits, and what it said is in effect everywhere, once, for those who may see it."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from services.client.hub import Hub
from services.contracts.errors import BadRequest, Conflict, HubError, NotFound, Refused
from services.reporting import use_cases as reporting
from services.sample.lots import Lot, national_sample
from services.sample.organisations import of_profile
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def delivered(running: Running) -> list[tuple[Lot, dict[str, Any]]]:
    """A sample of 1,500 declarations, submitted and in effect."""
    before = running.states()
    done = []
    for lot in national_sample(1500, seed=11, lot_size=100):
        with running.hub(lot.emetteur) as hub:
            done.append((lot, hub.submit(lot.reference, lot.declarations)))
    running.settle()
    accepted = sum(receipt["acceptees"] for _, receipt in done)
    settled = running.states() - before
    assert settled["en_effet"] == accepted
    return done


def test_every_accepted_line_is_in_exactly_one_state_and_the_databases_agree(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]]
) -> None:
    assert delivered
    assert running.disagreements() == []
    assert running.dead_letters() == 0


def test_the_lines_refused_are_those_that_were_wrong_each_with_its_code(
    delivered: list[tuple[Lot, dict[str, Any]]],
) -> None:
    for lot, receipt in delivered:
        found = {line["ligne"]: line["constats"][0]["code"] for line in receipt["rejets"]}
        assert found == lot.faults


def test_figures_equal_a_recount(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]], migrated: Any
) -> None:
    from services.chassis.database import transaction
    from services.reporting.storage.tables import metadata

    assert delivered
    with transaction(migrated("reporting", metadata)) as session:
        assert reporting.differences(session) == 0


def test_the_same_lot_again_gets_the_same_receipt_byte_for_byte_and_has_no_effect(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]]
) -> None:
    lot, receipt = delivered[0]
    lines = running.count("ingestion", "line")
    with running.hub(lot.emetteur) as hub:
        again = hub.submit(lot.reference, lot.declarations)
    assert json.dumps(again) == json.dumps(receipt)
    assert running.count("ingestion", "line") == lines


def test_the_same_reference_with_other_content_is_refused(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]]
) -> None:
    lot, _ = delivered[0]
    with running.hub(lot.emetteur) as hub, pytest.raises(Conflict) as refusal:
        hub.submit(lot.reference, lot.declarations[:-1])
    assert refusal.value.code == "reference_deja_utilisee"


def test_no_nir_is_written_anywhere(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]], tmp_path: Path
) -> None:
    nirs = {
        line["personne"]["nir"].encode()
        for lot, _ in delivered
        for line in lot.declarations
        if isinstance(line, dict) and "nir" in line.get("personne", {})
    }
    written = running.everything_written(tmp_path)
    assert len(nirs) > 200
    # What is not secret is found, so what is secret would be.
    assert all(lot.reference.encode() in written for lot, _ in delivered)
    assert not [nir for nir in nirs if nir in written]


def _taken(delivered: list[tuple[Lot, dict[str, Any]]], profile: str) -> list[tuple[str, str]]:
    """Who declared a formation, and under which reference, where the line was taken."""
    return [
        (lot.emetteur, line["reference"])
        for lot, _ in delivered
        if lot.emetteur in of_profile(profile)
        for ligne, line in enumerate(lot.declarations, start=1)
        if ligne not in lot.faults and line["nature"] == "formation"
    ]


def test_a_funder_reads_what_it_funds_and_not_what_is_not_its_to_read(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]]
) -> None:
    opco, reference = _taken(delivered, "opco")[0]
    with running.hub(opco) as hub:
        parcours = hub.read_parcours(reference, "prise_en_charge")
        dossier = parcours["dossiers"][0]
        assert {"formation", "dates", "financements"} <= set(dossier["blocs"])
        assert "emplois" not in parcours["blocs"]
        with pytest.raises(Refused) as refusal:
            hub.read_parcours(reference, "accompagnement")
    assert refusal.value.details["motif"] == "purpose_not_covered"
    with running.hub(of_profile("transitions_pro")[0]) as stranger, pytest.raises(NotFound):
        stranger.read_dossier(dossier["dossier_id"], "prise_en_charge")


def _can_read(hub: Hub, dossier_id: str) -> bool:
    try:
        hub.read_dossier(dossier_id, "prise_en_charge")
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("profile", ["opco", "caisse_des_depots", "transitions_pro"])
def test_what_is_listed_is_what_can_be_read(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]], profile: str
) -> None:
    """Guarantee 6, for every dossier of ten persons, listed or not."""
    for siret, reference in _taken(delivered, profile)[:10]:
        with running.hub(siret) as hub:
            parcours = hub.read_parcours(reference, "prise_en_charge")
            listed = {dossier["dossier_id"] for dossier in parcours["dossiers"]}
            whose = f"SELECT dossier_id FROM dossier WHERE person_id = '{parcours['person_id']}'"
            there_are = [str(dossier_id) for (dossier_id,) in running.rows("dossier", whose)]
            assert listed == {dossier_id for dossier_id in there_are if _can_read(hub, dossier_id)} != set()


def test_what_does_not_exist_and_what_may_not_be_seen_are_told_alike(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]]
) -> None:
    opco, reference = _taken(delivered, "opco")[0]
    with running.hub(opco) as hub:
        dossier = hub.read_parcours(reference, "prise_en_charge")["dossiers"][0]["dossier_id"]
    told = []
    with running.hub(of_profile("transitions_pro")[0]) as stranger:
        for asked in (dossier, str(uuid.uuid4())):
            with pytest.raises(NotFound) as refusal:
                stranger.read_dossier(asked, "prise_en_charge")
            told.append((refusal.value.code, refusal.value.message, refusal.value.details))
    assert told[0] == told[1]


def test_every_reading_is_in_a_journal_that_verifies(
    running: Running, delivered: list[tuple[Lot, dict[str, Any]]]
) -> None:
    opco, reference = _taken(delivered, "opco")[0]
    before = running.count("access", "journal")
    with running.hub(opco) as hub:
        hub.read_parcours(reference, "prise_en_charge")
    assert running.count("access", "journal") == before + 1


def test_a_partner_without_the_right_gets_no_figures(running: Running) -> None:
    with running.hub(of_profile("opco")[0]) as hub, pytest.raises(Refused) as refusal:
        hub.figures(["region"], "2025-01", "2026-06")
    assert refusal.value.code == "figures_refusees"


REFUSALS = [
    pytest.param({"emetteur": "73282932000074"}, Refused, "emetteur_different", id="for another"),
    pytest.param({"declarations": []}, BadRequest, "lot_vide", id="no line"),
    pytest.param({"declarations": [{}] * 1_000_000}, BadRequest, "lot_trop_long", id="a million lines"),
    pytest.param({"declarations": {}}, BadRequest, "requete_invalide", id="an object for a list"),
    pytest.param({"reference": "a\x00"}, BadRequest, "requete_invalide", id="NUL in the reference"),
    pytest.param({"reference": "x" * 65}, BadRequest, "requete_invalide", id="a long reference"),
    pytest.param({"couleur": "bleu"}, BadRequest, "requete_invalide", id="an unknown field"),
]


@pytest.mark.parametrize(("change", "kind", "code"), REFUSALS)
def test_a_bad_lot_gets_a_clear_error(
    running: Running, change: dict[str, Any], kind: type[HubError], code: str
) -> None:
    siret = of_profile("opco")[0]
    lot = {"reference": "BAD", "emetteur": siret, "declarations": [{}], **change}
    with running.hub(siret, timeout=60) as hub, pytest.raises(kind) as refusal:
        hub.call("ingestion.submit", lot)
    assert refusal.value.code == code
    assert refusal.value.message


def test_an_organisation_nobody_registered_is_told_what_to_do(running: Running) -> None:
    from deploy.local.__main__ import administration

    stranger = "73282932000074"
    url = administration(running.site).partners([stranger])[stranger]
    with Hub(url) as hub, pytest.raises(Refused) as refusal:
        hub.submit("L1", [{}])
    assert refusal.value.code == "partenaire_inconnu"
