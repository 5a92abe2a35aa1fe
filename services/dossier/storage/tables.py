"""The tables of dossier."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox
from services.chassis.outbox import define_outbox

metadata = new_metadata()
define_outbox(metadata)
define_inbox(metadata)

# What a declaration says and whom it speaks of arrive apart, in any order, and may be taken back by a
# third that arrives before both. All three meet in one row: whichever comes last finds the others,
# because the row itself makes them wait for each other.
contribution = Table(
    "contribution",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    # Whom it speaks of, by identity.
    Column("person_id", Uuid),
    Column("attribution_version", Integer, nullable=False, server_default="0"),
    # What it says, by ingestion; written once.
    Column("source", Text),
    Column("lot", Text),
    Column("ligne", Integer),
    Column("nature", Text),
    Column("reference", Text),
    Column("emise_le", DateTime(timezone=True)),
    Column("received_at", DateTime(timezone=True)),
    Column("financeur", Text),
    Column("reference_financeur", Text),
    Column("rectifie", Uuid),
    Column("faits", JSONB),
    # The declaration of the same source that takes it back.
    Column("withdrawn_by", Uuid),
    # What became of it, as last announced.
    Column("effect", Text),
    Column("dossier_id", Uuid),
    Index("ix_contribution_person_id", "person_id"),
    Index("ix_contribution_source_reference", "source", "reference"),
    postgresql_with={"fillfactor": 70},
)

parcours = Table(
    "parcours",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    postgresql_with={"fillfactor": 80},
)

dossier = Table(
    "dossier",
    metadata,
    Column("dossier_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    postgresql_with={"fillfactor": 80},
)
