"""The book of lives: trainings that begin, stop, end, and lead to something, or do not.

Each life is a story that several sources tell, and is looked at in four places: the dossier, the receipts of
those who told it, what access opens to whom, and the figures.
"""

import pytest

from services.contracts.errors import NotFound
from services.sample.organisations import BODIES, of_profile
from tests.journeys.telling import CDC, CEP, CERTIFIER, OPCO, OTHER_OPCO, REGION, Life
from tests.running import Running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("figures_stay_right"),
]

MINISTRY = of_profile("ministere")[0]


def test_un_cpf_abandonne_en_cours_de_route(running: Running) -> None:
    """Solenn Abgrall entre en formation par son CPF, et abandonne aux deux cinquièmes."""
    life = Life(running, "Abgrall", "1990-01-11")
    cdc = life.source(CDC, "CPF-1")
    cdc.formation(said="2026-01-10", dispositif="CPF")
    cdc.pays(said="2026-01-10", pedagogique=1_600_00)
    cdc.event("entree", "2026-02-02", said="2026-02-03")
    left = cdc.event(
        "sortie",
        "2026-03-20",
        said="2026-03-24",
        realisation="partielle",
        motif="abandon_stagiaire",
        taux_realisation=40,
        heures_realisees=160,
    )
    life.settle()
    # dossier
    cdc.is_now("abandonne", entree_le="2026-02-02", sortie_le="2026-03-20", heures_realisees=160)
    cdc.was("en_formation", on="2026-03-19")
    cdc.is_funded(CDC=1_600_00)
    cdc.knows_why("dates.sortie_le", "2026-03-20", by=CDC)
    # receipts
    left.acknowledged("dossier_complete")
    # access
    cdc.sees("formation dates financements")
    cdc.is_closed_to(OPCO)
    cdc.is_closed_to(MINISTRY, because="no_habilitation_for_service")
    # figures: month, region, dispositif, who pays; entries, persons, exits, hours, euros
    life.figures("""
        2026-02  53  CPF  tous   1  1  0  160  1600
        2026-02  53  CPF  CDC    1  1  0  160  1600
        2026-03  53  CPF  tous   0  0  1    0     0
        2026-03  53  CPF  CDC    0  0  1    0     0
    """)


def test_un_certificat_qui_arrive_avant_la_sortie(running: Running) -> None:
    """Le jury se tient avant la fin : elle n’est certifiée qu’une fois sortie, et le certificat reste."""
    life = Life(running, "Danielou", "1992-04-14")
    opco, jury = life.source(OPCO, "PLAN-1"), life.source(CERTIFIER, "JURY-1")
    opco.formation(said="2026-01-10")
    opco.pays(said="2026-01-10", pedagogique=3_000_00)
    opco.event("entree", "2026-02-02")
    got = jury.certifies("obtenue", "2026-05-20", said="2026-05-22", mention="MENTION_BIEN")
    life.settle()
    opco.is_now("en_formation")
    opco.event("sortie", "2026-05-29", said="2026-06-01")
    life.settle()
    # dossier
    opco.is_now("certifie", sortie_le="2026-05-29")
    opco.was("en_formation", on="2026-05-25")
    (certificate,) = opco.dossier()["blocs"]["certifications"]
    assert (certificate["certificateur"], certificate["resultat"]) == (CERTIFIER, "obtenue")
    opco.knows_why("certifications.0.resultat", "obtenue", by=CERTIFIER)
    opco.is_funded(OPCO=3_000_00)
    # receipts
    got.acknowledged("parcours_complete")
    # access: who certifies is told nothing of the training
    opco.sees("formation dates financements certifications")
    jury.may_not_read(because="no_habilitation_for_service")
    opco.is_closed_to(OTHER_OPCO)
    # figures
    life.figures("""
        2026-02  53  PLAN_DEVELOPPEMENT  tous  1  1  0  400  3000
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO  1  1  0  400  3000
        2026-05  53  PLAN_DEVELOPPEMENT  tous  0  0  1    0     0
        2026-05  53  PLAN_DEVELOPPEMENT  OPCO  0  0  1    0     0
    """)


