"""Files of several funders that are one path are one dossier; what only looks alike is shown, not merged."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dossier.domain.assembling import assemble
from services.dossier.domain.cofinancement import Ruling, paths_of
from services.dossier.domain.contribution import Contribution, File
from services.dossier.domain.explaining import why
from services.dossier.domain.fold import fold
from tests.dossier.saying import ASP, BODY, CDC, OPCO, OTHER_OPCO, PERSON, event, formation, paid, said

ONE, TWO, OTHER, THIRD = File(OPCO, "D1"), File(OPCO, "D2"), File(CDC, "D1"), File(OTHER_OPCO, "D1")


@pytest.mark.parametrize(
    ("other", "dossiers"),
    [
        pytest.param(formation("2026-03-01", "2026-04-01"), 1, id="overlapping, same body"),
        pytest.param(formation("2026-05-01", "2026-06-01"), 1, id="one day in common"),
        pytest.param(formation("2026-05-02", "2026-06-01"), 2, id="the day after"),
        pytest.param(formation(organisme={"siret": f"{BODY[:9]}00022"}), 1, id="another establishment"),
        pytest.param(formation(organisme={"siret": ASP}), 2, id="another body"),
        pytest.param(formation(certification="RNCP2"), 2, id="another certification"),
    ],
)
def test_files_of_two_funders_are_one_dossier_when_they_are_one_path(
    other: dict[str, Any], dossiers: int
) -> None:
    first = formation(certification="RNCP1")
    if "certification" not in other:
        other = {**other, "certification": "RNCP1"}
    parcours = fold(
        PERSON,
        [
            said("formation", first),
            said("financement", paid(100)),
            said("formation", other, by=CDC),
            said("financement", paid(50), by=CDC),
        ],
    )
    assert len(parcours.dossiers) == dossiers
    assert sum(share.cents for dossier in parcours.dossiers for share in dossier.shares) == 150


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        pytest.param({ONE: formation(), TWO: formation()}, "meme_financeur", id="one funder, two numbers"),
        pytest.param(
            {
                ONE: formation(certification="RNCP1"),
                OTHER: formation("2026-06-01", "2026-09-01", certification="RNCP1"),
            },
            "sessions_successives",
            id="the same certification, the next session",
        ),
        pytest.param(
            {
                ONE: formation(certification="RNCP1"),
                OTHER: formation("2027-06-01", "2027-09-01", certification="RNCP1"),
            },
            None,
            id="a year later",
        ),
        pytest.param(
            {ONE: formation(), OTHER: formation("2026-06-01", "2026-09-01")}, None, id="no certification"
        ),
    ],
)
def test_what_looks_alike_is_a_doubt_and_two_dossiers(
    files: dict[File, dict[str, Any]], cause: str | None
) -> None:
    told = [said("formation", faits, by=file.financeur, ref=file.reference) for file, faits in files.items()]
    one, other = fold(PERSON, told).dossiers
    expected = [(other.dossier_id, cause)] if cause else []
    assert [tuple(doubt) for doubt in one.doubts] == expected
    assert len(other.doubts) == len(expected)


AIF = formation(dispositif="AIF", intitule="Cuisinier")
AGREED_AFTER = [said("financement", paid(800), by=CDC, at=5), said("financement", paid(2400))]


@pytest.mark.parametrize(
    ("paying", "counted", "rule"),
    [
        pytest.param([], "AIF", "fraicheur", id="nobody said what it bears: the last word"),
        pytest.param([said("financement", paid(1))], "CPF", "financement", id="one said it"),
        pytest.param(AGREED_AFTER, "CPF", "financement", id="the greater part"),
        pytest.param(AGREED_AFTER[::-1], "CPF", "financement", id="in whichever order it is said"),
        pytest.param(
            [said("financement", paid(800), by=CDC), said("financement", paid(800))],
            "AIF",
            "fraicheur",
            id="equal parts",
        ),
        pytest.param(
            [said("financement", paid(800), by=CDC), said("financement", paid(2400, "hebergement"))],
            "AIF",
            "financement",
            id="lodging is no coût pédagogique",
        ),
        pytest.param(
            [*AGREED_AFTER, said("realisation", event("refus", "2026-01-20"), at=30)],
            "AIF",
            "autorite",
            id="refused: it bears nothing",
        ),
    ],
)
def test_a_path_is_counted_under_the_dispositif_of_whoever_bears_most_of_it(
    paying: list[Contribution], counted: str, rule: str
) -> None:
    """DARES, base Brest: a stagiaire is of the dispositif of the funder that bears most of the coût
    pédagogique."""
    known = [said("formation", formation()), said("formation", AIF, by=CDC, at=3), *paying]
    assembled = assemble(PERSON, known)
    (dossier,) = fold(PERSON, known).dossiers
    assert dossier.blocks["formation"]["dispositif"] == counted
    assert dossier.blocks["formation"]["intitule"] == "Cuisinier", "what is no funder's own: the last word"
    reason = why(assembled, dossier.blocks, dossier.grounds, "formation.dispositif")
    assert reason is not None
    assert (reason.value, reason.rule, len(reason.others)) == (counted, rule, 1)


ALIKE = {ONE: formation(), OTHER: formation(), THIRD: formation("2026-04-01", "2026-08-01")}
APART = {**ALIKE, OTHER: formation(organisme={"siret": ASP})}


@pytest.mark.parametrize(
    ("files", "rulings", "paths"),
    [
        pytest.param(ALIKE, [], [[ONE, OTHER, THIRD]], id="no ruling"),
        pytest.param(APART, [Ruling("join", ONE, OTHER)], [[ONE, OTHER, THIRD]], id="joined"),
        pytest.param(
            ALIKE,
            [Ruling("part", ONE, OTHER), Ruling("part", OTHER, THIRD)],
            [[ONE, THIRD], [OTHER]],
            id="parted",
        ),
        pytest.param(
            APART,
            [Ruling("join", ONE, OTHER), Ruling("part", OTHER, ONE)],
            [[ONE, THIRD], [OTHER]],
            id="the later ruling stands",
        ),
    ],
)
def test_a_ruling_comes_before_all_the_rest(
    files: dict[File, dict[str, Any]], rulings: list[Ruling], paths: list[list[File]]
) -> None:
    found, doubts = paths_of(files, rulings)
    assert found == sorted(sorted(path) for path in paths)
    ruled = {frozenset((ruling.one, ruling.other)) for ruling in rulings}
    assert not ruled & {frozenset((doubt.one, doubt.other)) for doubt in doubts}, "what is ruled is no doubt"


FILES = [File(funder, number) for funder in (OPCO, CDC, OTHER_OPCO) for number in ("1", "2")]
ruled_pairs = st.lists(
    st.builds(
        lambda kind, pair: Ruling(kind, *pair),
        st.sampled_from(["join", "part"]),
        st.sampled_from([(one, other) for one in FILES for other in FILES if one < other]),
    ),
    max_size=4,
    unique_by=lambda ruling: (ruling.one, ruling.other),
)
periods = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 6)).map(sorted), min_size=len(FILES), max_size=len(FILES)
)


@settings(max_examples=1000)
@given(periods, ruled_pairs, st.randoms())
def test_parted_files_are_apart_and_the_order_of_files_and_rulings_changes_nothing(
    months: list[list[int]], rulings: list[Ruling], random: Random
) -> None:
    formations = {
        file: formation(f"2026-0{begins}-01", f"2026-0{ends}-28")
        for file, (begins, ends) in zip(FILES, months, strict=True)
    }
    found = paths_of(formations, rulings)
    for ruling in rulings:
        together = any(ruling.one in path and ruling.other in path for path in found[0])
        assert not (ruling.kind == "part" and together)
    shuffled = random.sample(list(formations.items()), len(formations))
    assert paths_of(dict(shuffled), random.sample(rulings, len(rulings))) == found
    assert sorted(file for path in found[0] for file in path) == sorted(FILES)
