"""What an operator does about identity from a terminal: the figures, the page, the explanation, the model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, text
from typer.testing import CliRunner, Result

from services.chassis.sealing import Keyring
from services.cli.__main__ import app
from services.identity.domain.default_model import default_model
from services.identity.domain.scoring import Scorer
from services.identity.evaluation.feeding import give, id_of
from services.identity.evaluation.room import Room
from services.identity.evaluation.running import open_source
from services.identity.linking import IdentityKeys
from services.identity.storage.tables import metadata
from services.sample.slips import statements
from tests.conftest import ROOT, empty

pytestmark = pytest.mark.servers

TOLD = statements(120, seed=9)
OWN_KEYS = "k1:" + "AQ" * 21 + "A="
# Somebody of the file, who must be nowhere but where the operator asked to see.
SECRET = "Zwickelbergenstein"
IN_FORCE = default_model().for_population(1_000)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Persons as another program writes them: its words, its separator, its dates, its encoding."""
    lines = ["Nachname;Vorname;Geburtsdatum;PLZ;Wohnort;Größe;Nr"]
    for one in TOLD:
        told = {word: told if isinstance(told, str) else " ".join(told) for word, told in one.told.items()}
        year, _, rest = told.get("date_naissance", "").partition("-")
        month, _, day = rest.partition("-")
        born = f"{day}.{month}.{year}" if day else told.get("date_naissance", "")
        cells = (told.get("nom_naissance", ""), told.get("prenoms", ""), born, told.get("code_postal", ""),
                 told.get("commune", ""), "182", str(one.number))  # fmt: skip
        lines.append(";".join(cells))
    lines.append(f"{SECRET};Zoé;12.03.1994;33000;Bordeaux;182;9999")
    file = tmp_path / "personen.csv"
    file.write_bytes("\n".join(lines).encode("cp1252", errors="replace"))
    return file


def agora(*arguments: str | Path, answer: str = "", **environment: str) -> Result:
    return CliRunner().invoke(
        app, ["identity", *(str(one) for one in arguments)], input=answer, env=environment
    )


def test_a_file_of_others_is_evaluated_and_how_it_was_read_is_said(sample: Path) -> None:
    done = agora("evaluate", "--records", sample, "--truth", "Nr")
    assert done.exit_code == 0, done.output
    for word in ("Nachname lu comme nom_naissance", "PLZ lu comme code_postal", "non lues : Größe",
                 "dates lues comme jour/mois/année"):  # fmt: skip
        assert word in done.stderr
    for word in ("en vigueur", "le meilleur", "rappel de la recherche", "lignes par seconde"):
        assert word in done.stdout
    assert SECRET not in done.output