def test_une_vae_validee_en_partie_puis_en_entier(running: Running) -> None:
    """Un premier jury ne reconnaît que des blocs ; le second, six mois après, accorde le titre entier."""
    life = Life(running, "Vigouroux", "1974-09-02")
    opco = life.source(OPCO, "VAE-1")
    first, second = life.source(CERTIFIER, "JURY-VAE-1"), life.source(CERTIFIER, "JURY-VAE-2")
    opco.formation(
        said="2025-05-12",
        dispositif="VAE",
        intitule="VAE — CAP Cuisine",
        debut_prevu="2025-06-02",
        fin_prevue="2025-10-31",
        heures_prevues=24,
    )
    opco.pays(said="2025-05-12", pedagogique=1_800_00)
    for evenement, on in (("entree", "2025-06-02"), ("sortie", "2025-10-30"), ("service_fait", "2025-11-04")):
        opco.event(evenement, on)
    blocks = first.certifies("partielle", "2025-11-13", said="2025-11-20")
    life.settle()
    opco.is_now("service_fait")
    whole = second.certifies("obtenue", "2026-05-21", said="2026-05-28")
    life.settle()
    # dossier: both juries are shown, and the second one only makes a certificate
    opco.is_now("certifie", service_fait_le="2025-11-04")
    opco.was("service_fait", on="2025-11-20")
    shown = [(one["resultat"], one["le"]) for one in opco.dossier()["blocs"]["certifications"]]
    assert shown == [("partielle", "2025-11-13"), ("obtenue", "2026-05-21")]
    opco.is_funded(OPCO=1_800_00)
    # receipts
    blocks.acknowledged("parcours_complete")
    whole.acknowledged("parcours_complete")
    # access
    opco.sees("formation dates financements certifications")
    opco.is_closed_to(CERTIFIER, because="no_habilitation_for_service")
    opco.is_closed_to(OTHER_OPCO)
    # figures: a certificate counts for nothing in them
    life.figures("""
        2025-06  53  VAE  tous  1  1  0  24  1800
        2025-06  53  VAE  OPCO  1  1  0  24  1800
        2025-10  53  VAE  tous  0  0  1   0     0
        2025-10  53  VAE  OPCO  0  0  1   0     0
    """)


def test_une_sortie_datee_avant_l_entree_puis_rectifiee(running: Running) -> None:
    """Une faute de frappe fait sortir avant l’entrée : la région l’apprend, rectifie, et n’en entend plus
    parler."""
    life = Life(running, "Goasguen", "1995-07-17")
    region = life.source(REGION, "PRF-1")
    region.formation(said="2026-01-10", dispositif="PRF")
    entered = region.event("entree", "2026-02-02", said="2026-02-03")
    wrong = region.event("sortie", "2026-01-29", said="2026-06-01")
    life.settle()
    entered.acknowledged("dossier_complete", "sortie_avant_entree")
    wrong.acknowledged("dossier_complete", "sortie_avant_entree")
    assert "sortie_avant_entree" in [one["code"] for one in region.dossier()["anomalies"]]
    before = running.rows("dossier", "SELECT now()")[0][0]
    right = wrong.rectified("2026-06-02", le="2026-05-29")
    life.settle()
    # dossier: as it was known, it was wrong
    region.is_now("termine", sortie_le="2026-05-29")
    known = str(before).replace(" ", "T")
    assert region.dossier(connu_le=known)["blocs"]["dates"]["sortie_le"] == "2026-01-29"
    asked = {"dossier_id": region.dossier_id, "finalite": "prise_en_charge"}
    compared = region.asks("dossier.compare", **asked, avant={"connu_le": known}, apres={})
    assert {"chemin": "dates.sortie_le", "avant": "2026-01-29", "apres": "2026-05-29"} in compared[
        "differences"
    ]
    region.knows_why("dates.sortie_le", "2026-05-29", by=REGION)
    # receipts
    entered.settled("sortie_avant_entree")
    wrong.acknowledged("retiree")
    right.acknowledged("dossier_complete")
    # access
    region.sees("formation dates")
    region.is_closed_to(OPCO)
    # figures
    life.figures("""
        2026-02  53  PRF  tous  1  1  0  400  0
        2026-05  53  PRF  tous  0  0  1    0  0
    """)


