"""bitemporal: contributions belong to their person and are only added to; large tables are in parts.

What was known when cannot be told of what was there before: it counts as known from the day it was received.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PARTS = 16
_JSON = postgresql.JSONB(astext_type=sa.Text())
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ("contribution", "parcours", "dossier"):
        op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
        op.execute(f"ALTER INDEX pk_{table} RENAME TO pk_{table}_before")
    op.execute("ALTER INDEX ix_contribution_source_reference RENAME TO ix_contribution_before")
    _declarations()
    _of_persons()
    _rulings()
    _carry_over()
    for table in ("contribution", "parcours", "dossier"):
        op.drop_table(f"{table}_before")


def _declarations() -> None:
    op.create_table(
        "declaration",
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("said", _JSON, nullable=True),
        sa.Column("is_kept", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_declaration")),
        postgresql_with={"fillfactor": 70},
    )


def _of_persons() -> None:
    op.create_table(
        "contribution",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("ligne", sa.Integer(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("emise_le", _INSTANT, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("financeur", sa.Text(), nullable=False),
        sa.Column("reference_financeur", sa.Text(), nullable=False),
        sa.Column("rectifie", sa.Uuid(), nullable=True),
        sa.Column("faits", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "declaration_id", "version", name=op.f("pk_contribution")),
        postgresql_partition_by="HASH (person_id)",
    )
    op.create_index("ix_contribution_source_reference", "contribution", ["source", "reference"])
    op.create_table(
        "ending",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "declaration_id", "version", "kind", name=op.f("pk_ending")),
        postgresql_partition_by="HASH (person_id)",
    )
    op.create_table(
        "parcours",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("blocks", _JSON, nullable=False),
        sa.Column("effects", _JSON, nullable=False),
        sa.Column("digests", _JSON, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_parcours")),
        postgresql_partition_by="HASH (person_id)",
    )
    op.create_table(
        "dossier",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_on", sa.Date(), nullable=False),
        sa.Column("blocks", _JSON, nullable=False),
        sa.Column("happened", _JSON, nullable=False),
        sa.Column("anomalies", _JSON, nullable=False),
        sa.Column("doubts", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "dossier_id", name=op.f("pk_dossier")),
        postgresql_partition_by="HASH (person_id)",
    )
    op.create_index("ix_dossier_dossier_id", "dossier", ["dossier_id"])
    op.create_index(
        "ix_dossier_doubt", "dossier", ["dossier_id"], postgresql_where=sa.text("doubts <> '[]'::jsonb")
    )
    # Rows that are only added to fill their pages; those that are changed leave room on theirs.
    for table, fill in (("contribution", 100), ("ending", 100), ("parcours", 70), ("dossier", 80)):
        for part in range(PARTS):
            op.execute(
                f"CREATE TABLE {table}_{part:02d} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part}) WITH (fillfactor = {fill})"
            )


def _rulings() -> None:
    op.create_table(
        "ruling",
        sa.Column("ruling_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("ruled_at", _INSTANT, nullable=False),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_for", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("ruling_id", name=op.f("pk_ruling")),
    )
    op.create_table(
        "tie",
        sa.Column("financeur", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("other_financeur", sa.Text(), nullable=False),
        sa.Column("other_reference", sa.Text(), nullable=False),
        sa.Column("ruling_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["ruling_id"], ["ruling.ruling_id"], name=op.f("fk_tie_ruling_id")),
        sa.PrimaryKeyConstraint(
            "financeur", "reference", "other_financeur", "other_reference", "ruling_id", name=op.f("pk_tie")
        ),
    )
    op.create_index("ix_tie_ruling_id", "tie", ["ruling_id"])


def _carry_over() -> None:
    """Lines of a known person become contributions, the others wait; what was folded is announced anew where
    the fold now gives something else, the next time that something is said of the person."""
    op.execute(
        """
        INSERT INTO declaration (declaration_id, person_id, version, said, is_kept, withdrawn_by)
        SELECT declaration_id, person_id, attribution_version,
               CASE WHEN person_id IS NULL AND nature IS NOT NULL THEN jsonb_build_object(
                   'source', source, 'lot', lot, 'ligne', ligne, 'nature', nature, 'reference', reference,
                   'emise_le', emise_le, 'received_at', received_at, 'financeur', financeur,
                   'reference_financeur', reference_financeur, 'rectifie', rectifie, 'faits', faits) END,
               person_id IS NOT NULL AND nature IS NOT NULL, withdrawn_by
        FROM contribution_before
        """
    )
    op.execute(
        """
        INSERT INTO contribution (person_id, declaration_id, version, recorded_at, source, lot, ligne, nature,
                                  reference, emise_le, received_at, financeur, reference_financeur, rectifie,
                                  faits)
        SELECT person_id, declaration_id, attribution_version, received_at, source, lot, ligne, nature,
               reference, emise_le, received_at, financeur, reference_financeur, rectifie, faits
        FROM contribution_before WHERE person_id IS NOT NULL AND nature IS NOT NULL
        """
    )
    op.execute(
        """
        INSERT INTO ending (person_id, declaration_id, version, kind, recorded_at)
        SELECT one.person_id, one.declaration_id, one.attribution_version, 'withdrawn',
               greatest(one.received_at, other.received_at)
        FROM contribution_before AS one JOIN contribution_before AS other
             ON other.declaration_id = one.withdrawn_by
        WHERE one.person_id IS NOT NULL AND one.nature IS NOT NULL
        """
    )
    op.execute(
        """
        INSERT INTO parcours (person_id, version, blocks, effects, digests, digest)
        SELECT before.person_id, version, blocks, coalesce(effects, '{}'), coalesce(digests, '{}'),
               before.digest
        FROM parcours_before AS before
        LEFT JOIN (
            SELECT person_id, jsonb_object_agg(
                declaration_id, jsonb_build_array(effect, dossier_id, '[]'::jsonb)
            ) AS effects
            FROM contribution_before WHERE effect IS NOT NULL AND person_id IS NOT NULL GROUP BY person_id
        ) AS announced USING (person_id)
        LEFT JOIN (
            SELECT person_id, jsonb_object_agg(dossier_id, '') AS digests
            FROM dossier_before GROUP BY person_id
        ) AS held USING (person_id)
        """
    )
    op.execute(
        """
        INSERT INTO dossier (person_id, dossier_id, state, state_on, blocks, happened, anomalies, doubts)
        SELECT person_id, dossier_id, state, current_date, blocks, '[]', '[]', '[]' FROM dossier_before
        """
    )


def downgrade() -> None:
    raise RuntimeError("what was known when has no place in the tables before")
