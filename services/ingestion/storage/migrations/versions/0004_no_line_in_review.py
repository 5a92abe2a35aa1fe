"""no line in review: a doubt keeps nobody waiting, so nothing is noted of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("line", "review_version")
    op.drop_column("line", "review_cause")


def downgrade() -> None:
    op.add_column("line", sa.Column("review_cause", sa.Text(), nullable=True))
    op.add_column("line", sa.Column("review_version", sa.Integer(), nullable=True))
