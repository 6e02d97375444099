"""`s11audit screening`."""

import json

import click

from s11audit.commands.opening import now, opened
from s11audit.commands.progress import Progress

FORMATS = ("text", "json")


@click.command()
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--cycle", required=True, metavar="NAME", help="Name of the cycle.")
@click.option("--stage", type=int, default=1, show_default=True, help="Number of the stage.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--draft", is_flag=True, help="Draft the lists of returns that have none yet, and print none."
)
def screening(board: str, cycle: str, stage: int, format_: str, draft: bool) -> None:
    """Print what the first read finds in every submitted return of a stage."""
    with opened():
        from s11audit.extensions import db
        from s11audit.jobs.screenings import draft_stage
        from s11audit.queries.boards import board_by_slug
        from s11audit.queries.names import stage_numbered
        from s11audit.queries.screened import screen_stage

        found = board_by_slug(db.session, board)
        stage_id = stage_numbered(db.session, found.id, cycle, stage).id
        progress = Progress("Reading returns")
        try:
            if draft:
                drafted = draft_stage(stage_id, now=now(), told=progress)
            else:
                points = screen_stage(db.session, stage_id, progress)
        finally:
            progress.end()
    if draft:
        click.echo(f"{drafted:,} {'list is' if drafted == 1 else 'lists are'} drafted.")
    elif format_ == "json":
        rows = [
            {
                "agency": each.agency,
                "standard": each.point.standard,
                "rule": each.point.rule.value,
                "passage": each.point.passage,
            }
            for each in points
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for each in points:
            passage = " ".join(each.point.passage.split())
            about = f" [{each.point.about}]" if each.point.about else ""
            click.echo(
                f"{each.agency}, standard {each.point.standard}, {each.point.rule.value}: "
                f"{passage}{about}"
            )
        click.echo(f"{len(points):,} {'point' if len(points) == 1 else 'points'}.")
