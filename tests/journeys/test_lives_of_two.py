"""The book of lives: two persons taken for one, and one taken for two, until the identities' desk rules.

Each life is looked at in dossier, receipts, accesses and figures; and here in the feed, in what is notified,
and in what was known before. What the desk rules it takes back in the end, and everything is as it was.
"""

from typing import Any

import pytest

from services.contracts.errors import Refused
from services.sample.organisations import BODIES
from tests.journeys.telling import AGENT, BUREAU, CEP, OPCO, OTHER_CEP, OTHER_OPCO, Life, Source, held
from tests.running import Running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("figures_stay_right"),
]


def test_deux_personnes_confondues_deux_ans_puis_separees(running: Running) -> None:
    """Katell et Katell Rozenn sont nées le même jour, sous le même nom. En 2025 un OPCO donne à la seconde le
    NIR de la première ; pendant deux ans elles sont une. Le bureau voit les deux actes, et les sépare."""
    life = Life(running, "Kervella", "1986-02-12", nir="2860229232902", prenoms=["Katell"])
    other = {"prenoms": ["Katell", "Rozenn"]}
    bureau = life.source(BUREAU, "-")
    first, last = life.source(OPCO, "KATELL-2024"), life.source(OPCO, "KATELL-2026")
    hers, hers_too = (life.source(OTHER_OPCO, f"ROZENN-{year}", **other) for year in (2025, 2026))
    adviser, her_adviser = life.source(CEP, "CEP-KATELL"), life.source(OTHER_CEP, "CEP-ROZENN", **other)
    adviser.advises("2024-01-08")
    _trains(first, BODIES[0], "2024-03-04", "2024-05-31")
    her_adviser.advises("2025-01-06")
    opened = _trains(hers, BODIES[1], "2025-03-03", "2025-05-30")
    _trains(last, BODIES[2], "2026-02-02", "2026-05-29")
    _trains(hers_too, BODIES[3], "2026-02-09", "2026-05-29")
    life.settle()

    # One: four trainings, of which the advisers see them all, and each OPCO its own.
    of_katell = {first.dossier_id, last.dossier_id}
    of_rozenn = {hers.dossier_id, hers_too.dossier_id}
    assert _dossiers(adviser) == _dossiers(her_adviser) == of_katell | of_rozenn
    assert (_dossiers(first), _dossiers(hers)) == (of_katell, of_rozenn)
    as_one = """
        2024-03  53  PLAN_DEVELOPPEMENT  tous        1  1  0  400  1000
        2024-03  53  PLAN_DEVELOPPEMENT  OPCO        1  1  0  400  1000
        2025-03  53  PLAN_DEVELOPPEMENT  tous        1  1  0  400  1000
        2025-03  53  PLAN_DEVELOPPEMENT  OTHER_OPCO  1  1  0  400  1000
        2026-02  53  PLAN_DEVELOPPEMENT  tous        2  1  0  800  2000
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO        1  1  0  400  1000
        2026-02  53  PLAN_DEVELOPPEMENT  OTHER_OPCO  1  1  0  400  1000
    """
    life.figures(as_one)
    before, while_one = held(running), _instant(running)
    numbers = {one: one.follows_from() for one in (hers, adviser, her_adviser)}

    # The desk sees the two side by side, and rules.
    lines = {"declarations": [hers.lines[0].declaration_id], "autre": first.lines[0].declaration_id}
    pair = [*lines["declarations"], lines["autre"]]
    compared = bureau.asks("identity.compare", declarations=pair, **AGENT)
    assert sorted(one["prenoms"] for one in compared["candidats"]) == [["Katell"], ["Katell", "Rozenn"]]
    ruled = bureau.asks(
        "identity.split",
        reference="SEPARATION-KERVELLA",
        **lines,
        portee="personnes",
        motif="acte_presente",
        **AGENT,
    )
    assert ruled["lignes_deplacees"] == 7, "the other woman's, and her adviser's"
    running.wait_until(lambda: hers.dossier_id not in of_rozenn, "her dossiers are another person's")
    life.settle()

    # dossier: to each her own
    anew = {hers.dossier_id, hers_too.dossier_id}
    assert not anew & (of_katell | of_rozenn)
    assert (_dossiers(first), _dossiers(adviser)) == (of_katell, of_katell)
    assert (_dossiers(hers), _dossiers(her_adviser)) == (anew, anew)
    hers.is_now("en_formation", entree_le="2025-03-03")
    hers.was("en_formation", on="2025-03-03")
    hers.is_funded(OTHER_OPCO=1_000_00)
    hers.knows_why("dates.entree_le", "2025-03-03", by=OTHER_OPCO)
    # … of the past too: what was hers alone was never the other's to be shown
    assert _dossiers(adviser, connu_le=while_one) == of_katell
    assert _dossiers(her_adviser, connu_le=while_one) == set()
    assert _dossiers(hers, connu_le=while_one) == set()
    # receipts
    opened.acknowledged("dossier_ouvert")
    # access
    adviser.sees("formation dates accompagnements", but="financements")
    her_adviser.sees("formation dates accompagnements", but="financements")
    hers.is_closed_to(CEP)
    first.is_closed_to(OTHER_CEP)
    first.is_closed_to(OTHER_OPCO)
    # the feed, and what is notified
    assert adviser.told_since(numbers[adviser]) == {
        *(("retire", one) for one in of_rozenn),
        # Told whole again: some of what was told of them may have been the other woman's.
        *(("ouvert", one) for one in of_katell),
    }
    assert her_adviser.told_since(numbers[her_adviser]) == {
        *(("retire", one) for one in of_katell | of_rozenn),
        *(("ouvert", one) for one in anew),
    }
    assert {("retire", one) for one in of_rozenn} | {("ouvert", one) for one in anew} <= hers.told_since(
        numbers[hers]
    )
    adviser.hears("retrait", of=of_rozenn)
    # figures: as many entries, and one person more
    life.figures(as_one.replace("tous        2  1", "tous        2  2"))

    # Taken back: exactly as before; and what was known meanwhile stays what was known.
    while_two = _instant(running)
    bureau.asks("identity.revoke", ruling_id=ruled["ruling_id"], motif="decision_erronee", **AGENT)
    running.wait_until(lambda: held(running) == before, "everything is as it was")
    assert _dossiers(adviser, connu_le=while_two) == of_katell
    assert _dossiers(adviser, connu_le=while_one) == _dossiers(adviser) == of_katell | of_rozenn
    assert {("ouvert", one) for one in of_rozenn} <= adviser.told_since(numbers[adviser])
    life.figures(as_one)


