"""`s11audit report`."""

from datetime import date
from pathlib import Path

import click

from s11audit.commands.files import write_file
from s11audit.commands.opening import DAY, now, opened
from s11audit.domain.policy import OPERATOR

KINDS = ("compliance", "standards")
FORMATS = ("json", "csv", "html", "pdf", "xlsx")


@click.command()
@click.argument("kind", metavar="compliance|standards", type=click.Choice(KINDS))
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--cycle", required=True, metavar="NAME", help="Name of the cycle.")
@click.option("--stage", type=int, default=1, show_default=True, help="Number of the stage.")
@click.option(
    "--as-at", type=DAY, metavar="YYYY-MM-DD", help="What stood by the end of that day; else today."
)
@click.option("--format", "format_", required=True, type=click.Choice(FORMATS))
@click.option("-o", "--output", required=True, metavar="FILE", help="File to write; - for output.")
def report(
    kind: str, board: str, cycle: str, stage: int, as_at: date | None, format_: str, output: str
) -> None:
    """Write the compliance table, or the ratings by standard, to a file."""
    path = Path(output)
    if output != "-" and (path.is_dir() or not path.parent.is_dir()):
        raise click.UsageError(f"{output}: this is not a file in a folder that exists.")
    with opened():
        from s11audit.extensions import db
        from s11audit.queries.boards import board_by_slug
        from s11audit.queries.log import head_line
        from s11audit.queries.names import cycle_named
        from s11audit.reports.build import build_compliance, build_standards
        from s11audit.reports.render import render, with_log

        of_board = board_by_slug(db.session, board)
        found = cycle_named(db.session, of_board.id, cycle)
        line = head_line(db.session, of_board)
        build = build_compliance if kind == "compliance" else build_standards
        built = build(db.session, OPERATOR, found.id, stage, as_at, now=now())
        content = render(with_log(built, line), format_)
    click.echo(line, err=True)
    if output == "-":
        click.echo(content, nl=False)
        return
    write_file(path, content)
    click.echo(f"{output} is written.")
