"""The tables of access."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.access.domain.journal import CHAINS
from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox
from services.chassis.outbox import define_outbox

metadata = new_metadata()
define_outbox(metadata)
define_inbox(metadata)

organisation = Table(
    "organisation",
    metadata,
    Column("siret", Text, primary_key=True),
    Column("nom", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

# Never deleted: the journal names the rights it granted on.
habilitation = Table(
    "habilitation",
    metadata,
    Column("habilitation_id", Uuid, primary_key=True),
    Column("siret", Text, ForeignKey("organisation.siret"), nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("finalite", Text, nullable=False),
    Column("perimetre", Text),
    Column("blocs", ARRAY(Text), nullable=False),
    Column("base_legale", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    CheckConstraint("valid_from <= valid_until", name="period"),
)

parcours_version = Table(
    "parcours_version",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    postgresql_with={"fillfactor": 80},
)

parcours_relation = Table(
    "parcours_relation",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("siret", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("dossier_id", Uuid),  # none: to the person
    # One relation once; its beginning is what `decide` looks up.
    Index(
        "uq_parcours_relation",
        "person_id",
        "siret",
        "role",
        "dossier_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

# Only ever added to: a trigger of its first migration refuses the rest, to anybody.
journal = Table(
    "journal",
    metadata,
    Column("chain", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("siret", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("finalite", Text, nullable=False),
    Column("person_id", Uuid),
    Column("dossier_ids", ARRAY(Uuid), nullable=False),
    Column("figures", Text),
    Column("granted", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("habilitation_ids", ARRAY(Uuid), nullable=False),
    # Of calls to identity.
    Column("person_ids", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("appel", Text),
    Column("agent", Text),
    Column("motif", Text),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint(f"chain BETWEEN 0 AND {CHAINS - 1}", name="chain"),
    CheckConstraint("seq > 0", name="seq"),
)

# The last entry of each chain: the row that an append holds until it is committed.
journal_head = Table(
    "journal_head",
    metadata,
    Column("chain", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
