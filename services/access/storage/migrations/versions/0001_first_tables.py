"""First tables; the journal takes new entries and nothing else."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# For each statement, so that one which touches no row is refused too. Whoever owns the table can switch
# a trigger off: then the hashes tell.
APPEND_ONLY = (
    """
    CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change()
    """,
)
# Every chain begins with 32 zero bytes: what its first entry follows. A head that is missing is not
# made anew, for then a chain could begin again unnoticed.
HEADS = """
    INSERT INTO journal_head (chain, seq, hash)
    SELECT chain, 0, decode(repeat('00', 32), 'hex') FROM generate_series(0, 15) AS chains(chain)
"""


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "listener", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_handled_at"), "inbox", ["handled_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("chain", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("finalite", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("dossier_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("habilitation_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("chain BETWEEN 0 AND 15", name=op.f("ck_journal_chain")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_journal_seq")),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_journal")),
    )
    op.create_table(
        "journal_head",
        sa.Column("chain", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "organisation",
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("siret", name=op.f("pk_organisation")),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("routing_key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_table(
        "parcours_relation",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
    )
    op.create_index(
        "uq_parcours_relation",
        "parcours_relation",
        ["person_id", "siret", "role", "dossier_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "parcours_version",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_parcours_version")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "habilitation",
        sa.Column("habilitation_id", sa.Uuid(), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("finalite", sa.Text(), nullable=False),
        sa.Column("perimetre", sa.Text(), nullable=True),
        sa.Column("blocs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("base_legale", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_habilitation_period")),
        sa.ForeignKeyConstraint(["siret"], ["organisation.siret"], name=op.f("fk_habilitation_siret")),
        sa.PrimaryKeyConstraint("habilitation_id", name=op.f("pk_habilitation")),
    )
    op.create_index(op.f("ix_habilitation_siret"), "habilitation", ["siret"], unique=False)
    for statement in (*APPEND_ONLY, HEADS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_habilitation_siret"), table_name="habilitation")
    op.drop_table("habilitation")
    op.drop_table("parcours_version")
    op.drop_index("uq_parcours_relation", table_name="parcours_relation", postgresql_nulls_not_distinct=True)
    op.drop_table("parcours_relation")
    op.drop_table("outbox")
    op.drop_table("organisation")
    op.drop_table("journal_head")
    op.drop_table("journal")
    op.drop_index(op.f("ix_inbox_handled_at"), table_name="inbox")
    op.drop_table("inbox")
    op.execute("DROP FUNCTION refuse_journal_change")
