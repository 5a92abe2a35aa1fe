"""what dossiers find: a line has its dossier's anomalies, a partner the profile by which it is believed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("line", sa.Column("anomalies", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("partner", sa.Column("profile", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("partner", "profile")
    op.drop_column("line", "anomalies")
