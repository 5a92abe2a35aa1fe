"""What belongs to a person and to none of her dossiers is in the feed: for whom access opens it when it is
read, and for nobody else.
"""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from services.chassis import database
from services.dossier import use_cases
from services.dossier.storage import changes
from services.dossier.storage.tables import metadata
from services.sample.organisations import PARTNERS
from tests.dossier.copying import Access, Copy, plain, put_together, right, standing
from tests.dossier.given import (
    ASP,
    CDC,
    CEP,
    CERTIFIER,
    DSN,
    OPCO,
    OTHER,
    OTHER_BODY,
    OTHER_OPCO,
    PERSON,
    PSEUDONYMS,
    START,
    Spoken,
    at,
    attribution,
    committed,
    event,
    formation,
    line,
    line_id,
    paid,
)

pytestmark = pytest.mark.servers

_DOSSIER = "formation dates financements remunerations certifications"
FOLLOWING = right(CEP, "accompagnement", "personnes_accompagnees", "formation dates emplois accompagnements")
FUNDING = right(OPCO, "prise_en_charge", "dossiers_finances", _DOSSIER)
EMPLOYER = OTHER_BODY


def job(name: str, debut: str, **more: Any) -> dict[str, Any]:
    """A job told by the DSN."""
    faits = {"employeur": EMPLOYER, "numero_contrat": name, "nature_contrat": "01", "debut": debut, **more}
    return line(name, "emploi", faits, source=DSN, reference=name)


def works(spoken: Spoken, *lines: dict[str, Any], **more: Any) -> None:
    spoken.say(*lines, source=DSN, profile="dsn", **more)


def followed(spoken: Spoken, reference: str = "S", **more: Any) -> None:
    """A CEP operator follows a person."""
    faits = {"niveau": "2", "debut": "2026-01-05"}
    said = line(reference, "accompagnement", faits, source=CEP, reference=reference)
    spoken.say(said, source=CEP, profile="operateur_cep", **more)


def funded(spoken: Spoken, name: str = "A", **more: Any) -> None:
    """An OPCO opens a dossier for her."""
    spoken.say(line(name, "formation", formation(), reference=name), **more)


def follows(engine: Engine, siret: str, finalite: str, *rights: Any) -> Copy:
    """A reader who has begun with a snapshot."""
    access = Access(*rights)
    with database.transaction(engine) as session:
        access.hear(session)
    copy = Copy(engine, access, siret, finalite)
    for _ in copy.begin():
        pass
    return copy


def heard(copy: Copy) -> list[dict[str, Any]]:
    """What a reader is told since, of parcours."""
    with database.transaction(copy.engine) as session:
        copy.ask.hear(session)
    before = len(copy.told)
    copy.follow()
    return [one for one in copy.told[before:] if "person_id" in one]


# --- what is told, and to whom --------------------------------------------------------------------


def test_who_follows_a_person_is_told_of_a_job_before_after_and_by_whose_declaration(
    emptied: Engine,
) -> None:
    with committed(emptied) as spoken:
        followed(spoken)
        works(spoken, job("J", "2026-03-02"))
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as spoken:
        works(spoken, job("J", "2026-03-02", fin="2026-09-30") | {"declaration_id": line_id("J2")}, days=9)
    (change,) = heard(copy)
    assert (change["person_id"], change["references"], change["nature"]) == (str(PERSON), ["S"], "modifie")
    assert change["differences"] == [
        {
            "chemin": "emplois.0.fin",
            "avant": None,
            "apres": "2026-09-30",
            "cause": {"declaration_id": str(line_id("J2")), "source": DSN},
        }
    ]
    assert copy.told[-1]["decision"] == "3-1042"


def test_a_block_that_is_closed_when_it_is_read_is_in_no_change_and_in_no_snapshot(emptied: Engine) -> None:
    """Nor is it said that there is anything."""
    closed = right(CEP, "accompagnement", "personnes_accompagnees", "formation accompagnements")
    with committed(emptied) as spoken:
        followed(spoken)
        works(spoken, job("J", "2026-03-02"))
    copy = follows(emptied, CEP, "accompagnement", closed)
    assert copy.held[str(PERSON)].keys() == {"accompagnements"}
    with committed(emptied) as spoken:
        works(spoken, job("K", "2026-04-01"), days=9)
    assert heard(copy) == []


