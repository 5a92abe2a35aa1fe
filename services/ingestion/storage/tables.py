"""The tables of ingestion."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox
from services.chassis.outbox import define_outbox

metadata = new_metadata()
define_outbox(metadata)
define_inbox(metadata)

partner = Table(
    "partner",
    metadata,
    Column("siret", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("profile", Text),
    Column("natures", ARRAY(Text), nullable=False),
)

lot = Table(
    "lot",
    metadata,
    Column("lot_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    # As received, compressed and sealed: null once it is forgotten. As answered, to the byte.
    Column("sealed", LargeBinary),
    Column("receipt", Text),
    UniqueConstraint("siret", "reference"),
    Index("ix_lot_to_forget", "received_at", postgresql_where=text("sealed IS NOT NULL")),
)

line = Table(
    "line",
    metadata,
    Column("lot_id", Uuid, primary_key=True),
    Column("ligne", Integer, primary_key=True),
    Column("declaration_id", Uuid, nullable=False, unique=True),
    Column("accepted", Boolean, nullable=False),
    Column("findings", JSONB),
    # What the others told of it; its state is read from these, never written beside them.
    Column("attribution_version", Integer),
    Column("attributed_at", DateTime(timezone=True)),
    Column("effect_version", BigInteger),
    Column("effect", Text),
    Column("effective_at", DateTime(timezone=True)),
    Column("dossier_id", Uuid),
    # What was found where declarations meet, each with when, and when it was settled.
    Column("anomalies", JSONB),
    # Every line is updated two or three times: room on its page keeps its indexes untouched.
    postgresql_with={"fillfactor": 70},
)
