"""The log: the address a change came from, names apart from the rows, and guards.

The names of those who did something move from the rows, which no longer change, to the payloads,
where they can be erased. Rows of version 1 keep their hashes.

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: tuple[str, ...] | None = ()
depends_on: str | None = None

GUARDS = {
    "sqlite": (
        """CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'The log cannot be changed.'); END""",
        """CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'The log cannot be changed.'); END""",
        """CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
        WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id OR hash = NEW.hash
        OR (chain = NEW.chain AND sequence = NEW.sequence))
        BEGIN SELECT RAISE(ABORT, 'The log cannot be changed.'); END""",
        """CREATE TRIGGER audit_payload_no_update BEFORE UPDATE ON audit_payload
        WHEN NEW.log_id <> OLD.log_id OR NEW.redactions <> OLD.redactions + 1
        OR NEW.redacted_at IS NULL OR length(NEW.salt) <> 32 OR NEW.salt = OLD.salt
        BEGIN SELECT RAISE(ABORT, 'A payload of the log cannot be changed, only redacted.'); END""",
        """CREATE TRIGGER audit_payload_no_delete BEFORE DELETE ON audit_payload
        BEGIN SELECT RAISE(ABORT, 'The log cannot be changed.'); END""",
        """CREATE TRIGGER audit_payload_no_replace BEFORE INSERT ON audit_payload
        WHEN EXISTS (SELECT 1 FROM audit_payload WHERE log_id = NEW.log_id)
        BEGIN SELECT RAISE(ABORT, 'The log cannot be changed.'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION s11audit_refuse_log_change() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'The log cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
        """CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
        FOR EACH ROW EXECUTE FUNCTION s11audit_refuse_log_change()""",
        """CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION s11audit_refuse_log_change()""",
        """CREATE OR REPLACE FUNCTION s11audit_check_redaction() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.log_id <> OLD.log_id OR NEW.redactions <> OLD.redactions + 1
        OR NEW.redacted_at IS NULL OR length(NEW.salt) <> 32 OR NEW.salt = OLD.salt THEN
        RAISE EXCEPTION 'A payload of the log cannot be changed, only redacted.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
        END $$""",
        """CREATE TRIGGER audit_payload_no_update BEFORE UPDATE ON audit_payload
        FOR EACH ROW EXECUTE FUNCTION s11audit_check_redaction()""",
        """CREATE TRIGGER audit_payload_no_delete BEFORE DELETE ON audit_payload
        FOR EACH ROW EXECUTE FUNCTION s11audit_refuse_log_change()""",
        """CREATE TRIGGER audit_payload_no_truncate BEFORE TRUNCATE ON audit_payload
        FOR EACH STATEMENT EXECUTE FUNCTION s11audit_refuse_log_change()""",
    ),
}


def upgrade() -> None:
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.String(length=45), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("audit_payload", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("who", sa.String(length=300), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("salt", sa.String(length=32), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("redactions", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_audit_payload_redactions_counted"), "redactions >= 0"
        )
        batch_op.create_check_constraint(
            op.f("ck_audit_payload_redacted_has_day"),
            "(redactions = 0) = (redacted_at IS NULL)",
        )

    op.execute(
        "UPDATE audit_payload SET who ="
        " (SELECT who FROM audit_log WHERE audit_log.id = audit_payload.log_id)"
    )
    op.execute(
        "UPDATE audit_log SET who = 'account ' || user_id WHERE user_id IS NOT NULL"
        " AND id IN (SELECT log_id FROM audit_payload)"
    )
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER audit_log_no_{name}")
            op.execute(f"DROP TRIGGER audit_payload_no_{name}")
    else:
        op.execute("DROP FUNCTION s11audit_refuse_log_change() CASCADE")
        op.execute("DROP FUNCTION s11audit_check_redaction() CASCADE")
    op.execute(
        "UPDATE audit_log SET who ="
        " (SELECT who FROM audit_payload WHERE audit_log.id = audit_payload.log_id)"
        " WHERE id IN (SELECT log_id FROM audit_payload)"
    )
    with op.batch_alter_table("audit_payload", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_audit_payload_redacted_has_day"), type_="check")
        batch_op.drop_constraint(op.f("ck_audit_payload_redactions_counted"), type_="check")
        batch_op.drop_column("redacted_at")
        batch_op.drop_column("redactions")
        batch_op.drop_column("salt")
        batch_op.drop_column("who")

    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("address")
