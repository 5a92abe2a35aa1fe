"""Real lives, told by many sources that disagree: what the hub makes of each, and what each source learns of
it.

Each life is told over the wire and checked in the dossiers, in the receipts, in what access opens, and in the
figures.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from services.client.hub import Hub
from services.contracts.errors import NotFound, Refused
from services.sample.organisations import BODIES, EMPLOYERS, of_profile
from tests.journeys.telling import Life, formation, paid
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

OPCO, OTHER_OPCO = of_profile("opco")[:2]
REGION = of_profile("region")[0]
(CDC,) = of_profile("caisse_des_depots")
TRANSITIONS = of_profile("transitions_pro")[0]
ASP = of_profile("payeur")[0]
CERTIFIER = of_profile("certificateur")[0]
(DSN,) = of_profile("dsn")
CEP = of_profile("operateur_cep")[0]
(BUREAU,) = of_profile("bureau_identites")
AGENT = {"agent": "AGT-0412"}


@pytest.fixture(autouse=True)
def _figures_stay_right(running: Running, migrated: Any) -> Iterator[None]:
    """After every life: nothing given up, every database of one mind, figures equal to a recount."""
    from services.chassis.database import transaction
    from services.reporting import use_cases as reporting
    from services.reporting.storage.tables import metadata

    yield
    running.settle()
    assert running.dead_letters() == 0
    with transaction(migrated("reporting", metadata)) as session:
        assert reporting.differences(session) == 0


def _fact(running: Running, dossier_id: str) -> dict[str, Any]:
    """What reporting counts of a dossier."""
    ((fact,),) = running.rows(
        "reporting", f"SELECT to_jsonb(fact) FROM fact WHERE dossier_id = '{dossier_id}'"
    )
    assert isinstance(fact, dict)
    return fact


def test_un_cpf_abandonne_en_cours_de_route(running: Running) -> None:
    life = Life(running, "Abgrall", "1990-01-11")
    life.say(CDC, "formation", formation(dispositif="CPF"), reference="CPF-1", le="2026-01-10")
    life.say(CDC, "financement", paid(160_000), reference="CPF-1", le="2026-01-10")
    entered = {"evenement": "entree", "le": "2026-02-02"}
    life.say(CDC, "realisation", entered, reference="CPF-1", le="2026-02-03")
    left = {
        "evenement": "sortie",
        "le": "2026-03-20",
        "realisation": "partielle",
        "motif": "abandon_stagiaire",
        "taux_realisation": 40,
        "heures_realisees": 160,
    }
    lot = life.say(CDC, "realisation", left, reference="CPF-1", le="2026-03-24")
    running.settle()
    dossier = life.dossier(CDC, "CPF-1")
    assert dossier["etat"] == "abandonne"
    assert dossier["anomalies"] == []
    assert life.line(CDC, lot)["effet"] == "dossier_complete"
    fact = _fact(running, dossier["dossier_id"])
    assert (fact["sortie_le"], fact["heures"], fact["financements"]) == ("2026-03-20", 160, [[CDC, 160_000]])


def test_une_apprentie_dont_le_contrat_est_rompu_et_qui_en_retrouve_un(running: Running) -> None:
    life = Life(running, "Bozec", "2007-02-12")
    training = formation(dispositif="APPRENTISSAGE", debut_prevu="2025-09-01", fin_prevue="2026-06-30")
    life.say(OPCO, "formation", training, reference="APP-1", le="2025-09-03")
    first = {"evenement": "contrat", "le": "2025-09-01", "fin": "2026-08-31", "employeur": EMPLOYERS[0]}
    life.say(OPCO, "realisation", first, reference="APP-1", le="2025-09-03")
    life.say(
        OPCO, "realisation", {"evenement": "entree", "le": "2025-09-01"}, reference="APP-1", le="2025-09-03"
    )
    broken = {"evenement": "rupture", "le": "2025-11-17", "motif": "rupture_contrat"}
    life.say(OPCO, "realisation", broken, reference="APP-1", le="2025-11-20")
    again = {
        "employeur": EMPLOYERS[1],
        "numero_contrat": "00001",
        "nature_contrat": "02",
        "dispositif": "65",
        "debut": "2026-01-05",
    }
    life.say(DSN, "emploi", again, reference="DSN-1", le="2026-02-05")
    running.settle()
    on = {day: life.dossier(OPCO, "APP-1", au=day) for day in ("2025-10-15", "2025-12-15", "2026-02-15")}
    assert {day: (one["etat"], one["statut_apprenti"]) for day, one in on.items()} == {
        "2025-10-15": ("en_formation", "apprenti"),
        "2025-12-15": ("rompu", "rupturant"),
        "2026-02-15": ("en_formation", "apprenti"),
    }
    contracts = on["2026-02-15"]["blocs"]["dates"]["contrats"]
    assert [one.get("employeur") for one in contracts] == [EMPLOYERS[0], None], (
        "the DSN's employer stays its own"
    )


def test_une_transition_cofinancee_dont_les_parts_font_le_cout(running: Running) -> None:
    life = Life(running, "Cariou", "1985-03-13")
    told = {"dispositif": "CPF_TRANSITION", "cout_total": 900_000}
    first = life.say(TRANSITIONS, "formation", formation(**told), reference="PTP-1", le="2026-01-09")
    life.say(TRANSITIONS, "financement", paid(600_000), reference="PTP-1", le="2026-01-10")
    lot = life.say(
        CDC, "formation", formation(dispositif="CPF", cout_total=900_000), reference="CPF-2", le="2026-01-11"
    )
    short = life.say(CDC, "financement", paid(290_000), reference="CPF-2", le="2026-01-12")
    running.settle()
    dossier = life.dossier(TRANSITIONS, "PTP-1")
    effects = {life.line(source, one)["effet"] for source, one in ((TRANSITIONS, first), (CDC, lot))}
    assert effects == {"dossier_ouvert", "cofinancement_reconnu"}
    assert dossier["couts"]["ecart"] == 10_000
    (found,) = life.line(CDC, lot)["constats"]
    assert (found["code"], found["chemin"]) == ("financements_inferieurs_au_cout", "faits.cout_total")
    assert "cofinanceur" in found["remede"]
    # The Caisse des Dépôts corrects its line: the sum is right, and both are told that nothing is amiss.
    life.say(
        CDC,
        "financement",
        paid(300_000),
        reference="CPF-2",
        le="2026-01-20",
        rectifie={"lot": short, "ligne": 1},
    )
    running.settle()
    dossier = life.dossier(TRANSITIONS, "PTP-1")
    assert (dossier["couts"]["total"], dossier["couts"]["ecart"]) == (900_000, 0)
    line = life.line(CDC, lot)
    assert line["constats"] == []
    (settled,) = line["constats_leves"]
    assert settled["code"] == "financements_inferieurs_au_cout"
    assert settled["signale_le"] < settled["leve_le"]


def test_un_certificat_qui_arrive_avant_la_sortie(running: Running) -> None:
    life = Life(running, "Danielou", "1992-04-14")
    life.say(OPCO, "formation", formation(), reference="PLAN-1", le="2026-01-10")
    life.say(
        OPCO, "realisation", {"evenement": "entree", "le": "2026-02-02"}, reference="PLAN-1", le="2026-02-03"
    )
    got = {"certification": "RNCP38430", "resultat": "obtenue", "le": "2026-05-20"}
    life.say(CERTIFIER, "certification", got, reference="JURY-1", le="2026-05-22")
    running.settle()
    assert life.dossier(OPCO, "PLAN-1")["etat"] == "en_formation"
    life.say(
        OPCO, "realisation", {"evenement": "sortie", "le": "2026-05-29"}, reference="PLAN-1", le="2026-06-01"
    )
    running.settle()
    dossier = life.dossier(OPCO, "PLAN-1")
    assert dossier["etat"] == "certifie"
    assert dossier["blocs"]["certifications"][0]["certificateur"] == CERTIFIER


def test_une_dsn_qui_annule_une_fin(running: Running) -> None:
    life = Life(running, "Elleouet", "1988-05-15")
    life.say(
        CEP, "accompagnement", {"niveau": "2", "debut": "2025-11-03"}, reference="CEP-1", le="2025-11-03"
    )
    life.say(OPCO, "formation", formation(), reference="PLAN-2", le="2026-01-10")
    life.say(
        OPCO, "realisation", {"evenement": "entree", "le": "2026-02-02"}, reference="PLAN-2", le="2026-02-03"
    )
    left = {"evenement": "sortie", "le": "2026-02-27"}
    life.say(OPCO, "realisation", left, reference="PLAN-2", le="2026-03-02")
    job = {"employeur": EMPLOYERS[2], "numero_contrat": "7", "nature_contrat": "02", "debut": "2026-03-16"}
    life.say(DSN, "emploi", job, reference="DSN-2", le="2026-04-05")
    ended = {**job, "fin": "2026-06-30", "motif_fin": "031"}
    for le in ("2026-06-29", "2026-07-05"):  # the signalement, then the monthly DSN
        life.say(DSN, "emploi", ended, reference="DSN-2", le=le)
    running.settle()
    (seen,) = life.parcours(CEP, "CEP-1", "accompagnement")["blocs"]["emplois"]
    assert (seen["fin"], seen["motif_fin"]) == ("2026-06-30", "031")
    life.say(DSN, "emploi", {**ended, "motif_fin": "099"}, reference="DSN-2", le="2026-07-15")
    running.settle()
    parcours = life.parcours(CEP, "CEP-1", "accompagnement")
    (seen,) = parcours["blocs"]["emplois"]
    assert "fin" not in seen
    six = parcours["suites"][0]
    assert (six["mois"], six["en_emploi"], six["emploi_trouve"]) == (6, True, True)
    with pytest.raises(Refused):
        life.parcours(DSN, "DSN-2")


def test_deux_sources_qui_ne_disent_pas_la_meme_entree(running: Running) -> None:
    life = Life(running, "Floch", "1979-06-16")
    life.say(CDC, "formation", formation(dispositif="CPF"), reference="CPF-3", le="2026-01-10")
    life.say(OPCO, "formation", formation(), reference="PLAN-3", le="2026-01-11")
    life.say(
        CDC, "realisation", {"evenement": "entree", "le": "2026-02-02"}, reference="CPF-3", le="2026-02-03"
    )
    life.say(
        OPCO, "realisation", {"evenement": "entree", "le": "2026-02-09"}, reference="PLAN-3", le="2026-02-20"
    )
    running.settle()
    dossier = life.dossier(OPCO, "PLAN-3")
    asked = {"dossier_id": dossier["dossier_id"], "finalite": "prise_en_charge", "champ": "dates.entree_le"}
    why = life.ask(OPCO, "why", **asked)
    assert (why["valeur"], why["regle"], why["gagnante"]["source"]) == ("2026-02-02", "autorite", CDC)
    assert [(one["source"], one["valeur"]) for one in why["autres"]] == [(OPCO, "2026-02-09")]
    with pytest.raises(NotFound):
        life.ask(OTHER_OPCO, "why", **asked)
    history = life.ask(OPCO, "history", **asked)
    assert [one["valeur"] for one in history["valeurs"]] in (["2026-02-02"], ["2026-02-09", "2026-02-02"])
    journal = running.rows(
        "access", f"SELECT count(*) FROM journal WHERE '{dossier['dossier_id']}' = ANY(dossier_ids)"
    )
    assert int(str(journal[0][0])) >= 3, "every question is a reading, and is remembered"


def test_une_sortie_datee_avant_l_entree_puis_rectifiee(running: Running) -> None:
    life = Life(running, "Goasguen", "1995-07-17")
    life.say(REGION, "formation", formation(dispositif="PRF"), reference="PRF-1", le="2026-01-10")
    entered = life.say(
        REGION, "realisation", {"evenement": "entree", "le": "2026-02-02"}, reference="PRF-1", le="2026-02-03"
    )
    wrong = life.say(
        REGION, "realisation", {"evenement": "sortie", "le": "2026-01-29"}, reference="PRF-1", le="2026-06-01"
    )
    running.settle()
    seen = {lot: [one["code"] for one in life.line(REGION, lot)["constats"]] for lot in (entered, wrong)}
    assert seen == {entered: ["sortie_avant_entree"], wrong: ["sortie_avant_entree"]}
    assert [one["code"] for one in life.dossier(REGION, "PRF-1")["anomalies"]] == ["sortie_avant_entree"]
    before = running.rows("dossier", "SELECT now()")[0][0]
    right = {"evenement": "sortie", "le": "2026-05-29"}
    life.say(
        REGION, "realisation", right, reference="PRF-1", le="2026-06-02", rectifie={"lot": wrong, "ligne": 1}
    )
    running.settle()
    assert life.line(REGION, entered)["constats"] == []
    assert life.line(REGION, wrong)["effet"] == "retiree"
    dossier = life.dossier(REGION, "PRF-1")
    assert (dossier["etat"], dossier["anomalies"]) == ("termine", [])
    then = life.dossier(REGION, "PRF-1", connu_le=str(before).replace(" ", "T"))
    assert then["blocs"]["dates"]["sortie_le"] == "2026-01-29", "as it was known, it was wrong"
    moments = {"avant": {"connu_le": str(before).replace(" ", "T")}, "apres": {}}
    compared = life.ask(
        REGION, "compare", dossier_id=dossier["dossier_id"], finalite="prise_en_charge", **moments
    )
    assert {"chemin": "dates.sortie_le", "avant": "2026-01-29", "apres": "2026-05-29"} in compared[
        "differences"
    ]


def test_deux_dossiers_d_un_meme_financeur_que_le_bureau_reunit_puis_separe(running: Running) -> None:
    life = Life(running, "Helias", "1983-08-18")
    for number in ("PLAN-4", "PLAN-5"):
        life.say(OPCO, "formation", formation(), reference=number, le="2026-01-10")
        life.say(OPCO, "financement", paid(50_000), reference=number, le="2026-01-10")
    running.settle()
    one, other = life.parcours(OPCO, "PLAN-4")["dossiers"]
    assert [doubt["cause"] for doubt in one["doutes"]] == ["meme_financeur"]
    assert {found["code"] for found in one["anomalies"]} == {"dossier_peut_etre_en_double"}
    ids = [one["dossier_id"], other["dossier_id"]]
    asked = {"reference": "REUNION-1", "dossiers": ids, "motif": "confirme_par_financeur", **AGENT}
    with pytest.raises(Refused) as refusal:
        life.ask(OPCO, "join", **asked)
    assert refusal.value.code == "gestion_refusee"
    assert {*ids} <= {found["dossier_id"] for found in _doubts(running)}
    ruled = life.ask(BUREAU, "join", **asked)
    assert life.ask(BUREAU, "join", **asked)["dossiers"] == ruled["dossiers"], "asked again, it is one"
    running.settle()
    joined = life.dossier(OPCO, "PLAN-4")
    assert joined["dossier_id"] in ruled["dossiers"]
    assert joined["couts"]["total"] == 100_000
    assert joined["anomalies"] == []
    assert _fact(running, joined["dossier_id"])["financements"] == [[OPCO, 50_000], [OPCO, 50_000]]
    life.ask(BUREAU, "revoke", ruling_id=ruled["ruling_id"], motif="decision_erronee", **AGENT)
    running.settle()
    assert [found["dossier_id"] for found in life.parcours(OPCO, "PLAN-4")["dossiers"]] == ids
    columns = "siret, agent, motif, granted"
    calls = running.rows("access", f"SELECT {columns} FROM journal WHERE appel = 'dossier.join' ORDER BY at")
    assert calls[:2] == [
        (OPCO, "AGT-0412", "confirme_par_financeur", False),
        (BUREAU, "AGT-0412", "confirme_par_financeur", True),
    ]


def _doubts(running: Running) -> Iterator[dict[str, Any]]:
    after = "00000000-0000-0000-0000-000000000000"
    with running.hub(BUREAU) as hub:
        while (page := _page(hub, after))["candidats"]:
            yield from page["candidats"]
            after = page["suite"]


def _page(hub: Hub, after: str) -> dict[str, Any]:
    return hub.call("dossier.doubts", {"apres": after, **AGENT})


def test_une_aide_refusee_et_une_formation_qui_se_fait_quand_meme(running: Running) -> None:
    life = Life(running, "Inizan", "1991-09-19")
    life.say(CDC, "formation", formation(dispositif="CPF"), reference="CPF-4", le="2026-01-10")
    life.say(CDC, "financement", paid(100_000), reference="CPF-4", le="2026-01-10")
    life.say(REGION, "formation", formation(dispositif="AIR"), reference="AIR-1", le="2026-01-11")
    life.say(REGION, "financement", paid(30_000), reference="AIR-1", le="2026-01-11")
    life.say(
        REGION, "realisation", {"evenement": "refus", "le": "2026-01-20"}, reference="AIR-1", le="2026-01-20"
    )
    life.say(
        CDC, "realisation", {"evenement": "entree", "le": "2026-02-02"}, reference="CPF-4", le="2026-02-03"
    )
    running.settle()
    dossier = life.dossier(CDC, "CPF-4")
    states = {one["financeur"]: one["etat"] for one in dossier["blocs"]["financements"]}
    assert states == {CDC: "en_formation", REGION: "refuse"}
    assert (dossier["etat"], dossier["couts"]["total"], dossier["anomalies"]) == ("en_formation", 100_000, [])
    assert _fact(running, dossier["dossier_id"])["financements"] == [[CDC, 100_000]]


def test_une_formation_reportee_puis_annulee(running: Running) -> None:
    life = Life(running, "Jaouen", "1998-10-20")
    lot = life.say(OPCO, "formation", formation(accord_le="2026-01-09"), reference="PLAN-6", le="2026-01-10")
    moved = {
        "evenement": "report",
        "le": "2026-01-25",
        "debut_prevu": "2026-03-02",
        "fin_prevue": "2026-06-26",
    }
    life.say(OPCO, "realisation", moved, reference="PLAN-6", le="2026-01-26")
    running.settle()
    dossier = life.dossier(OPCO, "PLAN-6")
    assert (dossier["etat"], dossier["blocs"]["dates"]["debut_prevu"]) == ("accorde", "2026-03-02")
    life.say(
        OPCO,
        "realisation",
        {"evenement": "annulation", "le": "2026-02-20"},
        reference="PLAN-6",
        le="2026-02-20",
    )
    running.settle()
    assert life.dossier(OPCO, "PLAN-6")["etat"] == "annule"
    assert life.dossier(OPCO, "PLAN-6", au="2026-02-01")["etat"] == "accorde"
    assert life.line(OPCO, lot)["constats"] == []
    assert _fact(running, dossier["dossier_id"])["entree_le"] is None


def test_une_remuneration_payee_apres_la_sortie(running: Running) -> None:
    life = Life(running, "Kerjean", "1986-11-21")
    life.say(REGION, "formation", formation(dispositif="PRF"), reference="PRF-2", le="2026-01-10")
    for evenement, le in (("entree", "2026-02-02"), ("sortie", "2026-04-10")):
        life.say(
            REGION, "realisation", {"evenement": evenement, "le": le}, reference="PRF-2", le="2026-04-13"
        )
    pay = {"debut": "2026-05-01", "fin": "2026-05-31", "montant": 68_500}
    lot = life.say(
        ASP,
        "remuneration",
        pay,
        reference="R-1",
        le="2026-06-02",
        dossier={"financeur": REGION, "reference": "PRF-2"},
    )
    running.settle()
    (found,) = life.line(ASP, lot)["constats"]
    assert (found["code"], found["chemin"]) == ("remuneration_hors_formation", "faits.debut")
    dossier = life.dossier(ASP, "R-1", finalite="remuneration")
    assert {"remunerations", "dates", "formation"} == set(dossier["blocs"])
    assert [one["code"] for one in dossier["anomalies"]] == ["remuneration_hors_formation"]


def test_un_service_fait_et_un_abandon_que_personne_ne_confond(running: Running) -> None:
    life = Life(running, "Lagadec", "1993-12-22")
    life.say(
        OPCO, "formation", formation(organisme={"siret": BODIES[1]}), reference="PLAN-7", le="2026-01-10"
    )
    events = (
        ("entree", "2026-02-02"),
        ("interruption", "2026-03-02"),
        ("reprise", "2026-03-16"),
        ("sortie", "2026-05-29"),
    )
    for evenement, le in (*events, ("service_fait", "2026-06-03")):
        life.say(OPCO, "realisation", {"evenement": evenement, "le": le}, reference="PLAN-7", le=le)
    running.settle()
    dossier = life.dossier(OPCO, "PLAN-7")
    assert (dossier["etat"], dossier["anomalies"]) == ("service_fait", [])
    assert dossier["blocs"]["dates"]["interruptions"] == [
        {"debut": "2026-03-02", "fin": "2026-03-16", "motif": None}
    ]
    assert life.dossier(OPCO, "PLAN-7", au="2026-03-05")["etat"] == "interrompu"
