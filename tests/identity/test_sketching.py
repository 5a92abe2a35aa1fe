"""What is dropped unopened: strangers who share a key, and next to nobody else."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from services.identity.domain import sketching
from services.identity.domain.default_model import default_model
from services.identity.domain.model import dump_model, load_model
from services.identity.domain.records import Record, read_record
from services.identity.domain.scoring import Scorer
from services.identity.domain.sketching import (
    BYTES,
    EVERYTHING,
    LEVELS,
    PARTS,
    levels_of,
    rows_of,
    sketch_of,
    unkeyed,
)
from services.identity.learning.pairs import candidate_pairs
from services.sample.slips import statements
from tests.identity.model import MODEL, zoe

# Of the population that it was learned from: the laxest.
GLANCE = default_model().for_population(1).glance


def levels(one: Record, other: Record) -> dict[str, int]:
    ones, others = (rows_of([sketch_of(record, unkeyed)]) for record in (one, other))
    found = levels_of(ones, others)
    return {part.name: int(level[0]) for part, level in zip(PARTS, found, strict=True)}


def weight(one: Record, other: Record) -> float:
    ones, others = (rows_of([sketch_of(record, unkeyed)]) for record in (one, other))
    return float(GLANCE.weigh(ones, others)[0])


def test_the_parts_share_the_bits_and_none_twice() -> None:
    ends = [(part.start, part.start + part.width) for part in PARTS]
    assert [end for _, end in ends[:-1]] == [start for start, _ in ends[1:]]
    assert (ends[0][0], ends[-1][1]) == (0, 8 * BYTES)


def test_a_record_is_like_itself_and_what_it_does_not_tell_says_nothing() -> None:
    top = LEVELS - 1
    assert levels(zoe(), zoe()) == {"noms": top, "naissance": top, "lieu_naissance": top, "domicile": -1}
    assert levels(zoe(), zoe(date_naissance=""))["naissance"] == -1


def test_whichever_comes_first_a_pair_weighs_the_same() -> None:
    records = [read_record(one.told) for one in statements(60, seed=2, with_home=True)]
    rows = rows_of([sketch_of(record, unkeyed) for record in records])
    pairs = np.array(list(itertools.product(range(len(rows)), repeat=2)))
    there = GLANCE.weigh(rows[pairs[:, 0]], rows[pairs[:, 1]])
    assert np.array_equal(there, GLANCE.weigh(rows[pairs[:, 1]], rows[pairs[:, 0]]))


def test_who_met_whom_is_weighed_as_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [read_record(one.told) for one in statements(60, seed=2, with_home=True)]
    rows = rows_of([sketch_of(record, unkeyed) for record in [*records, read_record({})]])
    pairs = np.array(list(itertools.product(range(len(rows)), repeat=2)))
    monkeypatch.setattr(sketching, "_AT_ONCE", 1_000)
    met = GLANCE.weigh_met(rows, pairs[:, 0], rows[pairs[:, 1]])
    assert np.array_equal(met, GLANCE.weigh(rows[pairs[:, 0]], rows[pairs[:, 1]]))


def test_a_level_is_two_shares_in_eighths() -> None:
    bits = np.arange(129, dtype=np.uint8)
    shared, one, other = (each.ravel() for each in np.meshgrid(bits, bits, bits))
    told = (shared <= one) & (one <= other) & (one > 0)
    shared, one, other = shared[told], one[told], other[told]
    eighths = 8 * shared.astype(int)
    assert np.array_equal(sketching._levels(shared, one, other), eighths // one * 9 + eighths // other)
    assert np.array_equal(sketching._levels(shared, other, one), eighths // one * 9 + eighths // other)


def test_a_sketch_is_of_each_feature_by_itself() -> None:
    for record in (read_record(one.told) for one in statements(60, seed=2, with_home=True)):
        bits = {
            part.start + unkeyed(f"{part.name}:{feature}") % part.width
            for part in PARTS
            for value in part.values_of(record)
            for feature in part.features_of(value)
        }
        assert int.from_bytes(sketch_of(record, unkeyed)) == sum(1 << bit for bit in bits)


def test_a_year_and_a_day_have_the_features_of_their_date() -> None:
    for birth in ("19940312", "19941203", "19940000", "19940300"):
        whole, parts = zoe(date_naissance=birth), PARTS[1]
        features = [feature for value in parts.values_of(whole) for feature in parts.features_of(value)]
        assert sorted(features) == sorted(parts.features_of(birth))


@pytest.mark.parametrize(
    "slip",
    [
        {"nom_naissance": "Durant"},
        {"prenoms": "Zo"},
        {"date_naissance": "1994-12-03"},
        {"date_naissance": "1994-03-00"},
        {"date_naissance": "1995-03-12"},
        {"nom_naissance": "Zoé", "prenoms": "Durand"},
        {"lieu_naissance": "75056"},
        {"lieu_naissance": ""},
    ],
)
def test_one_slip_is_no_reason_not_to_look(slip: dict[str, str]) -> None:
    assert weight(zoe(), zoe(**slip)) >= GLANCE.least


def test_who_shares_a_surname_and_a_year_and_nothing_else_is_not_opened() -> None:
    stranger = zoe(prenoms="Guillaume", date_naissance="1994-11-25", lieu_naissance="59350")
    assert weight(zoe(), stranger) < GLANCE.least


def test_of_other_people_next_to_nobody_is_lost_and_most_strangers_are_left() -> None:
    told = statements(400, seed=31)
    records = [read_record(one.told) for one in told]
    model = default_model().for_population(len(records))
    scorer = Scorer(model)
    prepared = [scorer.prepare(record) for record in records]
    pairs = np.array(candidate_pairs(records, model, 10**6))
    rows = rows_of([sketch_of(record, unkeyed) for record in records])
    opened = GLANCE.weigh(rows[pairs[:, 0]], rows[pairs[:, 1]]) >= GLANCE.least
    linked = np.array(
        [scorer.weigh(prepared[one], prepared[other]) >= model.thresholds.join for one, other in pairs]
    )
    assert (linked & opened).sum() >= 0.995 * linked.sum()
    assert (~linked & opened).sum() <= 0.2 * (~linked).sum()


def test_a_model_that_was_not_learned_looks_at_everybody() -> None:
    ones, others = (rows_of([sketch_of(record, unkeyed)]) for record in (zoe(), read_record({})))
    glance = EVERYTHING.among(50_000_000)
    assert glance.weigh(ones, others)[0] >= glance.least


def test_a_model_with_a_glance_of_another_shape_is_refused() -> None:
    odd = replace(MODEL, glances=replace(EVERYTHING, weights={"noms": (0.0, 1.0)}))
    with pytest.raises(ValueError, match="glance"):
        load_model(dump_model(odd))


def test_the_more_records_there_are_the_fewer_are_opened() -> None:
    leasts = default_model().glances.leasts
    assert len(leasts) > 8
    assert leasts[0] < leasts[-1]
    assert default_model().for_population(10**12).glance.least == leasts[-1]