def test_une_formation_reportee_puis_annulee(running: Running) -> None:
    """La session est repoussée d’un mois, puis n’a pas lieu : rien n’est compté, rien n’est reproché."""
    life = Life(running, "Jaouen", "1998-10-20")
    opco = life.source(OPCO, "PLAN-6")
    agreed = opco.formation(said="2026-01-10", accord_le="2026-01-09")
    opco.pays(said="2026-01-10", pedagogique=2_500_00)
    moved = opco.event(
        "report", "2026-01-25", said="2026-01-26", debut_prevu="2026-03-02", fin_prevue="2026-06-26"
    )
    life.settle()
    opco.is_now("accorde", debut_prevu="2026-03-02", fin_prevue="2026-06-26")
    opco.is_funded(OPCO=2_500_00)
    cancelled = opco.event("annulation", "2026-02-20")
    life.settle()
    # dossier: a cancelled one costs nothing
    opco.is_now("annule", entree_le=None)
    opco.was("accorde", on="2026-02-01")
    opco.is_funded()
    opco.knows_why("dates.debut_prevu", "2026-03-02", by=OPCO, rule="fraicheur", OPCO="2026-02-02")
    # receipts
    agreed.acknowledged("dossier_ouvert")
    moved.acknowledged("dossier_complete")
    cancelled.acknowledged("dossier_complete")
    # access
    opco.sees("formation dates financements")
    opco.is_closed_to(OTHER_OPCO)
    # figures
    life.counts_for_nothing()


def test_un_service_fait_et_un_abandon_que_personne_ne_confond(running: Running) -> None:
    """Deux semaines d’arrêt au milieu d’une formation suivie jusqu’au bout : c’est un service fait."""
    life = Life(running, "Lagadec", "1993-12-22")
    opco = life.source(OPCO, "PLAN-7")
    opco.formation(said="2026-01-10", organisme={"siret": BODIES[1]})
    opco.pays(said="2026-01-10", pedagogique=2_000_00, hebergement=300_00)
    for evenement, on in (
        ("entree", "2026-02-02"),
        ("interruption", "2026-03-02"),
        ("reprise", "2026-03-16"),
        ("sortie", "2026-05-29"),
    ):
        opco.event(evenement, on)
    done = opco.event("service_fait", "2026-06-03")
    life.settle()
    # dossier
    stopped = [{"debut": "2026-03-02", "fin": "2026-03-16", "motif": None}]
    opco.is_now("service_fait", interruptions=stopped, abandon=False)
    opco.was("interrompu", on="2026-03-05")
    opco.was("en_formation", on="2026-03-16")
    opco.was("termine", on="2026-06-02")
    opco.is_funded(OPCO=2_300_00)
    # receipts
    done.acknowledged("dossier_complete")
    # access
    opco.sees("formation dates financements")
    opco.is_closed_to(CEP)
    # figures
    life.figures("""
        2026-02  53  PLAN_DEVELOPPEMENT  tous  1  1  0  400  2300
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO  1  1  0  400  2300
        2026-05  53  PLAN_DEVELOPPEMENT  tous  0  0  1    0     0
        2026-05  53  PLAN_DEVELOPPEMENT  OPCO  0  0  1    0     0
    """)


def test_une_maternite_et_une_fin_repoussee_d_autant(running: Running) -> None:
    """Quatre mois de congé lié à une naissance ; elle reprend, et la fin est repoussée d’autant."""
    life = Life(running, "Mingam", "1991-05-06")
    opco, cep = life.source(OPCO, "PLAN-8"), life.source(CEP, "CEP-8")
    informed = cep.advises("2025-01-13", niveau="1")
    followed = cep.advises("2025-04-14", niveau="2")
    opco.formation(said="2025-01-10", debut_prevu="2025-02-03", fin_prevue="2025-05-30")
    opco.pays(said="2025-01-10", pedagogique=3_200_00)
    opco.event("entree", "2025-02-03")
    opco.event("interruption", "2025-03-10", motif="maternite")
    life.settle()
    opco.is_now("interrompu", fin_prevue="2025-05-30")
    resumed = opco.event("reprise", "2025-07-07")
    longer = opco.event("prolongation", "2025-07-07", fin_prevue="2025-09-26")
    left = opco.event("sortie", "2025-09-26", realisation="totale", heures_realisees=400)
    life.settle()
    # dossier
    stopped = [{"debut": "2025-03-10", "fin": "2025-07-07", "motif": "maternite"}]
    opco.is_now("termine", interruptions=stopped, fin_prevue="2025-09-26", sortie_le="2025-09-26")
    opco.was("interrompu", on="2025-06-15")
    opco.was("en_formation", on="2025-08-01")
    opco.knows_why("dates.fin_prevue", "2025-09-26", by=OPCO, rule="fraicheur", OPCO="2025-05-30")
    opco.is_funded(OPCO=3_200_00)
    # receipts
    for line in (resumed, longer, left):
        line.acknowledged("dossier_complete")
    informed.acknowledged("remplacee")
    followed.acknowledged("parcours_complete")
    # access: who advises her sees the dates, and not the money; who advises others, nothing
    cep.sees("formation dates accompagnements", but="financements")
    opco.is_closed_to(of_profile("operateur_cep")[1])
    # figures
    life.figures("""
        2025-02  53  PLAN_DEVELOPPEMENT  tous  1  1  0  400  3200
        2025-02  53  PLAN_DEVELOPPEMENT  OPCO  1  1  0  400  3200
        2025-09  53  PLAN_DEVELOPPEMENT  tous  0  0  1    0     0
        2025-09  53  PLAN_DEVELOPPEMENT  OPCO  0  0  1    0     0
    """)


