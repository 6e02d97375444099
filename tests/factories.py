"""Makes the objects that tests need, straight into the tables. Every function flushes and leaves
the commit to the test."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    Basis,
    Category,
    Duty,
    Participation,
    ReturnKind,
    ReturnState,
    Role,
)
from s11audit.domain.policy import Actor
from s11audit.models import (
    Agency,
    Board,
    Cycle,
    Grant,
    Membership,
    Return,
    Stage,
    ToolVersion,
    User,
    name_key,
)
from s11audit.queries.accounts import actor_for
from s11audit.tools import loader

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
PASSWORD = "correct horse battery staple"
_number = count(1)


def board(session: Session, slug: str = "", name: str = "", *, reply_days: int = 0) -> Board:
    """A board with a slug and name of its own; its agreed ratings are published at once unless
    its agencies have some days to reply."""
    slug = slug or f"board-{next(_number)}"
    name = name or slug.replace("-", " ").title()
    made = Board(slug=slug, name=name, reply_days=reply_days, created_at=NOW)
    session.add(made)
    session.flush()
    return made


def membership(
    session: Session,
    of: Board,
    name: str = "",
    *,
    categories: tuple[Category, ...] = (Category.OTHER,),
    participation: Participation = Participation.FULL,
    agency: Agency | None = None,
) -> Membership:
    """An agency on a board; a new agency unless one is given."""
    name = name or f"Agency {next(_number)}"
    if agency is None:
        agency = Agency(name=name, created_at=NOW)
        session.add(agency)
        session.flush()
    made = Membership(
        board_id=of.id,
        agency_id=agency.id,
        name=name,
        name_key=name_key(name),
        categories=categories,
        participation=participation,
        duty=Duty.STATUTORY,
        starts_on=date(2026, 1, 1),
    )
    session.add(made)
    session.flush()
    return made


def user(
    session: Session,
    *roles: Role,
    board: Board | None = None,
    membership: Membership | None = None,
    email: str = "",
    name: str = "",
) -> User:
    """An account with these roles for the board or the membership; its password is PASSWORD
    where it is made within an application context."""
    number = next(_number)
    made = User(
        email=email or f"person{number}@example.org",
        name=name or f"Person {number}",
        password=_hashed(),
        active=True,
        fs_uniquifier=uuid4().hex,
        created_at=NOW,
    )
    session.add(made)
    session.flush()
    for role in roles:
        grant(session, made, role, board=board, membership=membership)
    return made


def grant(
    session: Session,
    to: User,
    role: Role,
    *,
    board: Board | None = None,
    membership: Membership | None = None,
    return_: Return | None = None,
    until: date | None = None,
) -> Grant:
    """A role of a person."""
    made = Grant(
        user_id=to.id,
        role=role,
        board_id=board.id if board else None,
        membership_id=membership.id if membership else None,
        return_id=return_.id if return_ else None,
        until=until,
        granted_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


def actor(session: Session, of: User, today: date = TODAY) -> Actor:
    """The actor that a user is."""
    return actor_for(session, of, today)


def tool_version(session: Session, key: str = "lancashire-2012") -> ToolVersion:
    """The stored version of a tool of the project's own."""
    tool = loader.load_builtin(key)
    digest = loader.sha256_of(tool)
    found = session.scalar(select(ToolVersion).where(ToolVersion.sha256 == digest))
    if found:
        return found
    made = ToolVersion(
        key=tool.key,
        version=tool.version,
        title=tool.title,
        sha256=digest,
        document=loader.canonical_json(tool),
        added_at=NOW,
        published_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


def cycle(
    session: Session,
    on: Board,
    *,
    tool: str = "lancashire-2012",
    name: str = "",
    due: tuple[date, ...] = (TODAY + timedelta(days=21),),
    basis: Basis = Basis.AGREED,
) -> Cycle:
    """A cycle whose first stage is open, without returns."""
    name = name or f"Audit {next(_number)}"
    made = Cycle(
        board_id=on.id,
        name=name,
        name_key=name_key(name),
        tool_version_id=tool_version(session, tool).id,
        basis=basis,
        include_advisory=False,
        opened_at=NOW,
    )
    session.add(made)
    session.flush()
    for number, day in enumerate(due, 1):
        session.add(
            Stage(
                cycle_id=made.id,
                number=number,
                opens_on=TODAY if number == 1 else due[number - 2] + timedelta(days=1),
                opened_at=NOW if number == 1 else None,
                due_on=day,
            )
        )
    session.flush()
    return made


def return_(
    session: Session,
    of: Membership,
    on: Cycle,
    *,
    stage: int = 1,
    state: ReturnState = ReturnState.NOT_STARTED,
) -> Return:
    """A membership's return for a stage of the cycle."""
    found = session.scalars(
        select(Stage).where(Stage.cycle_id == on.id, Stage.number == stage)
    ).one()
    made = Return(
        stage_id=found.id,
        membership_id=of.id,
        kind=ReturnKind.FULL,
        state=state,
        categories=of.categories,
        participation=of.participation,
        first_due_on=found.due_on,
        due_on=found.due_on,
        made_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


_password_hash = ""


def _hashed() -> str:
    """Hash the one password once; hashing is made to be slow."""
    global _password_hash
    if not _password_hash:
        _password_hash = hash_password(PASSWORD)
    return _password_hash
