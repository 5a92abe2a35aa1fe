"""lots to forget: found by the day they were received."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_lot_to_forget", "lot", ["received_at"], postgresql_where=sa.text("sealed IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_lot_to_forget", table_name="lot")
