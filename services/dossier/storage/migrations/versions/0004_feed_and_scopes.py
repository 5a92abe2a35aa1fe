"""feed and scopes: changes in the order in which they came to be seen, and who finds which dossier.

The feed begins empty: who follows begins with a snapshot. Scopes are read from the dossiers as they stand,
which show who is anything to whom.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = 16


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("numero", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("states_before", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("states_after", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("readers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("differences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("numero", name=op.f("pk_change")),
    )
    op.create_table(
        "scope",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("turns_on", sa.Date(), nullable=True),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("anomalies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "dossier_id", "siret", name=op.f("pk_scope")),
        postgresql_partition_by="HASH (person_id)",
    )
    for part in range(PARTS):
        op.execute(
            f"CREATE TABLE scope_{part:02d} PARTITION OF scope "
            f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        )
    op.execute(_SCOPES)
    op.create_index("ix_scope_siret_dossier_id", "scope", ["siret", "dossier_id"])
    op.create_index("ix_scope_siret_state_dossier_id", "scope", ["siret", "state", "dossier_id"])
    op.create_index(
        "ix_scope_turning", "scope", ["siret", "turns_on"], postgresql_where=sa.text("turns_on IS NOT NULL")
    )
    op.create_index(
        "ix_scope_anomaly",
        "scope",
        ["siret", "dossier_id"],
        postgresql_where=sa.text("anomalies <> '{}'::text[]"),
    )


# Whose file it is, who pays of it, who pays the person; who certified the person, and who follows it.
_SCOPES = """
    WITH related AS (
        SELECT person_id, file #>> '{0,0}' AS siret FROM dossier, jsonb_array_elements(happened) AS file
        UNION
        SELECT person_id, one ->> 'financeur'
        FROM dossier, jsonb_array_elements(blocks -> 'financements') AS one
        UNION
        SELECT person_id, one ->> 'payeur'
        FROM dossier, jsonb_array_elements(blocks -> 'remunerations') AS one
        UNION
        SELECT person_id, one ->> 'certificateur'
        FROM parcours, jsonb_array_elements(blocks -> 'certifications') AS one
        UNION
        SELECT person_id, one ->> 'operateur'
        FROM parcours, jsonb_array_elements(blocks -> 'accompagnements') AS one
    )
    INSERT INTO scope (person_id, dossier_id, siret, state, turns_on, begins_on, ends_on, anomalies)
    SELECT person_id, dossier_id, siret, state,
        (
            SELECT min((event ->> 1)::date)
            FROM jsonb_array_elements(happened) AS file, jsonb_array_elements(file -> 1) AS event
            WHERE (event ->> 1)::date > state_on
        ),
        coalesce(blocks #>> '{dates,entree_le}', blocks #>> '{dates,debut_prevu}')::date,
        coalesce(blocks #>> '{dates,sortie_le}', blocks #>> '{dates,fin_prevue}')::date,
        ARRAY(SELECT DISTINCT one ->> 0 FROM jsonb_array_elements(anomalies) AS one ORDER BY 1)
    FROM dossier JOIN related USING (person_id)
"""


def downgrade() -> None:
    op.drop_table("scope")
    op.drop_table("change")
