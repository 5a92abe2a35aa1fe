"""Un opérateur CEP tient à jour ce qu'il peut lire des personnes qu'il accompagne : un état initial, puis le
fil. Il apprend en quelques secondes que l'une d'elles a trouvé un emploi.

Over the wire, with access's decisions and its journal.
"""

import time
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import pytest

from services.client.hub import Hub
from services.contracts.errors import Refused
from services.sample.organisations import EMPLOYERS
from services.sample.persons import person
from tests.dossier.copying import apply, plain, take
from tests.journeys.telling import AGENT, BUREAU, CEP, DSN, OPCO, Life, formation
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

PURPOSE = "accompagnement"
JOB = {"employeur": EMPLOYERS[0], "numero_contrat": "1", "nature_contrat": "01", "debut": "2026-06-22"}
FOLLOWED = {"niveau": "2", "debut": "2026-01-05"}
SECONDS = 15.0  # within which a notification has to be there


@pytest.fixture(autouse=True)
def _nothing_waits(running: Running) -> Iterator[None]:
    """Other journeys' notifications are theirs; nothing is given up."""
    running.settle()
    for siret in (CEP, OPCO):
        with running.hub(siret) as hub:
            list(hub.follow(3.0))
    yield
    running.settle()
    assert running.dead_letters() == 0


def test_l_operateur_apprend_que_son_beneficiaire_a_trouve_un_emploi(running: Running) -> None:
    life = Life(running, "Hascoet", "1971-06-23")
    life.source(CEP, "CEP-Hascoet").says("accompagnement", FOLLOWED, "2026-01-05")
    life.source(OPCO, "OPCO-Hascoet").says("formation", formation(), "2026-01-10")
    running.settle()
    life.source(DSN, "DSN-Hascoet").says("emploi", JOB, "2026-06-25")
    began = time.monotonic()
    with running.hub(CEP) as hub:
        told = next(one for one in hub.follow(SECONDS) if one["evenement"] == "emploi")
    print(f"the job was heard of {time.monotonic() - began:.1f} s after it was said")
    read = life.parcours(CEP, "CEP-Hascoet", PURPOSE)
    assert (
        told.items()
        >= {
            "reference": "CEP-Hascoet",
            "person_id": read["person_id"],
            "le": JOB["debut"],
            "avant": None,
        }.items()
    )
    assert EMPLOYERS[0] not in str(told)
    running.settle()
    with running.hub(OPCO) as hub:
        heard = [one["evenement"] for one in hub.follow(4.0)]
    assert heard == [], "who funds a dossier may not read of the person's jobs"
    chain, seq = told["decision"].split("-")
    ((siret, granted, appel),) = running.rows(
        "access", f"SELECT siret, granted, appel FROM journal WHERE chain = {chain} AND seq = {seq}"
    )
    assert (siret, granted, appel) == (CEP, True, "dossier.notifications")


def _followed(running: Running, lives: list[Life]) -> None:
    """A CEP operator declares all of them in one lot: more than a page of a snapshot has."""
    lines = [
        {
            "nature": "accompagnement",
            "reference": f"CEP-{life.name}",
            "emise_le": "2026-01-05T08:00:00+00:00",
            "personne": life.personne,
            "faits": FOLLOWED,
        }
        for life in lives
    ]
    with running.hub(CEP) as hub:
        assert hub.submit("LOT-DU-FIL", lines)["rejetees"] == 0
    running.settle()


def test_un_etat_initial_et_le_fil_donnent_ce_qui_se_lit(running: Running) -> None:
    """Whatever is said between two pages, and whoever is linked and split meanwhile."""
    lives = [_life(running, number) for number in range(56)]
    _followed(running, lives)
    one, other = lives[0], lives[-1]
    held: dict[str, Any] = {}
    with running.hub(CEP) as hub:
        pages = hub.snapshot(PURPOSE)
        first = next(pages)
        take(held, first)
        assert not first["fini"]
        job = one.source(DSN, "DSN-ONE").says("emploi", JOB, "2026-06-25")
        lives[1].source(OPCO, "OPCO-1").says("formation", formation(), "2026-01-10")
        running.settle()
        for page in pages:
            take(held, page)
        assert page["fini"]
        ids = {_person(life) for life in lives}
        assert len(ids) == len(lives)
        assert ids <= held.keys(), "each of whom something may be read"
        declared = other.source(DSN, "DSN-OTHER").says("emploi", {**JOB, "numero_contrat": "2"}, "2026-06-26")
        running.settle()
        suite = _follow(hub, held, first["numero"])
        _are_as_they_are_read(held, lives)
        lines = [job.declaration_id, declared.declaration_id]
        ruling = {"reference": "LIEN-FIL", "declarations": lines, "motif": "acte_presente", **AGENT}
        with running.hub(BUREAU) as bureau:
            ruled = bureau.call("identity.link", ruling)
            running.wait_until(lambda: _are_one(one, other) is True, "the two are one")
            running.settle()
            suite = _follow(hub, held, suite)
            _are_as_they_are_read(held, lives)
            revoked = {"ruling_id": ruled["ruling_id"], "motif": "decision_erronee", **AGENT}
            bureau.call("identity.revoke", revoked)
            running.wait_until(lambda: _are_one(one, other) is False, "the two are two again")
            running.settle()
        _follow(hub, held, suite)
        _are_as_they_are_read(held, lives)
        assert {_person(life) for life in lives} == ids
        late: dict[str, Any] = {}
        take(late, first)
        for page in hub.snapshot(PURPOSE):
            take(late, page)
        _follow(hub, late, first["numero"])
        _are_as_they_are_read(late, lives)


def _life(running: Running, number: int) -> Life:
    """Somebody of the sample whom nobody else speaks of."""
    traits = person(Random(number), 9_500_000 + number, date(2026, 6, 30)).traits(with_nir=True)
    return Life(running, f"FIL-{number}", "", **traits)


def _are_one(one: Life, other: Life) -> bool | None:
    """None while access does not know yet who is related to whom."""
    try:
        return _person(one) == _person(other)
    except Refused:
        return None


def _person(life: Life) -> str:
    return str(life.parcours(CEP, f"CEP-{life.name}", PURPOSE)["person_id"])


def _follow(hub: Hub, held: dict[str, Any], after: int) -> int:
    """Go on to the end; returns the number from which to go on."""
    for page in hub.changes(PURPOSE, after):
        for one in sorted((*page["changements"], *page["parcours"]), key=lambda one: one["numero"]):
            apply(held, one)
        after = page["suite"]
    return after


def _are_as_they_are_read(held: dict[str, Any], lives: list[Life]) -> None:
    """What was put together of these persons is what a reading of each gives."""
    read: dict[str, Any] = {}
    for life in lives:
        found = life.parcours(CEP, f"CEP-{life.name}", PURPOSE)
        read[found["person_id"]] = found["blocs"]
        read |= {one["dossier_id"]: one["blocs"] for one in found["dossiers"]}
    assert plain({id_: held.get(id_) for id_ in read}) == plain(read)
