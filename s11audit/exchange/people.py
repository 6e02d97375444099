"""Inviting many people at once: `agency,email,role` and optionally `name`. See docs/formats.md."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.addresses import read_email
from s11audit.domain.dates import london_today
from s11audit.domain.enums import AGENCY_ROLES, BOARD_ROLES, Role
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import person_name
from s11audit.domain.wording import in_words
from s11audit.exchange.agencies import memberships_by_key
from s11audit.exchange.plan import Plan, PlanLine
from s11audit.exchange.reading import Faults, Line, quoted, read_lines
from s11audit.models import Grant, Invitation, Membership, User, name_key
from s11audit.services import accounts, log

COLUMNS = ("agency", "email", "role")
OPTIONAL = ("name",)
NOUN = ("invitation", "invitations")
MOST_ROWS = 2_000
# A scrutineer's role has an end date, which the file has no column for.
ROLES = tuple(role for role in (*AGENCY_ROLES, *BOARD_ROLES) if role is not Role.SCRUTINEER)


Key = tuple[str, Role, int | None]


@dataclass(frozen=True)
class PersonRow:
    """One person to invite: to an agency, or to the board where there is no membership."""

    row: int
    email: str
    role: Role
    name: str
    membership: Membership | None
    shared: bool = False
    """Whether the file names other people at the same address for the same role."""

    @property
    def key(self) -> Key:
        """What a person can be invited to once; people who share a mailbox each."""
        return self.email, self.role, self.membership.id if self.membership else None

    @property
    def named_key(self) -> tuple[Key, str]:
        """The same with the person's name, which tells people of one mailbox apart."""
        return self.key, name_key(self.name)


def plan(
    session: Session, actor: Actor, board_id: int, data: bytes, file: str, *, now: datetime
) -> tuple[list[PersonRow], Plan]:
    """Work out whom the file would invite; nothing is written. Who holds the role already, or
    was invited to it, is left as is.

    Raises ImportRefused with every fault of the file.
    """
    policy.check(actor, Can.MANAGE_PEOPLE, Facts(board_id), sees=Can.SEE_BOARD)
    _header, lines = read_lines(data, file, COLUMNS, OPTIONAL)
    faults = Faults(file)
    if len(lines) > MOST_ROWS:
        faults.add(None, None, f"The file has more than {MOST_ROWS:,} rows. Invite in parts.")
        faults.raise_any()
    members = memberships_by_key(session, board_id)
    rows = [_row(line, members, faults, now) for line in lines]
    people = _told_apart([row for row in rows if row is not None])
    _refuse_twice(people, faults)
    faults.raise_any()
    there = _there(session, board_id, {row.email for row in people}, now)
    held = {key for key, _name in there}
    new = [
        row for row in people
        if (row.named_key not in there if row.shared else row.key not in held)
    ]  # fmt: skip
    told = tuple(PlanLine(row.row, _told(row)) for row in new)
    return new, Plan(noun=NOUN, added=told, unchanged=len(people) - len(new))


def apply(
    session: Session, actor: Actor, board_id: int, data: bytes, file: str, *, now: datetime
) -> Plan:
    """Invite everybody in the file, and return what was done. All or nothing: raises
    ImportRefused with every fault before anything is written."""
    role = policy.check(actor, Can.MANAGE_PEOPLE, Facts(board_id), sees=Can.SEE_BOARD)
    people, planned = plan(session, actor, board_id, data, file, now=now)
    for person in people:
        accounts.invite(
            session,
            actor,
            person.email,
            person.role,
            board_id=None if person.membership else board_id,
            membership_id=person.membership.id if person.membership else None,
            name=person.name,
            shared=person.shared,
            now=now,
        )
    log.record(
        session, actor, role, "import.people", "board", board_id,
        now=now, board_id=board_id, after={"file": file, "invited": len(people)},
    )  # fmt: skip
    return planned


def _row(
    line: Line, members: dict[str, Membership], faults: Faults, now: datetime
) -> PersonRow | None:
    role = _role(line, faults)
    member = _member(line, role, members, faults, now) if role else None
    email = ""
    try:
        email = read_email(line["email"])
    except ValueError as error:
        reason = f"{quoted(line['email'])}: {error}." if line["email"] else f"{error}."
        faults.add(line.row, "email", reason)
    name = line["name"].strip()
    try:
        name = person_name(name) if name else ""
    except Invalid as error:
        faults.add(line.row, "name", str(error))
    if role is None or not email or (role in AGENCY_ROLES) != (member is not None):
        return None
    return PersonRow(line.row, email, role, name, member)


def _role(line: Line, faults: Faults) -> Role | None:
    by_word = {role.value: role for role in ROLES} | {
        in_words(role).lower(): role for role in ROLES
    }
    found = by_word.get(line["role"].lower())
    if found is None:
        choices = ", ".join(ROLES)
        said = f"{quoted(line['role'])} is not one" if line["role"] else "It is missing"
        faults.add(line.row, "role", f"Enter a role out of {choices}. {said}.")
    return found


def _member(
    line: Line, role: Role, members: dict[str, Membership], faults: Faults, now: datetime
) -> Membership | None:
    name = line["agency"]
    if role in BOARD_ROLES:
        if name:
            faults.add(
                line.row,
                "agency",
                f"The role {role.value} is held for the board: leave the agency empty.",
            )
        return None
    if not name:
        faults.add(line.row, "agency", "The name of the agency is missing.")
        return None
    member = members.get(name_key(name))
    if member is None:
        faults.add(line.row, "agency", f"There is no agency {quoted(name)} on this board.")
    elif member.ends_on is not None and member.ends_on <= london_today(now):
        faults.add(line.row, "agency", f"{quoted(name)} has left this board.")
        return None
    return member


def _told_apart(people: list[PersonRow]) -> list[PersonRow]:
    """Return the rows, marked where several name different people of one address and role: these
    share a mailbox (domain rule 68)."""
    names: dict[Key, list[str]] = {}
    for row in people:
        names.setdefault(row.key, []).append(name_key(row.name))
    return [replace(row, shared=len(names[row.key]) > 1 and all(names[row.key])) for row in people]


def _refuse_twice(people: list[PersonRow], faults: Faults) -> None:
    first: dict[object, int] = {}
    for row in people:
        key = row.named_key if row.shared else row.key
        if key in first:
            faults.add(row.row, "email", f"{row.email} is in row {first[key]} already.")
        first.setdefault(key, row.row)


def _there(
    session: Session, board_id: int, emails: Collection[str], now: datetime
) -> set[tuple[Key, str]]:
    """Return who holds which role there already or has an invitation to it that waits, each with
    the name."""
    today = london_today(now)
    held = session.execute(
        select(User.email, Grant.role, Grant.membership_id, User.name)
        .join(User, User.id == Grant.user_id)
        .outerjoin(Membership, Membership.id == Grant.membership_id)
        .where(
            or_(Grant.board_id == board_id, Membership.board_id == board_id),
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= today),
        )
    )
    invited = session.execute(
        select(Invitation.email, Invitation.role, Invitation.membership_id, Invitation.name)
        .outerjoin(Membership, Membership.id == Invitation.membership_id)
        .where(
            or_(Invitation.board_id == board_id, Membership.board_id == board_id),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
    )
    return {
        ((email, role, membership_id), name_key(name or ""))
        for email, role, membership_id, name in (*held, *invited)
        if email in emails
    }


def _told(row: PersonRow) -> str:
    place = f" for {row.membership.name}" if row.membership else ""
    who = f"{row.email} ({row.name})" if row.shared else row.email
    return f"{who}: {in_words(row.role)}{place}"
