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
        sa.Column("sketch", postgresql.BIT(256), nullable=False),
        sa.Column("is_nobody", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("marked_with", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record")),
        sa.UniqueConstraint("mark", name=op.f("uq_record_mark")),
        postgresql_with={"fillfactor": 90},
    )
    op.create_index(op.f("ix_record_person_id"), "record", ["person_id"], unique=False)
    op.create_table(
        "record_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", name=op.f("pk_record_key")),
    )
    op.create_table(
        "verdict",
        sa.Column("one", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(53), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("same_self", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_verdict")),
    )
    op.create_index("ix_verdict_other", "verdict", ["other"], unique=False)
    op.add_column("statement", sa.Column("record_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_statement_record_id"), "statement", ["record_id"], unique=False)
    op.drop_table("held")
    op.drop_table("person")
    # A line without a person waited for a human; now it has one of its own until a human ties it to another.
    op.execute("UPDATE decision SET person_id = gen_random_uuid() WHERE person_id IS NULL")
    op.alter_column("decision", "person_id", nullable=False)


def downgrade() -> None:
    raise NotImplementedError("persons cannot be put back into one row each")
