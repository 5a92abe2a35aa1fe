"""readers: what each organisation is to a person, by which what belongs to no dossier is told and found.

Read from what the dossiers and the parcours show, as scopes were; every parcours is written anew. What
`run dossier_bulk` of the version before folds meanwhile is not noted here: stop it before, lines wait in
their queues.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PARTS = 16


def upgrade() -> None:
    op.create_table(
        "reader",
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("siret", "person_id", name=op.f("pk_reader")),
        postgresql_partition_by="HASH (person_id)",
    )
    for part in range(PARTS):
        op.execute(
            f"CREATE TABLE reader_{part:02d} PARTITION OF reader "
            f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        )
    op.add_column(
        "parcours",
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )
    op.execute(_ROLES)
    op.execute(
        "INSERT INTO reader (siret, person_id) SELECT jsonb_object_keys(roles), person_id FROM parcours"
    )


# Whose file it is, who pays of it, who pays the person; who certified the person, and who follows it.
_ROLES = """
    WITH related AS (
        SELECT person_id, file #>> '{0,0}' AS siret, 'finance/' || dossier_id AS role
        FROM dossier, jsonb_array_elements(happened) AS file
        UNION
        SELECT person_id, one ->> 'financeur', 'finance/' || dossier_id
        FROM dossier, jsonb_array_elements(blocks -> 'financements') AS one
        UNION
        SELECT person_id, one ->> 'payeur', 'paie/' || dossier_id
        FROM dossier, jsonb_array_elements(blocks -> 'remunerations') AS one
        UNION
        SELECT person_id, one ->> 'certificateur', 'certifie/'
        FROM parcours, jsonb_array_elements(blocks -> 'certifications') AS one
        UNION
        SELECT person_id, one ->> 'operateur', 'accompagne/'
        FROM parcours, jsonb_array_elements(blocks -> 'accompagnements') AS one
    )
    UPDATE parcours SET roles = found.roles
    FROM (
        SELECT person_id, jsonb_object_agg(siret, their_roles) AS roles
        FROM (
            -- In the order in which a fold has them: of the person, then by dossier, then by role.
            SELECT person_id, siret, jsonb_agg(role ORDER BY split_part(role, '/', 2), role) AS their_roles
            FROM related GROUP BY person_id, siret
        ) AS by_reader
        GROUP BY person_id
    ) AS found
    WHERE parcours.person_id = found.person_id
"""


def downgrade() -> None:
    op.drop_column("parcours", "roles")
    op.drop_table("reader")
