"""`s11audit import`."""

from collections.abc import Callable
from datetime import datetime

import click
from sqlalchemy.orm import Session

from s11audit.commands.opening import INPUT_FILE, now, opened
from s11audit.commands.progress import Progress
from s11audit.domain.policy import OPERATOR
from s11audit.exchange.plan import Plan

File = tuple[str, bytes]


@click.group("import")
def import_() -> None:
    """Imports from CSV files, each all or nothing. See docs/formats.md for the files."""


@import_.command("agencies")
@click.argument("file", type=INPUT_FILE)
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
def agencies(file: File, board: str, dry_run: bool) -> None:
    """Add and change the agencies of a board: agency, category, participation and duty."""
    from s11audit.exchange import agencies as exchange

    name, data = file

    def plan(session: Session, board_id: int, _moment: datetime) -> Plan:
        return exchange.plan(session, OPERATOR, board_id, data, name).plan

    def apply(session: Session, board_id: int, moment: datetime, progress: Progress) -> Plan:
        return exchange.apply(
            session, OPERATOR, board_id, data, name, now=moment, progress=progress
        )

    _run(board, dry_run, plan, apply)


@import_.command("returns")
@click.argument("file", type=INPUT_FILE)
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--cycle", required=True, metavar="NAME", help="Name of the cycle.")
@click.option("--stage", type=int, default=1, show_default=True, help="Number of the stage.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
def returns(file: File, board: str, cycle: str, stage: int, dry_run: bool) -> None:
    """Import returns with their self and agreed ratings, a row for each agency and standard."""
    from s11audit.exchange import returns as exchange

    name, data = file

    def plan(session: Session, board_id: int, moment: datetime) -> Plan:
        return exchange.plan(session, OPERATOR, board_id, cycle, stage, data, name, now=moment).plan

    def apply(session: Session, board_id: int, moment: datetime, progress: Progress) -> Plan:
        return exchange.apply(
            session, OPERATOR, board_id, cycle, stage, data, name, now=moment, progress=progress
        )

    _run(board, dry_run, plan, apply)


@import_.command("compliance-table")
@click.argument("file", type=INPUT_FILE)
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--cycle", required=True, metavar="NAME", help="Name of the cycle.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
def compliance_table(file: File, board: str, cycle: str, dry_run: bool) -> None:
    """Import a published compliance table as recorded history, its cells kept as printed."""
    from s11audit.exchange import compliance_table as exchange

    name, data = file

    def plan(session: Session, board_id: int, _moment: datetime) -> Plan:
        return exchange.plan(session, OPERATOR, board_id, cycle, data, name).plan

    def apply(session: Session, board_id: int, moment: datetime, progress: Progress) -> Plan:
        return exchange.apply(
            session, OPERATOR, board_id, cycle, data, name, now=moment, progress=progress
        )

    _run(board, dry_run, plan, apply)


def _run(
    board: str,
    dry_run: bool,
    plan: Callable[[Session, int, datetime], Plan],
    apply: Callable[[Session, int, datetime, Progress], Plan],
) -> None:
    """Do one import, or say what it would do."""
    with opened():
        from s11audit.extensions import db
        from s11audit.queries.boards import board_by_slug
        from s11audit.transactions import writing

        if dry_run:
            planned = plan(db.session, board_by_slug(db.session, board).id, now())
            for line in planned.lines():
                click.echo(line)
            click.echo(f"Nothing was changed. To do: {planned.summary()}.")
            return
        progress = Progress("Importing")
        with writing() as session:
            done = apply(session, board_by_slug(session, board).id, now(), progress)
        progress.end()
    click.echo(f"Imported: {done.outcome()}.")
