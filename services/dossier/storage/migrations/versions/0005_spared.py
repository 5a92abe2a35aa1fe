"""spared: what partners were given and had not told themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTS = 16


def upgrade() -> None:
    op.create_table(
        "spared",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("month", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "siret", "nature", "declaration_id", "model", "path", name=op.f("pk_spared")
        ),
        postgresql_partition_by="HASH (person_id)",
    )
    for part in range(PARTS):
        op.execute(
            f"CREATE TABLE spared_{part:02d} PARTITION OF spared "
            f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        )


def downgrade() -> None:
    op.drop_table("spared")
