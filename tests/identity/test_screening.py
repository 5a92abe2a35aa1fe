"""Who is dropped of many before they are read: strangers, and nobody who is anything else."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.identity import judging, linking, schemas
from services.identity.domain.blocking import keys_of
from services.identity.domain.comparison import FAR, TYPED, birth_level, compare, name_level
from services.identity.domain.deciding import Answer, judge
from services.identity.domain.default_model import default_model
from services.identity.domain.normalisation.names import first_names_of
from services.identity.domain.normalisation.places import place_of, zones_around
from services.identity.domain.records import Record, read_record
from services.identity.domain.scoring import Prepared, Scorer
from services.identity.domain.screening import (
    Outlines,
    birth_levels,
    may_be_alike_of,
    may_be_near,
    may_be_typed,
    most_of,
)
from services.identity.domain.sketching import EVERYTHING
from services.identity.learning.pairs import candidate_pairs
from services.identity.linking import Linker
from services.sample.slips import statements
from tests.identity.given import KEYS, ids, personne, sealed, told
from tests.identity.model import MODEL, ZOE

SCORERS = [Scorer(MODEL), *(Scorer(default_model().for_population(size)) for size in (10, 2_000, 10**6))]


def outlines(records: Sequence[Record]) -> Outlines:
    return schemas.outlines_of([schemas.pack(record) for record in records])


# Names of which one is near another, or the same, in each of the ways that there are.
NAMES = st.sampled_from(
    ["", "J", "Jo", "Jean", "Jean-Paul", "Jean Paul", "Jo Anne", "Joanne", "Mathieu", "Matthieux", "Martha",
     "Marhta", "Martin", "Martineau", "Le Roux", "Leroux", "de La Tour", "Tour", "Petit née Durand", "Dixon",
     "Dicksonx", "Li", "Le", "AB", "CAB", "Philippeaux", "Filipo"]
)  # fmt: skip
PLACES = st.sampled_from(
    ["", "75112", "75120", "75056", "Paris", "92050", "78050", "91050", "20004", "2A004", "33063",
     "Trifouilly", "Trifouilli", "Bordeaux", "99352", "92352", "95350", "99350", "97411"]
)  # fmt: skip
FIELDS = {
    **dict.fromkeys(("nom_naissance", "nom_usage"), NAMES),
    "prenoms": st.lists(NAMES, max_size=3).map(" ".join),
    "date_naissance": st.sampled_from(["", "1994-03-12", "1994-12-03", "1994-03-00", "1994", "1961-11-29"]),
    "lieu_naissance": PLACES,
    "code_postal": st.sampled_from(["", "33000", "33100", "75001"]),
    "commune": st.sampled_from(["", "Bordeaux", "Bordeau"]),
    "nir": st.sampled_from(["", "2940375120005", "2940375120006"]),
}
NAMED = st.fixed_dictionaries(FIELDS)
# Where all else is the same, what may be weighed is hardly more than what is.
BUT = st.lists(st.fixed_dictionaries({}, optional=FIELDS), min_size=1, max_size=6)
SAME_NIR = {**ZOE, "nir": "2940375120005"}
STRANGER = {
    "nom_naissance": "Petit",
    "prenoms": "Hugo",
    "date_naissance": "1961-11-29",
    "lieu_naissance": "20004",
}


@given(NAMED, BUT, st.sampled_from(SCORERS))
@example({**ZOE, "prenoms": "Zoé Anne"}, [{}], SCORERS[0])
@example(ZOE, [{"nom_naissance": "Zoé", "prenoms": "Durand"}], SCORERS[0])
@example({**ZOE, "lieu_naissance": "92352"}, [{"lieu_naissance": "99352"}], SCORERS[0])
@example({**ZOE, "prenoms": ""}, [{}, {"nom_naissance": ""}], SCORERS[0])
def test_no_record_weighs_more_than_its_outline_may(
    one: dict[str, str], but: list[dict[str, str]], scorer: Scorer
) -> None:
    first, others = _prepared(one, but, scorer)
    most = most_of(scorer.reach(first), outlines([other.record for other in others]))
    for other, bound in zip(others, most, strict=True):
        assert bound >= scorer.weigh(first, other)


@given(NAMED, BUT, st.sampled_from(["", "1"]), st.sampled_from(SCORERS))
@example(SAME_NIR, [STRANGER], "", SCORERS[-1])
@example(SAME_NIR, [{**STRANGER, "nir": "2940375120006"}], "1", SCORERS[-1])
def test_whoever_is_dropped_is_unlike(
    one: dict[str, str], but: list[dict[str, str]], certified: str, scorer: Scorer
) -> None:
    first, others = _prepared({**one, "nir_certifie": certified}, but, scorer)
    may = may_be_alike_of(scorer.reach(first), outlines([other.record for other in others]), scorer)
    for other, may_be in zip(others, may, strict=True):
        assert may_be or judge(first, other, scorer).answer is Answer.UNLIKE


def _prepared(
    one: dict[str, str], but: list[dict[str, str]], scorer: Scorer
) -> tuple[Prepared, list[Prepared]]:
    return scorer.prepare(read_record(one)), [scorer.prepare(read_record({**one, **each})) for each in but]


@given(st.lists(NAMES, min_size=1, max_size=2), st.lists(NAMES, min_size=1, max_size=4))
@example(["Mathieu"], ["Matthieux"])
@example(["Martha"], ["Marhta"])
@example(["Philippeaux"], ["Filipo"])
@example(["Perez"], ["Beres"])
@example(["de La Tour"], ["Tour"])
@example(["Paul"], ["Jean-Paul"])
@example(["Bernardette"], ["Bernadita"])
@example(["Christophe"], ["Christiane"])
@example(["AB"], ["CAB"])
@example(["Martin"], ["Martineau"])
@example(["Abcdefghij"], ["Bcdefghija"])
def test_names_that_are_near_or_typed_are_taken_for_it(told_here: list[str], told_there: list[str]) -> None:
    ones, others = first_names_of(told_here), first_names_of(told_there)
    if ones and others:
        of_many = outlines([read_record({"prenoms": told_there})]).first_names
        near, typed = may_be_near(ones, of_many), may_be_typed(ones, of_many)
        for at, other in enumerate(others):
            level = max(name_level(one, other) for one in ones)
            assert near[at] or level <= FAR
            assert typed[at] or level < TYPED


DATES = st.one_of(
    st.sampled_from(["", "19940000", "19940300", "19940101", "19950101", "19940312", "19941203", "19940313"]),
    st.text("01239", min_size=8, max_size=8),
)


@given(DATES, st.lists(DATES, min_size=1, max_size=8))
@example("19940312", ["19943120", "19940321", "91940312", "19941203", "19950312", "19940400", "20010312"])
@example("19940312", ["19940101", "19950101", "19940000", ""])
@example("19940101", ["19941231", "19951231", "19940000"])
@example("19940300", ["19940000", "19940400", "19940312", "19950300", "19940300"])
@example("19940000", ["19940300", "19941231", "19950000", "19940000"])
def test_births_are_on_the_level_on_which_one_by_one_they_are(one: str, others: list[str]) -> None:
    assert birth_levels(one, others).tolist() == [birth_level(one, other) for other in others]


@given(PLACES, PLACES)
def test_places_of_zones_that_are_not_around_each_other_are_unlike(one: str, other: str) -> None:
    first, second = place_of(one), place_of(other)
    if first and second and first.code and second.code and second.zone not in zones_around(first.zone):
        levels = compare(read_record({"lieu_naissance": one}), read_record({"lieu_naissance": other})).levels
        assert max(levels) == 0


@pytest.mark.parametrize("with_home", [False, True])
def test_most_strangers_of_a_block_are_dropped_and_nobody_else(with_home: bool) -> None:
    records = [read_record(one.told) for one in statements(300, seed=5, with_home=with_home)]
    scorer = Scorer(default_model().for_population(10**6))
    prepared = [scorer.prepare(record) for record in records]
    met: dict[int, list[int]] = defaultdict(list)
    for one, other in candidate_pairs(records, scorer.model.for_population(len(records)), 10**6):
        met[one].append(other)
    dropped = unlike = 0
    for one, others in met.items():
        may = may_be_alike_of(
            scorer.reach(prepared[one]), outlines([records[other] for other in others]), scorer
        )
        are_unlike = [
            judge(prepared[one], prepared[other], scorer).answer is Answer.UNLIKE for other in others
        ]
        assert all(may_be or is_unlike for may_be, is_unlike in zip(may, are_unlike, strict=True))
        dropped, unlike = dropped + may.count(False), unlike + sum(are_unlike)
    assert unlike > 10_000
    assert dropped > 0.8 * unlike


def test_of_many_whoever_would_be_found_by_comparing_all_is_found(session: Session) -> None:
    """A hundred homonyms of a year and two towns: their keys meet, and no sketch drops any."""
    scorer = Scorer(replace(default_model(), glances=EVERYTHING))
    days = [f"1994-{month:02d}-{day:02d}" for month in range(1, 11) for day in range(10, 20)]
    others = [personne(date=day, commune="33063" if at % 2 else "75120") for at, day in enumerate(days)]
    told(session, others)
    (said,) = schemas.read_statements(ids(1), sealed([personne(date="1994-03-21")]), KEYS.traits, KEYS.blind)
    looked = linking.look(Linker(session, KEYS, scorer), [said])
    one, there = schemas.record_of(said), session.scalars(text("SELECT record_id FROM record")).all()
    opened = judging.read(session, KEYS.own, scorer, there)
    met = {
        record_id: judging.judge_in_order(scorer, scorer.prepare(one), other)
        for record_id, other in opened.items()
        if not set(keys_of(one, scorer.model)).isdisjoint(keys_of(other.record, scorer.model))
    }
    alike = {(-1, id_): verdict for id_, verdict in met.items() if verdict.answer is not Answer.UNLIKE}
    read = looked.graph.prepared.keys() - {-1}
    assert len(alike) <= len(read) < len(met)
    assert looked.graph.judged == alike != {}
