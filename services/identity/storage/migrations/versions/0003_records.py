"""records: persons are clusters of what was told, found by several keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_content")),
    )
    op.create_table(
        "record",
        sa.Column("record_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("is_nobody", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("marked_with", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record")),
        sa.UniqueConstraint("mark", name=op.f("uq_record_mark")),
        postgresql_with={"fillfactor": 90},
    )
    op.create_index(op.f("ix_record_person_id"), "record", ["person_id"], unique=False)
    op.create_table(
        "record_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("sketch", postgresql.BIT(256), nullable=False),
    )
    op.create_index(
        "uq_record_key", "record_key", ["key", "record_id"], unique=True, postgresql_include=["sketch"]
    )
    op.create_table(
        "verdict",
        sa.Column("one", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(53), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("same_self", sa.Boolean(), nullable=True),
        sa.Column("is_followed", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_verdict")),
    )
    op.create_index("ix_verdict_other", "verdict", ["other"], unique=False)
    op.create_index(
        "ix_verdict_doubt",
        "verdict",
        ["one", "other"],
        unique=False,
        postgresql_where=sa.text("answer = 'doute' OR NOT is_followed"),
    )
    op.create_table(
        "ruling",
        sa.Column("ruling_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_for", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("ruling_id", name=op.f("pk_ruling")),
    )
    op.create_table(
        "tie",
        sa.Column("ruling_id", sa.Uuid(), nullable=False),
        sa.Column("one", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("one_record", sa.BigInteger(), nullable=False),
        sa.Column("other_record", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ruling_id"], ["ruling.ruling_id"], name=op.f("fk_tie_ruling_id")),
        sa.PrimaryKeyConstraint("ruling_id", "one", "other", name=op.f("pk_tie")),
    )
    op.create_index(op.f("ix_tie_one_record"), "tie", ["one_record"], unique=False)
    op.create_index(op.f("ix_tie_other_record"), "tie", ["other_record"], unique=False)
    op.create_table(
        "move",
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("from_person", sa.Uuid(), nullable=False),
        sa.Column("to_person", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_move")),
    )
    op.create_index(op.f("ix_move_record_id"), "move", ["record_id"], unique=False)
    op.add_column("statement", sa.Column("record_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_statement_record_id"), "statement", ["record_id"], unique=False)
    op.drop_table("held")
    op.drop_table("person")
    # A line without a person waited for a human; now it has one of its own until a human ties it to another.
    op.execute("UPDATE decision SET person_id = gen_random_uuid() WHERE person_id IS NULL")
    op.alter_column("decision", "person_id", nullable=False)


def downgrade() -> None:
    raise RuntimeError("persons are clusters from here on: they cannot be put back into one row each")
