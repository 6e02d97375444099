"""`s11audit init`, `serve` and `demo`."""

import os

import click

from s11audit.commands.opening import application, let_people_in, opened
from s11audit.commands.progress import Progress

PORT = click.IntRange(0, 65535)


@click.command()
def init() -> None:
    """Create the database, or upgrade it to this version."""
    from s11audit.services.database import upgrade

    with application().app_context():
        upgrade()
    click.echo("The database is ready.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes."
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages and run the background worker, until it is stopped."""
    from s11audit.jobs.server import serve as run

    with opened():
        let_people_in(host)
    run(host, port, workers)


@click.command()
@click.option("--no-serve", is_flag=True, help="Load the boards and stop.")
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port to listen on.")
def demo(no_serve: bool, port: int) -> None:
    """Load the demonstration boards, then serve them. Prints the address and the sign-ins.

    A database that holds anything else is refused. One that is loaded already is served as it is.
    """
    from s11audit.demonstration import build, people

    with opened():
        progress = Progress("Loading the demonstration")
        loaded = build.load(progress)
        progress.end()
    click.echo("The demonstration is loaded." if loaded else "The demonstration is there already.")
    click.echo(people.sign_ins())
    if no_serve:
        return
    from s11audit.jobs.server import serve as run

    # What it serves has no secrets; its web processes and worker read these.
    os.environ["S11AUDIT_DEMONSTRATION"] = "yes"
    os.environ.setdefault("S11AUDIT_SECOND_FACTOR", "none")
    click.echo(
        "Nobody needs a second factor here, as they would on a board's own service; anybody can "
        "set one up under “Your account”."
    )
    click.echo(f"Open http://127.0.0.1:{port} and sign in. Stop it with Ctrl+C.")
    run("127.0.0.1", port, 2)
