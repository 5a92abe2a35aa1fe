"""What was kept before contributions had two times is kept on: known, waiting, attributed, and taken back."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import orjson
import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import Engine, text

from deploy.local import postgres
from deploy.local.site import site_of
from services.chassis import database, migrations
from services.chassis.settings import Settings
from services.dossier.storage.tables import metadata
from tests.dossier.given import (
    CEP,
    OPCO,
    OTHER,
    PERSON,
    START,
    Spoken,
    attribution,
    event,
    formation,
    line,
    line_id,
)

pytestmark = pytest.mark.servers

DOSSIER = uuid.uuid5(PERSON, f"{OPCO}/D1")
_BEFORE = text(
    """
    INSERT INTO contribution (
        declaration_id, person_id, attribution_version, source, lot, ligne, nature, reference, emise_le,
        received_at, financeur, reference_financeur, rectifie, faits, withdrawn_by, effect, dossier_id
    )
    VALUES (:id, :person, :version, :source, 'L', 1, :nature, 'D1', :at, :at, :source, 'D1', :rectifie,
            CAST(:faits AS jsonb), :withdrawn_by, :effect, :dossier)
    """
)


_BLOCKS = orjson.dumps(
    {
        "dates": {"debut_prevu": "2026-02-02", "fin_prevue": "2026-05-29"},
        "financements": [{"financeur": OPCO, "postes": [], "total": 0}],
    }
).decode()


@pytest.fixture
def fresh(settings_for: Callable[[str], Settings]) -> Iterator[Engine]:
    """A database of its own, as it was before."""
    settings = settings_for("dossier")
    name = "agora_dossier_before"
    with psycopg.connect(postgres.admin_url(site_of()), autocommit=True) as admin:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        admin.execute(drop)
        make = sql.SQL("CREATE DATABASE {} OWNER agora_dossier").format(sql.Identifier(name))
        admin.execute(make)
        url = f"{settings.database_url.rsplit('/', 1)[0]}/{name}"
        engine = database.engine_of(replace(settings, database_url=url), connections=2)
        with engine.connect() as connection:
            command.upgrade(migrations._config("dossier", metadata, connection), "0002")
            connection.commit()
        yield engine
        engine.dispose()
        admin.execute(drop)


def _keep(
    engine: Engine, name: str, nature: str | None, faits: object, person: uuid.UUID | None, **more: object
) -> None:
    row = {
        "id": line_id(name),
        "person": person,
        "version": 1 if person else 0,
        "source": OPCO if nature else None,
        "nature": nature,
        "at": START,
        "rectifie": None,
        "faits": orjson.dumps(faits).decode() if nature else None,
        "withdrawn_by": None,
        "effect": "dossier_complete" if person and nature else None,
        "dossier": DOSSIER if person and nature else None,
        **more,
    }
    with engine.begin() as connection:
        connection.execute(_BEFORE, row)


def test_what_was_kept_before_is_folded_as_if_it_had_come_today(fresh: Engine) -> None:
    _keep(fresh, "F", "formation", formation(), PERSON)
    _keep(fresh, "E", "realisation", event("entree", "2026-02-09"), PERSON, withdrawn_by=line_id("X"))
    _keep(fresh, "X", "realisation", event("entree", "2026-02-02"), PERSON, rectifie=line_id("E"))
    _keep(fresh, "W", "realisation", event("interruption", "2026-03-02"), None)
    _keep(fresh, "A", None, None, OTHER)
    with fresh.begin() as connection:
        connection.execute(
            text("INSERT INTO parcours VALUES (:person, 7, '{}', '\\x00')"), {"person": PERSON}
        )
        connection.execute(
            text("INSERT INTO dossier VALUES (:dossier, :person, 'en_formation', :blocks, '\\x00')"),
            {"dossier": DOSSIER, "person": PERSON, "blocks": _BLOCKS},
        )
        followed = orjson.dumps({"accompagnements": [{"operateur": CEP, "niveau": "2"}]}).decode()
        connection.execute(
            text("INSERT INTO parcours VALUES (:person, 3, :blocks, '\\x00')"),
            {"person": uuid.UUID(int=3), "blocks": followed},
        )
    migrations.migrate("dossier", fresh, metadata)
    assert migrations.differences(fresh, metadata) == []
    with database.transaction(fresh) as session:
        scoped = text("SELECT siret, state, begins_on::text, ends_on::text FROM scope")
        assert list(map(tuple, session.execute(scoped))) == [
            (OPCO, "en_formation", "2026-02-02", "2026-05-29")
        ]
        known = text("SELECT person_id, siret, roles FROM reader JOIN parcours USING (person_id) ORDER BY 1")
        assert list(map(tuple, session.execute(known))) == [
            (PERSON, OPCO, {OPCO: [f"finance/{DOSSIER}"]}),
            (uuid.UUID(int=3), CEP, {CEP: ["accompagne/"]}),
        ]
        spoken = Spoken(session)
        (dossier,) = spoken.parcours().dossiers
        assert dossier.dossier_id == DOSSIER
        assert dossier.blocks["dates"]["entree_le"] == "2026-02-02"
        spoken.attribute(attribution("W"))
        spoken.accept(line("A", "formation", formation(), reference="D9"))
        assert spoken.parcours().dossiers[0].state == "interrompu"
        assert spoken.parcours(OTHER).dossiers
        told = {one["declaration_id"]: one for one in spoken.announced("declarations_applied")}
        assert told[str(line_id("W"))]["version"] == 8, "versions go on from where they were"
        assert told[str(line_id("E"))]["effect"] == "retiree"