def test_who_funds_her_dossiers_alone_is_told_nothing_of_the_person_herself(emptied: Engine) -> None:
    with committed(emptied) as spoken:
        funded(spoken)
        works(spoken, job("J", "2026-03-02"))
    copy = follows(emptied, OPCO, "prise_en_charge", FUNDING)
    assert str(PERSON) not in copy.held
    with committed(emptied) as spoken:
        works(spoken, job("K", "2026-04-01"), days=9)
        followed(spoken, days=9)
    assert heard(copy) == []
    assert len(copy.held) == 1, "the dossier"


def test_who_funds_and_may_read_the_whole_parcours_is_told(emptied: Engine) -> None:
    whole = right(OPCO, "prise_en_charge", "personnes_financees", f"{_DOSSIER} emplois")
    with committed(emptied) as spoken:
        funded(spoken)
    copy = follows(emptied, OPCO, "prise_en_charge", whole)
    with committed(emptied) as spoken:
        works(spoken, job("J", "2026-03-02"))
    (change,) = heard(copy)
    assert (change["references"], [one["chemin"] for one in change["differences"]]) == (["A"], ["emplois.0"])


@pytest.mark.parametrize("siret", [OTHER_OPCO, CERTIFIER, DSN])
def test_who_is_nothing_to_the_person_by_which_it_could_read_her_is_told_nothing(
    emptied: Engine, siret: str
) -> None:
    rights = [right(siret, "accompagnement", "personnes_accompagnees", "emplois accompagnements")]
    copy = follows(emptied, siret, "accompagnement", *rights)
    with committed(emptied) as spoken:
        followed(spoken)
        works(spoken, job("J", "2026-03-02"))
        obtained = {"certification": "RNCP38430", "resultat": "obtenue", "le": "2026-06-15"}
        said = line("Z", "certification", obtained, source=CERTIFIER, reference="Z")
        spoken.say(said, source=CERTIFIER, profile="certificateur")
    assert heard(copy) == []
    assert copy.held == {}


def test_a_page_ends_before_what_access_of_a_version_before_says_nothing_of(emptied: Engine) -> None:
    """It is told once access can say: nothing is passed over."""
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as spoken:
        followed(spoken)
        works(spoken, job("J", "2026-03-02"))
    with database.transaction(emptied) as session:
        copy.ask.hear(session)
    now = copy.ask

    def before(call: Any, **body: Any) -> dict[str, Any]:
        answer = now(call, **body)
        return {"lectures": [{**one, "blocs": None} for one in answer["lectures"]]}

    copy.ask = before  # type: ignore[assignment]
    copy.follow(pages=1)
    assert copy.told == []
    copy.ask = now
    assert [one["nature"] for one in heard(copy)] == ["ouvert", "modifie"]


def test_a_smaller_number_committed_later_is_not_passed_over(emptied: Engine) -> None:
    """The race: the job is noted first and committed last."""
    with committed(emptied) as spoken:
        followed(spoken)
        followed(spoken, "S2", person=OTHER)
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as slow:
        works(slow, job("J", "2026-03-02"))
        with committed(emptied) as fast:
            works(fast, job("K", "2026-04-01"), person=OTHER)
        assert heard(copy) == []
    assert [one["person_id"] for one in heard(copy)] == [str(PERSON), str(OTHER)]
    numbers = [one["numero"] for one in copy.told]
    assert numbers == sorted(numbers)


def test_changes_of_dossiers_and_of_parcours_have_numbers_of_one_order_and_are_forgotten_alike(
    emptied: Engine,
) -> None:
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as spoken:
        followed(spoken)
        funded(spoken)
        works(spoken, job("J", "2026-03-02"))
    heard(copy)
    numbers = [one["numero"] for one in copy.told]
    assert ["person_id" in one for one in copy.told] == [True, False, True]
    assert numbers == sorted(numbers)
    with database.transaction(emptied) as session:
        changes.forget(session, at(1).now)
        assert session.scalars(text("SELECT until FROM forgotten")).one() == numbers[-1]
        assert session.scalars(text("SELECT count(*) FROM change")).one() == 0