def test_une_poec_aux_heures_dix_fois_trop_nombreuses(running: Running) -> None:
    """Un zéro de trop dans les heures : l’OPCO l’apprend, rectifie, et les chiffres suivent."""
    life = Life(running, "Nedelec", "1989-03-30")
    opco = life.source(OPCO, "POEC-1")
    wrong = opco.formation(said="2026-01-12", dispositif="POEC", heures_prevues=4_000)
    opco.pays(said="2026-01-12", pedagogique=5_200_00)
    entered = opco.event("entree", "2026-02-02")
    life.settle()
    opco.is_now("en_formation", "heures_prevues_excessives", heures_prevues=4_000)
    wrong.acknowledged("dossier_ouvert", "heures_prevues_excessives")
    life.figures("""
        2026-02  53  POEC  tous  1  1  0  4000  5200
        2026-02  53  POEC  OPCO  1  1  0  4000  5200
    """)
    right = wrong.rectified("2026-02-10", heures_prevues=400)
    life.settle()
    # dossier
    opco.is_now("en_formation", heures_prevues=400)
    opco.knows_why("dates.heures_prevues", 400, by=OPCO)
    opco.is_funded(OPCO=5_200_00)
    # receipts
    wrong.acknowledged("retiree")
    wrong.settled("heures_prevues_excessives")
    right.acknowledged("dossier_complete")
    entered.acknowledged("dossier_complete")
    # access
    opco.sees("formation dates financements")
    opco.is_closed_to(REGION)
    # figures
    life.figures("""
        2026-02  53  POEC  tous  1  1  0  400  5200
        2026-02  53  POEC  OPCO  1  1  0  400  5200
    """)


def test_une_formation_declaree_deux_ans_apres(running: Running) -> None:
    """L’OPCO déclare en 2026 ce qui s’est passé en 2024 : c’est compté en 2024, et il lui est demandé de
    vérifier l’année."""
    life = Life(running, "Omnes", "1982-06-08")
    opco, cep = life.source(OPCO, "PLAN-9"), life.source(CEP, "CEP-9")
    cep.advises("2026-01-05")
    life.settle()
    before = str(running.rows("dossier", "SELECT now()")[0][0]).replace(" ", "T")
    assert cep.parcours()["dossiers"] == []
    opco.formation(said="2026-03-10", debut_prevu="2024-02-05", fin_prevue="2024-05-31")
    opco.pays(said="2026-03-10", pedagogique=1_500_00)
    entered = opco.event("entree", "2024-02-05", said="2026-03-10")
    left = opco.event("sortie", "2024-05-31", said="2026-03-10")
    life.settle()
    # dossier: as it was in 2024, and as nobody knew it until now
    opco.is_now("termine", "entree_ancienne", entree_le="2024-02-05", sortie_le="2024-05-31")
    opco.was("en_formation", on="2024-03-01")
    then = opco.dossier(au="2024-03-01")["blocs"]
    assert (then["formation"]["intitule"], then["dates"]["fin_prevue"]) == ("CAP Cuisine", "2024-05-31")
    with pytest.raises(NotFound):
        opco.dossier(connu_le=before)
    opco.knows_why("dates.entree_le", "2024-02-05", by=OPCO)
    opco.is_funded(OPCO=1_500_00)
    # receipts
    entered.acknowledged("dossier_complete", "entree_ancienne")
    left.acknowledged("dossier_complete")
    # access
    opco.sees("formation dates financements", but="accompagnements")
    cep.sees("formation dates accompagnements", but="financements")
    opco.is_closed_to(CDC)
    # figures
    life.figures("""
        2024-02  53  PLAN_DEVELOPPEMENT  tous  1  1  0  400  1500
        2024-02  53  PLAN_DEVELOPPEMENT  OPCO  1  1  0  400  1500
        2024-05  53  PLAN_DEVELOPPEMENT  tous  0  0  1    0     0
        2024-05  53  PLAN_DEVELOPPEMENT  OPCO  0  0  1    0     0
    """)
