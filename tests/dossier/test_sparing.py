"""A partner fills its declaration from what others said, as far as access lets it; what it need not ask is
counted once, wherever identity puts the person, and never at the cost of the answer.
"""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from services.chassis import database
from services.contracts.access import DECIDE, Decision, DecisionAsked
from services.contracts.dossier.codes import BLOCKS
from services.contracts.dossier.prefilling import PrefillAsked, Prefilled
from services.contracts.errors import BadRequest, NotFound, Refused, Unavailable
from services.contracts.message import Call
from services.dossier import prefilling, schemas, sparing
from services.dossier.desk import When
from services.dossier.prefilling import Open
from services.dossier.storage.spared import Asking
from tests.dossier.given import (
    CDC,
    CEP,
    CERTIFIER,
    DSN,
    OPCO,
    OTHER,
    PERSON,
    PSEUDONYMS,
    START,
    Spoken,
    at,
    attribution,
    event,
    formation,
    line,
    line_id,
    paid,
)

pytestmark = pytest.mark.servers

OF_PERSONS = ("certifications", "emplois", "accompagnements")
Ask = Callable[..., dict[str, Any]]


class Access:
    """Access, as it answers whom these blocks are open; and what it was asked."""

    def __init__(self, *blocs: str, reason: str = "habilitation_in_force") -> None:
        self.blocs, self.reason = blocs, reason
        self.asked: list[dict[str, Any]] = []

    def __call__(self, call: Call, **body: Any) -> dict[str, Any]:
        assert call is DECIDE
        asked = DecisionAsked().load(json.loads(json.dumps(body, default=str)))
        self.asked.append(asked)
        granted = self.reason == "habilitation_in_force"
        masques = [{"bloc": one, "motif": "bloc_non_habilite"} for one in BLOCKS if one not in self.blocs]
        dossiers = [
            {"dossier_id": str(one), "blocs": list(self.blocs), "masques": masques}
            for one in asked["dossiers"]
        ]
        return dict(
            Decision().load(
                {
                    "granted": granted,
                    "reason": self.reason,
                    "decision": "3-1042",
                    "dossiers": dossiers if granted else [],
                    "blocs": [one for one in self.blocs if one in OF_PERSONS],
                    "masques": masques,
                }
            )
        )


def unreachable(*_: Any, **__: Any) -> dict[str, Any]:
    raise Unavailable("service_indisponible", "Plus tard.")


class Hub:
    """Dossier's door, as partners find it: on transactions that commit, or on those of a test."""

    def __init__(self, open_transaction: Open) -> None:
        self.open = open_transaction

    @contextmanager
    def told(self) -> Iterator[Spoken]:
        """What sources say, and identity."""
        with self.open() as session:
            yield Spoken(session)

    def prefill(
        self,
        nature: str = "formation",
        *,
        siret: str = CEP,
        reference: str = "CEP-1",
        ask: Ask | None = None,
        days: float = 60,
        **more: Any,
    ) -> dict[str, Any]:
        """What is answered, as the contract has it."""
        request = {"reference": reference, "nature": nature, "finalite": "accompagnement", **more}
        asked = PrefillAsked().load(json.loads(json.dumps(request, default=str)))
        moment = at(days)
        with self.open() as session:
            held = prefilling.find(session, siret, asked)
        when = When(moment.today)
        given = prefilling.prefill(held, ask or Access(*BLOCKS), siret, asked, when)
        prefilling.count(self.open, PSEUDONYMS, moment, siret, nature, given)
        answer: dict[str, Any] = json.loads(Prefilled().dumps(prefilling.show(nature, given)))
        Prefilled().load(answer)
        return answer

    def announced(self) -> Counter[tuple[str, ...]]:
        """What reporting was told, added up: by month, kind, partner, profile and person."""
        found: Counter[tuple[str, ...]] = Counter()
        with self.told() as spoken:
            for one in spoken.announced("values_spared"):
                names = ("mois", "nature", "partenaire", "profil", "stagiaire")
                found[tuple(one[name] for name in names)] += one["valeurs"]
        return Counter({where: values for where, values in found.items() if values})

    def kept(self) -> Counter[tuple[str, ...]]:
        """The same, counted anew."""
        with self.open() as session:
            rows = session.execute(text("SELECT month, nature, siret, profile, person_id FROM spared")).all()
        return Counter((*row[:4], schemas.stagiaire_of(PSEUDONYMS, row.person_id)) for row in rows)

    def count(self) -> int:
        """How many values were spared, by all that was told; it is what is kept."""
        announced = self.announced()
        assert announced == self.kept()
        return announced.total()