# --- who comes and goes ---------------------------------------------------------------------------


def test_who_comes_to_follow_her_is_told_all_and_who_no_longer_does_that_she_is_no_more(
    emptied: Engine,
) -> None:
    with committed(emptied) as spoken:
        works(spoken, job("J", "2026-03-02"))
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as spoken:
        followed(spoken)
    (change,) = heard(copy)
    assert change["nature"] == "ouvert"
    assert {one["chemin"] for one in change["differences"]} == {"accompagnements.0", "emplois.0"}
    with committed(emptied) as spoken:
        spoken.attribute(attribution("S", OTHER, version=2), days=9)
    assert {(one["nature"], one["person_id"]) for one in heard(copy)} == {
        ("retire", str(PERSON)),
        ("ouvert", str(OTHER)),
    }
    assert copy.held.keys() == {str(OTHER)}


def test_who_comes_to_be_something_else_to_her_is_told_what_was_closed(emptied: Engine) -> None:
    """It funded her, and follows her now: what it could not read before it has never been told."""
    both = (FUNDING, right(OPCO, "accompagnement", "personnes_accompagnees", "emplois accompagnements"))
    with committed(emptied) as spoken:
        funded(spoken)
        works(spoken, job("J", "2026-03-02"))
    copy = follows(emptied, OPCO, "accompagnement", *both)
    assert copy.held == {}
    with committed(emptied) as spoken:
        faits = {"niveau": "2", "debut": "2026-01-05"}
        spoken.say(line("S", "accompagnement", faits, reference="S"), profile="france_travail", days=9)
    heard(copy)
    assert copy.held[str(PERSON)].keys() == {"emplois", "accompagnements"}


def said_of_a_job(name: str, days: float, **more: Any) -> dict[str, Any]:
    """One of several lines about one job."""
    said = {"declaration_id": line_id(name), "emise_le": at(days).now}
    return job("J", "2026-03-02", **more) | said


def test_what_was_another_s_is_told_to_nobody_once_identity_has_said_so(emptied: Engine) -> None:
    """Of one job too, of which part was another's word."""
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as spoken:
        followed(spoken)
        works(spoken, said_of_a_job("E", 1, fin="2026-04-17"), said_of_a_job("L", 3), days=3)
    with committed(emptied) as spoken:
        spoken.attribute(attribution("E", OTHER, version=2), days=9)
    assert "2026-04-17" not in json.dumps(heard(copy))
    assert copy.held[str(PERSON)]["emplois"][0]["debut"] == "2026-03-02"


def test_what_two_said_and_one_of_them_of_another_person_is_told_to_who_reads_late(emptied: Engine) -> None:
    """The end of the job was told by a line that is not hers, and is as well the word of one that is: nothing
    of it changes when the first is given to another person, and what it told is told no more."""
    copy = follows(emptied, CEP, "accompagnement", FOLLOWING)
    with committed(emptied) as spoken:
        followed(spoken)
        works(spoken, said_of_a_job("J", 0))
    for days, name in enumerate(("E", "L"), start=1):
        with committed(emptied) as spoken:
            works(spoken, said_of_a_job(name, days, fin="2026-04-17"), days=days)
    with committed(emptied) as spoken:
        spoken.attribute(attribution("E", OTHER, version=2), days=9)
    heard(copy)
    assert copy.held[str(PERSON)]["emplois"][0]["fin"] == "2026-04-17"


# --- snapshot and changes -------------------------------------------------------------------------


def test_a_snapshot_has_the_persons_of_whom_something_may_be_seen_with_what_is_hidden(
    emptied: Engine,
) -> None:
    with committed(emptied) as spoken:
        for number in range(5):
            followed(spoken, f"S{number}", person=uuid.UUID(int=50 + number))
        funded(spoken, person=uuid.UUID(int=50))
    for most in (1, 2, 50):
        copy = Copy(emptied, Access(FOLLOWING), CEP, "accompagnement")
        with database.transaction(emptied) as session:
            copy.ask.hear(session)
        pages = sum(1 for _ in copy.begin(most))
        assert len(copy.held) == 6
        assert copy.held[str(uuid.UUID(int=52))] == {
            "accompagnements": [{"operateur": CEP, "niveau": "2", "debut": "2026-01-05"}]
        }
        assert pages >= 5 / most


