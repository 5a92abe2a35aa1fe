"""Dites-le-nous une fois : un partenaire remplit sa déclaration de ce que d'autres ont dit, et le compte
de ce qu'il n'a pas eu à redemander arrive au ministère, une fois.

Over the wire, with access's decisions and its journal.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local import processes
from services.contracts.errors import BadRequest, NotFound, Refused, Unavailable
from services.sample.organisations import BODIES, EMPLOYERS, of_profile
from tests.journeys.telling import Life, formation, paid
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

CEP, OTHER_CEP = of_profile("operateur_cep")[:2]
OPCO = of_profile("opco")[0]
(CDC,) = of_profile("caisse_des_depots")
(FRANCE_TRAVAIL,) = of_profile("france_travail")
(DSN,) = of_profile("dsn")
(MINISTRY,) = of_profile("ministere")
MONTH = datetime.now(UTC).date().isoformat()[:7]
CPF = formation(dispositif="CPF", cout_total=250_000, employeur=EMPLOYERS[0], debut_prevu="2026-02-03")


@pytest.fixture(autouse=True)
def _nothing_is_given_up(running: Running) -> Iterator[None]:
    yield
    running.settle()
    assert running.dead_letters() == 0


def funded(running: Running, name: str, born: str) -> Life:
    """A CPF that began, funded by the Caisse des Dépôts; a training of France Travail before it; a job."""
    life = Life(running, name, born)
    number = f"CPF-{name}"
    life.say(CDC, "formation", CPF, reference=number, le="2026-01-12")
    life.say(CDC, "financement", paid(200_000), reference=number, le="2026-01-12")
    entry = {"evenement": "entree", "le": "2026-02-03"}
    life.say(CDC, "realisation", entry, reference=number, le="2026-02-04")
    before = formation(
        intitule="Préparation",
        dispositif="AIF",
        organisme={"siret": BODIES[1]},
        debut_prevu="2025-03-03",
        fin_prevue="2025-06-27",
    )
    life.say(FRANCE_TRAVAIL, "formation", before, reference=f"FT-{name}", le="2025-02-10")
    job = {"employeur": EMPLOYERS[0], "nature_contrat": "01", "debut": "2025-09-01"}
    life.say(DSN, "emploi", job, reference=f"DSN-{name}", le="2025-10-05")
    return life


def followed(running: Running, name: str, born: str, by: str = CEP) -> Life:
    """The same, whom an operator of the CEP follows."""
    life = funded(running, name, born)
    follow_up = {"niveau": "2", "debut": "2025-12-01"}
    life.say(by, "accompagnement", follow_up, reference=f"CEP-{name}", le="2025-12-02")
    running.settle()
    return life


def prefilled(running: Running, siret: str, reference: str, nature: str, **more: str) -> dict[str, Any]:
    """What a partner is given; a decision that is too fresh for access is waited for."""
    finalite = "accompagnement" if siret in (CEP, OTHER_CEP) else "prise_en_charge"
    with running.hub(siret) as hub:
        return hub.prefill(reference, nature, finalite, **more)


def spared(running: Running, where: str) -> dict[str, int]:
    """What reporting counts, by kind of declaration."""
    rows = running.rows("reporting", f"SELECT nature, sum(valeurs) FROM spared WHERE {where} GROUP BY 1")
    return {str(nature): int(str(values)) for nature, values in rows}


def test_un_operateur_reprend_ce_que_d_autres_ont_dit_et_ne_voit_pas_le_reste(running: Running) -> None:
    followed(running, "Prigent", "1987-02-11")
    before = spared(running, f"partenaire = '{CEP}'")
    journal = running.count("access", "journal")
    answer = prefilled(running, CEP, "CEP-Prigent", "formation")
    assert running.count("access", "journal") == journal + 1
    by_source = {one["valeurs"][0]["source"]: one for one in answer["propositions"]}
    assert by_source.keys() == {CDC, FRANCE_TRAVAIL}
    assert by_source[CDC]["faits"] == {
        name: value for name, value in CPF.items() if name not in ("dispositif", "cout_total")
    }
    assert {one["bloc"] for one in answer["masques"]} == {"financements"}
    assert not any("250000" in str(one) for one in answer["propositions"])
    (contract,) = prefilled(running, CEP, "CEP-Prigent", "emploi")["propositions"]
    assert contract["faits"]["employeur"] == EMPLOYERS[0]
    assert contract["valeurs"][0]["source"] == DSN
    expected = {
        "formation": sum(one["a_reprendre"] for each in answer["propositions"] for one in each["valeurs"]),
        "emploi": 3,
    }
    prefilled(running, CEP, "CEP-Prigent", "formation")
    running.settle()

    def counted() -> dict[str, int]:
        now = spared(running, f"partenaire = '{CEP}'")
        return {nature: values - before.get(nature, 0) for nature, values in now.items()}

    running.wait_until(lambda: expected.items() <= counted().items(), "what is spared is counted")
    time.sleep(1)
    assert expected.items() <= counted().items(), "asked again, it is counted once"


def test_un_opco_cofinance_remplit_son_dossier_et_la_declaration_est_acceptee(running: Running) -> None:
    life = funded(running, "Bothorel", "1990-10-30")
    share = {"dossier": {"financeur": CDC, "reference": "CPF-Bothorel"}}
    life.say(OPCO, "financement", paid(50_000), reference="OPCO-Bothorel", le="2026-01-20", **share)
    running.settle()
    (proposal,) = prefilled(running, OPCO, "OPCO-Bothorel", "formation")["propositions"]
    assert proposal["a_demander"] == ["faits.dispositif"]
    assert proposal["faits"]["cout_total"] == 250_000
    faits = {**proposal["faits"], "dispositif": "PLAN_DEVELOPPEMENT"}
    life.say(OPCO, "formation", faits, reference="OPCO-Bothorel-2", le="2026-01-21")
    running.settle()
    (entry,) = prefilled(running, OPCO, "OPCO-Bothorel", "realisation")["propositions"]
    assert entry["faits"] == {"evenement": "entree", "le": "2026-02-03"}
    with running.hub(OPCO) as hub, pytest.raises(BadRequest) as refused:
        hub.prefill("OPCO-Bothorel", "suppression", "prise_en_charge")
    assert refused.value.code == "nature_sans_prefill"


def test_sans_droit_ou_sans_access_rien_n_est_donne_ni_compte(running: Running) -> None:
    followed(running, "Calvez", "1978-05-19")
    before = running.count("dossier", "spared")
    with running.hub(OTHER_CEP) as hub, pytest.raises(NotFound):
        hub.prefill("CEP-Calvez", "formation", "accompagnement")
    with running.hub(DSN) as hub, pytest.raises(Refused) as refused:
        hub.prefill("DSN-Calvez", "emploi", "accompagnement")
    assert refused.value.details["motif"] == "no_habilitation_for_service"
    processes.stop_one(running.site, "access")
    try:
        # Longer than dossier waits for access: it is dossier that gives up, and it has counted nothing.
        with running.hub(CEP, timeout=10, attempts=1) as hub, pytest.raises(Unavailable):
            hub.prefill("CEP-Calvez", "formation", "accompagnement")
    finally:
        processes.start_one(running.site, "access")
    assert running.count("dossier", "spared") == before


def test_le_ministere_lit_ce_qui_a_ete_epargne_et_personne_d_autre(running: Running) -> None:
    names = [("Donval", 1), ("Elies", 2), ("Kermarrec", 3), ("Gourmelon", 4), ("Henaff", 5)]
    for name, day in names:
        followed(running, name, f"1969-07-0{day}", by=OTHER_CEP)
        prefilled(running, OTHER_CEP, f"CEP-{name}", "formation")
    prefilled(running, OTHER_CEP, "CEP-Donval", "emploi")
    running.settle()

    def cells() -> dict[str, Any]:
        with running.hub(MINISTRY) as hub:
            table = hub.spared(["partenaire", "nature"], MONTH, MONTH)["cells"]
        mine = [one for one in table if one["axes"]["partenaire"] == OTHER_CEP]
        return {one["axes"]["nature"]: one for one in mine}

    running.wait_until(lambda: {"formation", "emploi"} <= cells().keys(), "both kinds are counted")
    with running.hub(MINISTRY) as hub:
        (all_kinds,) = (
            one
            for one in hub.spared(["partenaire"], MONTH, MONTH)["cells"]
            if one["axes"]["partenaire"] == OTHER_CEP
        )
    assert all_kinds["figures"]["personnes"] == 5
    assert cells()["emploi"]["secret"], "one person is nobody's to know"
    assert cells()["formation"]["secret"], "or the other would follow from the sum"
    with running.hub(OPCO) as hub, pytest.raises(Refused) as refused:
        hub.spared(["nature"], MONTH, MONTH)
    assert refused.value.code == "figures_refusees"
