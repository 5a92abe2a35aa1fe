"""How many records of others of its family a record has, told without labels."""

from collections.abc import Iterator
from itertools import chain
from random import Random

import pytest

from services.identity.domain.records import Record, Told, read_record
from services.identity.evaluation.learning import fitted_to
from services.identity.learning.kinship import relatives_in
from services.identity.learning.learning import Effort
from services.sample.slips import statements
from tests.identity.model import MODEL

TOLD = {one.number: one.told for one in statements(400, seed=7, with_home=True)}
HOME, BIRTHPLACE = ("code_postal", "commune"), ("lieu_naissance",)


def of_homes(size: int, shared: tuple[str, ...]) -> Iterator[Told]:
    """Persons, so many of one surname and of what else is shared."""
    first: dict[int, Told] = {}
    for number, told in TOLD.items():
        family = first.setdefault(number // size, told)
        yield {**told, **{trait: family[trait] for trait in ("nom_naissance", "nom_usage", *shared)}}


def records_of(persons: Iterator[Told], *untold: str) -> list[Record]:
    return [read_record({**told, **dict.fromkeys(untold, "")}) for told in persons]


@pytest.mark.parametrize("shared", [HOME, BIRTHPLACE])
@pytest.mark.parametrize("size", [2, 3])
def test_families_are_seen_by_their_homes_or_by_where_they_were_born(
    size: int, shared: tuple[str, ...]
) -> None:
    assert relatives_in(records_of(of_homes(size, shared))) == pytest.approx(size - 1, rel=0.15)


def test_families_are_seen_where_no_birth_is_told() -> None:
    found = relatives_in(records_of(of_homes(3, HOME), "date_naissance", "lieu_naissance"))
    assert found == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize("untold", [(), ("date_naissance", "lieu_naissance")])
def test_records_of_one_person_with_two_first_names_are_not_its_family(untold: tuple[str, ...]) -> None:
    mistaken = ({**told, "prenoms": "Quitterie"} for number, told in TOLD.items() if number % 8 == 0)
    assert relatives_in(records_of(chain(TOLD.values(), TOLD.values(), mistaken), *untold)) == 0


@pytest.mark.parametrize("seed", range(10))
def test_whoever_meets_by_chance_is_of_no_family(seed: int) -> None:
    chance = Random(seed)
    surnames = [told["nom_naissance"] for told in TOLD.values()][:40]
    homes = [{trait: told[trait] for trait in HOME} for told in TOLD.values()][:40]
    met = (
        {**told, "nom_naissance": chance.choice(surnames), "nom_usage": "", **chance.choice(homes)}
        for told in TOLD.values()
    )
    assert relatives_in(records_of(met)) == 0


def test_whoever_has_a_common_name_in_a_large_town_is_of_no_family() -> None:
    town = {"nom_naissance": "Martin", "nom_usage": "", "code_postal": "75011", "commune": "Paris"}
    of_town = ({**told, **town} for told in list(TOLD.values())[:40])
    assert relatives_in(records_of(chain(of_homes(1, HOME), of_town))) == 0


def test_a_sample_holds_as_few_of_a_family_as_of_all() -> None:
    records = records_of(of_homes(3, HOME))
    effort = Effort(random=1000, candidates=1000)
    model = fitted_to(MODEL, records, 2 * len(records), effort)
    assert model.relatives == pytest.approx(2 * relatives_in(records), rel=0.01)


def test_few_records_show_no_family() -> None:
    assert relatives_in(records_of(of_homes(3, HOME))[:45]) == 0
