"""What two records alone decide: NIRs, relatives, weights."""

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.identity.domain import deciding
from services.identity.domain.comparison import compare
from services.identity.domain.deciding import Answer, family_odds, judge, may_be_alike, tells_nobody
from services.identity.domain.default_model import default_model
from services.identity.domain.model import Model, Thresholds
from services.identity.domain.records import Record, read_record
from services.identity.domain.scoring import Scorer
from services.identity.learning.pairs import candidate_pairs
from services.sample.slips import statements
from tests.identity.model import MODEL, ZOE, zoe
from tests.identity.test_comparison import TOLD

NIR, OTHER_NIR, PROVISIONAL = "2940333063005", "2940333063117", "7940333063005"
STRANGER = {"nom_naissance": "Petit", "prenoms": "Hugo", "sexe": "M", "date_naissance": "1961-11-29"}
HOME = {"code_postal": "33000", "commune": "Bordeaux"}

CASES = [
    pytest.param(zoe(), zoe(), Answer.LINKED, "traits", id="the same"),
    pytest.param(zoe(), zoe(prenoms="Zoe", nom_naissance="DURRAND"), Answer.LINKED, "traits", id="one slip"),
    pytest.param(zoe(), zoe(**STRANGER, lieu_naissance=""), Answer.UNLIKE, "poids", id="strangers"),
    pytest.param(
        zoe(date_naissance="", lieu_naissance=""),
        zoe(date_naissance="", lieu_naissance=""),
        Answer.DOUBT,
        "incertain",
        id="too little is told",
    ),
    pytest.param(zoe(nir=NIR), zoe(nir=NIR, nom_naissance="Petit"), Answer.LINKED, "nir", id="NIR, married"),
    pytest.param(
        zoe(nir=NIR),
        zoe(nir=NIR, prenoms="", date_naissance="1994"),
        Answer.LINKED,
        "nir",
        id="NIR, little",
    ),
    pytest.param(
        zoe(nir=NIR, nir_certifie="1"),
        zoe(nir=NIR, nir_certifie="1", **STRANGER),
        Answer.DOUBT,
        "nir_contredit",
        id="one NIR used by two persons, certified or not",
    ),
    pytest.param(
        zoe(nir=NIR, nir_certifie="1"),
        zoe(nir=OTHER_NIR, nir_certifie="1"),
        Answer.APART,
        "nir_differents",
        id="homonyms: two certified NIRs, however alike",
    ),
    pytest.param(
        zoe(nir=NIR, nir_certifie="1"),
        zoe(nir=OTHER_NIR),
        Answer.DOUBT,
        "nir_differents",
        id="two NIRs, one not certified: a human says",
    ),
    pytest.param(
        zoe(nir=PROVISIONAL),
        zoe(nir=NIR, nir_certifie="1"),
        Answer.LINKED,
        "traits",
        id="provisional",
    ),
    pytest.param(zoe(nir=NIR), zoe(), Answer.LINKED, "traits", id="a NIR on one side only"),
    pytest.param(zoe(nir="1999999999999"), zoe(nir=NIR), Answer.LINKED, "traits", id="NIR of nines"),
    pytest.param(zoe(), zoe(prenoms="Lucie"), Answer.DOUBT, "jumeaux", id="twin sisters"),
    pytest.param(zoe(), zoe(prenoms="Hugo", sexe="M"), Answer.DOUBT, "jumeaux", id="twins of two sexes"),
    pytest.param(
        zoe(**HOME),
        zoe(**HOME, nom_naissance="Durrand", prenoms="Lucie"),
        Answer.DOUBT,
        "jumeaux",
        id="a twin, with a slip in the surname",
    ),
    pytest.param(zoe(), zoe(prenoms="Z."), Answer.LINKED, "traits", id="the initial of her first name"),
    pytest.param(zoe(), zoe(prenoms="L."), Answer.DOUBT, "jumeaux", id="the initial of a twin's"),
    pytest.param(
        zoe(nir=NIR),
        zoe(prenoms="Lucie", nir=OTHER_NIR),
        Answer.DOUBT,
        "nir_differents",
        id="with NIRs",
    ),
    pytest.param(
        zoe(code_postal="33000", commune="Bordeaux"),
        zoe(code_postal="33000", commune="Bordeaux", date_naissance="1966-11-29"),
        Answer.DOUBT,
        "parent",
        id="mother of the same name, at the same address",
    ),
    pytest.param(
        zoe(**HOME),
        zoe(**HOME, prenoms="Lucie", date_naissance=""),
        Answer.DOUBT,
        "famille",
        id="a sister at the same address, whose birth is not told",
    ),
    pytest.param(
        zoe(**HOME, lieu_naissance=""),
        zoe(**HOME, prenoms="Lucie", date_naissance="1994", lieu_naissance=""),
        Answer.DOUBT,
        "famille",
        id="a sister of whose birth the year is told",
    ),
    pytest.param(
        zoe(**HOME),
        zoe(**HOME, date_naissance=""),
        Answer.LINKED,
        "traits",
        id="no birth, and the same first name",
    ),
    pytest.param(
        zoe(nom_naissance="Test", prenoms="Test", date_naissance="1900-01-01"),
        zoe(nom_naissance="Test", prenoms="Test", date_naissance="1900-01-01"),
        Answer.UNLIKE,
        "poids",
        id="placeholders say nothing",
    ),
]


