"""The tables of dossier.

What belongs to a person begins its key with the person and is kept in parts by hash of it: a person's rows
are read from one part, and parts can be put on other machines. What is said arrives before it is known of
whom, and is moved by identity from one person to another: `declaration` is where a line is met, by its own
id.

Nothing that was learned is written over: `contribution`, `ending` and `ruling` are only added to.
`declaration`, `parcours` and `dossier` follow from them, for finding and for reading. `spared` counts what
was read.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.chassis.database import new_metadata
from services.chassis.inbox import define_inbox
from services.chassis.outbox import define_outbox

metadata = new_metadata()
define_outbox(metadata)
define_inbox(metadata)

PARTS = 16
_BY_PERSON = "HASH (person_id)"

# What a declaration says and whom it speaks of arrive apart, in any order, and may be taken back by a third
# that arrives before both. All three meet in this row: whichever comes last finds the others, because the row
# itself makes them wait for each other.
declaration = Table(
    "declaration",
    metadata,
    Column("declaration_id", Uuid, primary_key=True),
    # Whom it speaks of by now, by identity; the highest version stands.
    Column("person_id", Uuid),
    Column("version", Integer, nullable=False, server_default="0"),
    # What it says, for as long as nobody knows of whom; then it is its person's.
    Column("said", JSONB),
    Column("is_kept", Boolean, nullable=False, server_default="false"),
    # The declaration of the same source that takes it back.
    Column("withdrawn_by", Uuid),
    postgresql_with={"fillfactor": 70},
)

# What was said of a person, as received. Of a line that identity gave to another person and back there are
# two rows: each version of an attribution is one. `recorded_at`: from when on this person's parcours had it.
contribution = Table(
    "contribution",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("declaration_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("source", Text, nullable=False),
    Column("profile", Text),
    Column("lot", Text, nullable=False),
    Column("ligne", Integer, nullable=False),
    Column("nature", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("emise_le", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("financeur", Text, nullable=False),
    Column("reference_financeur", Text, nullable=False),
    Column("rectifie", Uuid),
    Column("faits", JSONB, nullable=False),
    Index("ix_contribution_source_reference", "source", "reference"),
    postgresql_partition_by=_BY_PERSON,
)

# What ended for a contribution, and when: identity gave the line to another person (`moved`), or its source
# took it back (`withdrawn`).
ending = Table(
    "ending",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("declaration_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    postgresql_partition_by=_BY_PERSON,
)

# What somebody ruled of files, with author and motive; `revoked_at` once it is taken back.
ruling = Table(
    "ruling",
    metadata,
    Column("ruling_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # join | part
    Column("author", Text, nullable=False),
    Column("motive", Text, nullable=False),
    Column("asked", LargeBinary, nullable=False),
    Column("ruled_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", Text),
    Column("revoked_for", Text),
)

# The pairs of files that a ruling is about.
tie = Table(
    "tie",
    metadata,
    Column("financeur", Text, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("other_financeur", Text, primary_key=True),
    Column("other_reference", Text, primary_key=True),
    Column("ruling_id", Uuid, ForeignKey("ruling.ruling_id"), primary_key=True),
    Index("ix_tie_ruling_id", "ruling_id"),
)

# The lock of a person, what belongs to no dossier, what readers are to the person (`accompagne/`) and to each
# dossier (`finance/<dossier_id>`), and what was last announced of everything: the effect of each
# contribution, the digest of each dossier.
parcours = Table(
    "parcours",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("effects", JSONB, nullable=False),
    Column("digests", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("roles", JSONB, nullable=False, server_default="{}"),
    postgresql_partition_by=_BY_PERSON,
)

# A dossier as last folded: for reading and for finding. `state` is what followed on day `state_on`; what it
# is today follows from `happened`.
dossier = Table(
    "dossier",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("dossier_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("state_on", Date, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("happened", JSONB, nullable=False),
    Column("anomalies", JSONB, nullable=False),
    Column("doubts", JSONB, nullable=False),
    Index("ix_dossier_dossier_id", "dossier_id"),
    Index("ix_dossier_doubt", "dossier_id", postgresql_where=text("doubts <> '[]'::jsonb")),
    postgresql_partition_by=_BY_PERSON,
)

# What changed in dossiers and, under the person's id, in what belongs to none, in the order in which it came
# to be seen, and for whom. A number is made of the transaction's and of the place in it: who reads stops
# before the oldest transaction that still runs, and nothing is added behind its back. Neither sequence nor
# lock: nobody waits for anybody (`storage.changes`).
change = Table(
    "change",
    metadata,
    Column("numero", BigInteger, primary_key=True, autoincrement=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("dossier_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # ouvert | modifie | retire
    # With the results of certifications, and without.
    Column("states_before", ARRAY(Text)),
    Column("states_after", ARRAY(Text)),
    Column("readers", ARRAY(Text), nullable=False),
    Column("differences", JSONB, nullable=False),
)

# Up to which number changes are kept no more: one row, once some were forgotten.
forgotten = Table(
    "forgotten",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
)

# Within whose scope a dossier is, and by what it is found there: who reads it is access's to say.
scope = Table(
    "scope",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("dossier_id", Uuid, primary_key=True),
    Column("siret", Text, primary_key=True),
    # The state of the day it was folded, and the next day on which it may be another.
    Column("state", Text, nullable=False),
    Column("turns_on", Date),
    Column("begins_on", Date),
    Column("ends_on", Date),
    Column("anomalies", ARRAY(Text), nullable=False),
    Index("ix_scope_siret_dossier_id", "siret", "dossier_id"),
    Index("ix_scope_siret_state_dossier_id", "siret", "state", "dossier_id"),
    Index("ix_scope_turning", "siret", "turns_on", postgresql_where=text("turns_on IS NOT NULL")),
    Index("ix_scope_anomaly", "siret", "dossier_id", postgresql_where=text("anomalies <> '{}'::text[]")),
    postgresql_partition_by=_BY_PERSON,
)

# By whom what belongs to a person and to no dossier is found: the readers in `parcours.roles`.
reader = Table(
    "reader",
    metadata,
    Column("siret", Text, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    postgresql_partition_by=_BY_PERSON,
)

# What a partner was given and had not told itself, once: by which it need not ask the person again. It goes
# with the declaration whose word it is, to whichever person identity gives that.
spared = Table(
    "spared",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("siret", Text, primary_key=True),
    Column("nature", Text, primary_key=True),
    Column("declaration_id", Uuid, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("profile", Text),
    Column("month", Text, nullable=False),  # aaaa-mm
    postgresql_partition_by=_BY_PERSON,
)
