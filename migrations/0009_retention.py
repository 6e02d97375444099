"""How long a cycle's contents are kept, and what was removed of it.

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: tuple[str, ...] | None = ()
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.CheckConstraint("files >= 0", name=op.f("ck_retention_run_files_counted")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_retention_run_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_retention_run_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    with op.batch_alter_table("retention_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_run_cycle_id"), ["cycle_id"], unique=False)

    with op.batch_alter_table("cycle", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retain_years", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("contents_removed_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.create_check_constraint(
            op.f("ck_cycle_retain_years_range"), "retain_years BETWEEN 1 AND 50"
        )


def downgrade() -> None:
    with op.batch_alter_table("cycle", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_cycle_retain_years_range"), type_="check")
        batch_op.drop_column("contents_removed_at")
        batch_op.drop_column("retain_years")

    with op.batch_alter_table("retention_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retention_run_cycle_id"))

    op.drop_table("retention_run")
