"""blocks: the records of a key lie together, where each key of each record was a row.

Identity stops while this runs, and what it is told waits: a minute for each million of records. A process of
the version before finds its keys gone, and takes in nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The index gives a range of keys in order, and none takes as long as a statement may.
_RANGES = 256
PACK = sa.text(
    """
    INSERT INTO block (key, piece, newest, entries)
    SELECT key, (place - 1) / 64, max(record_id),
           string_agg(int8send(record_id) || substr(bit_send(sketch), 5), '' ORDER BY record_id)
    FROM (
        SELECT key, record_id, sketch, row_number() OVER (PARTITION BY key ORDER BY record_id) AS place
        FROM record_key WHERE key BETWEEN :first AND :last
    ) AS placed
    GROUP BY 1, 2
    """
)


def upgrade() -> None:
    op.execute("LOCK TABLE record_key IN ACCESS EXCLUSIVE MODE")
    op.create_table(
        "block",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("piece", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", "piece", name=op.f("pk_block")),
        postgresql_with={"fillfactor": 85, "toast_tuple_target": 8160},
    )
    width = 2**64 // _RANGES
    for first in range(-(2**63), 2**63, width):
        op.get_bind().execute(PACK, {"first": first, "last": first + width - 1})
    op.drop_table("record_key")


def downgrade() -> None:
    raise RuntimeError("blocks are not taken apart again: restore what was kept from before")
