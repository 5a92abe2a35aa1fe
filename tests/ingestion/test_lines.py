"""A line is understood or refused with a code, a path and a remedy; never with the value."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.sealing import Keyring
from services.chassis.wire import read_json
from services.contracts.declaration import NATURES
from services.ingestion.domain.findings import codes
from services.ingestion.domain.lines import Line
from services.ingestion.schemas import read_line, sealed_traits
from tests.ingestion.given import SIRET, declaration

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def read(raw: Any, natures: list[str] | None = None) -> Line:
    return read_line(SIRET, uuid.UUID(int=1), 1, raw, list(NATURES) if natures is None else natures, NOW)


def test_a_good_line_has_nothing_to_be_said_of() -> None:
    line = read(declaration())
    assert line.declaration is not None
    assert not line.findings


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        pytest.param({"personne__nir": "294037512000592"}, "nir_invalide", "personne.nir", id="NIR key"),
        pytest.param(
            {"personne__nir": 294037512000591}, "texte_attendu", "personne.nir", id="NIR as a number"
        ),
        pytest.param({"personne__nir": None}, "champ_vide", "personne.nir", id="null"),
        pytest.param({"personne__nom_naissance": "  "}, "champ_vide", "personne.nom_naissance", id="blank"),
        pytest.param(
            {"personne__nom_naissance": "A\x00B"}, "caractere_interdit", "personne.nom_naissance", id="NUL"
        ),
        pytest.param(
            {"personne__nom_naissance": "A\ud800"},
            "caractere_interdit",
            "personne.nom_naissance",
            id="lone surrogate",
        ),
        pytest.param(
            {"personne__nom_naissance": "A" * 10**6}, "texte_trop_long", "personne.nom_naissance", id="1 MB"
        ),
        pytest.param(
            {"personne__naissance__date": "0001-01-01"},
            "date_hors_limites",
            "personne.naissance.date",
            id="year 1",
        ),
        pytest.param(
            {"personne__naissance__date": "1994-02-31"},
            "date_attendue",
            "personne.naissance.date",
            id="31 February",
        ),
        pytest.param(
            {"emise_le": "0001-01-01T00:00:00+14:00"}, "date_hors_limites", "emise_le", id="before all time"
        ),
        pytest.param({"emise_le": "2026-01-01T00:00:00"}, "fuseau_obligatoire", "emise_le", id="no offset"),
        pytest.param(
            {"emise_le": "2027-01-01T00:00:00Z"}, "emise_dans_le_futur", "emise_le", id="tomorrow's word"
        ),
        pytest.param(
            {"faits__fin_prevue": "2026-01-01"}, "fin_avant_debut", "faits.fin_prevue", id="ends before"
        ),
        pytest.param(
            {"faits__heures_prevues": 1.0}, "entier_attendu", "faits.heures_prevues", id="1.0 hours"
        ),
        pytest.param(
            {"faits__heures_prevues": True}, "entier_attendu", "faits.heures_prevues", id="true hours"
        ),
        pytest.param(
            {"faits__heures_prevues": -1}, "nombre_hors_limites", "faits.heures_prevues", id="-1 hours"
        ),
        pytest.param({"faits__dispositif": []}, "texte_attendu", "faits.dispositif", id="a list for a code"),
        pytest.param({"faits__organisme": "x"}, "objet_attendu", "faits.organisme", id="text for an object"),
        pytest.param({"faits__couleur": "x"}, "champ_inconnu", "faits.couleur", id="unknown field"),
        pytest.param({"nature": ["formation"]}, "nature_inconnue", "nature", id="a list for a kind"),
        pytest.param(
            {"personne__adresse": {"code_postal": "2A004"}},
            "code_postal_invalide",
            "personne.adresse.code_postal",
            id="a commune's code for a postcode",
        ),
        pytest.param(
            {"personne__adresse": "93100 Montreuil"}, "objet_attendu", "personne.adresse", id="a line of text"
        ),
        pytest.param(
            {"personne__nir_certifie": "oui"}, "booleen_attendu", "personne.nir_certifie", id="yes as a text"
        ),
        pytest.param(
            {"personne__nir_certifie": 1}, "booleen_attendu", "personne.nir_certifie", id="yes as 1"
        ),
    ],
)
def test_a_bad_line_is_refused_with_its_code_and_path(change: dict[str, Any], code: str, path: str) -> None:
    line = read(declaration(**change))
    assert line.declaration is None
    assert (line.findings[0].code, line.findings[0].path) == (code, path)
    assert line.findings[0].code in codes()
    assert line.findings[0].remedy


@pytest.mark.parametrize("raw", [None, 3, "x", [], [[]], True], ids=repr)
def test_what_is_no_object_is_refused(raw: Any) -> None:
    assert [finding.code for finding in read(raw).findings] == ["objet_attendu"]


def test_a_key_written_twice_is_told() -> None:
    text = json.dumps(declaration()).replace('"sexe": "F"', '"sexe": "F", "sexe": "M"')
    line = read(read_json(text.encode(), 10**6))
    assert [(finding.code, finding.path) for finding in line.findings] == [("cle_en_double", "personne")]


def test_a_kind_the_partner_may_not_declare_is_refused() -> None:
    assert [finding.code for finding in read(declaration(), natures=["emploi"]).findings] == [
        "nature_non_autorisee"
    ]


def test_a_contradiction_between_nir_and_civil_status_is_told_and_taken() -> None:
    line = read(
        declaration(personne__sexe="M", personne__naissance={"date": "1995-04-12", "commune": "75120"})
    )
    assert line.declaration is not None
    assert [finding.code for finding in line.findings] == ["nir_sexe_different", "nir_naissance_differente"]


def test_an_address_and_a_certified_nir_go_to_identity_as_they_were_told() -> None:
    here = {"code_postal": "93100", "commune": "Montreuil"}
    line = read(declaration(personne__adresse=here, personne__nir_certifie=True))
    assert line.findings == ()
    keys = Keyring.parse("t1:" + base64.b64encode(bytes(32)).decode())
    assert line.declaration is not None
    (told,) = json.loads(keys.open(base64.b64decode(sealed_traits([line.declaration], keys)), b"traits"))
    assert (told["adresse"], told["nir_certifie"]) == (here, True)


def test_a_town_abroad_has_no_postcode() -> None:
    assert read(declaration(personne__adresse={"commune": "Liège"})).findings == ()


def test_what_certifies_a_nir_that_is_not_there_is_told_and_taken() -> None:
    told = declaration(personne__nir_certifie=True)
    del told["personne"]["nir"]
    line = read(told)
    assert line.declaration is not None
    assert [finding.code for finding in line.findings] == ["nir_certifie_absent"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["nature", "reference", "emise_le", "personne", "faits", "dossier", "rectifie"])


@settings(max_examples=1000)
@given(st.dictionaries(fields, anything, max_size=3))
def test_no_line_however_malformed_stops_the_reading(change: dict[str, Any]) -> None:
    line = read({**declaration(), **change})
    assert line.declaration is not None or all(finding.gravity == "rejet" for finding in line.findings)
