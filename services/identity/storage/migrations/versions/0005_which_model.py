"""which model: records say by which one they are keyed, verdicts whether they are kept from an earlier one.

The defaults are constants: PostgreSQL notes them in its catalogue, and rewrites no row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("record", sa.Column("keyed_with", sa.Text(), server_default="", nullable=False))
    op.add_column("verdict", sa.Column("is_kept", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "adoption",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_adoption")),
    )


def downgrade() -> None:
    op.drop_table("adoption")
    op.drop_column("verdict", "is_kept")
    op.drop_column("record", "keyed_with")
