"""Sign-in names, leaving, and handing over.

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: tuple[str, ...] | None = ()
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "hand_over_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_hand_over_note_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_hand_over_note_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_note")),
        sa.UniqueConstraint(
            "membership_id", "author_id", name=op.f("uq_hand_over_note_membership_id_author_id")
        ),
    )
    with op.batch_alter_table("hand_over_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hand_over_note_author_id"), ["author_id"], unique=False
        )

    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("from_user_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("stays_until", sa.Date(), nullable=True),
        sa.Column("by_office", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT by_office OR stays_until IS NULL", name=op.f("ck_hand_over_office_ends_at_once")
        ),
        sa.ForeignKeyConstraint(
            ["from_user_id"], ["user.id"], name=op.f("fk_hand_over_from_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_hand_over_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_hand_over_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_hand_over_invitation_id")),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hand_over_from_user_id"), ["from_user_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_hand_over_membership_id"), ["membership_id"], unique=False
        )

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("for_user_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_invitation_for_user_id"), "user", ["for_user_id"], ["id"]
        )

    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sign_in_name", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_user_email"), type_="unique")
        batch_op.create_index(batch_op.f("ix_user_email"), ["email"], unique=False)
        batch_op.create_index(
            "uq_user_email_alone",
            ["email"],
            unique=True,
            sqlite_where=sa.text("sign_in_name IS NULL"),
            postgresql_where=sa.text("sign_in_name IS NULL"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_user_sign_in_name"), ["sign_in_name"])
        batch_op.create_check_constraint(
            op.f("ck_user_sign_in_name_plain"),
            "sign_in_name = lower(sign_in_name) AND sign_in_name <> ''"
            " AND replace(sign_in_name, '@', '') = sign_in_name",
        )
        batch_op.create_check_constraint(
            op.f("ck_user_deactivated_is_not_active"), "deactivated_at IS NULL OR NOT active"
        )


def downgrade() -> None:
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_user_deactivated_is_not_active"), type_="check")
        batch_op.drop_constraint(op.f("ck_user_sign_in_name_plain"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_user_sign_in_name"), type_="unique")
        batch_op.drop_index(
            "uq_user_email_alone",
            sqlite_where=sa.text("sign_in_name IS NULL"),
            postgresql_where=sa.text("sign_in_name IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_user_email"))
        batch_op.create_unique_constraint(batch_op.f("uq_user_email"), ["email"])
        batch_op.drop_column("deactivated_at")
        batch_op.drop_column("sign_in_name")

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_invitation_for_user_id"), type_="foreignkey")
        batch_op.drop_column("for_user_id")

    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hand_over_membership_id"))
        batch_op.drop_index(batch_op.f("ix_hand_over_from_user_id"))

    op.drop_table("hand_over")
    with op.batch_alter_table("hand_over_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hand_over_note_author_id"))

    op.drop_table("hand_over_note")
