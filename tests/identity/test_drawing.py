"""The waterfall of a pair, and the curves of an evaluation: SVG that any page can hold."""

from xml.etree import ElementTree

import pytest

from services.identity.domain.measuring import Quality
from services.identity.domain.scoring import Scorer
from services.identity.drawing.curves import (
    Point,
    precision_by_recall,
    quality_by_threshold,
    sizes_of_persons,
    weights_of_pairs,
)
from services.identity.drawing.waterfall import waterfall
from tests.identity.model import MODEL, zoe


def words_of(svg: str) -> list[str]:
    """The texts of a drawing."""
    drawn = ElementTree.fromstring(svg)  # noqa: S314 - our own
    return [text.strip() for one in drawn.iter() if (text := one.text or "").strip()]


def test_a_waterfall_shows_the_prior_each_trait_told_and_the_total() -> None:
    scorer = Scorer(MODEL)
    explained = scorer.explain(scorer.prepare(zoe()), scorer.prepare(zoe(date_naissance="1994-03-13")))
    drawn = words_of(waterfall(explained))
    for told in ("Au hasard", "Nom : identique", "Naissance : une faute", "Total", f"{explained.total:+.1f}"):
        assert told in drawn
    assert not any("inconnu" in word for word in drawn)
    assert any(word.startswith("lien") for word in drawn)


def test_the_same_explanation_is_the_same_drawing() -> None:
    scorer = Scorer(MODEL)
    explained = scorer.explain(scorer.prepare(zoe()), scorer.prepare(zoe()))
    assert waterfall(explained) == waterfall(explained)


NOTHING = Point(0.0, Quality(1.0, 1.0), Quality(1.0, 1.0))
CURVES = [
    pytest.param(quality_by_threshold([NOTHING], 0.0), id="one threshold"),
    pytest.param(precision_by_recall([NOTHING], 0.0, [NOTHING]), id="one point"),
    pytest.param(weights_of_pairs([], [], 0.0), id="no pair"),
    pytest.param(sizes_of_persons({}, {}), id="nobody"),
    pytest.param(sizes_of_persons({1: 3, 5000: 1}, {1: 5003}), id="one of five thousand lines"),
]


@pytest.mark.parametrize("svg", CURVES)
def test_a_curve_of_nearly_nothing_is_drawn_all_the_same(svg: str) -> None:
    assert svg.startswith("<svg")
    assert words_of(svg)