_PERSONS = [PERSON, OTHER]
# A few things to say, of which many speak of the same: source, nature, reference, facts.
_JOB = {"employeur": EMPLOYER, "numero_contrat": "1", "nature_contrat": "01", "debut": "2026-03-02"}
_FOLLOWED = {"niveau": "2", "debut": "2026-01-05"}
_OBTAINED = {"certification": "RNCP38430", "resultat": "obtenue", "le": "2026-06-15"}
_PAID = {"debut": "2026-02-02", "fin": "2026-02-28", "montant": 50_000}
_SAID: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (OPCO, "formation", "A", formation(certification="RNCP38430")),
    (OPCO, "formation", "A", formation(fin_prevue="2026-06-30")),
    (OPCO, "realisation", "A", event("entree", "2026-02-02")),
    (OPCO, "realisation", "A", event("entree", "2026-02-09")),
    (OPCO, "financement", "A", paid(1_000)),
    (CDC, "formation", "C", formation(dispositif="CPF")),
    (CDC, "financement", "C", paid(2_000)),
    (CDC, "formation", "E", formation(debut_prevu="2027-02-01", fin_prevue="2027-05-28")),
    (ASP, "remuneration", "A", _PAID),
    (ASP, "remuneration", "E", _PAID),
    (CERTIFIER, "certification", "Z", _OBTAINED),
    (CERTIFIER, "certification", "Y", {**_OBTAINED, "certification": "RS5000"}),
    (DSN, "emploi", "J", _JOB),
    (DSN, "emploi", "J", {**_JOB, "fin": "2026-09-30"}),
    (OPCO, "emploi", "J", {**_JOB, "fin": "2026-09-30"}),
    (DSN, "emploi", "J", {**_JOB, "motif_fin": "099"}),
    (DSN, "emploi", "K", {**_JOB, "numero_contrat": "2", "debut": "2026-01-12"}),
    (CEP, "accompagnement", "S", _FOLLOWED),
    (CEP, "accompagnement", "S", {**_FOLLOWED, "fin": "2026-06-30"}),
    (OPCO, "accompagnement", "S", _FOLLOWED),
    (OPCO, "formation", "A", formation(dispositif="APPRENTISSAGE", employeur=EMPLOYER)),
    (OPCO, "realisation", "A", event("interruption", "2026-03-09")),
    (OPCO, "realisation", "A", event("reprise", "2026-03-16")),
    (OPCO, "realisation", "A", event("interruption", "2026-04-06")),
    (OPCO, "realisation", "A", event("rupture", "2026-05-04")),
    (OPCO, "realisation", "A", event("contrat", "2026-02-02", fin="2026-12-31")),
    (DSN, "emploi", "K", {**_JOB, "dispositif": "65", "fin": "2026-05-29", "motif_fin": "036"}),
)
_FILES = {"E": CDC}  # of whom a file is that a payer speaks of
_READERS = (
    right(CEP, "accompagnement", "personnes_accompagnees", f"{_DOSSIER} emplois accompagnements"),
    right(OPCO, "prise_en_charge", "personnes_financees", f"{_DOSSIER} emplois"),
    right(OPCO, "accompagnement", "personnes_accompagnees", "emplois accompagnements"),
    right(CDC, "prise_en_charge", "dossiers_finances", _DOSSIER),
    right(ASP, "remuneration", "dossiers_payes", "formation dates remunerations"),
)
_PROFILES = {partner.siret: partner.profile for partner in PARTNERS}
_STEP = st.one_of(
    st.tuples(st.just("say"), st.integers(0, len(_SAID) - 1), st.sampled_from(_PERSONS)),
    st.tuples(st.just("say"), st.integers(0, len(_SAID) - 1), st.sampled_from(_PERSONS)),
    st.tuples(st.just("give"), st.integers(0, 30), st.sampled_from(_PERSONS)),
    st.tuples(st.just("take back"), st.integers(0, 30), st.none()),
    st.tuples(st.just("read"), st.integers(0, 4), st.none()),
)
_STEPS = st.lists(_STEP, min_size=5, max_size=25)


