"""The tables of identity. A NIR or a name is nowhere in clear: sealed to be kept, hashed to be found."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid

from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox
from services.chassis.outbox import define_outbox

metadata = new_metadata()
define_outbox(metadata)
define_inbox(metadata)

# What each line told of its person, sealed for that line alone.
statement = Table(
    "statement",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# Every decision about every line, never changed; the highest version stands. A decision without a
# person waits for a human, and its rule is the cause.
decision = Table(
    "decision",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("person_id", Uuid),
    Column("rule", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)

# A person is known by the keyed hashes of what one statement told; `marked_with` names their key.
person = Table(
    "person",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("declaration_id", Uuid, nullable=False),
    Column("nir", LargeBinary),
    Column("civil_status", LargeBinary),
    Column("by_name", LargeBinary),
    Column("by_first_name", LargeBinary),
    Column("marked_with", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("uq_person_nir", "nir", unique=True),
    Index("ix_person_civil_status", "civil_status"),
)

# The NIRs and civil statuses that somebody decides about at this moment: a row lives as long as its
# transaction, so the table is always empty to others, and worth no log. Two services that resolve at
# once cannot both find that a person is new.
held = Table(
    "held",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    prefixes=["UNLOGGED"],
)
