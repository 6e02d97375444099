"""`s11audit log`."""

import click

from s11audit.commands.opening import opened
from s11audit.scoring.words import counted


@click.group()
def log() -> None:
    """The log of every change."""


@log.command("verify")
def verify() -> None:
    """Check that no entry of the log was altered, removed or put in."""
    with opened():
        from s11audit.extensions import db
        from s11audit.services import log as service

        count, broken = service.verify(db.session)
    if broken:
        raise click.ClickException(
            f"The log is broken at {broken.chain}, entry {broken.sequence}: {broken.reason}."
        )
    click.echo(f"The log is whole: {counted(count, 'entry', 'entries')} checked.")
