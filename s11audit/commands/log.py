"""`s11audit log`."""

import os
import stat
from contextlib import suppress
from io import UnsupportedOperation
from typing import IO

import click

from s11audit.commands.opening import opened
from s11audit.scoring.words import counted


@click.group()
def log() -> None:
    """The log of every change."""


@log.command("verify")
@click.option(
    "--head",
    metavar="HASH",
    help="Also say where this hash stands: the line at the foot of a report, the hash in it, or "
    "at least its first 8 characters.",
)
def verify(head: str | None) -> None:
    """Prove the log: that no entry was altered, removed or put in, nor what was before and after,
    but by redactions that the log itself names. The first break is named, with exit code 1."""
    from s11audit.queries.log import read_paper

    paper = read_paper(head) if head is not None else None
    if head is not None and (paper is None or not paper.hash):
        raise click.UsageError(
            "--head needs a hash of the log: at least 8 of its digits 0 to 9 and a to f."
        )
    with opened(make=False):
        from s11audit.extensions import db
        from s11audit.queries.log import chain_in_words, look_up
        from s11audit.services import log as service

        count, broken = service.prove(db.session)
        if broken:
            raise click.ClickException(
                f"The log is broken at {broken.chain}, entry {broken.sequence}: {broken.reason}."
            )
        whole = f"The log is whole: {counted(count, 'entry', 'entries')} checked."
        if paper is None:
            click.echo(whole)
            return
        told = look_up(db.session, paper, None, anywhere=True)
        if told.found is None:
            raise click.ClickException(f"{whole} But that hash is in no chain of it.")
        chain = chain_in_words(db.session, told.found.chain)
        click.echo(
            f"{whole}\nThat hash is entry {told.found.sequence} of {chain},"
            f" made at {told.found.at:%Y-%m-%d %H:%M:%S} UTC;"
            f" {counted(told.after, 'entry follows', 'entries follow')} it."
        )


@log.command("export")
@click.option("--board", metavar="SLUG", help="The chain of this board only.")
@click.option("--installation", is_flag=True, help="The installation's own chain only.")
@click.option(
    "-o", "--output", type=click.File("w", encoding="utf-8", atomic=True), default="-",
    metavar="FILE", help="File to write; otherwise standard output.",
)  # fmt: skip
def export(board: str | None, installation: bool, output: IO[str]) -> None:
    """Write the log as JSON lines, an entry a line, with what it holds of before and after: so
    that others can prove it. It holds personal data."""
    if board and installation:
        raise click.UsageError("Give --board or --installation, not both.")
    with opened(make=False):
        from s11audit.exchange.log_lines import log_lines
        from s11audit.extensions import db
        from s11audit.models.audit_log import INSTALLATION_CHAIN, chain_of
        from s11audit.queries.boards import board_by_slug

        chain = INSTALLATION_CHAIN if installation else None
        if board:
            chain = chain_of(board_by_slug(db.session, board).id)
        with suppress(UnsupportedOperation):  # of what is no file of the system
            if stat.S_ISREG(os.fstat(output.fileno()).st_mode):
                os.fchmod(output.fileno(), 0o600)  # what it holds is its owner's to give on
        for line in log_lines(db.session, chain):
            output.write(line + "\n")
