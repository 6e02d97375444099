"""`s11audit draw`."""

import json
from typing import Any

import click

from s11audit.commands.opening import now, opened
from s11audit.domain.enums import Category
from s11audit.domain.policy import OPERATOR

_HEADS = ("categories", "statutory")


class _InOrder(click.Command):
    """Keeps the order in which the strata's options were given: click sorts them by kind."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, and note the order of those that name a stratum."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta["strata"] = [each.name for each in order if each.name in _HEADS]
        return super().parse_args(ctx, args)


@click.command(cls=_InOrder)
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--cycle", required=True, metavar="NAME", help="Name of the cycle.")
@click.option("--stage", type=int, default=1, show_default=True, help="Number of the stage.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice([each.value for each in Category]),
    help="Draw from agencies of this category. May be repeated, each with its --count.",
)
@click.option("--statutory", is_flag=True, help="Draw from statutory agencies only.")
@click.option(
    "--count",
    "counts",
    multiple=True,
    required=True,
    type=click.IntRange(min=1),
    help="How many agencies to draw.",
)
@click.option("--seed", required=True, metavar="TEXT", help="The seed of the draw.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is drawn again; for a redraw.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text")
@click.pass_context
def draw(
    context: click.Context,
    board: str,
    cycle: str,
    stage: int,
    categories: tuple[str, ...],
    statutory: bool,
    counts: tuple[int, ...],
    seed: str,
    reason: str,
    format_: str,
) -> None:
    """Draw a random sample of a stage's agencies, for visits."""
    asked = strata_asked(context.meta["strata"], categories, statutory, counts)
    with opened():
        from s11audit.queries.boards import board_by_slug
        from s11audit.queries.draws import Stratum, drawn_strata
        from s11audit.queries.names import stage_numbered
        from s11audit.scoring.draw import document
        from s11audit.services.draws import draw_at_once
        from s11audit.transactions import writing

        strata = [Stratum(category, narrow, count) for category, narrow, count in asked]
        with writing() as session:
            found = board_by_slug(session, board)
            of_stage = stage_numbered(session, found.id, cycle, stage)
            made = draw_at_once(
                session, OPERATOR, found.id, of_stage.id, strata, seed, reason=reason, now=now()
            )
            drawn = drawn_strata(made)
            if format_ == "json":
                told = json.dumps(document(seed, drawn), ensure_ascii=False, indent=2)
            else:
                head = f"Draw {made.number} of stage {stage}, {of_stage.cycle.name}"
                told = _text(head, seed, [each.words for each in strata], drawn)
    # As bytes: the names are in UTF-8, whatever the terminal says of itself.
    click.echo(f"{told}\n".encode(), nl=False)


def strata_asked(
    order: list[str], categories: tuple[str, ...], statutory: bool, counts: tuple[int, ...]
) -> list[tuple[Category | None, bool, int]]:
    """Return (category, statutory only, count) of each stratum.

    With a count for each category, `--statutory` narrows them all. With one count more, or with
    no category, it is a stratum of its own: the statutory agencies of any category; `order` then
    says which count is its. Anything else is a usage error.
    """
    if len(counts) == len(categories):
        return [
            (Category(category), statutory, count)
            for category, count in zip(categories, counts, strict=True)
        ]
    if statutory and len(counts) == len(categories) + 1:
        rest = iter(categories)
        own = order.index("statutory")
        heads = [name for place, name in enumerate(order) if name != "statutory" or place == own]
        return [
            (None, True, count) if head == "statutory" else (Category(next(rest)), False, count)
            for head, count in zip(heads, counts, strict=True)
        ]
    raise click.UsageError(
        "Give a --count for each --category, in the same order."
        if categories
        else "Give a --category, or --statutory, and one --count for each."
    )


def _text(head: str, seed: str, words: list[str], strata: list[Any]) -> str:
    from s11audit.scoring.draw import METHOD, command_for

    lines = [head, f"Seed: {seed}", "The pool was frozen and the seed given in one step."]
    for whom, drawn in zip(words, strata, strict=True):
        lines += [
            "",
            f"{whom}: {drawn.count} of {len(drawn.pool)}",
            *(
                f"{'picked' if place <= drawn.count else '      '}  {each.digest}  {each.name}"
                for place, each in enumerate(drawn.ranked, 1)
            ),
        ]
    lines += ["", "How it was drawn:", *(f"- {line}" for line in METHOD)]
    lines += [
        "",
        "To draw again by hand, write the names of a pool into pool.txt, a name a line, and run:",
        *(f"  {command}" for command in dict.fromkeys(command_for(seed, d.count) for d in strata)),
    ]
    return "\n".join(lines)
