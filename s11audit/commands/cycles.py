"""`s11audit cycle`."""

from datetime import date

import click

from s11audit.commands.opening import DAYS, now, opened
from s11audit.domain.dates import in_words
from s11audit.domain.enums import Basis
from s11audit.domain.policy import OPERATOR
from s11audit.scoring.words import counted


@click.group()
def cycle() -> None:
    """Cycles: a tool run over one to three stages."""


@cycle.command("open")
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--name", required=True, help="Name of the cycle, as people will see it.")
@click.option("--tool", required=True, metavar="KEY", help="Key of the tool, as `tools list` says.")
@click.option(
    "--due",
    required=True,
    type=DAYS,
    metavar="YYYY-MM-DD[,...]",
    help="Due date of each stage, with commas between.",
)
@click.option(
    "--basis",
    type=click.Choice([each.value for each in Basis]),
    default=Basis.AGREED.value,
    show_default=True,
    help="How the cycle arrives at compliance now.",
)
@click.option("--include-advisory", is_flag=True, help="Ask advisory agencies too.")
def open_(
    board: str, name: str, tool: str, due: list[date], basis: str, include_advisory: bool
) -> None:
    """Open a cycle and make the returns of all its stages."""
    with opened():
        from s11audit.queries.boards import board_by_slug
        from s11audit.queries.names import returns_by_stage
        from s11audit.services.cycles import open_cycle
        from s11audit.transactions import writing

        with writing() as session:
            made = open_cycle(
                session,
                OPERATOR,
                board_by_slug(session, board).id,
                name,
                tool,
                due,
                basis=Basis(basis),
                include_advisory=include_advisory,
                now=now(),
            )
            stages = returns_by_stage(session, made.id)
            lines = [
                f"The cycle “{made.name}” is open on {made.tool_version.title}.",
                *(
                    f"Stage {stage.number}: due {in_words(stage.due_on)}, "
                    f"{'open now' if stage.opened_at else f'opens {in_words(stage.opens_on)}'}, "
                    f"{counted(returns, 'return', 'returns')}."
                    for stage, returns in stages
                ),
            ]
    click.echo("\n".join(lines))
