"""The triggers by which the database itself refuses to change the log.

`audit_log`: no change, no deletion, no emptying. `audit_payload`: the same, but for a redaction,
which counts itself, says when it was, and brings a new salt. They stop a slip and a quiet change by
the service's own account; who may drop triggers gets past them, and is found by the chain.

A migration holds its own copy: what is said here is what a new table gets.
"""

from collections.abc import Mapping

_REFUSED = "The log cannot be changed."
_REDACTED = "A payload of the log cannot be changed, only redacted."

_IN_SQLITE = {
    "audit_log": (
        f"""CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
        f"""CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
        # INSERT OR REPLACE deletes the row that is in its way without asking the trigger above.
        f"""CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
        WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id OR hash = NEW.hash
        OR (chain = NEW.chain AND sequence = NEW.sequence))
        BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
    ),
    "audit_payload": (
        f"""CREATE TRIGGER audit_payload_no_update BEFORE UPDATE ON audit_payload
        WHEN NEW.log_id <> OLD.log_id OR NEW.redactions <> OLD.redactions + 1
        OR NEW.redacted_at IS NULL OR length(NEW.salt) <> 32 OR NEW.salt = OLD.salt
        BEGIN SELECT RAISE(ABORT, '{_REDACTED}'); END""",
        f"""CREATE TRIGGER audit_payload_no_delete BEFORE DELETE ON audit_payload
        BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
        f"""CREATE TRIGGER audit_payload_no_replace BEFORE INSERT ON audit_payload
        WHEN EXISTS (SELECT 1 FROM audit_payload WHERE log_id = NEW.log_id)
        BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
    ),
}

_IN_POSTGRESQL = {
    "audit_log": (
        f"""CREATE OR REPLACE FUNCTION s11audit_refuse_log_change() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
        """CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
        FOR EACH ROW EXECUTE FUNCTION s11audit_refuse_log_change()""",
        """CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION s11audit_refuse_log_change()""",
    ),
    "audit_payload": (
        f"""CREATE OR REPLACE FUNCTION s11audit_check_redaction() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.log_id <> OLD.log_id OR NEW.redactions <> OLD.redactions + 1
        OR NEW.redacted_at IS NULL OR length(NEW.salt) <> 32 OR NEW.salt = OLD.salt THEN
        RAISE EXCEPTION '{_REDACTED}' USING ERRCODE = 'integrity_constraint_violation';
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

GUARDS: dict[str, Mapping[str, tuple[str, ...]]] = {
    "sqlite": _IN_SQLITE,
    "postgresql": _IN_POSTGRESQL,
}
NAMES = {
    "sqlite": frozenset(
        {
            "audit_log_no_update", "audit_log_no_delete", "audit_log_no_replace",
            "audit_payload_no_update", "audit_payload_no_delete", "audit_payload_no_replace",
        }
    ),
    "postgresql": frozenset(
        {
            "audit_log_no_change", "audit_log_no_truncate",
            "audit_payload_no_update", "audit_payload_no_delete", "audit_payload_no_truncate",
        }
    ),
}  # fmt: skip