class Told:
    """What is told of a few persons: said, given to another, taken back."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lines: list[dict[str, Any]] = []
        self.versions: dict[uuid.UUID, int] = {}

    def step(self, what: str, number: int, of: uuid.UUID | None) -> None:
        if what == "say":
            source, nature, reference, faits = _SAID[number]
            file = (_FILES.get(reference, OPCO) if source == ASP else source, reference)
            self._say(nature, faits, source, reference, file, at(len(self.lines)).now, of=of)
        elif what == "give" and self.lines:
            self._attribute(self.lines[number % len(self.lines)]["declaration_id"], of)
        elif what == "take back" and self.lines:
            line = self.lines[number % len(self.lines)]
            of = line["person"]
            file = tuple(line["dossier"].values())
            named = (line["source"], line["reference"], file, line["emise_le"])
            self._say("suppression", {}, *named, of=of, rectifie=line["declaration_id"])

    def _say(
        self,
        nature: str,
        faits: Any,
        source: str,
        reference: str,
        file: Any,
        said: Any,
        *,
        of: Any,
        **more: Any,
    ) -> None:
        one = {
            "declaration_id": uuid.uuid4(),
            "ligne": len(self.lines) + 1,
            "nature": nature,
            "reference": reference,
            "emise_le": said,
            "dossier": {"financeur": file[0], "reference": file[1]},
            "rectifie": None,
            "faits": faits,
            **more,
        }
        if nature != "suppression":
            self.lines.append({**one, "source": source, "person": of})
        accepted = {
            "source": source,
            "profile": _PROFILES[source],
            "lot": "L",
            "received_at": START,
            "declarations": [one],
        }
        with committed(self.engine) as spoken:
            use_cases.keep_contributions(spoken.session, PSEUDONYMS, at(len(self.versions)), accepted)
        self._attribute(one["declaration_id"], of)

    def _attribute(self, declaration_id: uuid.UUID, of: Any) -> None:
        self.versions[declaration_id] = version = self.versions.get(declaration_id, 0) + 1
        given = {"declaration_id": declaration_id, "person_id": of, "version": version, "rule": "contenu"}
        with committed(self.engine) as spoken:
            spoken.attribute(given, days=len(self.versions))


@settings(max_examples=60)
@given(before=_STEPS, after=_STEPS, most=st.integers(1, 5))
def test_a_snapshot_and_the_changes_after_it_give_what_is_read(
    engine: Engine, before: Any, after: Any, most: int
) -> None:
    """Whatever is said, linked, split and taken back, before it, between its pages and after it; whoever
    follows by pages of whatever size, at once or late. Of dossiers and of parcours. And who hears the events
    alone has what stands."""
    with committed(engine) as spoken:
        for table in reversed(metadata.sorted_tables):  # few rows: quicker than to truncate every part
            spoken.session.execute(table.delete())
    access, world = Access(*_READERS), Told(engine)
    copies = [Copy(engine, access, one.siret, one.finalite) for one in _READERS]
    for step in before:
        world.step(*step)
    _hear(engine, access)
    begun = [copy.begin(most) for copy in copies]
    steps = iter(after)
    while begun := [one for one in begun if next(one, "done") is None]:
        if step := next(steps, None):
            world.step(*step)
            _hear(engine, access)
    for step in steps:
        world.step(*step)
        if step[0] == "read":
            _hear(engine, access)
            copies[step[1]].follow(pages=1, most=most)
    _hear(engine, access)
    for copy in copies:
        copy.follow(most=most)
        assert (plain(copy.held) or {}) == copy.is_now(_PERSONS), copy.siret
    with database.transaction(engine) as session:
        assert put_together(session) == standing(session, _PERSONS)


def _hear(engine: Engine, access: Access) -> None:
    with database.transaction(engine) as session:
        access.hear(session)