def trained(spoken: Spoken, person: uuid.UUID = PERSON, name: str = "") -> None:
    """A CPF, entered, and a job; told by the Caisse des Dépôts and by the DSN."""
    spoken.say(
        line(f"{name}C", "formation", formation(dispositif="CPF"), source=CDC, reference=f"{name}C1"),
        line(f"{name}P", "financement", paid(100_000), source=CDC, reference=f"{name}C1"),
        line(f"{name}E", "realisation", event("entree", "2026-02-02"), source=CDC, reference=f"{name}C1"),
        source=CDC,
        profile="caisse_des_depots",
        person=person,
    )
    job = {"employeur": OPCO, "nature_contrat": "01", "debut": "2025-06-16"}
    said = line(f"{name}J", "emploi", job, source=DSN, reference=f"{name}J1")
    spoken.say(said, source=DSN, profile="dsn", person=person)


def followed(spoken: Spoken, person: uuid.UUID = PERSON, number: int = 1) -> None:
    """A CEP operator follows the person."""
    follow_up = {"niveau": "2", "debut": "2026-01-05"}
    said = line(f"S{number}", "accompagnement", follow_up, source=CEP, reference=f"CEP-{number}")
    spoken.say(said, source=CEP, profile="operateur_cep", person=person)


@pytest.fixture
def hub(emptied: Engine) -> Hub:
    """A person trained by means of the CPF, whom an operator follows."""
    hub = Hub(lambda: database.transaction(emptied))
    with hub.told() as spoken:
        trained(spoken)
        followed(spoken)
    return hub


# --- what is given ---------------------------------------------------------------------------------


def test_an_adviser_gets_what_others_said_each_with_its_source_and_its_rule(hub: Hub) -> None:
    (proposal,) = hub.prefill()["propositions"]
    assert proposal["faits"] == {
        "intitule": "CAP Cuisine",
        "organisme": formation()["organisme"],
        "debut_prevu": "2026-02-02",
        "fin_prevue": "2026-05-29",
        "heures_prevues": 400,
    }
    assert proposal["a_demander"] == ["faits.dispositif"]
    (intitule,) = (one for one in proposal["valeurs"] if one["chemin"] == "faits.intitule")
    said = {"declaration_id": str(line_id("C")), "source": CDC, "regle": "unanime"}
    assert said.items() <= intitule.items()
    assert (intitule["dite_le"], intitule["recue_le"]) == (START.isoformat(), START.isoformat())
    (dispositif,) = (one for one in proposal["valeurs"] if one["chemin"] == "faits.dispositif")
    assert (dispositif["valeur"], dispositif["a_reprendre"]) == ("CPF", False)


def test_what_is_closed_is_not_given_not_counted_and_named_with_its_motif(hub: Hub) -> None:
    answer = hub.prefill(ask=Access("formation"))
    (proposal,) = answer["propositions"]
    assert set(proposal["faits"]) == {"intitule", "organisme"}
    assert {one["champ"].partition(".")[0] for one in proposal["valeurs"]} == {"formation"}
    masked = [(one["bloc"], one["motif"], one["dossier_id"]) for one in answer["masques"]]
    dossier_id = proposal["dossier_id"]
    assert masked == [(one, "bloc_non_habilite", dossier_id) for one in ("dates", "financements")]
    assert hub.count() == 2
    jobs = hub.prefill("emploi", ask=Access("formation"))
    assert (jobs["propositions"], [one["bloc"] for one in jobs["masques"]]) == ([], ["emplois"])
    assert hub.count() == 2


def test_a_reference_of_a_file_means_that_dossier_alone_and_one_of_the_person_means_all(hub: Hub) -> None:
    with hub.told() as spoken:
        spoken.say(line("O", "formation", formation(debut_prevu="2024-02-05", fin_prevue="2024-06-28")))
        spoken.say(line("Q", "financement", paid(100)))
        mine, others = sorted(spoken.parcours().dossiers, key=lambda one: "CAP" not in one.dossier_id.hex)
        if mine.blocks["formation"]["dispositif"] == "CPF":
            mine, others = others, mine
    access = Access(*BLOCKS)
    answer = hub.prefill(siret=OPCO, reference="D1", ask=access)
    assert [one["dossier_id"] for one in answer["propositions"]] == [str(mine.dossier_id)]
    assert access.asked[-1]["dossiers"] == [mine.dossier_id], "no more is asked of access than is meant"
    answer = hub.prefill(siret=OPCO, reference="D1", ask=access, dossier_id=others.dossier_id)
    assert [one["dossier_id"] for one in answer["propositions"]] == [str(others.dossier_id)]
    everything = hub.prefill(ask=access)["propositions"]
    assert {one["dossier_id"] for one in everything} == {str(mine.dossier_id), str(others.dossier_id)}
    with pytest.raises(NotFound) as unknown:
        hub.prefill(siret=OPCO, reference="D1", dossier_id=uuid.UUID(int=9))
    assert unknown.value.code == "dossier_introuvable"


