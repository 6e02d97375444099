"""`s11audit retention`."""

import click

from s11audit.commands.opening import now, opened
from s11audit.domain.policy import OPERATOR
from s11audit.scoring.words import counted


@click.command()
@click.option("--board", required=True, help="Short name of the board.")
@click.option("--cycle", metavar="NAME", help="This cycle only.")
@click.option(
    "--dry-run", is_flag=True, help="Only list, which is what happens without --confirm too."
)
@click.option(
    "--confirm",
    metavar="DIGEST",
    help="Remove what the list with this digest names. Needs --cycle.",
)
def retention(board: str, cycle: str | None, dry_run: bool, confirm: str | None) -> None:
    """List what would be removed of cycles whose retention has ended; remove what was listed, for
    good, where its digest is given."""
    if confirm and (dry_run or not cycle):
        raise click.UsageError("--confirm needs --cycle, and goes without --dry-run.")
    with opened():
        from flask import current_app

        from s11audit.domain.dates import in_words, london_today
        from s11audit.domain.retention import is_past, kept_until
        from s11audit.extensions import db
        from s11audit.queries.boards import board_by_slug
        from s11audit.queries.names import cycle_named
        from s11audit.queries.retention import cycles_to_retain, last_closed, plan_of
        from s11audit.services import retention as service
        from s11audit.transactions import writing

        of_board = board_by_slug(db.session, board)
        default = int(current_app.config["RETENTION_YEARS"])
        wanted = cycle_named(db.session, of_board.id, cycle).id if cycle else None
        if confirm and wanted is not None:
            with writing() as session:
                run = service.remove_contents(
                    session, OPERATOR, of_board.id, wanted, confirm,
                    default_years=default, now=now(),
                )  # fmt: skip
                told = _counts(run.removed, run.files)
            click.echo(f"Removed of {cycle}: {told}")
            return
        for each in cycles_to_retain(db.session, of_board.id):
            if wanted not in (None, each.id):
                continue
            until = kept_until(last_closed(each), each.retain_years or default)
            if until is None:
                click.echo(f"{each.name}: kept, not all of its stages are closed.")
                continue
            if not is_past(until, london_today(now())):
                click.echo(f"{each.name}: kept until the end of {in_words(until)}.")
                continue
            plan = plan_of(db.session, each)
            kept = "".join(f" Kept: {what}: {number:,}." for what, number in plan.kept.items())
            if plan.is_empty:
                click.echo(f"{each.name}: nothing is left to remove.{kept}")
                continue
            told = _counts(dict(plan.removed), len(plan.files))
            click.echo(f"{each.name}: {told}{kept} Digest: {plan.digest}")


def _counts(removed: dict[str, int], files: int) -> str:
    told = [f"{what}: {count:,}" for what, count in sorted(removed.items())]
    return "; ".join([*told, counted(files, "file", "files")]) + "."
