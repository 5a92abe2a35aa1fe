"""The book of lives: contracts, of those who learn at work and of those who find work after a training.

As in `test_lives_of_trainings`, each life is looked at in dossier, receipts, accesses and figures.
"""

import pytest

from services.sample.organisations import EMPLOYERS
from tests.journeys.telling import CDC, CEP, DSN, OPCO, OTHER_CEP, OTHER_OPCO, REGION, Life, Source
from tests.running import Running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("figures_stay_right"),
]


def test_une_apprentie_dont_le_contrat_est_rompu_et_qui_en_retrouve_un(running: Running) -> None:
    """Rompu en novembre, le contrat est remplacé en janvier par un autre, que seule la DSN annonce."""
    life = Life(running, "Bozec", "2007-02-12")
    opco, dsn = life.source(OPCO, "APP-1"), life.source(DSN, "DSN-1")
    opco.formation(
        said="2025-09-03", dispositif="APPRENTISSAGE", debut_prevu="2025-09-01", fin_prevue="2026-06-30"
    )
    opco.pays(said="2025-09-03", pedagogique=7_500_00, premier_equipement=500_00)
    opco.event("contrat", "2025-09-01", said="2025-09-03", fin="2026-08-31", employeur=EMPLOYERS[0])
    opco.event("entree", "2025-09-01", said="2025-09-03")
    broken = opco.event("rupture", "2025-11-17", said="2025-11-20", motif="rupture_contrat")
    hired = {"employeur": EMPLOYERS[1], "numero_contrat": "00001", "nature_contrat": "02", "dispositif": "65"}
    job = dsn.job(said="2026-02-05", debut="2026-01-05", **hired)
    life.settle()
    # dossier
    opco.was("en_formation", on="2025-10-15", statut="apprenti")
    opco.was("rompu", on="2025-11-17", statut="rupturant")
    opco.was("en_formation", on="2026-02-15", statut="apprenti")
    contracts = opco.dossier()["blocs"]["dates"]["contrats"]
    assert [(one["debut"], one["rompu_le"], one.get("employeur")) for one in contracts] == [
        ("2025-09-01", "2025-11-17", EMPLOYERS[0]),
        ("2026-01-05", None, None),
    ], "the DSN's employer stays its own"
    opco.is_funded(OPCO=8_000_00)
    opco.knows_why("dates.entree_le", "2025-09-01", by=OPCO)
    # receipts
    broken.acknowledged("dossier_complete")
    job.acknowledged("parcours_complete")
    # access: the OPCO is not shown the job, and who runs the DSN is shown nothing
    opco.sees("formation dates financements", but="emplois")
    dsn.may_not_read(because="no_habilitation_for_service")
    opco.is_closed_to(OTHER_OPCO)
    # figures: a broken contract is no exit
    life.figures("""
        2025-09  53  APPRENTISSAGE  tous  1  1  0  400  8000
        2025-09  53  APPRENTISSAGE  OPCO  1  1  0  400  8000
    """)


def test_un_apprenti_sans_employeur_les_premiers_mois(running: Running) -> None:
    """Entré au CFA sans employeur (L.6222-12-1), il signe au bout de deux mois, ce que l’OPCO ne dit qu’en
    décembre ; le contrat est rompu soixante jours après, et rien ne suit : après six mois, c’est un
    abandon."""
    life = Life(running, "Uro", "2006-04-19")
    opco = life.source(OPCO, "APP-2")
    opco.formation(
        said="2025-09-05", dispositif="APPRENTISSAGE", debut_prevu="2025-09-01", fin_prevue="2026-07-31"
    )
    opco.pays(said="2025-09-05", pedagogique=6_000_00)
    opco.event("entree", "2025-09-01", said="2025-09-05")
    life.settle()
    opco.was("en_formation", on="2025-11-29", statut="inscrit")  # the ninetieth day
    opco.was("en_formation", on="2025-11-30", statut="abandon")
    signed = opco.event("contrat", "2025-11-03", said="2025-12-08", fin="2026-08-31", employeur=EMPLOYERS[2])
    broken = opco.event("rupture", "2026-01-02", said="2026-01-06", motif="rupture_contrat")
    life.settle()
    # dossier: each day anew, from what is known by now
    for on, etat, statut in (
        ("2025-10-31", "en_formation", "inscrit"),
        ("2025-11-30", "en_formation", "apprenti"),
        ("2026-01-01", "en_formation", "apprenti"),
        ("2026-01-02", "rompu", "rupturant"),
        ("2026-06-30", "rompu", "rupturant"),
        ("2026-07-01", "rompu", "abandon"),
    ):
        opco.was(etat, on=on, statut=statut)
    (contract,) = opco.dossier()["blocs"]["dates"]["contrats"]
    assert contract == {
        "debut": "2025-11-03",
        "fin": "2026-08-31",
        "rompu_le": "2026-01-02",
        "employeur": EMPLOYERS[2],
    }
    opco.is_now("rompu", entree_le="2025-09-01")
    opco.is_funded(OPCO=6_000_00)
    opco.knows_why("dates.entree_le", "2025-09-01", by=OPCO)
    # receipts
    signed.acknowledged("dossier_complete")
    broken.acknowledged("dossier_complete")
    # access
    opco.sees("formation dates financements")
    opco.is_closed_to(REGION)
    # figures: nobody has told of an exit, and none is counted
    life.figures("""
        2025-09  53  APPRENTISSAGE  tous  1  1  0  400  6000
        2025-09  53  APPRENTISSAGE  OPCO  1  1  0  400  6000
    """)


