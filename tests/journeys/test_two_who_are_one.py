"""Two partners speak of what looks like one person: the identities' desk looks, links, and takes it back; all
services follow, and in the end everything is as it was (guarantee 5)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.__main__ import administration
from services.client.hub import Hub
from services.contracts import topology
from services.contracts.errors import NotFound, Refused
from services.contracts.message import OPERATOR
from services.sample.organisations import BODIES, of_profile
from tests.journeys.telling import held
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

OPCO, STRANGER = of_profile("opco")[:2]
REGION = of_profile("region")[0]
CEP = of_profile("operateur_cep")[0]
(BUREAU,) = of_profile("bureau_identites")
AGENT = {"agent": "AGT-0412"}

NIR = "2910729232901"


def _personne(prenom: str) -> dict[str, Any]:
    return {
        **({"nir": NIR} if prenom == "Marie" else {}),
        "nom_naissance": "Quévarec",
        "prenoms": [prenom],
        "sexe": "F",
        "naissance": {"date": "1991-07-23", "commune": "29232"},
    }


def _declared(prenom: str, reference: str, cents: int) -> list[dict[str, Any]]:
    """A funder's dossier of one training, begun and paid for."""
    head = {"reference": reference, "emise_le": "2026-02-01T08:00:00+00:00", "personne": _personne(prenom)}
    formation = {
        "intitule": "CAP Cuisine",
        "dispositif": "PLAN_DEVELOPPEMENT",
        "organisme": {"siret": BODIES[0]},
        "lieu": "29232",
        "debut_prevu": "2026-02-02",
        "fin_prevue": "2026-05-29",
        "heures_prevues": 400,
    }
    return [
        {**head, "nature": "formation", "faits": formation},
        {**head, "nature": "realisation", "faits": {"evenement": "entree", "le": "2026-02-02"}},
        {
            **head,
            "nature": "financement",
            "faits": {"postes": [{"nature": "pedagogique", "montant": cents}]},
        },
    ]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The two persons, the two lines in which they look like one, and what everybody held then."""

    persons: list[str]
    lines: list[str]
    cause: str
    before: dict[str, list[str]]


@pytest.fixture(scope="module")
def doubtful(running: Running) -> Doubtful:
    """An OPCO declares Marie, a region Anne: born the same day in the same town, in the same training."""
    for siret, prenom, reference, cents in (
        (OPCO, "Marie", "DEUX-OPCO", 120_000),
        (REGION, "Anne", "DEUX-REG", 80_000),
    ):
        with running.hub(siret) as hub:
            assert hub.submit(f"LOT-{reference}", _declared(prenom, reference, cents))["rejetees"] == 0
    running.settle()
    persons = {_person(running, OPCO, "DEUX-OPCO"), _person(running, REGION, "DEUX-REG")}
    assert len(persons) == 2
    (found,) = [doubt for doubt in _doubts(running) if set(doubt["person_ids"]) == persons]
    return Doubtful(found["person_ids"], found["declarations"], found["cause"], held(running))


def _person(running: Running, siret: str, reference: str) -> str:
    with running.hub(siret) as hub:
        return str(hub.read_parcours(reference, "prise_en_charge")["person_id"])


def _doubts(running: Running) -> Iterator[dict[str, Any]]:
    after = [0, 0]
    with running.hub(BUREAU) as hub:
        while (page := hub.call("identity.reviews", {"apres": after}))["doutes"]:
            yield from page["doutes"]
            after = page["suite"]


def _journal(running: Running, appel: str) -> list[tuple[object, ...]]:
    columns = "siret, agent, finalite, motif, granted, reason, person_ids::text[]"
    return running.rows("access", f"SELECT {columns} FROM journal WHERE appel = '{appel}' ORDER BY at")


@contextmanager
def linked(running: Running, doubtful: Doubtful, reference: str) -> Iterator[dict[str, Any]]:
    """The two are one for as long as this is held, in every service."""
    ruling = {"reference": reference, "declarations": doubtful.lines, "motif": "acte_presente", **AGENT}
    with running.hub(BUREAU) as hub:
        ruled = hub.call("identity.link", ruling)
        running.wait_until(lambda: len(_dossiers(running, ruled)) == 1, "the two dossiers are one")
        running.wait_until(lambda: not _outdated(running, doubtful), "everybody has followed")
        try:
            yield ruled
        finally:
            hub.call(
                "identity.revoke", {"ruling_id": ruled["ruling_id"], "motif": "decision_erronee", **AGENT}
            )


def _dossiers(running: Running, ruled: dict[str, Any]) -> list[tuple[object, ...]]:
    person_id = ruled["person_ids"][0]
    return running.rows("dossier", f"SELECT dossier_id FROM dossier WHERE person_id = '{person_id}'")


def _outdated(running: Running, doubtful: Doubtful) -> list[str]:
    """The services that still hold what they held before."""
    now = held(running)
    followers = ("access", "reporting", "ingestion")
    return [service for service in followers if now[service] == doubtful.before[service]]


# --- what is seen, and by whom -------------------------------------------------------------------


def test_the_desk_sees_the_doubt_and_compares_and_the_journal_knows(
    running: Running, doubtful: Doubtful
) -> None:
    assert doubtful.cause == "jumeaux"
    with running.hub(BUREAU) as hub:
        compared = hub.call("identity.compare", {"declarations": doubtful.lines, **AGENT})
    assert {one["prenoms"][0]: one["source"] for one in compared["candidats"]} == {
        "Marie": OPCO,
        "Anne": REGION,
    }
    siret, agent, finalite, _, granted, reason, persons = _journal(running, "identity.compare")[-1]
    assert (siret, agent, finalite) == (BUREAU, AGENT["agent"], "gestion_identites")
    assert (granted, reason, persons) == (True, "habilitation_in_force", sorted(doubtful.persons))
    with Hub(administration(running.site).account(OPERATOR, topology.of_operator())) as operator:
        assert operator.call("access.verify_journal", {})["intact"]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("identity.reviews", {}),
        ("identity.changes", {}),
        ("identity.compare", {"declarations": "both", **AGENT}),
        ("identity.explain", {"declarations": "both", **AGENT}),
        ("identity.resolve", {"declarations": "both"}),
        ("identity.link", {"declarations": "both", "reference": "X", "motif": "acte_presente", **AGENT}),
    ],
)
def test_whoever_declares_does_not_look_after_identities(
    running: Running, doubtful: Doubtful, method: str, body: dict[str, Any]
) -> None:
    asked = {**body, **({"declarations": doubtful.lines} if "declarations" in body else {})}
    before = held(running)
    with running.hub(OPCO) as hub, pytest.raises(Refused) as refusal:
        hub.call(method, asked)
    assert refusal.value.code == "identites_refusees"
    assert refusal.value.details["motif"] == "purpose_not_covered"
    assert _journal(running, method)[-1][0] == OPCO, "that it was asked is remembered"
    assert held(running) == before


def test_a_funder_sees_the_civil_status_of_whom_it_funds_and_learns_nothing_of_others(
    running: Running, doubtful: Doubtful
) -> None:
    marie = _person(running, OPCO, "DEUX-OPCO")
    asked = {"person_id": marie, "finalite": "prise_en_charge", **AGENT}
    with running.hub(OPCO) as hub:
        shown = hub.call("identity.civil_status", asked)
    assert {one["trait"]: one["valeurs"] for one in shown["traits"]}["prenoms"] == ["Marie"]
    told = []
    with running.hub(STRANGER) as stranger:
        for person_id in (marie, "00000000-0000-4000-8000-000000000000"):
            with pytest.raises(Refused) as refusal:
                stranger.call("identity.civil_status", {**asked, "person_id": person_id})
            told.append((refusal.value.code, refusal.value.message, refusal.value.details["motif"]))
    assert told[0] == told[1]
    assert told[0][2] == "no_relation"


# --- one, and two again --------------------------------------------------------------------------


def test_linked_they_are_one_everywhere_and_revoked_everything_is_as_it_was(
    running: Running, doubtful: Doubtful, migrated: Any
) -> None:
    from services.chassis.database import transaction
    from services.reporting import use_cases as reporting
    from services.reporting.storage.tables import metadata

    with linked(running, doubtful, "RAPP-1") as ruled:
        (person_id,) = ruled["person_ids"]
        assert ruled["lignes_deplacees"] == 3
        assert _person(running, OPCO, "DEUX-OPCO") == _person(running, REGION, "DEUX-REG") == person_id
        with running.hub(OPCO) as hub:
            (dossier,) = hub.read_parcours("DEUX-OPCO", "prise_en_charge")["dossiers"]
            effects = [line["effet"] for line in hub.lines("LOT-DEUX-OPCO")]
        with running.hub(REGION) as hub:
            effects += [line["effet"] for line in hub.lines("LOT-DEUX-REG")]
        assert "cofinancement_reconnu" in effects
        assert _cost_of(running, dossier["dossier_id"]) == 200_000
        related = f"SELECT DISTINCT siret FROM parcours_relation WHERE person_id = '{person_id}'"
        assert {row[0] for row in running.rows("access", related)} == {OPCO, REGION}
    running.wait_until(lambda: held(running) == doubtful.before, "everything is as it was")
    with transaction(migrated("reporting", metadata)) as session:
        assert reporting.differences(session) == 0
    assert running.dead_letters() == 0


def _cost_of(running: Running, dossier_id: str) -> int:
    """What reporting counts for a dossier."""
    paid = f"SELECT jsonb_path_query(financements, '$[*][1]') FROM fact WHERE dossier_id = '{dossier_id}'"
    return sum(int(str(cents)) for (cents,) in running.rows("reporting", paid))


def test_a_link_opens_what_the_person_opens_and_its_revocation_closes_it(
    running: Running, doubtful: Doubtful
) -> None:
    """Access's relations follow identity: the region may see whom it funds, and no longer than that."""
    asked = {"person_id": _person(running, OPCO, "DEUX-OPCO"), "finalite": "prise_en_charge", **AGENT}
    with running.hub(REGION) as region:
        with pytest.raises(Refused):
            region.call("identity.civil_status", asked)
        with linked(running, doubtful, "RAPP-2") as ruled:
            shown = region.call("identity.civil_status", {**asked, "person_id": ruled["person_ids"][0]})
            (first,) = [one for one in shown["traits"] if one["trait"] == "prenoms"]
            assert (first["regle"], first["contraires"]) == ("ordre", 1)
        running.wait_until(lambda: held(running) == doubtful.before, "everything is as it was")
        with pytest.raises((Refused, NotFound)):
            region.call("identity.civil_status", asked)


def test_of_all_that_was_shown_nothing_is_written_anywhere(
    running: Running, doubtful: Doubtful, tmp_path: Path
) -> None:
    """Guarantee 7, of those who look: after the comparisons and the civil status of the tests above."""
    assert _journal(running, "identity.compare")
    written = running.everything_written(tmp_path)
    # What is not secret is found, so what is secret would be.
    assert b"LOT-DEUX-OPCO" in written
    assert AGENT["agent"].encode() in written
    assert all(line.encode() in written for line in doubtful.lines)
    secrets = (NIR, "Quévarec", "QUÉVAREC", "QUEVAREC", "1991-07-23")
    assert not [secret for secret in secrets if secret.encode() in written]
    # In megabytes of what is sealed, written in hexadecimal, any eight digits come up sooner or later.
    assert not re.findall(rb"(?<![0-9a-f])19910723(?![0-9a-f])", written)
