"""journal: which call was made to identity, about whom, by which agent and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default rewrites no row: what was written stays as it was hashed.
    op.add_column(
        "journal",
        sa.Column("person_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
    )
    for name in ("appel", "agent", "motif"):
        op.add_column("journal", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("motif", "agent", "appel", "person_ids"):
        op.drop_column("journal", name)