@pytest.mark.parametrize(("one", "other", "answer", "cause"), CASES)
def test_two_records_are_linked_apart_or_a_doubt(
    one: Record, other: Record, answer: Answer, cause: str
) -> None:
    scorer = Scorer(MODEL)
    verdict = judge(scorer.prepare(one), scorer.prepare(other), scorer)
    assert (verdict.answer, verdict.cause) == (answer, cause)
    assert judge(scorer.prepare(other), scorer.prepare(one), scorer) == verdict


@pytest.mark.parametrize("times", [1 / 3, 1, 3])
@pytest.mark.parametrize(
    ("other", "answer"),
    [
        pytest.param({"date_naissance": "1966-11-29"}, Answer.DOUBT, id="a mother born on another day"),
        pytest.param({"date_naissance": "1974-03-15"}, Answer.LINKED, id="two digits wrong"),
        pytest.param({"prenoms": "Lucie"}, Answer.DOUBT, id="twins"),
    ],
)
def test_how_many_parents_have_a_namesake_decides_little(
    monkeypatch: pytest.MonkeyPatch, times: float, other: dict[str, str], answer: Answer
) -> None:
    monkeypatch.setattr(deciding, "_NAMESAKE_PARENTS", times * deciding._NAMESAKE_PARENTS)
    # Among so many, two digits wrong are likelier than a namesake who is no parent.
    scorer = Scorer(default_model().for_population(1_000_000))
    verdict = judge(scorer.prepare(zoe(**HOME)), scorer.prepare(zoe(**HOME, **other)), scorer)
    assert verdict.answer is answer


@pytest.mark.parametrize(("twins", "of_one_sex"), [(0.018, 0.73), (0.034, 2 / 3), (0.034, 0.62)])
@pytest.mark.parametrize("twin", [{"prenoms": "Lucie"}, {"prenoms": "Hugo", "sexe": "M"}])
def test_twins_are_a_doubt_by_the_figures_of_any_year(
    monkeypatch: pytest.MonkeyPatch, twins: float, of_one_sex: float, twin: dict[str, str]
) -> None:
    monkeypatch.setattr(deciding, "TWINS", twins)
    monkeypatch.setattr(deciding, "_TWINS_OF_ONE_SEX", of_one_sex)
    scorer = Scorer(default_model())
    verdict = judge(scorer.prepare(zoe(**HOME)), scorer.prepare(zoe(**HOME, **twin)), scorer)
    assert (verdict.answer, verdict.cause) == (Answer.DOUBT, "jumeaux")


@pytest.mark.parametrize(
    ("other", "may_be"),
    [
        pytest.param({**HOME, "lieu_naissance": ""}, True, id="of one home"),
        pytest.param({"code_postal": "33000", "lieu_naissance": ""}, True, id="of one postcode"),
        pytest.param({}, True, id="of one birthplace"),
        pytest.param({"lieu_naissance": "59350"}, False, id="born elsewhere"),
        pytest.param({**HOME, "nom_naissance": "Petit"}, False, id="of another surname"),
        pytest.param({**HOME, "prenoms": "Zoé"}, False, id="of one first name"),
        pytest.param({**HOME, "date_naissance": "1994-03-12"}, False, id="of one day of birth"),
        pytest.param({**HOME, "nom_naissance": "Zoé"}, False, id="her surname is one's first name"),
    ],
)
def test_a_family_has_a_surname_and_a_place_in_common(other: dict[str, str], may_be: bool) -> None:
    sister = zoe(**{"prenoms": "Lucie", "date_naissance": "1997", **other})
    levels = compare(zoe(**HOME), sister).levels
    assert (family_odds(levels, MODEL) < math.inf) == may_be
    assert family_odds(levels, replace(MODEL, relatives=0.0)) == math.inf