def test_for_a_machine_there_is_one_object_with_all_the_figures(sample: Path) -> None:
    done = agora("evaluate", "--records", sample, "--truth", "Nr", "--learn", "--splink", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["lines"] == len(TOLD) + 1
    assert 0.9 < found["in_force"]["clusters"]["f1"] <= found["best_persons"]["clusters"]["f1"] <= 1
    assert found["blocking_recall"] > 0.9
    assert found["learning_seconds"] > 0
    assert set(found["splink"]) in ({"seconds", "curve"}, {"failed"})
    assert sum(int(size) * count for size, count in found["sizes"]["found"].items()) == found["lines"]


def test_a_shuffle_changes_no_figure(sample: Path) -> None:
    found = [
        json.loads(
            agora("evaluate", "--records", sample, "--truth", "Nr", "--json", "--chunk", "50", *more).stdout
        )
        for more in ((), ("--shuffle", "1"), ("--shuffle", "2"))
    ]
    figures = [(one["in_force"], one["sizes"], one["curve"], one["blocking_recall"]) for one in found]
    assert figures[0] == figures[1] == figures[2]


def test_the_page_is_written_where_asked(sample: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = agora("evaluate", "--records", sample, "--truth", "Nr", "--report", page)
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8").count("<svg") >= 4


REFUSED = [
    pytest.param(["--truth", "whose"], "colonne_absente", id="no such truth"),
    pytest.param(["--truth", "Nr", "--map", "Nachname=taille"], "mot_inconnu", id="no such word"),
    pytest.param(["--truth", "Nr", "--map", "Größe=sexe"], "colonnes_inconnues", id="no name"),
    pytest.param(
        ["--truth", "Nr", "--report", "/nowhere/page.html"], "fichier_non_ecrit", id="no such folder"
    ),
    pytest.param(["--truth", "Nr", "--records", "/nowhere.csv"], "fichier_illisible", id="no such file"),
]


@pytest.mark.parametrize(("arguments", "code"), REFUSED)
def test_what_cannot_be_done_is_told(sample: Path, arguments: list[str], code: str) -> None:
    done = agora("evaluate", "--records", sample, *arguments)
    assert done.exit_code == 2
    assert code in done.stderr
    assert SECRET not in done.output


def test_a_database_that_is_away_is_told_without_its_password(sample: Path) -> None:
    away = "postgresql+psycopg://agora:hidden@127.0.0.1:1/agora?connect_timeout=2"
    done = agora("evaluate", "--records", sample, "--truth", "Nr", AGORA_IDENTITY_DATABASE_URL=away)
    assert done.exit_code == 2
    assert "base_injoignable" in done.stderr
    assert "hidden" not in done.output


def test_an_installation_without_what_learns_says_what_to_install(sample: Path) -> None:
    program = (
        "import sys; sys.modules['splink'] = None; from services.cli.__main__ import app; "
        f"app(['identity', 'evaluate', '--records', {str(sample)!r}, '--truth', 'Nr'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "agora-hub[cli,identity-learning]" in done.stderr
    assert "Traceback" not in done.stderr


# --- explain -------------------------------------------------------------------------------

PAIR = [
    {"nom_naissance": "Durand", "prenoms": ["Zoé"], "naissance": {"date": "1994-03-12", "commune": "33063"}},
    {"nom_naissance": "Durant", "prenoms": "Zoe", "date_naissance": "12/03/1994"},
]


def test_two_lines_of_a_file_are_explained(sample: Path, tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    done = agora("explain", "--records", sample, "--lines", f"1,{len(TOLD) + 1}", "--chart", chart)
    assert done.exit_code == 0, done.output
    for word in ("nom de naissance", SECRET, "Au hasard", "Total", "deux personnes"):
        assert word in done.stdout
    assert chart.read_text(encoding="utf-8").startswith("<svg")


def test_two_persons_given_as_json_are_explained_for_a_machine() -> None:
    done = agora("explain", "--pair", "-", "--json", answer=json.dumps(PAIR))
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    levels = {part["trait"]: part["level"] for part in found["parts"]}
    assert (levels["nom"], levels["prenom"], levels["naissance"]) == ("une_faute", "identique", "identique")
    assert found["total"] == pytest.approx(found["prior"] + sum(part["weight"] for part in found["parts"]))
    assert set(found["thresholds"]) == {"join", "review", "split"}


UNEXPLAINED = [
    pytest.param(["--pair", "-"], "Durand", "json_invalide", id="no JSON"),
    pytest.param(["--pair", "-"], "[{}]", "paire_attendue", id="one person"),
    pytest.param(
        ["--pair", "-"], '[{"nom_naissance": 1}, {}]', "personne_illisible", id="a number for a name"
    ),
    pytest.param(["--pair", "-"], '[{"naissance": 1}, {}]', "personne_illisible", id="a number for a birth"),
    pytest.param([], "", "rien_a_expliquer", id="nothing"),
    pytest.param(["--lines", "1"], "", "lignes_illisibles", id="one line"),
    pytest.param(["--lines", "1,99999"], "", "ligne_absente", id="no such line"),
    pytest.param(["--lines", "0,1"], "", "ligne_absente", id="the titles"),
]


@pytest.mark.parametrize(("arguments", "answer", "code"), UNEXPLAINED)
def test_what_cannot_be_explained_is_told(sample: Path, arguments: list[str], answer: str, code: str) -> None:
    with_file = ["--records", str(sample)] if "--lines" in arguments else []
    done = agora("explain", *with_file, *arguments, answer=answer)
    assert done.exit_code == 2, done.output
    assert code in done.stderr


# --- learn and shadow ----------------------------------------------------------------------


@pytest.fixture
def held(migrated: Callable[[str, MetaData], Engine], sample: Path) -> Iterator[Engine]:
    """The service's own database, holding the sample."""
    engine = migrated("identity", metadata)
    empty(engine, metadata)
    keys = IdentityKeys(Keyring.parse(OWN_KEYS), Keyring.parse(OWN_KEYS), bytes(32))
    lines = list(open_source(sample, (), None).lines())
    numbered = [(id_of(at), personne) for at, (_, personne) in enumerate(lines)]
    give(Room(engine, keys), Scorer(IN_FORCE), numbered)
    yield engine
    empty(engine, metadata)


def counted(engine: Engine) -> list[tuple[object, ...]]:
    tables = ("decision", "verdict", "record")
    asked = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(asked))]


def test_a_model_is_learned_on_a_file_and_named_after_the_day_and_what_it_holds(
    sample: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model.json"
    done = agora("learn", "--records", sample, "--out", out)
    assert done.exit_code == 0, done.output
    model = json.loads(out.read_text(encoding="utf-8"))
    assert model["version"].startswith(f"{datetime.now(UTC).date().isoformat()}-")
    assert model["report"]["records"] == len(TOLD) + 1
    assert SECRET.upper() not in out.read_text(encoding="utf-8")
    assert f"Modèle {model['version']}" in done.stdout


def test_a_model_learned_on_what_the_service_holds_is_tried_in_shadow_and_changes_nothing(
    held: Engine, tmp_path: Path
) -> None:
    out, before = tmp_path / "model.json", counted(held)
    learned = agora("learn", "--out", out, "--version", "essai", AGORA_IDENTITY_KEYS=OWN_KEYS)
    assert learned.exit_code == 0, learned.output
    tried = agora("shadow", "--model", out, "--json", AGORA_IDENTITY_KEYS=OWN_KEYS)
    assert tried.exit_code in (0, 1), tried.output
    found = json.loads(tried.stdout)
    assert found["version"] == "essai"
    assert found["records"] == before[0][2]
    assert (tried.exit_code == 1) == bool(found["linked"] or found["split"])
    assert counted(held) == before


def test_the_model_in_force_moves_nobody(held: Engine, tmp_path: Path) -> None:
    from services.identity.domain.model import dump_model

    same = tmp_path / "same.json"
    same.write_text(dump_model(IN_FORCE), encoding="utf-8")
    done = agora("shadow", "--model", same, AGORA_IDENTITY_KEYS=OWN_KEYS)
    assert done.exit_code == 0, done.output
    assert "Seraient réunies : 0" in done.stdout


def test_a_stricter_model_shows_whom_it_would_split_by_ids_alone(held: Engine, tmp_path: Path) -> None:
    from dataclasses import replace

    from services.identity.domain.model import Thresholds, dump_model

    strict = replace(IN_FORCE, version="strict", thresholds=Thresholds(60.0, 55.0, 58.0))
    file = tmp_path / "strict.json"
    file.write_text(dump_model(strict), encoding="utf-8")
    done = agora("shadow", "--model", file, "--json", AGORA_IDENTITY_KEYS=OWN_KEYS)
    assert done.exit_code == 1, done.output
    found = json.loads(done.stdout)
    assert found["split"]
    for change in found["split"]:
        assert len(change["persons"]) == 1
        assert len(change["sizes"]) > 1
        assert change["weight"] < 58
    assert found["after"] > found["before"]
    names = {str(one.told.get("nom_naissance", "")) for one in TOLD} - {""}
    assert not any(name in done.output for name in names)


UNTRIED = [
    pytest.param(["learn"], {"AGORA_IDENTITY_KEYS": ""}, "cles_absentes", id="no keys"),
    pytest.param(["learn"], {"AGORA_IDENTITY_KEYS": "k1:x"}, "cles_illisibles", id="no key at all"),
    pytest.param(["learn"], {"AGORA_IDENTITY_DATABASE_URL": ""}, "base_absente", id="no database"),
    pytest.param(
        ["learn"], {"AGORA_IDENTITY_KEYS": "k1:" + "Ag" * 21 + "A="}, "cles_inconnues", id="others' keys"
    ),
    pytest.param(["learn"], {"AGORA_SPLINK_BACKEND": "abacus"}, "moteur_inconnu", id="no such backend"),
    pytest.param(["shadow", "--model", "/nowhere"], {}, "modele_illisible", id="no model"),
]


@pytest.mark.parametrize(("command", "environment", "code"), UNTRIED)
def test_what_cannot_be_tried_is_told(
    held: Engine, command: list[str], environment: dict[str, str], code: str
) -> None:
    assert held
    done = agora(*command, **{"AGORA_IDENTITY_KEYS": OWN_KEYS, **environment})
    assert done.exit_code == 2, done.output
    assert code in done.stderr
    assert os.environ["AGORA_IDENTITY_DATABASE_URL"] not in done.output
