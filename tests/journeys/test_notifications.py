"""Un opérateur CEP apprend ce qui arrive aux personnes qu'il accompagne, et n'apprend rien des autres.

Over the wire, with access's decisions and its journal.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from deploy.local import processes
from services.client.hub import Hub
from services.contracts import topology
from services.contracts.message import OPERATOR
from services.sample.organisations import PARTNERS, of_profile
from tests.journeys.telling import Life, formation, paid
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

CEP, OTHER_CEP = of_profile("operateur_cep")[:2]
OPCO = of_profile("opco")[0]
(CDC,) = of_profile("caisse_des_depots")
TODAY = datetime.now(UTC).date()
SECONDS = 15.0  # within which a notification has to be there


def day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def heard(running: Running, siret: str, patience: float = 4.0) -> list[dict[str, Any]]:
    """The notifications that reach a partner, until none has come for so long."""
    with running.hub(siret) as hub:
        return list(hub.follow(patience))


def quiet(running: Running, siret: str) -> list[dict[str, Any]]:
    """What reaches a partner once all that was said has had its effect."""
    running.settle()
    return heard(running, siret)


@pytest.fixture(autouse=True)
def _nothing_waits(running: Running) -> Iterator[None]:
    """Other journeys' notifications are theirs; nothing is given up."""
    running.settle()
    with ThreadPoolExecutor() as pool:
        list(pool.map(partial(heard, running), (CEP, OTHER_CEP, OPCO, CDC)))
    yield
    running.settle()
    assert running.dead_letters() == 0


def followed(running: Running, name: str, born: str) -> tuple[Life, str]:
    """A trainee of an OPCO, whom a CEP operator follows: the life, and the OPCO's number."""
    life, number = Life(running, name, born), f"OPCO-{name}"
    planned = formation(debut_prevu=day(90), fin_prevue=day(0))
    life.say(CEP, "accompagnement", {"niveau": "2", "debut": day(120)}, reference=f"CEP-{name}", le=day(120))
    life.say(OPCO, "formation", planned, reference=number, le=day(100))
    life.say(OPCO, "financement", paid(250_000), reference=number, le=day(100))
    running.settle()
    return life, number


def happens(life: Life, number: str, evenement: str, ago: int, **more: Any) -> None:
    faits = {"evenement": evenement, "le": day(ago), **more}
    life.say(OPCO, "realisation", faits, reference=number, le=day(ago - 1))


def test_l_operateur_apprend_l_entree_l_interruption_et_la_sortie_de_son_beneficiaire(
    running: Running,
) -> None:
    life, number = followed(running, "Quemener", "1991-04-05")
    happens(life, number, "entree", 90)
    running.settle()
    happens(life, number, "interruption", 60)
    running.settle()
    happens(life, number, "sortie", 10, realisation="totale")
    began, told = time.monotonic(), []
    with running.hub(CEP) as hub:
        for one in hub.follow(SECONDS):
            told.append(one)
            if one["evenement"] == "sortie":
                break
    print(f"the exit was heard of {time.monotonic() - began:.1f} s after it was said")
    told_again = quiet(running, CEP)
    assert [(one["evenement"], one["le"], one["avant"]) for one in told] == [
        ("entree", day(90), None),
        ("interruption", day(60), None),
        ("sortie", day(10), None),
    ]
    assert {one["reference"] for one in told} == {"CEP-Quemener"}
    (dossier,) = life.parcours(CEP, "CEP-Quemener", "accompagnement")["dossiers"]
    assert {one["dossier_id"] for one in told} == {dossier["dossier_id"]}
    # Who stopped at the last had not said that it was done with it: it comes again, and is the same.
    assert told_again == told[-1:]
    assert quiet(running, CEP) == [], "each once"
    assert quiet(running, OTHER_CEP) == [], "who does not follow her hears nothing"
    assert quiet(running, OPCO) == [], "who said it is not told it"
    chain, seq = told[0]["decision"].split("-")
    ((siret, granted, appel),) = running.rows(
        "access", f"SELECT siret, granted, appel FROM journal WHERE chain = {chain} AND seq = {seq}"
    )
    assert (siret, granted, appel) == (CEP, True, "dossier.notifications")


def _register(running: Running, siret: str, **changed: Any) -> None:
    (partner,) = (one for one in PARTNERS if one.siret == siret)
    from deploy.local.__main__ import administration

    with Hub(administration(running.site).account(OPERATOR, topology.of_operator())) as hub:
        hub.call("access.register", {"organisations": [{**partner.registration(), **changed}]})


def test_un_operateur_dont_l_habilitation_est_retiree_n_apprend_plus_rien(running: Running) -> None:
    life, number = followed(running, "Riou", "1988-08-21")
    happens(life, number, "entree", 80)
    assert [one["evenement"] for one in quiet(running, CEP)] == ["entree"]
    _register(running, CEP, habilitations=[])
    try:
        happens(life, number, "interruption", 50)
        assert quiet(running, CEP) == []
        refused = running.rows(
            "access",
            "SELECT count(*) FROM journal WHERE NOT granted AND appel = 'dossier.notifications' "
            f"AND siret = '{CEP}' AND reason = 'no_habilitation_for_service'",
        )
        assert refused[0][0] == 1, "the refusal is in the journal"
    finally:
        _register(running, CEP)


def test_access_en_panne_les_notifications_attendent_et_arrivent_une_fois(running: Running) -> None:
    life, number = followed(running, "Salaun", "1979-12-02")
    processes.stop_one(running.site, "access")
    try:
        happens(life, number, "entree", 70)
        assert heard(running, CEP) == [], "without a decision nothing is told"
    finally:
        processes.start_one(running.site, "access")
    assert [one["evenement"] for one in heard(running, CEP, 20.0)] == ["entree"]
    assert quiet(running, CEP) == []


def test_le_fil_des_changements_rattrape_ce_qui_n_a_pas_ete_entendu(running: Running) -> None:
    life, number = followed(running, "Tanguy", "1983-03-14")
    with running.hub(CEP) as hub:
        page = hub.call("dossier.snapshot", {"finalite": "accompagnement", "dossiers": 200})
        happens(life, number, "entree", 60)
        running.settle()
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            pages = list(hub.changes("accompagnement", page["numero"]))
            found[:] = [one for each in pages for one in each["changements"]]
            return any(one["etat_apres"] == "en_formation" for one in found)

        running.wait_until(is_there, "the change is in the feed")
    (difference,) = (
        each for one in found for each in one["differences"] if each["chemin"] == "dates.entree_le"
    )
    assert (difference["avant"], difference["apres"]) == (None, day(60))
    assert difference["cause"]["source"] == OPCO
    assert not any(
        each["chemin"].startswith("financements") for one in found for each in one["differences"]
    ), "what an adviser may not see is in no change"


def test_chacun_retrouve_ses_dossiers_par_sa_reference_son_etat_et_sa_periode(running: Running) -> None:
    life, number = followed(running, "Uguen", "1994-06-30")
    happens(life, number, "entree", 40)
    running.settle()
    with running.hub(OPCO) as hub:
        asked = {"finalite": "prise_en_charge", "reference": number, "etat": "en_formation", "du": day(30)}
        (found,) = hub.call("dossier.search", asked)["dossiers"]
    assert (found["references"], found["debut"]) == ([number], day(40))
    with running.hub(CDC) as hub:
        assert hub.call("dossier.search", {**asked, "reference": number})["dossiers"] == []
    assert date.fromisoformat(found["fin"]) == TODAY
    assert life.parcours(OPCO, number)["dossiers"][0]["dossier_id"] == found["dossier_id"]