def test_une_femme_sous_deux_noms_que_le_bureau_rapproche(running: Running) -> None:
    """Gwenola Troadec est, chez son nouvel employeur, Gwen Le Bihan, du nom de son mari, née là où elle
    habite : deux personnes, une formation chacune. Sur l’acte de mariage, le bureau n’en fait qu’une."""
    life = Life(running, "Troadec", "1988-03-03", prenoms=["Gwenola"])
    married = {
        "nom_naissance": "Le Bihan",
        "prenoms": ["Gwen"],
        "naissance": {"date": "1988-03-03", "commune": "35238"},
    }
    bureau = life.source(BUREAU, "-")
    before_it, after_it = life.source(OPCO, "TROADEC-1"), life.source(OTHER_OPCO, "LEBIHAN-1", **married)
    adviser = life.source(CEP, "CEP-TROADEC")
    adviser.advises("2026-01-05")
    maiden = _trains(before_it, BODIES[0], "2026-02-02", "2026-05-29")
    name = _trains(after_it, BODIES[1], "2026-02-16", "2026-06-12")
    life.settle()

    # Two: a training each, of which the adviser knows one.
    alone, other = before_it.dossier_id, after_it.dossier_id
    assert _dossiers(adviser) == {alone}
    after_it.is_closed_to(CEP)
    as_two = """
        2026-02  53  PLAN_DEVELOPPEMENT  tous        2  2  0  800  2000
        2026-02  53  PLAN_DEVELOPPEMENT  OPCO        1  1  0  400  1000
        2026-02  53  PLAN_DEVELOPPEMENT  OTHER_OPCO  1  1  0  400  1000
    """
    life.figures(as_two)
    her = {"person_id": before_it.parcours()["person_id"], "finalite": "prise_en_charge", **AGENT}
    with pytest.raises(Refused) as refusal:
        after_it.asks("identity.civil_status", **her)
    assert refusal.value.details["motif"] == "no_relation"
    before, number = held(running), adviser.follows_from()

    # The desk has seen the act.
    ruled = bureau.asks(
        "identity.link",
        reference="RAPPROCHEMENT-TROADEC",
        declarations=[maiden.declaration_id, name.declaration_id],
        motif="acte_presente",
        **AGENT,
    )
    (person_id,) = ruled["person_ids"]
    running.wait_until(lambda: len(_dossiers(adviser)) == 2, "the adviser sees both")
    life.settle()
    # dossier: one person, two trainings, which nothing makes one
    both = {before_it.dossier_id, after_it.dossier_id}
    assert _dossiers(adviser) == both
    assert before_it.parcours()["person_id"] == after_it.parcours()["person_id"] == person_id
    after_it.is_now("en_formation", entree_le="2026-02-16")
    after_it.is_funded(OTHER_OPCO=1_000_00)
    after_it.knows_why("dates.entree_le", "2026-02-16", by=OTHER_OPCO)
    # receipts
    maiden.acknowledged("dossier_ouvert")
    name.acknowledged("dossier_ouvert")
    # access: each OPCO the training that it pays, and that others know her by another name
    before_it.sees("formation dates financements", but="accompagnements")
    assert (_dossiers(before_it), _dossiers(after_it)) == ({before_it.dossier_id}, {after_it.dossier_id})
    before_it.is_closed_to(OTHER_OPCO)
    status = after_it.asks("identity.civil_status", **{**her, "person_id": person_id})
    (shown,) = (one for one in status["traits"] if one["trait"] == "nom_naissance")
    assert (shown["source"], shown["contraires"]) == (OTHER_OPCO, 2), "the OPCO and her adviser say otherwise"
    # the feed
    assert ("ouvert", after_it.dossier_id) in adviser.told_since(number)
    # figures: two entries still, and one person
    life.figures(as_two.replace("tous        2  2", "tous        2  1"))

    bureau.asks("identity.revoke", ruling_id=ruled["ruling_id"], motif="decision_erronee", **AGENT)
    running.wait_until(lambda: held(running) == before, "everything is as it was")
    assert (before_it.dossier_id, after_it.dossier_id) == (alone, other)
    after_it.is_closed_to(CEP)
    life.figures(as_two)


def _trains(source: Source, body: str, begins: str, ends: str) -> Any:
    """A training of a thousand euros, declared and entered on its first day; returns how it was declared."""
    declared = source.formation(said=begins, debut_prevu=begins, fin_prevue=ends, organisme={"siret": body})
    source.pays(said=begins, pedagogique=1_000_00)
    source.event("entree", begins)
    return declared


def _dossiers(source: Source, **at: str) -> set[str]:
    return {one["dossier_id"] for one in source.parcours(**at)["dossiers"]}


def _instant(running: Running) -> str:
    return str(running.rows("dossier", "SELECT now()")[0][0]).replace(" ", "T")
