"""`s11audit backup` and `restore`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s11audit.commands.opening import entered, now
from s11audit.commands.progress import Progress
from s11audit.domain.dates import moment_in_words
from s11audit.scoring.words import counted

if TYPE_CHECKING:
    from flask import Flask

    from s11audit.adapters.storage import Storage


class BackupPath(click.Path):
    """A path of a file, as it was given."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=BackupPath())
def backup(file: Path) -> None:
    """Write database and evidence to FILE, as of this moment, while the service goes on."""
    from s11audit.extensions import db
    from s11audit.services import backups

    with entered() as app:
        progress = Progress("Writing the backup")
        try:
            made = backups.write(
                db.engine,
                _storage(app),
                file,
                now=now(),
                secret_key=app.config["SECRET_KEY"],
                ledger=_ledger(app),
                told=progress,
            )
        except OSError as error:
            raise _not_written(file, error) from error
        finally:
            progress.end()
    click.echo(
        f"{file}: {_held(made.tables, made.rows, made.files)}, {made.size:,} bytes, read back and "
        f"checked.\nSHA-256 {made.sha256}"
    )
    if made.missing:
        click.echo(
            f"Not in the evidence store, and so not in the backup: "
            f"{counted(len(made.missing), 'file', 'files')}. s11audit check names them.",
            err=True,
        )
    if made.damaged:
        raise click.ClickException(
            f"Damaged in the evidence store, and so not in the backup: {', '.join(made.damaged)}. "
            "Put each back from an earlier backup: restore it beside, and copy the file."
        )


@click.command()
@click.argument("file", type=BackupPath())
def restore(file: Path) -> None:
    """Put the backup in FILE into an empty database and an empty evidence store."""
    from s11audit.extensions import db
    from s11audit.services import restoring

    with entered() as app:
        progress = Progress("Restoring")
        done = restoring.restore(
            db.engine,
            _storage(app),
            file,
            now=now(),
            secret_key=app.config["SECRET_KEY"],
            ledgers=[each for each in (_ledger(app), beside(file)) if each],
            told=progress,
        )
        progress.end()
    made = moment_in_words(datetime.fromisoformat(done.made_at))
    click.echo(
        f"The backup of {made} is restored: {_held(done.tables, done.rows, done.files)}.\n"
        "Everybody is signed out, links that work once no longer work, and mail that was waiting "
        "is held back under “Unsent mail”."
    )
    if done.redacted:
        again = counted(done.redacted, "redaction was", "redactions were")
        click.echo(f"{again} done again.")
    if not done.same_key:
        click.echo(
            "The secret key here is not the one that the backup was made under: authenticator apps "
            "do not work until S11AUDIT_SECRET_KEY is that one.",
            err=True,
        )
    if done.missing:
        lost = counted(len(done.missing), "evidence file", "evidence files")
        click.echo(f"Missing when the backup was made: {lost}.", err=True)
    if done.broken:
        raise click.ClickException(
            f"The log is broken at {done.broken.chain}, entry {done.broken.sequence}: "
            f"{done.broken.reason}. It was so when the backup was made."
        )
    click.echo(
        f"The log is whole: {counted(done.entries, 'entry', 'entries')} checked.\n"
        "Next: s11audit check --deep. It should call nothing wrong but the worker, which does not "
        "run yet, and backups where none was made here. Then start the service."
    )


def _not_written(file: Path, error: OSError) -> click.ClickException:
    from s11audit.transactions import is_out_of_room

    what_to_do = "Name a file in a folder that is there and that this user may write to."
    if is_out_of_room(error):
        what_to_do = "Make room on that disk, or name a file on another one."
    return click.ClickException(
        f"{file}: the backup cannot be written ({error.strerror or error}). {what_to_do}"
    )


def beside(file: Path) -> Path:
    """Return where the ledger of redactions lies that goes with a backup."""
    return file.with_name(f"{file.name}.redactions.jsonl")


def _storage(app: "Flask") -> "Storage":
    from s11audit.adapters.storage import storage_at

    return storage_at(app.config["EVIDENCE_URL"])


def _ledger(app: "Flask") -> Path | None:
    """Return the file in which redactions are kept beside the database."""
    return Path(app.config["REDACTIONS"]) if app.config.get("REDACTIONS") else None


def _held(tables: int, rows: int, files: int) -> str:
    return (
        f"{counted(tables, 'table', 'tables')} with {counted(rows, 'row', 'rows')}, "
        f"{counted(files, 'evidence file', 'evidence files')}"
    )
