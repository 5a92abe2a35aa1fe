"""Keys are replaced while the service goes on: nobody is lost, doubled or made anew; then the old may go."""

import base64
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from services.chassis import database
from services.chassis.sealing import Keyring, SealBroken
from services.identity import rotating, schemas, use_cases
from services.identity.linking import IdentityKeys
from services.identity.storage import decisions, statements
from services.identity.storage.models import scorer_of
from tests.conftest import ROOT
from tests.identity.given import KEYS, NIR, NOW, OTHER_NIR, follow, ids, linker, personne, sealed, told

NEW_SEAL, NEW_BLIND = bytes(range(7, 39)), bytes(range(9, 41))
NEW = Keyring.parse("i2:" + base64.b64encode(NEW_SEAL).decode())
TODAY = replace(KEYS, own=NEW, blind=NEW_BLIND)
BETWEEN = replace(TODAY, own=Keyring({**NEW.keys, **KEYS.own.keys}), blind_before=(KEYS.blind,))
PEOPLE = [
    personne(nir=NIR),
    personne(nom_naissance="Dupond"),
    personne(nom_naissance="Kervadec", prenoms=["Solange"], date="1984-02-11", nir=OTHER_NIR),
    personne(nom_naissance="TEST", prenoms=["TEST"]),
    personne(prenoms=["Anne"]),
]


def _told(engine: Engine, keys: IdentityKeys) -> dict[int, object]:
    """Tell of everybody once more; whose each line is."""
    lines = ids(len(PEOPLE))
    with database.transaction(engine) as session:
        use_cases.resolve_persons(linker(session, keys), NOW, lines, sealed(PEOPLE, keys.traits))
    with database.transaction(engine) as session:
        decided = {one.declaration_id: one.person_id for one in decisions.standing(session, lines)}
    return {at: decided[line] for at, line in enumerate(lines) if at != 3}  # TEST is nobody twice


def test_who_is_who_is_the_same_before_between_and_after(emptied: Engine) -> None:
    before = _told(emptied, KEYS)
    assert _told(emptied, BETWEEN) == before
    done = rotating.rotate(emptied, BETWEEN, [scorer_of("").model])
    assert done == {"statement": 5, "record": 5, "marks": 5}
    assert _told(emptied, TODAY) == before
    assert rotating.rotate(emptied, BETWEEN, [scorer_of("").model]) == {}


def test_afterwards_nothing_is_under_the_old_keys(emptied: Engine) -> None:
    _told(emptied, KEYS)
    rotating.rotate(emptied, BETWEEN, [scorer_of("").model])
    with database.transaction(emptied) as session:
        for table in ("statement", "record"):
            names = session.scalars(text(f"SELECT substring(sealed FROM 2 FOR 2) FROM {table}"))
            assert set(map(bytes, names)) == {b"i2"}
        marked_with = set(session.scalars(text("SELECT marked_with FROM record")))
        assert marked_with == {schemas.name_of_key(NEW_BLIND)}
        lines = session.scalars(text("SELECT declaration_id FROM statement")).all()
        assert len(statements.told_by(session, TODAY.own, lines)) == len(PEOPLE)
        with pytest.raises(SealBroken):
            statements.told_by(session, KEYS.own, lines)


def test_lines_that_are_told_meanwhile_find_records_under_either_key(
    emptied: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _told(emptied, KEYS)
    monkeypatch.setattr(rotating, "BATCH", 2)
    assert rotating._remark(emptied, BETWEEN, [scorer_of("").model]) == 2
    with database.transaction(emptied) as session:
        assert len(set(session.scalars(text("SELECT marked_with FROM record")))) == 2
    assert _told(emptied, BETWEEN) == before


def test_what_is_believed_of_two_sources_is_known_under_the_new_keys(emptied: Engine) -> None:
    certified = [personne(nir=NIR, nir_certifie=True)]
    believed, other = "99000010000015", "99000011000015"
    with database.transaction(emptied) as session:
        follow(session, {believed: "caisse_des_depots", other: "opco"})
        for source in (believed, other):
            told(session, certified, source=source)
    rotating.rotate(emptied, BETWEEN, [scorer_of("").model])
    with database.transaction(emptied) as session:
        for source in (believed, other):
            (again,) = told(session, certified, keys=TODAY, source=source)
            assert again.because == "contenu"
        assert session.scalar(text("SELECT count(*) FROM content JOIN record USING (record_id)")) == 2


def test_it_is_a_job_of_the_service(emptied: Engine) -> None:
    _told(emptied, KEYS)
    old_seal = base64.b64encode(bytes(range(1, 33))).decode()
    settings = {
        "AGORA_TRAITS_KEYS": "t1:" + base64.b64encode(bytes(range(32))).decode(),
        "AGORA_IDENTITY_KEYS": f"i2:{base64.b64encode(NEW_SEAL).decode()},i1:{old_seal}",
        "AGORA_IDENTITY_BLIND_KEY": base64.b64encode(NEW_BLIND).decode(),
        "AGORA_IDENTITY_BLIND_BEFORE": base64.b64encode(KEYS.blind).decode(),
    }
    command = [sys.executable, "-W", "ignore", "-m", "services.identity", "job", "rotate"]
    environment = {**os.environ, **settings}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"marks": 5' in done.stderr
