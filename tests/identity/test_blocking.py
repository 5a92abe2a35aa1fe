"""By which keys a record is found: rare facts, in whatever field, refined as far as it takes."""

import math
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import blocking
from services.identity.domain.blocking import facts_of, keys_of
from services.identity.domain.records import read_record
from tests.identity.model import MODEL, zoe


def shared(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return set(keys_of(zoe(**one), MODEL)) & set(keys_of(zoe(**other), MODEL))


def test_a_common_name_is_refined_and_a_rare_one_is_not() -> None:
    town = MODEL.for_population(40_000)
    assert "nom=DUR" in keys_of(zoe(), town)
    common = keys_of(zoe(nom_naissance="Martin"), town)
    assert "nom=MAR" not in common
    assert any(key.startswith("nom=MAR|") for key in common)


def test_the_larger_the_population_the_finer_the_keys() -> None:
    lengths = [
        max(key.count("|") for key in keys_of(zoe(), MODEL.for_population(size)))
        for size in (100_000, 50_000_000, 100_000_000_000)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_exchanged_names_and_an_exchanged_day_and_month_leave_all_keys() -> None:
    exchanged = {"nom_naissance": "Zoé", "prenoms": "Durand", "date_naissance": "1994-12-03"}
    assert shared({}, exchanged) == set(keys_of(zoe(), MODEL))


def test_two_wrong_traits_leave_a_key() -> None:
    wrong = {"nom_naissance": "Xurand", "date_naissance": "1949-03-12"}
    assert shared({}, wrong)


def test_a_record_that_tells_too_little_has_no_key() -> None:
    told = {"nom_naissance": "Martin", "prenoms": "Marie"}
    assert keys_of(read_record(told), MODEL) == []


def test_placeholders_have_no_key() -> None:
    told = {"nom_naissance": "TEST", "prenoms": "TEST", "date_naissance": "1900-01-01", "nir": "0" * 13}
    assert keys_of(read_record(told), MODEL) == []


def test_a_nir_is_a_key() -> None:
    assert "nir=2940333063005" in keys_of(zoe(nir="2940333063005"), MODEL)


TEXT = st.sampled_from(["", "Durand", "Martin", "Marie", "Zoé", "Le Goff", "Dupont-Durand"])
TOLD = st.fixed_dictionaries(
    {
        "nom_naissance": TEXT,
        "prenoms": TEXT,
        "date_naissance": st.sampled_from(["", "1994-03-12", "1994-12-03", "1994", "1961-11-29"]),
        "lieu_naissance": st.sampled_from(["", "33063", "75112", "99352"]),
        "code_postal": st.sampled_from(["", "33000"]),
    }
)


@given(TOLD, TOLD, st.sampled_from([1000, 1_000_000, 50_000_000]))
def test_facts_that_are_a_key_of_one_record_are_a_key_of_all_that_have_them(
    one: dict[str, str], other: dict[str, str], population: int
) -> None:
    model = MODEL.for_population(population)
    first, second = read_record(one), read_record(other)
    part_of = {fact.text: fact.part for fact in facts_of(second, model)}
    for key in keys_of(first, model):
        facts = key.split("|")
        # Of one name there, two names here: there they follow from each other, and here they do not.
        if len({part_of.get(fact) for fact in facts} - {None}) == len(facts):
            assert key in keys_of(second, model)


@given(TOLD, st.floats(1, 40))
def test_no_fact_of_a_key_can_be_spared(told: dict[str, str], needed: float) -> None:
    facts = blocking.facts_of(read_record(told), MODEL)
    for chosen in blocking._smallest((), 0.0, math.inf, facts, needed):
        assert not blocking._has_one_too_many(chosen, sum(fact.bits for fact in chosen) - needed)


# No sum of bits is so much, but for what rounding does to it.
@given(TOLD, st.integers(1, 40).map(lambda bits: bits + math.e / 10))
def test_keys_are_the_smallest_sets_that_are_rare_enough(told: dict[str, str], needed: float) -> None:
    facts = blocking.facts_of(read_record(told), MODEL)

    def is_key(chosen: tuple[blocking.Fact, ...]) -> bool:
        is_person = len(chosen) > 1 or [fact.kind for fact in chosen] == ["nom"]
        of_different_parts = len({fact.part for fact in chosen}) == len(chosen)
        return is_person and of_different_parts and sum(fact.bits for fact in chosen) >= needed

    keys = {chosen for size in range(1, 5) for chosen in combinations(facts, size) if is_key(chosen)}
    smallest = {
        chosen for chosen in keys if not any(is_key(fewer) for fewer in combinations(chosen, len(chosen) - 1))
    }
    assert set(blocking._smallest((), 0.0, math.inf, facts, needed)) == smallest
