"""`s11audit check`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from s11audit.adapters.storage import StorageFailed
from s11audit.commands.opening import entered, now
from s11audit.paths import settings_module
from s11audit.scoring.words import counted

if TYPE_CHECKING:
    from flask import Flask

    from s11audit.services.checks import Finding

_UNREADABLE = "The database cannot be read"
_SEE_TO_DATABASE = (
    "See that it runs and that S11AUDIT_DATABASE_URL and S11AUDIT_DATA are right. Where the "
    "database itself is damaged, stop the service, keep it, and restore the last good backup into "
    "an empty place."
)
_SEE_TO_BUCKET = "See that it runs, and that S11AUDIT_EVIDENCE_URL and the keys to it are right."
_SEE_TO_FOLDER = "See that the folder is there, and that this user may read and write it."
# Where the database is empty, of another version or not to be read, nothing in it is looked at.
_NOTHING_TO_ASK = ("s11audit init", "Install that version", _UNREADABLE)


@click.command()
@click.option("--deep", is_flag=True, help="Read every evidence file and compare it with its hash.")
def check(deep: bool) -> int:
    """Look over database, log, evidence, settings, backups, mail and worker, and say what is wrong.

    The exit code is 1 where something has to be done.
    """
    with entered() as app:
        from s11audit.services.checks import Severity

        found = _findings(app, deep=deep)
    for finding in found:
        mark = "wrong" if finding.severity is Severity.WRONG else "note"
        click.echo(f"{finding.area} ({mark}): {finding.sentence}")
    wrong = sum(finding.severity is Severity.WRONG for finding in found)
    click.echo(f"{counted(wrong, 'thing is', 'things are')} wrong." if wrong else "All is well.")
    return 1 if wrong else 0


def _findings(app: "Flask", *, deep: bool) -> "list[Finding]":
    """Return every finding. Where the database cannot be read, what is in it is not asked for."""
    from s11audit.adapters.mail import can_send
    from s11audit.adapters.storage import storage_at
    from s11audit.extensions import db
    from s11audit.services import checks
    from s11audit.services.checks_scanning import check_halves, check_scanning

    moment, data = now(), app.config
    found = checks.check_settings(settings_module().weaknesses(data) + _sign_on(data["SIGN_ON"]))
    of_database = _asked("database", lambda: checks.check_database(db.engine))
    found += of_database

    def evidence() -> "list[Finding]":
        storage = storage_at(data["EVIDENCE_URL"])
        known = checks.check_evidence(db.session, storage, now=moment, deep=deep)
        return known + check_halves(storage)

    if not any(said in each.sentence for each in of_database for said in _NOTHING_TO_ASK):
        for area, ask in (
            ("log", lambda: checks.check_log(db.session)),
            ("evidence", evidence),
            ("scanning", lambda: check_scanning(db.session, data["CLAMD"], now=moment)),
            ("mail", lambda: checks.check_mail(db.session, now=moment, can_send=can_send())),
            ("worker", lambda: checks.check_worker(db.session, now=moment)),
        ):
            found += _asked(area, ask)
            db.session.rollback()
    found += checks.check_ledger(Path(data["REDACTIONS"]))
    if data["BACKUPS"]:
        found += checks.check_backups(Path(data["BACKUPS"]), now=moment)
    return found + checks.check_folder(Path(data["DATA"]))


def _sign_on(file: str) -> list[str]:
    """Return what is wrong with the file of single sign-on, without which nothing is served."""
    if not file:
        return []
    from s11audit.adapters.sign_on import providers_in  # with its library, which is large

    try:
        providers_in(file)
    except ValueError as error:
        return [str(error)]
    return []


def _asked(area: str, ask: "Callable[[], list[Finding]]") -> "list[Finding]":
    """Return the findings of an area; that it cannot be looked at is one."""
    from s11audit.services.checks import Finding

    try:
        return ask()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return [Finding(area, f"{_UNREADABLE}: {reason.rstrip('.')}. {_SEE_TO_DATABASE}")]
    except StorageFailed as error:
        url = current_app.config["EVIDENCE_URL"]
        what_to_do = _SEE_TO_FOLDER if url.startswith("file:") else _SEE_TO_BUCKET
        reason = error.reason.rstrip(".")
        return [Finding(area, f"The evidence store cannot be read: {reason}. {what_to_do}")]
