"""redactions

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: tuple[str, ...] | None = ()
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "redaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("blob_sha256", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("words", sa.Integer(), nullable=True),
        sa.Column("tombstone", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'file') = (blob_sha256 IS NOT NULL)", name=op.f("ck_redaction_file_has_hash")
        ),
        sa.CheckConstraint(
            "(kind = 'file') = (digest IS NULL) AND (kind = 'file') = (salt IS NULL)",
            name=op.f("ck_redaction_words_have_print"),
        ),
        sa.CheckConstraint(
            "(kind = 'passage') = (length IS NOT NULL) AND (kind = 'passage') = (words IS NOT NULL)",
            name=op.f("ck_redaction_passage_has_length"),
        ),
        sa.CheckConstraint(
            "(kind = 'person') = (user_id IS NOT NULL)",
            name=op.f("ck_redaction_person_has_account"),
        ),
        sa.CheckConstraint(
            "gone_at IS NULL OR kind = 'file'", name=op.f("ck_redaction_gone_is_file")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_redaction_reason_some")),
        sa.CheckConstraint(
            "\"kind\" IN ('passage', 'file', 'person')", name=op.f("ck_redaction_kind_listed")
        ),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_redaction_board_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_redaction_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_redaction_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
        sa.UniqueConstraint("uid", name=op.f("uq_redaction_uid")),
    )
    with op.batch_alter_table("redaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_redaction_blob_sha256"), ["blob_sha256"], unique=False)
        batch_op.create_index(
            "ix_redaction_board_id_made_at", ["board_id", "made_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_redaction_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("redaction")