def test_where_there_are_no_families_an_unlike_first_name_is_a_wrong_one() -> None:
    scorer = Scorer(replace(MODEL, relatives=0.0))
    sister = scorer.prepare(zoe(**HOME, prenoms="Lucie", date_naissance=""))
    assert judge(scorer.prepare(zoe(**HOME)), sister, scorer).answer is Answer.LINKED


def test_the_model_that_ships_knows_families() -> None:
    scorer = Scorer(default_model().for_population(1_000_000))
    sister = scorer.prepare(zoe(**HOME, prenoms="Lucie", date_naissance=""))
    verdict = judge(scorer.prepare(zoe(**HOME)), sister, scorer)
    assert (verdict.answer, verdict.cause) == (Answer.DOUBT, "famille")


def test_where_first_names_are_often_wrong_a_wrong_one_makes_no_twin() -> None:
    bad_files = replace(MODEL, m={**MODEL.m, "prenom": (0.15, 0.01, 0.01, 0.03, 0.05, 0.05, 0.7)})
    scorer = Scorer(bad_files)
    verdict = judge(scorer.prepare(zoe()), scorer.prepare(zoe(prenoms="Lucie")), scorer)
    assert verdict.answer is Answer.LINKED


SCORERS = [Scorer(MODEL), *(Scorer(default_model().for_population(size)) for size in (2_000, 1_000_000))]


@given(TOLD, TOLD, st.sampled_from(["", "1"]), st.sampled_from(SCORERS))
def test_whoever_is_not_compared_in_full_is_unlike(
    one: dict[str, str], other: dict[str, str], certified: str, scorer: Scorer
) -> None:
    first, second = (
        scorer.prepare(read_record({**told, "nir_certifie": certified})) for told in (one, other)
    )
    if not may_be_alike(scorer.reach(first), second, scorer):
        assert judge(first, second, scorer).answer is Answer.UNLIKE
        assert judge(second, first, scorer).answer is Answer.UNLIKE


MODELS = [MODEL, *(default_model().for_population(size) for size in (10, 1_000_000, 50_000_000))]


@given(TOLD, st.sampled_from(MODELS), st.floats(-30, 60))
@example({**ZOE, "prenoms": "Z"}, MODEL, 0.0)
@example({**ZOE, "nom_naissance": "D", "prenoms": "Z"}, MODEL, 0.0)
@example({"nom_naissance": "Martin", "prenoms": "Marie", "date_naissance": "1994"}, MODEL, -4.0)
@example({"nom_naissance": "Martin", "prenoms": "Marie", "date_naissance": "1994-03-12"}, MODEL, 1.0)
@example({"nom_naissance": "Martin", "nir": NIR}, MODEL, 0.0)
def test_who_is_linked_to_nobody_is_who_is_not_even_to_itself(
    told: dict[str, str], model: Model, join: float
) -> None:
    scorer = Scorer(replace(model, thresholds=Thresholds(join, join - 4, join - 2)))
    one = scorer.prepare(read_record(told))
    assert tells_nobody(one, scorer) == (judge(one, one, scorer).answer is not Answer.LINKED)


@pytest.mark.parametrize("with_home", [False, True])
def test_most_strangers_of_a_block_are_not_compared_in_full(with_home: bool) -> None:
    records = [read_record(one.told) for one in statements(300, seed=5, with_home=with_home)]
    scorer = Scorer(default_model().for_population(len(records)))
    prepared = [scorer.prepare(record) for record in records]
    pairs = [(prepared[one], prepared[other]) for one, other in candidate_pairs(records, scorer.model, 10**6)]
    dropped = [pair for pair in pairs if not may_be_alike(scorer.reach(pair[0]), pair[1], scorer)]
    unlike = [pair for pair in pairs if judge(*pair, scorer).answer is Answer.UNLIKE]
    assert len(dropped) > 0.8 * len(unlike)
    assert {(id(one), id(other)) for one, other in dropped} <= {(id(one), id(other)) for one, other in unlike}
