"""Files held until they are scanned, and uploads on their way.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: tuple[str, ...] | None = ()
depends_on: str | None = None

UNSCANNED = sa.text("scan_state IN ('waiting', 'not_scanned')")


def upgrade() -> None:
    op.create_table(
        "pending_upload",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pending_upload")),
    )
    op.create_index("ix_pending_upload_began_at", "pending_upload", ["began_at"])
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("scan_tried_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "scan_problem", sa.String(length=200), server_default=sa.text("''"), nullable=False
            )
        )
        batch_op.add_column(
            sa.Column("found", sa.String(length=200), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("bytes_removed_at", sa.DateTime(timezone=True), nullable=True)
        )
    # No file was marked infected before this version: nothing scanned them.
    op.execute("UPDATE blob SET found = 'not named' WHERE scan_state = 'infected'")
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_blob_scan_state_listed"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_blob_scan_state_listed"),
            "\"scan_state\" IN ('not_scanned', 'waiting', 'clean', 'infected')",
        )
        batch_op.create_check_constraint(
            op.f("ck_blob_infected_by_something"), "(scan_state = 'infected') = (found <> '')"
        )
        batch_op.create_index(
            "ix_blob_unscanned",
            ["stored_at"],
            sqlite_where=UNSCANNED,
            postgresql_where=UNSCANNED,
        )


def downgrade() -> None:
    op.execute("UPDATE blob SET scan_state = 'not_scanned' WHERE scan_state = 'waiting'")
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.drop_index("ix_blob_unscanned")
        batch_op.drop_constraint(op.f("ck_blob_infected_by_something"), type_="check")
        batch_op.drop_constraint(op.f("ck_blob_scan_state_listed"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_blob_scan_state_listed"),
            "\"scan_state\" IN ('not_scanned', 'clean', 'infected')",
        )
        for name in ("bytes_removed_at", "found", "scan_problem", "scan_tried_at", "scanned_at"):
            batch_op.drop_column(name)
    op.drop_table("pending_upload")
