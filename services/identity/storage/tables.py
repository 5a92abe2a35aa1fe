"""The tables of identity. A NIR or a name is nowhere in clear: sealed to be kept, hashed to be found."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox
from services.chassis.outbox import define_outbox

metadata = new_metadata()
define_outbox(metadata)
define_inbox(metadata)

# What each line told of its person, sealed for that line alone, who told it and when (unknown of the first
# ones), and the record that it is.
statement = Table(
    "statement",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("record_id", BigInteger, index=True),
    Column("source", Text),
    Column("said_at", DateTime(timezone=True)),
)

# What each source is, as access last told it: whom to believe when they differ.
source = Table(
    "source",
    metadata,
    Column("siret", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("profile", Text, nullable=False),
)

# The record of each content that was told, by the content's keyed hash: most lines repeat what an earlier
# one told, and need no second reading.
content = Table(
    "content",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("record_id", BigInteger, nullable=False),
)

# Contents that compare alike are one record. `name` is the person that it is by itself, `person_id` the one
# it is at present; of a record that tells too little to be anybody's (`is_nobody`), every line is a person of
# its own.
record = Table(
    "record",
    metadata,
    Column("record_id", BigInteger, Identity(), primary_key=True),
    Column("mark", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("is_nobody", Boolean, nullable=False),
    Column("name", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("marked_with", Text, nullable=False),
    # The version of the model whose keys it has and whose verdicts are on it; empty of those that were there
    # before this was noted.
    Column("keyed_with", Text, nullable=False, server_default=""),
    postgresql_with={"fillfactor": 90},
)

# The records that have a key, with their sketches, in pieces (see `blocks`); `newest` is no less than the
# number of any. A key is eight bytes of a keyed hash: two that meet by chance bring a candidate more, and
# nothing else. A block is read from a place or two, and most of it is dropped without a look at the records.
block = Table(
    "block",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("newest", BigInteger, nullable=False),
    Column("entries", LargeBinary, nullable=False),
    # A piece grows where it lies, and no piece is stored apart from its row.
    postgresql_with={"fillfactor": 85, "toast_tuple_target": 8160},
)

# What was judged of two records, the smaller number first; what is of two persons is not written.
verdict = Table(
    "verdict",
    metadata,
    Column("one", BigInteger, primary_key=True, autoincrement=False),
    Column("other", BigInteger, primary_key=True, autoincrement=False),
    Column("answer", Text, nullable=False),
    Column("weight", Float(53), nullable=False),
    Column("cause", Text, nullable=False),
    Column("same_self", Boolean),
    # A link that was not followed, because the others of its persons speak against it.
    Column("is_followed", Boolean, nullable=False, server_default="true"),
    # A link that was in force when the model on it took the place of another (see `domain.clustering`).
    Column("is_kept", Boolean, nullable=False, server_default="false"),
    Index("ix_verdict_other", "other"),
    Index("ix_verdict_doubt", "one", "other", postgresql_where=text("answer = 'doute' OR NOT is_followed")),
)

# How far the adoption of a model has come: records up to this number are keyed by it.
adoption = Table(
    "adoption",
    metadata,
    Column("version", Text, primary_key=True),
    Column("reached", BigInteger, nullable=False),
)

# What humans decided of lines: that some are of one person (`link`), or that they are not (`split`). Kept for
# ever, with who revoked it. It is said of lines, so it outlives models and how records are read.
ruling = Table(
    "ruling",
    metadata,
    Column("ruling_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("motive", Text, nullable=False),
    Column("ruled_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", Text),
    Column("revoked_for", Text),
    # The digest of what was asked for, and how many lines moved, then and back: the same asked again is told
    # the same.
    Column("asked", LargeBinary),
    Column("moved", Integer, nullable=False, server_default="0"),
    Column("moved_back", Integer, nullable=False, server_default="0"),
)
tie = Table(
    "tie",
    metadata,
    Column("ruling_id", Uuid, ForeignKey("ruling.ruling_id"), primary_key=True),
    Column("one", Uuid, primary_key=True),
    Column("other", Uuid, primary_key=True),
    # The records of these lines, as records are read at present.
    Column("one_record", BigInteger, nullable=False, index=True),
    Column("other_record", BigInteger, nullable=False, index=True),
)

# Every record that changed persons, in the order in which that became true: written by one transaction at a
# time, so that who reads on from a number misses nothing.
move = Table(
    "move",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("record_id", BigInteger, nullable=False, index=True),
    Column("from_person", Uuid, nullable=False),
    Column("to_person", Uuid, nullable=False),
    Column("cause", Text, nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False),
)

# Every decision about every line, never changed; the highest version stands.
decision = Table(
    "decision",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("rule", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)