def test_what_cannot_be_filled_and_who_may_not_read_are_refused(hub: Hub) -> None:
    with pytest.raises(BadRequest) as refused:
        hub.prefill("suppression")
    assert (refused.value.code, refused.value.details) == (
        "nature_sans_prefill",
        {"nature": "champ_sans_objet"},
    )
    with pytest.raises(NotFound) as unknown:
        hub.prefill(reference="CEP-9")
    assert unknown.value.code == "parcours_introuvable"
    with pytest.raises(Refused) as closed:
        hub.prefill(ask=Access(reason="no_relation"))
    assert closed.value.details == {"motif": "no_relation", "decision": "3-1042"}
    with pytest.raises(Unavailable):
        hub.prefill(ask=unreachable)
    assert hub.count() == 0


# --- what is counted -------------------------------------------------------------------------------


def test_asking_again_spares_nothing_more_and_writes_nothing(hub: Hub) -> None:
    answer = hub.prefill()
    assert hub.count() == sum(one["a_reprendre"] for one in answer["propositions"][0]["valeurs"]) == 5
    assert set(hub.announced()) == {
        ("2026-03", "formation", CEP, "operateur_cep", schemas.stagiaire_of(PSEUDONYMS, PERSON))
    }

    def no_transaction() -> Any:
        raise AssertionError

    assert hub.prefill() == answer
    assert hub.prefill(days=90) == answer, "in another month neither"
    assert hub.count() == 5
    given = given_to(hub)
    prefilling.count(no_transaction, PSEUDONYMS, at(60), CEP, "formation", given)


def test_another_kind_another_partner_and_what_is_new_count_by_themselves(hub: Hub) -> None:
    hub.prefill()
    hub.prefill("realisation")
    assert hub.count() == 5 + 2
    hub.prefill("emploi")
    assert hub.count() == 7 + 3
    hub.prefill(siret=DSN, reference="J1")
    assert hub.count() == 10 + 5
    with hub.told() as spoken:
        later = line("C2", "formation", formation(dispositif="CPF", lieu="29019", intitule="CAP"), said=5)
        spoken.say({**later, "dossier": {"financeur": CDC, "reference": "C1"}}, source=CDC, days=5)
    hub.prefill()
    assert hub.count() == 15 + 1, "the place, and not the title that is told otherwise"


def test_the_own_word_is_not_counted(hub: Hub) -> None:
    answer = hub.prefill(siret=CDC, reference="C1")
    assert all(one["par_vous"] for one in answer["propositions"][0]["valeurs"])
    assert hub.count() == 0


def test_what_was_spared_goes_with_its_lines_through_a_link_and_a_split(hub: Hub) -> None:
    """Two persons, each followed; taken for one by mistake, and apart again: nothing breaks or doubles."""
    with hub.told() as spoken:
        trained(spoken, OTHER, "X")
        followed(spoken, OTHER, 2)
    first, second = hub.prefill(), hub.prefill(reference="CEP-2")
    before = hub.announced()
    assert hub.count() == 10
    names = ("XC", "XP", "XE", "XJ", "S2")
    with hub.told() as spoken:
        spoken.attribute(*(attribution(name, PERSON, 2) for name in names), days=70)
    assert {where[-1] for where in hub.announced()} == {schemas.stagiaire_of(PSEUDONYMS, PERSON)}
    assert len(hub.prefill()["propositions"]) == 2
    assert hub.prefill(reference="CEP-2")["decision"]
    assert hub.count() == 10, "both were spared before"
    with hub.told() as spoken:
        spoken.attribute(*(attribution(name, OTHER, 3) for name in names), days=80)
    assert hub.announced() == before
    assert (hub.prefill(), hub.prefill(reference="CEP-2")) == (first, second)
    assert hub.count() == 10