def test_une_dsn_qui_annule_une_fin(running: Running) -> None:
    """La DSN signale deux fois la fin d’un contrat, puis l’annule : le contrat court toujours."""
    life = Life(running, "Elleouet", "1988-05-15")
    opco, dsn, cep = life.source(OPCO, "PLAN-2"), life.source(DSN, "DSN-2"), life.source(CEP, "CEP-1")
    cep.advises("2025-07-01")
    opco.formation(said="2025-08-20", debut_prevu="2025-09-01", fin_prevue="2025-09-26", heures_prevues=120)
    opco.pays(said="2025-08-20", pedagogique=1_100_00)
    opco.event("entree", "2025-09-01")
    opco.event("sortie", "2025-09-26", said="2025-09-29")
    job = {"employeur": EMPLOYERS[2], "numero_contrat": "7", "nature_contrat": "02", "debut": "2025-10-13"}
    dsn.job(said="2025-11-05", **job)
    dsn.job(said="2026-01-29", fin="2026-01-30", motif_fin="031", **job)  # the signalement
    monthly = dsn.job(said="2026-02-05", fin="2026-01-30", motif_fin="031", **job)  # then the monthly DSN
    life.settle()
    (seen,) = cep.parcours()["blocs"]["emplois"]
    assert (seen["fin"], seen["motif_fin"]) == ("2026-01-30", "031")
    assert _at_six_months(cep) == ("2026-03-26", False, True)
    cancelled = dsn.job(said="2026-02-16", fin="2026-01-30", motif_fin="099", **job)
    life.settle()
    # dossier, and what followed it
    (seen,) = cep.parcours()["blocs"]["emplois"]
    assert "fin" not in seen
    assert _at_six_months(cep) == ("2026-03-26", True, True)
    opco.is_now("termine", sortie_le="2025-09-26")
    opco.is_funded(OPCO=1_100_00)
    asked = {"dossier_id": opco.dossier_id, "finalite": "accompagnement", "champ": "emplois.0.debut"}
    assert cep.asks("dossier.why", **asked)["gagnante"]["source"] == DSN
    # receipts
    monthly.acknowledged("parcours_complete")
    cancelled.acknowledged("parcours_complete")
    # access: the job is for who advises her
    cep.sees("formation dates emplois accompagnements", but="financements")
    opco.sees("formation dates financements", but="emplois accompagnements")
    dsn.may_not_read(because="no_habilitation_for_service")
    opco.is_closed_to(OTHER_CEP)
    # figures
    life.figures("""
        2025-09  53  PLAN_DEVELOPPEMENT  tous  1  1  1  120  1100
        2025-09  53  PLAN_DEVELOPPEMENT  OPCO  1  1  1  120  1100
    """)


def test_une_dsn_annule_et_remplace_puis_annulee(running: Running) -> None:
    """La DSN s’est trompée d’établissement, annule et remplace ; puis annule : il n’y a pas de contrat."""
    life = Life(running, "Yvinec", "1994-11-09")
    cpf, dsn, cep = life.source(CDC, "CPF-7"), life.source(DSN, "DSN-7"), life.source(CEP, "CEP-7")
    cep.advises("2025-05-05", niveau="1")
    cpf.formation(
        said="2025-06-02",
        dispositif="CPF",
        debut_prevu="2025-06-16",
        fin_prevue="2025-07-11",
        heures_prevues=100,
    )
    cpf.pays(said="2025-06-02", pedagogique=1_900_00)
    cpf.event("entree", "2025-06-16")
    cpf.event("sortie", "2025-07-11")
    hired = {"numero_contrat": "3", "nature_contrat": "01", "debut": "2025-08-04"}
    wrong = dsn.job(said="2025-09-05", employeur=EMPLOYERS[3], **hired)
    life.settle()
    assert _employers(cep) == [EMPLOYERS[3]]
    right = wrong.rectified("2025-10-03", employeur=EMPLOYERS[4])
    life.settle()
    assert _employers(cep) == [EMPLOYERS[4]], "one contract, and not two"
    assert _at_six_months(cep) == ("2026-01-11", True, True)
    wrong.acknowledged("retiree")
    right.acknowledged("parcours_complete")
    gone = right.taken_back("2026-01-05")
    life.settle()
    # dossier: no contract any more, and nothing followed
    assert _employers(cep) == []
    assert _at_six_months(cep) == ("2026-01-11", False, False)
    cpf.is_now("termine", sortie_le="2025-07-11")
    cpf.is_funded(CDC=1_900_00)
    cpf.knows_why("dates.sortie_le", "2025-07-11", by=CDC)
    # receipts
    right.acknowledged("retiree")
    gone.acknowledged("retrait_effectue")
    # access
    cep.sees("formation dates accompagnements", but="financements")
    dsn.may_not_read(because="no_habilitation_for_service")
    cpf.is_closed_to(OTHER_CEP)
    # figures
    life.figures("""
        2025-06  53  CPF  tous  1  1  0  100  1900
        2025-06  53  CPF  CDC   1  1  0  100  1900
        2025-07  53  CPF  tous  0  0  1    0     0
        2025-07  53  CPF  CDC   0  0  1    0     0
    """)


def _at_six_months(cep: Source) -> tuple[object, object, object]:
    """On which day that is; whether a job runs then; whether one began until then."""
    six = cep.parcours()["suites"][0]
    return six["le"], six["en_emploi"], six["emploi_trouve"]


def _employers(cep: Source) -> list[str]:
    return [one["employeur"] for one in cep.parcours()["blocs"].get("emplois", [])]
