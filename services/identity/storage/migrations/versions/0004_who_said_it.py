"""who said it: statements keep their source and day, sources their profile, rulings what they moved."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("siret", name=op.f("pk_source")),
    )
    op.add_column("statement", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("statement", sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ruling", sa.Column("asked", sa.LargeBinary(), nullable=True))
    for name in ("moved", "moved_back"):
        op.add_column("ruling", sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in ("moved_back", "moved", "asked"):
        op.drop_column("ruling", name)
    op.drop_column("statement", "said_at")
    op.drop_column("statement", "source")
    op.drop_table("source")