_NAMES = ("C", "P", "E", "J")
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from((1, 2)), st.sampled_from(("formation", "realisation"))),
        st.tuples(st.just("move"), st.sampled_from((PERSON, OTHER)), st.sets(st.sampled_from(_NAMES))),
    ),
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_any_walk_of_links_splits_and_askings_counts_each_value_once(
    engine: Engine, rolled_back: Any, steps: list[tuple[Any, ...]]
) -> None:
    with rolled_back(engine) as session:
        for table in ("outbox", "spared", "contribution", "ending", "parcours", "dossier", "declaration"):
            session.execute(text(f"DELETE FROM {table}"))
        hub = Hub(lambda: nullcontext(session))
        with hub.told() as spoken:
            trained(spoken)
            followed(spoken)
            followed(spoken, OTHER, 2)
        for number, (what, whom, which) in enumerate(steps, start=2):
            if what == "move":
                with hub.told() as spoken:
                    moved = [attribution(name, whom, number) for name in sorted(which)]
                    spoken.attribute(*moved, days=number)
            else:
                hub.prefill(which, reference=f"CEP-{whom}")
                before = hub.count()
                hub.prefill(which, reference=f"CEP-{whom}")
                assert hub.count() == before
        assert hub.count() <= 7, "there are five values of the training, and two of the entry"


def test_who_asks_twenty_times_at_once_is_counted_once(hub: Hub) -> None:
    together = threading.Barrier(10)

    def ask(_: int) -> None:
        together.wait()
        hub.prefill()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(20)))
    assert hub.count() == 5


def given_to(hub: Hub) -> prefilling.Prefilled:
    """What an adviser is given, before it is counted."""
    asked = PrefillAsked().load({"reference": "CEP-1", "nature": "formation", "finalite": "accompagnement"})
    with hub.open() as session:
        held = prefilling.find(session, CEP, asked)
    return prefilling.prefill(held, Access(*BLOCKS), CEP, asked, When(at(60).today))


def test_two_who_ask_while_a_word_changes_are_counted_once(hub: Hub) -> None:
    """One is still counting what it was given when the other is given a later word on the same."""
    given = given_to(hub)
    asking = Asking(PERSON, CEP, "formation", "operateur_cep", "2026-03")
    with ThreadPoolExecutor(1) as pool:
        with hub.open() as session:
            sparing.count(session, PSEUDONYMS, at(60).now, asking, given.assembled, given.proposals)
            with hub.told() as spoken:
                later = line(
                    "C2", "formation", formation(dispositif="CPF"), source=CDC, reference="C1", said=5
                )
                spoken.say(later, source=CDC, profile="caisse_des_depots", days=5)
            other = pool.submit(hub.prefill)
            time.sleep(0.1)
        (proposal,) = other.result()["propositions"]
    assert {one["declaration_id"] for one in proposal["valeurs"]} == {str(line_id("C2"))}
    assert hub.count() == 5


def test_a_line_that_goes_to_another_meanwhile_is_counted_for_nobody_it_is_not_of(hub: Hub) -> None:
    """Read before the line moved, counted after: it is not hers any more."""
    given = given_to(hub)
    with hub.told() as spoken:
        spoken.attribute(*(attribution(name, OTHER, 2) for name in ("C", "P", "E")), days=60)
    prefilling.count(hub.open, PSEUDONYMS, at(60), CEP, "formation", given)
    assert hub.count() == 0


def test_where_it_cannot_be_counted_the_answer_comes_and_it_is_counted_next_time(hub: Hub) -> None:
    uncounted = _value(sparing.UNCOUNTED)
    with hub.open() as session:
        session.execute(text("LOCK TABLE spared IN SHARE MODE"))
        answer = hub.prefill()
    assert answer["propositions"]
    assert (hub.count(), _value(sparing.UNCOUNTED)) == (0, uncounted + 1)
    spared = _value(sparing.SPARED.labels("formation"))
    assert hub.prefill() == answer
    assert (hub.count(), _value(sparing.SPARED.labels("formation"))) == (5, spared + 5)


def _value(metric: Any) -> float:
    return float(next(iter(metric.collect())).samples[0].value)


def test_a_result_is_nowhere_in_what_an_adviser_without_results_is_given(hub: Hub) -> None:
    got = {"certification": "RNCP38430", "resultat": "obtenue", "le": "2026-06-20"}
    with hub.told() as spoken:
        said = line("Z", "certification", got, source=CERTIFIER, reference="Z")
        spoken.say(said, source=CERTIFIER, profile="certificateur")
    blocks = [one for one in BLOCKS if one != "certifications"]
    answer = hub.prefill("certification", ask=Access(*blocks))
    assert "RNCP38430" not in json.dumps(answer["propositions"])
    assert {one["bloc"] for one in answer["masques"]} == {"certifications"}
    (proposal,) = hub.prefill("certification")["propositions"]
    assert proposal["faits"] == got
