"""spared: what partners need not ask again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spared",
        sa.Column("mois", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("profil", sa.Text(), nullable=False),
        sa.Column("partenaire", sa.Text(), nullable=False),
        sa.Column("stagiaire", sa.Text(), nullable=False),
        sa.Column("valeurs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "mois", "nature", "profil", "partenaire", "stagiaire", name=op.f("pk_spared")
        ),
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    op.drop_table("spared")
