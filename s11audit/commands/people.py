"""`s11audit person`."""

from pathlib import Path

import click

from s11audit.commands.accounts import named
from s11audit.commands.files import write_file
from s11audit.commands.opening import now, opened
from s11audit.domain.policy import OPERATOR


@click.group()
def person() -> None:
    """What is held on a person."""


@person.command("export")
@click.argument("email")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="The ZIP file to write: a page to read, and the same as JSON.",
)  # fmt: skip
@click.option("--name", default="", help="The person's name, where they have no account.")
def export(email: str, output: Path, name: str) -> None:
    """Write all that is held on the person of an e-mail address, or of a sign-in name."""
    moment = now()
    with opened():
        from s11audit.domain.addresses import normal_email
        from s11audit.exchange.subject_files import held_document, zipped
        from s11audit.extensions import db
        from s11audit.queries.subjects import subject_of, without_account
        from s11audit.services import mailboxes, subjects
        from s11audit.transactions import writing

        user = mailboxes.account_named(db.session, email)
        if user is None and len(mailboxes.accounts_of(db.session, email, active=False)) > 1:
            raise click.UsageError(
                f"Several people share {email}. Give the sign-in name of the one you mean."
            )
        subject = (
            subject_of(db.session, user) if user else without_account(normal_email(email), name)
        )
        # Every text of every board is looked through: before the write, so that nobody waits.
        content = zipped(held_document(db.session, subject, now=moment), now=moment)
        with writing() as session:
            subjects.note_export(session, OPERATOR, user, now=moment)
            write_file(output, content, private=True)
    click.echo(f"Written to {output}.")


@person.command("erase")
@click.argument("email")
@click.option("--reason", required=True, help="Why; it stays readable: do not name the person.")
@click.option("--confirm", required=True, metavar="EMAIL", help="The e-mail address once more.")
def erase(email: str, reason: str, confirm: str) -> None:
    """Erase the personal details of a closed account for good. What the person did stays, as done
    by "a former safeguarding lead of AGENCY"."""
    moment = now()
    with opened():
        from flask import current_app

        from s11audit.extensions import db
        from s11audit.services import erasing, redactions
        from s11audit.transactions import writing

        with writing() as session:
            user = named(session, email)
            made = erasing.erase(session, OPERATOR, user.id, confirm, reason, now=moment)
            places = sum(sum(counts.values()) for counts in made.places.values())
            called = made.tombstone
        redactions.keep_ledger_soon(db.session, current_app.config["REDACTIONS"])
    click.echo(f"Erased in {places} places. What they did stays, as done by: {called}.")
