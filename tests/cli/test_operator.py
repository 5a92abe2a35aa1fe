"""What an operator sees of dead letters, and what it is asked before they go back."""

import json
import os
import uuid
from collections.abc import Iterator

import pika
import pytest

from services.chassis.queues import ATTEMPTS, CAUSE, LISTENER
from services.contracts.access import ORGANISATIONS_CHANGED
from tests.cli.conftest import Run

pytestmark = pytest.mark.servers

DEAD, LISTENER_QUEUE = "access.dead", "access.follow_dossiers"


@pytest.fixture(autouse=True)
def given_up(agora: Run) -> Iterator[None]:
    """Two messages of one listener among access's dead letters, of three things each, and one of another."""
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AGORA_ACCESS_BROKER_URL"]))
    channel = connection.channel()
    channel.confirm_delivery()
    for listener in (LISTENER_QUEUE, LISTENER_QUEUE, "access.renamed"):
        properties = pika.BasicProperties(
            message_id=str(uuid.uuid4()),
            type=ORGANISATIONS_CHANGED.type,
            headers={LISTENER: listener, CAUSE: "StorageDown", ATTEMPTS: 8},
        )
        body = b'{"organisations": ["MARTIN", 2, 3]}'
        channel.basic_publish("access.delivery", DEAD, body, properties, mandatory=True)
    yield
    for queue in (DEAD, LISTENER_QUEUE):
        channel.queue_purge(queue)
    connection.close()


@pytest.fixture
def operator() -> dict[str, str]:
    return {"AGORA_OPERATOR_BROKER_URL": os.environ["AGORA_OPERATOR_BROKER_URL"]}


def test_the_listing_counts_by_cause_and_shows_no_body(agora: Run, operator: dict[str, str]) -> None:
    done = agora("dead-letters", "access", **operator)
    assert done.exit_code == 1
    assert "access : 3 message(s)" in done.stdout
    row = next(line for line in done.stdout.splitlines() if LISTENER_QUEUE in line)
    assert row.split() == [LISTENER_QUEUE, ORGANISATIONS_CHANGED.type, "StorageDown", "8", "2", "6"]
    assert "MARTIN" not in done.output


def test_for_a_machine_there_is_one_letter_a_line(agora: Run, operator: dict[str, str]) -> None:
    done = agora("dead-letters", "access", "--json", **operator)
    letters = [json.loads(line) for line in done.stdout.splitlines()]
    assert [letter["items"] for letter in letters] == [3, 3, 3]
    assert set(letters[0]) == {"service", "message_id", "type", "listener", "cause", "attempts", "items"}


def test_where_there_is_none_the_status_says_so(agora: Run, operator: dict[str, str]) -> None:
    assert agora("dead-letters", "identity", **operator).exit_code == 0


REPLAYS = [
    pytest.param(["access"], "", 0, "Rien n’a été renvoyé", 3, id="silence is no"),
    pytest.param(["access"], "non\n", 0, "Rien n’a été renvoyé", 3, id="no"),
    pytest.param(["access"], "oui\n", 1, f"2 renvoyé(s) à {LISTENER_QUEUE}", 1, id="yes"),
    pytest.param(["access", "--yes"], "", 1, "1 gardé(s) : plus personne", 1, id="--yes"),
    pytest.param(["access", "--yes", "--listener", "follow_dossiers"], "", 0, "2 renvoyé(s)", 1, id="one's"),
    pytest.param(["access", "--yes", "--listener", LISTENER_QUEUE], "", 0, "2 renvoyé(s)", 1, id="its queue"),
    pytest.param(["access", "--yes", "--listener", "other"], "", 0, "Rien n’a été renvoyé", 3, id="another"),
    pytest.param(["access", "--yes", "--most", "1"], "", 0, "1 renvoyé(s)", 2, id="at most one"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "answer", "status", "printed", "left"), REPLAYS)
def test_letters_go_back_when_the_operator_agrees(
    agora: Run,
    operator: dict[str, str],
    arguments: list[str],
    answer: str,
    status: int,
    printed: str,
    left: int,
) -> None:
    done = agora("replay", *arguments, answer=answer, **operator)
    assert done.exit_code == status, done.output
    assert printed in done.stdout
    assert f"access : {left} message(s)" in agora("dead-letters", "access", **operator).stdout


REFUSALS = [
    pytest.param(["dead-letters", "paie"], {}, "service_inconnu", id="no such service"),
    pytest.param(["replay", "paie"], {}, "service_inconnu", id="no such service to replay"),
    pytest.param(["dead-letters"], {"AGORA_OPERATOR_BROKER_URL": ""}, "AGORA_OPERATOR_BROKER_URL",
                 id="no address"),
    pytest.param(["dead-letters"], {"AGORA_OPERATOR_BROKER_URL": "amqp://o:hidden@127.0.0.1:1/agora"},
                 "courtier_injoignable", id="nobody there"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "environment", "told"), REFUSALS)
def test_what_cannot_be_done_is_told(
    agora: Run, operator: dict[str, str], command: list[str], environment: dict[str, str], told: str
) -> None:
    done = agora(*command, **{**operator, **environment})
    assert done.exit_code == 2
    assert told in done.stderr
    assert "hidden" not in done.output


def test_a_partner_s_account_may_not_see_them(agora: Run, partner_url: str) -> None:
    done = agora("dead-letters", "access", AGORA_OPERATOR_BROKER_URL=partner_url)
    assert done.exit_code == 2
    assert "appel_interdit" in done.stderr
