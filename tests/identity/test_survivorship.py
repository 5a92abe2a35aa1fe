"""The civil status shown: by authority and freshness, trait by trait, and it says why."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.access import PROFILES
from services.contracts.identity import RULES
from services.identity.domain.survivorship import AUTHORITY, Rule, Said, Shown, survive

EARLY, LATE = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2026))

# Who says it, and when; further words are what it says.
Word = tuple[str, datetime | None, dict[str, Any]]


def said(profile: str, said_at: datetime | None, telling: dict[str, Any], source: str = "") -> Said:
    told = {
        **dict.fromkeys(("nom_naissance", "nom_usage", "sexe", "date_naissance", "lieu_naissance"), ""),
        **dict.fromkeys(("code_postal", "commune", "nir"), ""),
        "prenoms": [],
        **telling,
    }
    certified = bool(told.pop("certifie", False))
    return Said(source or profile, profile, said_at, certified, told)


def shown(trait: str, *words: Word) -> Shown | None:
    """What is shown of a trait, each source having said one thing."""
    everything = [said(profile, at, telling) for profile, at, telling in words]
    return next((one for one in survive(everything) if one.trait == trait), None)


def nom(name: str, **more: Any) -> dict[str, Any]:
    return {"nom_naissance": name, **more}


@pytest.mark.parametrize(
    ("words", "value", "rule", "contrary"),
    [
        pytest.param([("opco", EARLY, nom("Roux"))], "Roux", "unanime", 0, id="one source"),
        pytest.param(
            [("opco", EARLY, nom("ROUX")), ("region", LATE, nom("Roux"))], "Roux", "unanime", 0, id="agree"
        ),
        pytest.param(
            [("region", LATE, nom("Leroux")), ("opco", EARLY, nom("Roux", certifie=True))],
            "Roux",
            "nir_certifie",
            1,
            id="a certified NIR before everybody",
        ),
        pytest.param(
            [("caisse_des_depots", LATE, nom("Leroux")), ("opco", EARLY, nom("Roux", certifie=True))],
            "Roux",
            "nir_certifie",
            1,
            id="even before the Caisse des Dépôts",
        ),
        pytest.param(
            [("opco", LATE, nom("Leroux")), ("caisse_des_depots", EARLY, nom("Roux"))],
            "Roux",
            "autorite",
            1,
            id="Caisse des Dépôts before a funder",
        ),
        pytest.param(
            [("opco", LATE, nom("Leroux")), ("dsn", EARLY, nom("Roux"))],
            "Roux",
            "autorite",
            1,
            id="DSN before a funder",
        ),
        pytest.param(
            [("certificateur", LATE, nom("Leroux")), ("opco", EARLY, nom("Roux"))],
            "Roux",
            "autorite",
            1,
            id="a funder before a certificateur",
        ),
        pytest.param(
            [("inconnu", LATE, nom("Leroux")), ("operateur_cep", EARLY, nom("Roux"))],
            "Roux",
            "autorite",
            1,
            id="anybody known before nobody knows whom",
        ),
        pytest.param(
            [("opco", EARLY, nom("Leroux")), ("region", LATE, nom("Roux"))],
            "Roux",
            "fraicheur",
            1,
            id="of equals the last word",
        ),
        pytest.param(
            [("opco", None, nom("Leroux")), ("region", EARLY, nom("Roux"))],
            "Roux",
            "fraicheur",
            1,
            id="a day that nobody knows is the oldest",
        ),
        pytest.param(
            [("opco", EARLY, nom("Roux")), ("region", EARLY, nom("Leroux"))],
            "Leroux",
            "ordre",
            1,
            id="of equals on one day, by the alphabet",
        ),
        pytest.param(
            [
                ("dsn", EARLY, nom("Roux")),
                ("opco", LATE, nom("Leroux")),
                ("region", LATE, nom("Rousse")),
                ("agefiph", LATE, nom("ROUX")),
            ],
            "Roux",
            "autorite",
            2,
            id="two of four say otherwise",
        ),
        pytest.param(
            [("dsn", LATE, nom("INCONNU")), ("certificateur", EARLY, nom("Roux"))],
            "Roux",
            "unanime",
            0,
            id="a filler says nothing, whoever types it",
        ),
    ],
)
def test_a_trait_is_that_of_who_knows_best_then_of_who_spoke_last(
    words: list[Word], value: str, rule: Rule, contrary: int
) -> None:
    won = shown("nom_naissance", *words)
    assert won is not None
    assert (won.values, won.rule, won.contrary) == ((value,), rule, contrary)


@pytest.mark.parametrize(
    ("trait", "words", "values", "rule"),
    [
        pytest.param(
            "nom_usage",
            [("dsn", EARLY, {"nom_usage": "Roux"}), ("operateur_cep", LATE, {"nom_usage": "Martin"})],
            ("Martin",),
            "fraicheur",
            id="she married since",
        ),
        pytest.param(
            "adresse",
            [
                ("caisse_des_depots", EARLY, {"code_postal": "29200", "commune": "Brest"}),
                ("region", LATE, {"code_postal": "93100", "commune": "Montreuil"}),
            ],
            ("93100", "Montreuil"),
            "fraicheur",
            id="they moved since: postcode and commune together",
        ),
        pytest.param(
            "adresse",
            [
                ("region", EARLY, {"code_postal": "29200", "commune": "Brest"}),
                ("caisse_des_depots", EARLY, {"code_postal": "93100", "commune": "Montreuil"}),
            ],
            ("93100", "Montreuil"),
            "autorite",
            id="said on one day: by authority",
        ),
        pytest.param(
            "prenoms",
            [("dsn", EARLY, {"prenoms": ["Marie", "Claire"]}), ("opco", LATE, {"prenoms": ["MARIE"]})],
            ("Marie", "Claire"),
            "unanime",
            id="who tells less says nothing else",
        ),
        pytest.param(
            "date_naissance",
            [
                ("opco", EARLY, {"date_naissance": "1994-03-00", "certifie": True}),
                ("dsn", LATE, {"date_naissance": "1994-03-12"}),
            ],
            ("1994-03-00",),
            "nir_certifie",
            id="an incomplete act is what the register holds",
        ),
        pytest.param(
            "lieu_naissance",
            [("opco", EARLY, {"lieu_naissance": "75120"}), ("region", LATE, {"lieu_naissance": "99999"})],
            ("75120",),
            "unanime",
            id="a filler for a place",
        ),
    ],
)
def test_each_trait_has_its_own_rule(
    trait: str, words: list[Word], values: tuple[str, ...], rule: Rule
) -> None:
    won = shown(trait, *words)
    assert won is not None
    assert (won.values, won.rule) == (values, rule)


def test_traits_come_from_different_sources_and_each_says_whose_it_is_and_since_when() -> None:
    by_trait = {
        one.trait: one
        for one in survive(
            [
                said("dsn", EARLY, nom("Roux", sexe="F")),
                said("operateur_cep", LATE, nom("Leroux", nom_usage="Martin")),
            ]
        )
    }
    assert {name: (one.source, one.said_at) for name, one in by_trait.items()} == {
        "nom_naissance": ("dsn", EARLY),
        "nom_usage": ("operateur_cep", LATE),
        "sexe": ("dsn", EARLY),
    }


def test_a_source_that_has_changed_its_mind_is_not_against_it() -> None:
    everything = [said("opco", EARLY, nom("Leroux")), said("opco", LATE, nom("Roux"))]
    (won,) = survive(everything)
    assert (won.values, won.rule, won.contrary) == (("Roux",), "fraicheur", 0)


def test_nobody_said_anything() -> None:
    assert survive([]) == []
    assert survive([said("opco", EARLY, {})]) == []


WORDS = st.lists(
    st.builds(
        said,
        st.sampled_from(["dsn", "opco", "operateur_cep", "inconnu"]),
        st.sampled_from([None, EARLY, LATE]),
        st.fixed_dictionaries(
            {
                "nom_naissance": st.sampled_from(["", "Roux", "ROUX", "Leroux"]),
                "prenoms": st.sampled_from([[], ["Marie"], ["Marie", "Claire"], ["Anne"]]),
                "code_postal": st.sampled_from(["", "29200", "93100"]),
                "certifie": st.booleans(),
            }
        ),
        st.sampled_from(["A", "B", "C"]),
    ),
    max_size=6,
)


@given(WORDS, st.randoms())
def test_any_order_shows_the_same(words: list[Said], random: Any) -> None:
    shuffled = random.sample(words, len(words))
    assert survive(shuffled) == survive(words)


@given(WORDS)
def test_nobody_of_more_authority_said_otherwise(words: list[Said]) -> None:
    won = next((one for one in survive(words) if one.trait == "nom_naissance"), None)
    if won is not None:
        names = {(one.rank, str(one.told["nom_naissance"]).upper()) for one in words}
        best = min(rank for rank, name in names if name)
        assert (best, won.values[0].upper()) in names


def test_every_rule_has_its_word_and_every_profile_that_declares_its_authority() -> None:
    assert set(get_args(Rule)) == RULES.keys()
    assert AUTHORITY.keys() == PROFILES.keys() - {"ministere", "bureau_identites"}
