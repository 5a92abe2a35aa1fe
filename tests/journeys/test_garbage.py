"""Guarantee 10: whatever a partner sends, it gets a clear word, nobody stops, and the next lot is taken."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from deploy.local import processes
from services.contracts.message import MAX_CALL_BYTES
from services.sample.lots import national_sample
from services.sample.organisations import of_profile
from tests.broker import Envelope
from tests.ingestion.given import declaration
from tests.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

OPCO = of_profile("opco")[0]
SECRETS = ("2940375120005", "MARTINEZ-GARCIA", "1994-03-12")
_references = count(1)


def line(**change: Any) -> dict[str, Any]:
    """A line of the OPCO's that would be taken, but for the change."""
    ours: dict[str, Any] = {"personne__nom_naissance": "MARTINEZ-GARCIA"}
    return declaration(**{**ours, **change})


def lot(*lines: Any) -> bytes:
    return json.dumps(
        {"reference": f"GARBAGE-{next(_references)}", "emetteur": OPCO, "declarations": list(lines)}
    ).encode()


@pytest.fixture(scope="module")
def envelope(running: Running) -> Iterator[Envelope]:
    made = Envelope(running.urls[OPCO], OPCO)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def nobody_stops(running: Running) -> Iterator[None]:
    """Before and after, the same processes run and no message was given up."""
    before = processes.pids(running.site)
    yield
    assert processes.pids(running.site) == before
    assert running.dead_letters() == 0


WHOLE = [
    pytest.param(b"bonjour", "json_invalide", id="not JSON"),
    pytest.param(b"", "json_invalide", id="nothing"),
    pytest.param(lot(line())[:-20], "json_invalide", id="cut"),
    pytest.param(b"\xff\xfe" + lot(line()), "encodage_invalide", id="not UTF-8"),
    pytest.param(b"[" * 1_000_000, "json_trop_profond", id="deep nesting"),
    pytest.param(b'{"declarations": ' * 100_000, "json_trop_profond", id="deep nesting of objects"),
    pytest.param(b"[]", "requete_invalide", id="a list"),
    pytest.param(b"{}", "requete_invalide", id="an empty object"),
    pytest.param(
        lot(line()).replace(b"[{", b"{").replace(b"}]", b"}"), "requete_invalide", id="an object for the list"
    ),
    pytest.param(lot(line()) + b" " * 20 * 1024 * 1024, "corps_trop_volumineux", id="20 MB"),
    pytest.param(b" " * (MAX_CALL_BYTES + 1), "corps_trop_volumineux", id="one byte too many"),
]


@pytest.mark.parametrize(("body", "code"), WHOLE)
def test_a_body_that_is_no_lot_gets_a_code_and_the_next_lot_a_receipt(
    envelope: Envelope, body: bytes, code: str
) -> None:
    envelope.send(body, key="ingestion.submit", correlation_id="bad")
    envelope.send(lot(line()), key="ingestion.submit", correlation_id="good")
    bad, good = envelope.answer("bad"), envelope.answer("good")
    assert bad is not None
    assert good is not None
    assert bad["error"]["code"] == code
    assert bad["error"]["message"].endswith(".")
    assert not [secret for secret in SECRETS if secret in json.dumps(bad, ensure_ascii=False)]
    assert good["result"]["acceptees"] == 1


LINES = [
    pytest.param(line(personne__nom_naissance="A\x00B"), "caractere_interdit", id="NUL"),
    pytest.param(line(personne__nom_naissance="A\ud800"), "caractere_interdit", id="lone surrogate"),
    pytest.param(line(personne__naissance__date="0001-01-01"), "date_hors_limites", id="year 0001"),
    pytest.param(line(emise_le="0001-01-01T00:00:00+00:00"), "date_hors_limites", id="said in year 0001"),
    pytest.param(line(personne__naissance={"date": []}), "date_attendue", id="wrong type"),
    pytest.param(line(personne__nir="2940375120005 92"), "nir_invalide", id="wrong NIR"),
    pytest.param(line(faits="x"), "objet_attendu", id="text for facts"),
    pytest.param(line(faits__intitule="x" * 10**6), "texte_trop_long", id="a megabyte of title"),
    pytest.param(line(MARTINEZ_GARCIA="x"), "champ_inconnu", id="unknown field"),
    pytest.param(None, "objet_attendu", id="null"),
    pytest.param([[[[]]]], "objet_attendu", id="lists"),
]


@pytest.mark.parametrize(("bad", "code"), LINES)
def test_a_bad_line_gets_a_finding_and_its_neighbours_are_taken(
    envelope: Envelope, bad: Any, code: str
) -> None:
    envelope.send(lot(line(), bad, line(reference="D2")), key="ingestion.submit")
    answer = envelope.answer()
    assert answer is not None
    receipt = answer["result"]
    assert (receipt["acceptees"], receipt["rejetees"]) == (2, 1)
    (found,) = receipt["rejets"]
    assert found["ligne"] == 2
    assert found["constats"][0]["code"] == code
    assert found["constats"][0]["remede"]
    assert not [secret for secret in SECRETS if secret in json.dumps(receipt, ensure_ascii=False)]


def test_a_key_written_twice_is_found(envelope: Envelope) -> None:
    twice = lot(line()).replace(b'"sexe": "F"', b'"sexe": "F", "sexe": "M"')
    envelope.send(twice, key="ingestion.submit")
    answer = envelope.answer()
    assert answer is not None
    assert answer["result"]["rejets"][0]["constats"][0]["code"] == "cle_en_double"


def test_what_cannot_be_answered_is_dropped_and_stops_nobody(envelope: Envelope) -> None:
    for properties in ({"reply_to": None}, {"reply_to": "ingestion.reply.x"}, {"reply_to": "x" * 255}):
        for body in (b"[1]", b"17", lot(line())):
            envelope.send(body, key="ingestion.submit", **properties)
    envelope.send(lot(line()), key="ingestion.submit")
    answer = envelope.answer()
    assert answer is not None
    assert answer["result"]["acceptees"] == 1
    assert envelope.answer(patience=0.3) is None


def test_after_all_that_a_sample_goes_through_as_ever(running: Running) -> None:
    before = running.states()
    accepted = 0
    for one in national_sample(200, seed=77, lot_size=50):
        with running.hub(one.emetteur) as hub:
            accepted += hub.submit(one.reference, one.declarations)["acceptees"]
    running.settle()
    settled = running.states() - before
    # The lines of the tests above, if they still were on their way, took effect too.
    assert settled["en_effet"] >= accepted > 0
    assert running.disagreements() == []
