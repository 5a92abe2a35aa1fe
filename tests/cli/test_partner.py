"""What a partner sees: refused lines with their remedy, totals, an exit status, and errors it can act on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import views
from services.contracts.dossier.codes import NOTIFIED, NOTIFIED_OF_PARCOURS
from tests.chassis.conftest import wait_until
from tests.cli.conftest import Run
from tests.client.conftest import Reply, StandIn, error, raw, result, silence
from tests.conftest import ROOT
from tests.contracts.golden import samples_of

pytestmark = pytest.mark.servers


def receipt(lines: int = 500, refused: tuple[int, ...] = ()) -> Reply:
    """A lot's receipt, with these lines refused."""
    return result(
        reference="E1-0001",
        lignes=lines,
        acceptees=lines - len(refused),
        rejetees=len(refused),
        rejets=[
            {
                "ligne": ligne,
                "etat": "rejetee",
                "constats": [
                    {
                        "code": "nir_invalide",
                        "gravite": "rejet",
                        "chemin": "personne.nir",
                        "message": "La clé ne correspond pas.",
                        "remede": "Vérifiez-le sur la carte Vitale.",
                    }
                ],
            }
            for ligne in refused
        ],
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A delivery of 501 declarations: two lots."""
    made = tmp_path / "envoi d’été.jsonl"
    made.write_text("\n".join('{"nature":"formation"}' for _ in range(501)))
    return made


OUTCOMES = [
    pytest.param([receipt(), receipt(1)], 0, ["501 acceptées, 0 refusées"], [], id="all accepted"),
    pytest.param(
        [receipt(), receipt(1, refused=(1,))],
        1,
        ["\n501 ", "nir_invalide", "personne.nir", "La clé", "Vérifiez-le", "500 acceptées, 1 refusées"],
        [],
        id="the last line refused, by its number in the file",
    ),
    pytest.param(
        [receipt(), error("refused", "partenaire_inconnu")],
        2,
        [],
        ["1 lot(s) reçus, 500 déclarations", "--reference E1", "Non.", "code partenaire_inconnu"],
        id="interrupted",
    ),
]


@pytest.mark.parametrize(("replies", "status", "printed", "beside"), OUTCOMES)
def test_a_delivery_ends_with_its_totals_and_a_status(
    agora: Run,
    stand_in: StandIn,
    file: Path,
    replies: list[Reply],
    status: int,
    printed: list[str],
    beside: list[str],
) -> None:
    stand_in.replies = replies
    done = agora("submit", file, "--reference", "E1")
    assert done.exit_code == status, done.output
    assert all(text in done.stdout for text in printed), done.stdout
    assert all(text in done.stderr for text in beside), done.stderr


def test_without_a_reference_the_same_file_has_the_same_one_and_another_file_another(
    agora: Run, stand_in: StandIn, file: Path
) -> None:
    stand_in.replies = [receipt(), receipt(1)] * 3
    agora("submit", file)
    agora("submit", file)
    file.write_text(file.read_text() + '\n{"nature":"emploi"}')
    agora("submit", file)
    first, again, other = (json.loads(body)["reference"] for body in stand_in.bodies[::2])
    assert first == again != other
    assert first.startswith("envoi-d-t-")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b'{"a":1}\n{"a":', "json_invalide (ligne : 2)", id="a bad line"),
        pytest.param(b"", "fichier_vide", id="empty"),
        pytest.param(None, "fichier_illisible", id="absent"),
    ],
)
def test_nothing_is_submitted_of_a_file_that_cannot_be_read_to_its_end(
    agora: Run, stand_in: StandIn, tmp_path: Path, content: bytes | None, code: str
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    done = agora("submit", file)
    assert done.exit_code == 2
    assert code in done.stderr
    assert not done.stdout
    assert not stand_in.bodies


def test_for_a_machine_there_is_one_receipt_a_line_and_nothing_else(
    agora: Run, stand_in: StandIn, file: Path
) -> None:
    stand_in.replies = [receipt(), receipt(1, refused=(1,))]
    done = agora("submit", file, "--json")
    assert done.exit_code == 1
    assert [json.loads(line)["rejetees"] for line in done.stdout.splitlines()] == [0, 1]


def test_a_delivery_interrupted_from_the_keyboard_says_how_to_go_on(
    partner_url: str, stand_in: StandIn, file: Path
) -> None:
    stand_in.replies = [receipt(), silence]
    # What runs in the background of a shell ignores the keyboard, and so would its children.
    python = ["env", "--default-signal=INT", sys.executable]
    command = [*python, "-m", "services.cli", "submit", str(file), "--reference", "E1", "--json"]
    environment = {**os.environ, "AGORA_HUB_URL": partner_url}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as begun:
        wait_until(lambda: len(stand_in.bodies) == 2, "the second lot is on its way")
        begun.send_signal(signal.SIGINT)
        printed, told = begun.communicate(timeout=30)
    assert begun.returncode == 2
    assert len(printed.splitlines()) == 1
    assert "1 lot(s) reçus, 500 déclarations" in told
    assert "--reference E1" in told
    assert "Traceback" not in told


def test_the_table_of_refused_lines_has_an_end(agora: Run, stand_in: StandIn, file: Path) -> None:
    stand_in.replies = [receipt(500, refused=tuple(range(1, 401))), receipt(1)]
    done = agora("submit", file, "--most", "3")
    assert done.stdout.count("nir_invalide") == 3
    assert "limité à 3" in done.stdout
    assert "101 acceptées, 400 refusées" in done.stdout


def test_an_error_of_the_hub_is_a_sentence_a_code_and_no_traceback(agora: Run, stand_in: StandIn) -> None:
    told = {
        "kind": "refused",
        "code": "c1",
        "message": "Demandez une habilitation.",
        "details": {"motif": "m1"},
    }
    stand_in.replies = [raw(json.dumps({"error": told}).encode())]
    done = agora("receipt", "L1")
    assert done.exit_code == 2
    assert "Demandez une habilitation." in done.stderr
    assert "code c1 (motif : m1)" in done.stderr
    assert "Traceback" not in done.output


COMMANDS = [
    pytest.param(["profile"], id="profile"),
    pytest.param(["receipt", "L1"], id="receipt"),
    pytest.param(["parcours", "R1", "--finalite", "suivi"], id="parcours"),
    pytest.param(["prefill", "R1", "--nature", "formation", "--finalite", "suivi"], id="prefill"),
    pytest.param(["figures", "--axes", "region", "--from", "2026-01", "--to", "2026-02"], id="figures"),
    pytest.param(["spared", "--axes", "profil", "--from", "2026-01", "--to", "2026-02"], id="spared"),
]
NO_HUB = [
    pytest.param({"AGORA_HUB_URL": ""}, "AGORA_HUB_URL", id="no address"),
    pytest.param({"AGORA_HUB_URL": "http://a:hidden@h"}, "adresse_invalide", id="no AMQP"),
    pytest.param({"AGORA_HUB_URL": "amqp://73282932000074:hidden@127.0.0.1:1/agora"}, "hub_injoignable",
                 id="nobody there"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "told"), NO_HUB)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_hub_out_of_reach_is_told_without_its_password(
    agora: Run, command: list[str], environment: dict[str, str], told: str
) -> None:
    done = agora(*command, **environment)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "hidden" not in done.output


def test_what_can_be_filled_is_shown_with_its_source_and_what_is_left_to_ask(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (answer,) = samples_of("dossier.prefill.answer")
    views.show_prefilled(answer)
    shown = capsys.readouterr().out
    for told in (
        *("faits.organisme.siret", "99001000100016", "99000001400013", "2026-01-12", "dit par vous"),
        *("à ne pas reprendre sans vérifier", "Les heures prévues dépassent"),
        *("reste à demander : faits.dispositif", "masqué dates", "3-1043"),
    ):
        assert told in shown, told


def test_a_notification_says_what_happened_when_and_to_whom_in_a_dossier_or_in_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (told,) = samples_of("dossier.notifications.v1")
    for one in (*told["notifications"], *told["parcours"]):
        views.show_notification(one)
    assert capsys.readouterr().out.splitlines() == [
        "CEP-2026-00417 : sortie de formation le 2026-06-26 (et non le 2026-06-19) — "
        "dossier c315fe89-2bca-5432-a76a-c8e44938d1a0",
        "CEP-2026-00417 : nouveau contrat de travail le 2026-06-22 (et non le 2026-06-15) — hors dossier",
    ]


def test_every_event_that_is_notified_has_its_words() -> None:
    assert views.EVENTS.keys() == NOTIFIED.keys()
    assert views.EVENTS_OF_PARCOURS.keys() == NOTIFIED_OF_PARCOURS.keys()


def test_what_is_spared_is_a_table_with_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    (answer,) = samples_of("reporting.spared.answer")
    views.show_spared(answer)
    shown = capsys.readouterr().out
    for told in ("operateur_cep", "5210", "612", "secret", "2 cellules, dont 1 secrètes"):
        assert told in shown, told


def test_what_somebody_wrote_does_not_command_the_terminal(agora: Run, stand_in: StandIn, file: Path) -> None:
    line = {
        "ligne": 1,
        "etat": "rejetee",
        "constats": [
            {"code": "x", "gravite": "rejet", "chemin": "\x1b[2J[red]\a\u009b", "message": "", "remede": ""}
        ],
    }
    stand_in.replies = [result(lignes=501, acceptees=500, rejetees=1, rejets=[line], reference="E1-0001")]
    done = agora("submit", file)
    assert "[red]" in done.stdout, "shown as it was written"
    assert not {"\x1b", "\a", "\u009b"} & set(done.stdout)
