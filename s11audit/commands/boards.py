"""`s11audit board`."""

import click

from s11audit.commands.opening import now, opened
from s11audit.domain.policy import OPERATOR


@click.group()
def board() -> None:
    """Boards: the partnerships that run audits."""


@board.command("add")
@click.argument("slug")
@click.argument("name")
def add(slug: str, name: str) -> None:
    """Add a board. SLUG is its part of addresses, such as "north-shire"."""
    with opened():
        from s11audit.services.boards import add_board
        from s11audit.transactions import writing

        with writing() as session:
            made = add_board(session, OPERATOR, slug, name, now=now())
            told = f"The board “{made.name}” is ready. Its short name is {made.slug}."
    click.echo(told)
