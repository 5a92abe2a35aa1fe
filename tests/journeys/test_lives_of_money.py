"""The book of lives: who pays a training, alone or with others, and who is paid while it lasts.

As in `test_lives_of_trainings`, each life is looked at in dossier, receipts, accesses and figures.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from services.client.hub import Hub
from services.contracts.errors import NotFound, Refused
from services.sample.organisations import EMPLOYERS
from tests.journeys.telling import (
    AGEFIPH,
    AGENT,
    ASP,
    BUREAU,
    CDC,
    CEP,
    DSN,
    FRANCE_TRAVAIL,
    OPCO,
    OTHER_OPCO,
    REGION,
    TRANSITIONS,
    Life,
)
from tests.running import Running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("figures_stay_right"),
]


def test_une_transition_cofinancee_dont_les_parts_font_le_cout(running: Running) -> None:
    """Transitions Pro et le CPF paient ensemble : il manque cent euros, puis le compte y est."""
    life = Life(running, "Cariou", "1985-03-13")
    ptp, cpf = life.source(TRANSITIONS, "PTP-1"), life.source(CDC, "CPF-2")
    first = ptp.formation(said="2026-01-09", dispositif="CPF_TRANSITION", cout_total=9_000_00)
    ptp.pays(said="2026-01-10", pedagogique=6_000_00)
    second = cpf.formation(said="2026-01-11", dispositif="CPF", cout_total=9_000_00)
    short = cpf.pays(said="2026-01-12", pedagogique=2_900_00)
    cpf.event("entree", "2026-02-02")
    life.settle()
    ptp.is_now("en_formation", "financements_inferieurs_au_cout")
    assert ptp.dossier()["couts"]["ecart"] == 100_00
    first.acknowledged("cofinancement_reconnu", "financements_inferieurs_au_cout")
    second.acknowledged("dossier_ouvert", "financements_inferieurs_au_cout")
    # The Caisse des Dépôts corrects its line: the sum is right, and both are told that nothing is amiss.
    right = short.rectified("2026-02-20", postes=[{"nature": "pedagogique", "montant": 3_000_00}])
    life.settle()
    # dossier: one, whoever reads it
    ptp.is_now("en_formation", entree_le="2026-02-02")
    assert ptp.dossier_id == cpf.dossier_id
    ptp.is_funded(TRANSITIONS=6_000_00, CDC=3_000_00)
    assert ptp.dossier()["couts"]["ecart"] == 0
    ptp.knows_why("dates.entree_le", "2026-02-02", by=CDC)
    ptp.knows_why("formation.dispositif", "CPF_TRANSITION", by=TRANSITIONS, rule="financement", CDC="CPF")
    # receipts
    first.settled("financements_inferieurs_au_cout")
    second.settled("financements_inferieurs_au_cout")
    short.acknowledged("retiree")
    right.acknowledged("dossier_complete")
    # access
    ptp.sees("formation dates financements")
    cpf.sees("formation dates financements")
    ptp.is_closed_to(OPCO)
    # figures: one entry, which each of the two has paid its part of
    life.figures("""
        2026-02  53  CPF_TRANSITION  tous         1  1  0  400  9000
        2026-02  53  CPF_TRANSITION  TRANSITIONS  1  1  0  400  6000
        2026-02  53  CPF_TRANSITION  CDC          1  1  0  400  3000
    """)


def test_une_transition_refusee_puis_accordee_apres_recours(running: Running) -> None:
    """Transitions Pro refuse le projet, puis l’accorde sur recours ; refusé, il ne coûte rien."""
    life = Life(running, "Pennec", "1980-10-04")
    ptp = life.source(TRANSITIONS, "PTP-2")
    ptp.formation(said="2025-11-03", dispositif="CPF_TRANSITION", cout_total=21_000_00)
    ptp.pays(said="2025-11-03", pedagogique=8_000_00, remuneration=13_000_00)
    refused = ptp.event("refus", "2025-11-28")
    life.settle()
    ptp.is_now("refuse")
    ptp.is_funded()
    refused.acknowledged("dossier_complete")
    life.counts_for_nothing()
    granted = ptp.event("accord", "2026-01-16")
    entered = ptp.event("entree", "2026-02-02")
    life.settle()
    # dossier
    ptp.is_now("en_formation", accord_le="2026-01-16", entree_le="2026-02-02")
    ptp.was("prevu", on="2025-11-20")
    ptp.was("refuse", on="2026-01-15")
    ptp.was("accorde", on="2026-01-16")
    ptp.is_funded(TRANSITIONS=21_000_00)
    ptp.knows_why("dates.accord_le", "2026-01-16", by=TRANSITIONS)
    # receipts
    refused.acknowledged("dossier_complete")
    granted.acknowledged("dossier_complete")
    entered.acknowledged("dossier_complete")
    # access
    ptp.sees("formation dates financements")
    ptp.is_closed_to(CDC)
    # figures
    life.figures("""
        2026-02  53  CPF_TRANSITION  tous         1  1  0  400  21000
        2026-02  53  CPF_TRANSITION  TRANSITIONS  1  1  0  400  21000
    """)


def test_une_aide_refusee_et_une_formation_qui_se_fait_quand_meme(running: Running) -> None:
    """La région refuse son aide ; la formation se fait avec le CPF seul."""
    life = Life(running, "Inizan", "1991-09-19")
    cpf, air = life.source(CDC, "CPF-4"), life.source(REGION, "AIR-1")
    cpf.formation(said="2026-01-10", dispositif="CPF")
    cpf.pays(said="2026-01-10", pedagogique=1_000_00)
    air.formation(said="2026-01-11", dispositif="AIR")
    air.pays(said="2026-01-11", pedagogique=300_00)
    refused = air.event("refus", "2026-01-20")
    entered = cpf.event("entree", "2026-02-02", said="2026-02-03")
    life.settle()
    # dossier
    cpf.is_now("en_formation")
    states = {one["financeur"]: one["etat"] for one in cpf.dossier()["blocs"]["financements"]}
    assert states == {CDC: "en_formation", REGION: "refuse"}
    cpf.is_funded(CDC=1_000_00)
    cpf.knows_why("formation.dispositif", "CPF", by=CDC, rule="autorite", REGION="AIR")
    # receipts
    refused.acknowledged("dossier_complete")
    entered.acknowledged("dossier_complete")
    # access: who refused sees still what became of it
    cpf.sees("formation dates financements")
    air.sees("formation dates financements")
    cpf.is_closed_to(FRANCE_TRAVAIL)
    # figures: a CPF, and not the aid that was not given
    life.figures("""
        2026-02  53  CPF  tous  1  1  0  400  1000
        2026-02  53  CPF  CDC   1  1  0  400  1000
    """)


def test_un_cpf_complete_par_france_travail_et_quitte_pour_un_emploi(running: Running) -> None:
    """Une demandeuse d’emploi complète son CPF d’une AIF, et part avant la fin : elle a trouvé un CDI."""
    life = Life(running, "Rannou", "1996-12-01")
    cpf, aif = life.source(CDC, "CPF-5"), life.source(FRANCE_TRAVAIL, "AIF-1")
    cep = life.source(FRANCE_TRAVAIL, "CEP-FT-1")
    planned = {"debut_prevu": "2025-09-01", "fin_prevue": "2025-12-19", "cout_total": 3_200_00}
    cep.advises("2025-06-02")
    cpf.formation(said="2025-07-01", dispositif="CPF", **planned)
    cpf.pays(said="2025-07-01", pedagogique=2_400_00)
    topped = aif.formation(said="2025-07-08", dispositif="AIF", **planned)
    aif.pays(said="2025-07-08", pedagogique=800_00)
    aif.event("accord", "2025-07-10")
    cpf.event("entree", "2025-09-01")
    left = cpf.event(
        "sortie",
        "2025-11-14",
        realisation="partielle",
        motif="retour_emploi",
        taux_realisation=60,
        heures_realisees=240,
    )
    hired = {"employeur": EMPLOYERS[5], "numero_contrat": "12", "nature_contrat": "01"}
    job = life.source(DSN, "DSN-5").job(said="2025-12-05", debut="2025-11-17", **hired)
    life.settle()
    # dossier: an early exit for a job is no abandon
    aif.is_now("termine", sortie_le="2025-11-14", motif="retour_emploi", abandon=False)
    aif.was("accorde", on="2025-08-01")
    aif.is_funded(CDC=2_400_00, FRANCE_TRAVAIL=800_00)
    aif.knows_why("dates.sortie_le", "2025-11-14", by=CDC)
    aif.knows_why("formation.dispositif", "CPF", by=CDC, rule="financement", FRANCE_TRAVAIL="AIF")
    six, _ = cep.parcours("accompagnement")["suites"]
    assert (six["le"], six["en_emploi"], six["durable"]) == ("2026-05-14", True, True)
    # receipts
    topped.acknowledged("dossier_ouvert")
    left.acknowledged("dossier_complete")
    job.acknowledged("parcours_complete")
    # access: as a funder, the money; as an adviser, the job; each for its own purpose
    followed = "formation dates emplois accompagnements"
    aif.sees("formation dates financements", but="emplois accompagnements")
    cep.sees(followed, but="financements", finalite="accompagnement")
    aif.is_closed_to(REGION)
    # figures: a CPF that France Travail tops up, though France Travail spoke last
    life.figures("""
        2025-09  53  CPF  tous            1  1  0  240  3200
        2025-09  53  CPF  CDC             1  1  0  240  2400
        2025-09  53  CPF  FRANCE_TRAVAIL  1  1  0  240   800
        2025-11  53  CPF  tous            0  0  1    0     0
        2025-11  53  CPF  CDC             0  0  1    0     0
        2025-11  53  CPF  FRANCE_TRAVAIL  0  0  1    0     0
    """)


def test_deux_sources_qui_ne_disent_pas_la_meme_entree(running: Running) -> None:
    """Le CPF dit entrée le 2, l’OPCO le 9 : la Caisse des Dépôts en sait plus que l’OPCO, et l’on voit les
    deux dires."""
    life = Life(running, "Floch", "1979-06-16")
    cpf, opco = life.source(CDC, "CPF-3"), life.source(OPCO, "PLAN-3")
    cpf.formation(said="2026-01-10", dispositif="CPF")
    cpf.pays(said="2026-01-10", pedagogique=1_500_00)
    opco.formation(said="2026-01-11", dispositif="PLAN_DEVELOPPEMENT")
    opco.pays(said="2026-01-11", pedagogique=500_00)
    believed = cpf.event("entree", "2026-02-02", said="2026-02-03")
    other = opco.event("entree", "2026-02-09", said="2026-02-20")
    life.settle()
    # dossier
    opco.is_now("en_formation", entree_le="2026-02-02")
    opco.is_funded(CDC=1_500_00, OPCO=500_00)
    opco.knows_why("dates.entree_le", "2026-02-02", by=CDC, rule="autorite", OPCO="2026-02-09")
    asked = {"finalite": "prise_en_charge", "champ": "dates.entree_le"}
    history = opco.asks("dossier.history", dossier_id=opco.dossier_id, **asked)
    assert [one["valeur"] for one in history["valeurs"]] in (["2026-02-02"], ["2026-02-09", "2026-02-02"])
    # receipts
    believed.acknowledged("dossier_complete")
    other.acknowledged("dossier_complete")
    # access: every question is a reading, and is remembered
    opco.sees("formation dates financements")
    opco.is_closed_to(OTHER_OPCO)
    with running.hub(OTHER_OPCO) as hub, pytest.raises(NotFound):
        hub.call("dossier.why", {"dossier_id": opco.dossier_id, **asked})
    remembered = f"SELECT count(*) FROM journal WHERE '{opco.dossier_id}' = ANY(dossier_ids)"
    assert int(str(running.rows("access", remembered)[0][0])) >= 3
    # figures
    life.figures("""
        2026-02  53  CPF  tous  1  1  0  400  2000
        2026-02  53  CPF  CDC   1  1  0  400  1500
        2026-02  53  CPF  OPCO  1  1  0  400   500
    """)


def test_une_remuneration_payee_apres_la_sortie(running: Running) -> None:
    """L’ASP paie mai à qui serait sorti en avril : c’est la date de la région qui était fausse."""
    life = Life(running, "Kerjean", "1986-11-21")
    region, asp = life.source(REGION, "PRF-2"), life.source(ASP, "R-1")
    region.formation(said="2026-01-10", dispositif="PRF")
    region.pays(said="2026-01-10", pedagogique=4_000_00)
    region.event("entree", "2026-02-02")
    wrong = region.event("sortie", "2026-04-10", said="2026-04-13")
    april = asp.remunerates("2026-04-01", "2026-04-30", 685_00, said="2026-05-04", of=region)
    may = asp.remunerates("2026-05-01", "2026-05-31", 685_00, said="2026-06-02", of=region)
    life.settle()
    # receipts: who pays is told of the month that is outside, and of that one alone
    april.acknowledged("dossier_complete")
    may.acknowledged("dossier_complete", "remuneration_hors_formation")
    asp.is_now("termine", "remuneration_hors_formation")
    right = wrong.rectified("2026-06-05", le="2026-05-29")
    life.settle()
    may.settled("remuneration_hors_formation")
    right.acknowledged("dossier_complete")
    # dossier
    asp.is_now("termine", sortie_le="2026-05-29")
    paid = region.dossier()["blocs"]["remunerations"]
    assert [(one["payeur"], one["debut"], one["montant"]) for one in paid] == [
        (ASP, "2026-04-01", 685_00),
        (ASP, "2026-05-01", 685_00),
    ]
    region.is_funded(REGION=4_000_00)
    asp.knows_why("dates.sortie_le", "2026-05-29", by=REGION)
    # access: who pays the trainee sees the dates it pays by, and not what the training costs
    asp.sees("formation dates remunerations", but="financements")
    region.sees("formation dates financements remunerations")
    region.is_closed_to(CDC)
    # figures: a remuneration is no cost of the training
    life.figures("""
        2026-02  53  PRF  tous    1  1  0  400  4000
        2026-02  53  PRF  REGION  1  1  0  400  4000
        2026-05  53  PRF  tous    0  0  1    0     0
        2026-05  53  PRF  REGION  0  0  1    0     0
    """)


def test_une_majoration_de_l_agefiph_et_un_cout_depasse(running: Running) -> None:
    """L’OPCO et l’Agefiph paient tous deux la majoration RQTH : c’est trop, jusqu’à ce que l’un la retire."""
    life = Life(running, "Salou", "1978-01-25")
    opco, agefiph = life.source(OPCO, "PLAN-10"), life.source(AGEFIPH, "RQTH-1")
    first = opco.formation(said="2026-01-10", cout_total=3_500_00)
    twice = opco.pays(said="2026-01-12", pedagogique=3_000_00, rqth=500_00)
    agefiph.formation(said="2026-01-15")
    own = agefiph.pays(said="2026-01-15", rqth=500_00)
    opco.event("entree", "2026-02-02")
    life.settle()
    opco.is_now("en_formation", "financements_superieurs_au_cout")
    for line, effet in ((first, "dossier_ouvert"), (twice, "dossier_complete"), (own, "dossier_complete")):
        line.acknowledged(effet, "financements_superieurs_au_cout")
    # What a source says again takes the place of what it said before.
    again = opco.pays(said="2026-02-16", pedagogique=3_000_00)
    life.settle()
    # dossier
    opco.is_now("en_formation")
    opco.is_funded(OPCO=3_000_00, AGEFIPH=500_00)
    assert opco.dossier()["couts"]["par_nature"] == {"pedagogique": 3_000_00, "rqth": 500_00}
    opco.knows_why("financements.0.total", 3_000_00, by=OPCO, rule="fraicheur", OPCO=3_500_00)
    # receipts
    first.settled("financements_superieurs_au_cout")
    own.settled("financements_superieurs_au_cout")
    twice.acknowledged("remplacee")
    again.acknowledged("dossier_complete")
    # access
    opco.sees("formation dates financements")
    agefiph.sees("formation dates financements")
    opco.is_closed_to(TRANSITIONS)
    # figures
    life.figures("""
        2026-02  53  PLAN_DEVELOPPEMENT  tous     1  1  0  400  3500
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO     1  1  0  400  3000
        2026-02  53  PLAN_DEVELOPPEMENT  AGEFIPH  1  1  0  400   500
    """)


def test_deux_sessions_d_un_meme_titre_que_le_bureau_reunit_puis_separe(running: Running) -> None:
    """Deux mois de CAP sur le CPF, puis deux mois payés par l’OPCO : un seul parcours ? Nul ne le devine ;
    le bureau les réunit sur la convention, puis se ravise et les sépare pour de bon."""
    life = Life(running, "Tallec", "1987-02-27")
    cpf, opco = life.source(CDC, "CPF-6"), life.source(OPCO, "PLAN-11")
    cep, bureau = life.source(CEP, "CEP-11"), life.source(BUREAU, "-")
    cep.advises("2026-01-05")
    cpf.formation(said="2026-01-10", dispositif="CPF", fin_prevue="2026-03-27", heures_prevues=200)
    cpf.pays(said="2026-01-10", pedagogique=1_200_00)
    cpf.event("entree", "2026-02-02")
    second = opco.formation(
        said="2026-03-02", debut_prevu="2026-04-13", fin_prevue="2026-06-12", heures_prevues=180
    )
    opco.pays(said="2026-03-02", pedagogique=900_00)
    opco.event("entree", "2026-04-13")
    life.settle()
    # dossier: two, and a doubt that only who may read both is shown
    ids = [cpf.dossier_id, opco.dossier_id]
    assert len({*ids}) == 2
    assert {one["dossier_id"]: _causes(one) for one in cep.parcours()["dossiers"]} == {
        ids[0]: ["sessions_successives"],
        ids[1]: ["sessions_successives"],
    }
    assert [_causes(one) for one in cpf.parcours()["dossiers"]] == [[]]
    assert {*ids} <= {found["dossier_id"] for found in _doubts(running)}
    apart = """
        2026-02  53  CPF                 tous  1  1  0  200  1200
        2026-02  53  CPF                 CDC   1  1  0  200  1200
        2026-04  53  PLAN_DEVELOPPEMENT  tous  1  1  0  180   900
        2026-04  53  PLAN_DEVELOPPEMENT  OPCO  1  1  0  180   900
    """
    life.figures(apart)
    cpf.is_closed_to(OPCO)
    # … which the desk settles, with a motive that stays in the journal
    ruling = {"dossiers": ids, "motif": "convention_presentee", **AGENT}
    bureau.asks("dossier.join", reference="REUNION-11", **ruling)
    life.settle()
    assert cpf.dossier_id == opco.dossier_id
    cpf.is_now("en_formation", entree_le="2026-02-02")
    cpf.is_funded(CDC=1_200_00, OPCO=900_00)
    assert [_causes(one) for one in cep.parcours()["dossiers"]] == [[]]
    second.acknowledged("dossier_ouvert")
    opco.sees("formation dates financements", but="accompagnements")
    assert _last_call(running, "dossier.join") == (BUREAU, "AGT-0412", "convention_presentee", True)
    # … and takes apart again: the later ruling stands, and the doubt is no more
    part = {"dossier_id": cpf.dossier_id, "financeur": OPCO, "numero": "PLAN-11", **AGENT}
    bureau.asks("dossier.part", reference="SEPARATION-11", motif="confirme_par_organisme", **part)
    life.settle()
    assert [cpf.dossier_id, opco.dossier_id] == ids
    cpf.is_funded(CDC=1_200_00)
    opco.is_funded(OPCO=900_00)
    assert [_causes(one) for one in cep.parcours()["dossiers"]] == [[], []]
    assert not {*ids} & {found["dossier_id"] for found in _doubts(running)}
    assert _last_call(running, "dossier.part") == (BUREAU, "AGT-0412", "confirme_par_organisme", True)
    cpf.knows_why("dates.entree_le", "2026-02-02", by=CDC)
    # receipts, access, figures: as before
    second.acknowledged("dossier_ouvert")
    cpf.is_closed_to(OPCO)
    life.figures(apart)


def test_deux_dossiers_d_un_meme_financeur_que_le_bureau_reunit_puis_separe(running: Running) -> None:
    """L’OPCO a deux numéros pour une même formation : un doublon ? Le bureau les réunit, puis se ravise."""
    life = Life(running, "Helias", "1983-08-18")
    one, other = life.source(OPCO, "PLAN-4"), life.source(OPCO, "PLAN-5")
    bureau = life.source(BUREAU, "-")
    told = []
    for number in (one, other):
        told.append(number.formation(said="2026-01-10"))
        number.pays(said="2026-01-10", pedagogique=500_00)
        number.event("entree", "2026-02-02")
    life.settle()
    ids = sorted([one.dossier_id, other.dossier_id])
    for number, line in zip((one, other), told, strict=True):
        number.is_now("en_formation", "dossier_peut_etre_en_double")
        line.acknowledged("dossier_ouvert", "dossier_peut_etre_en_double")
    assert [_causes(each) for each in one.parcours()["dossiers"]] == [["meme_financeur"], ["meme_financeur"]]
    apart = """
        2026-02  53  PLAN_DEVELOPPEMENT  tous  2  1  0  800  1000
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO  2  1  0  800  1000
    """
    life.figures(apart)
    # access: who declares does not rule on its own declarations
    asked = {"reference": "REUNION-1", "dossiers": ids, "motif": "confirme_par_financeur", **AGENT}
    with pytest.raises(Refused) as refusal:
        one.asks("dossier.join", **asked)
    assert refusal.value.code == "gestion_refusee"
    assert _last_call(running, "dossier.join") == (OPCO, "AGT-0412", "confirme_par_financeur", False)
    assert {*ids} <= {found["dossier_id"] for found in _doubts(running)}
    ruled = bureau.asks("dossier.join", **asked)
    assert bureau.asks("dossier.join", **asked)["dossiers"] == ruled["dossiers"], "asked again, it is one"
    life.settle()
    # joined: dossier, receipts, figures
    one.is_now("en_formation")
    one.is_funded(OPCO=1_000_00)
    for line in told:
        line.settled("dossier_peut_etre_en_double")
    life.figures("""
        2026-02  53  PLAN_DEVELOPPEMENT  tous  1  1  0  400  1000
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO  1  1  0  400  1000
    """)
    # and as if it had never been
    bureau.asks("dossier.revoke", ruling_id=ruled["ruling_id"], motif="decision_erronee", **AGENT)
    life.settle()
    assert sorted(each["dossier_id"] for each in one.parcours()["dossiers"]) == ids
    one.is_now("en_formation", "dossier_peut_etre_en_double")
    one.knows_why("dates.entree_le", "2026-02-02", by=OPCO)
    one.sees("formation dates financements")
    one.is_closed_to(OTHER_OPCO)
    life.figures(apart)


def _causes(dossier: dict[str, Any]) -> list[str]:
    return [doubt["cause"] for doubt in dossier["doutes"]]


def _last_call(running: Running, appel: str) -> tuple[object, ...]:
    columns = "siret, agent, motif, granted"
    asked = f"SELECT {columns} FROM journal WHERE appel = '{appel}' ORDER BY at DESC LIMIT 1"
    return running.rows("access", asked)[0]


def _doubts(running: Running) -> Iterator[dict[str, Any]]:
    after = "00000000-0000-0000-0000-000000000000"
    with running.hub(BUREAU) as hub:
        while (page := _page(hub, after))["candidats"]:
            yield from page["candidats"]
            after = page["suite"]


def _page(hub: Hub, after: str) -> dict[str, Any]:
    return hub.call("dossier.doubts", {"apres": after, **AGENT})
