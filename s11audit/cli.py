"""The command line: thin commands over services. The actor is the operator.

Errors are one clear sentence on standard error: exit 2 for bad usage or input, 1 for a failure.
"""

import sys

import click

from s11audit.domain.errors import ImportRefused, Invalid, NotFound, Refused, S11Error


class Commands(click.Group):
    """A group that turns our errors into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ImportRefused as error:
            for line in error.lines():
                click.echo(line, err=True)
            sys.exit(2)
        except (Invalid, NotFound, Refused) as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        except S11Error as error:
            click.echo(str(error), err=True)
            sys.exit(1)


@click.group(cls=Commands, help=__doc__)
def main() -> None:
    """Run the section 11 audit of safeguarding boards."""


@main.command()
def init() -> None:
    """Create or upgrade the database."""
    from s11audit import create_app
    from s11audit.services.database import upgrade

    with create_app().app_context():
        upgrade()
    click.echo("The database is ready.")
