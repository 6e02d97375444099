"""`s11audit user`."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from s11audit.commands.opening import DAY, now, opened
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import AGENCY_ROLES, BOARD_ROLES, RETURN_ROLES, Role
from s11audit.domain.policy import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from s11audit.models import User

SCRUTINEER_DAYS = 365


@click.group()
def user() -> None:
    """People's accounts."""


@user.command("add")
@click.argument("email")
@click.option(
    "--role",
    required=True,
    type=click.Choice([each.value for each in Role if each not in RETURN_ROLES]),
)
@click.option("--board", help="Short name of the board; for every role but admin.")
@click.option("--agency", help="Name of the agency, for lead and contributor. Needs --board.")
@click.option(
    "--until",
    type=DAY,
    metavar="YYYY-MM-DD",
    help="Last day of the role, for a scrutineer; a year from today where left out.",
)
@click.option("--name", help="The person's name; needed with --shared.")
@click.option(
    "--shared",
    is_flag=True,
    help="Several people share the mailbox, and this is another than who holds the role.",
)
def add(
    email: str,
    role: str,
    board: str | None,
    agency: str | None,
    until: date | None,
    name: str | None,
    shared: bool,
) -> None:
    """Give a person a role and print the one-time link by which they set a password."""
    wanted = Role(role)
    _check_place(wanted, board, agency)
    if shared and not (name and name.strip()):
        raise click.UsageError("--shared needs --name.")
    moment = now()
    if wanted is Role.SCRUTINEER and until is None:
        until = london_today(moment) + timedelta(days=SCRUTINEER_DAYS)
    with opened():
        from s11audit.queries.boards import board_by_slug
        from s11audit.queries.names import membership_named
        from s11audit.services.accounts import add_user
        from s11audit.transactions import writing

        with writing() as session:
            found = board_by_slug(session, board) if board else None
            member = membership_named(session, found.id, agency) if found and agency else None
            link = add_user(
                session,
                OPERATOR,
                email,
                wanted,
                board_id=found.id if found and not member else None,
                membership_id=member.id if member else None,
                until=until,
                name=name,
                shared=shared,
                now=moment,
            )
    ends = f" until {in_words(until)}" if until else ""
    click.echo(f"{email} is invited as {wanted.value}{ends}. The link works once:")
    click.echo(link)


@user.command("unbind")
@click.argument("email")
def unbind(email: str) -> None:
    """Let a person's account be bound anew by single sign-on, and sign the person out.

    For somebody whose account at their organisation was made anew."""
    with opened():
        from s11audit.services import sign_on
        from s11audit.transactions import writing

        with writing() as session:
            found = named(session, email)
            removed = sign_on.forget_all(session, OPERATOR, found, now=now())
    click.echo(f"{email}: {removed} removed. The next sign-on of the address binds anew.")


@user.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take away the app, recovery codes and passkeys of a person who has lost them, found by
    e-mail address or sign-in name, and sign them out everywhere."""
    moment = now()
    with opened():
        from s11audit.services import second_factor
        from s11audit.transactions import writing

        with writing() as session:
            found = named(session, email)
            second_factor.reset(session, OPERATOR, found.id, board_id=None, now=moment)
    click.echo(f"{email} signs in by password alone until another second factor is set up.")


def named(session: "Session", email: str) -> "User":
    """Return the account of that e-mail address or sign-in name. A usage error says that there is
    none, or more than one."""
    from s11audit.services.mailboxes import account_named

    found = account_named(session, email)
    if found is None:
        raise click.UsageError(
            f"{email} names no account, or more than one. Of people who share a mailbox give the "
            "sign-in name."
        )
    return found


def _check_place(role: Role, board: str | None, agency: str | None) -> None:
    """Refuse options that do not fit the role."""
    if agency and not board:
        raise click.UsageError("--agency needs --board.")
    if role in BOARD_ROLES and (not board or agency):
        raise click.UsageError(f"The role {role} is held for a board: give --board alone.")
    if role in AGENCY_ROLES and not agency:
        raise click.UsageError(
            f"The role {role} is held for an agency on a board: give --board and --agency."
        )
    if role is Role.ADMIN and board:
        raise click.UsageError("The role admin is held for the installation: leave --board out.")
