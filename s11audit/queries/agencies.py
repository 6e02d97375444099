"""Reads of agencies' memberships."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from s11audit.domain.enums import Category, Participation
from s11audit.domain.errors import NotFound
from s11audit.models import Cycle, Membership, Return, Stage, name_key
from s11audit.queries.paging import Page, page_of

PAGE_LENGTH = 50


def membership_by_id(session: Session, membership_id: int) -> Membership:
    """Return the membership with its board. Raises NotFound. The caller checks the actor."""
    found = session.scalar(
        select(Membership)
        .options(joinedload(Membership.board))
        .where(Membership.id == membership_id)
    )
    if found is None:
        raise NotFound("There is no such agency.")
    return found


def membership_on(session: Session, board_id: int, membership_id: int) -> Membership:
    """Return the membership where it is on that board, else NotFound."""
    found = membership_by_id(session, membership_id)
    if found.board_id != board_id:
        raise NotFound("There is no such agency on this board.")
    return found


def is_current(today: date) -> ColumnElement[bool]:
    """Return the condition that a membership holds on that day: begun, and not ended by it."""
    return and_(
        Membership.starts_on <= today,
        or_(Membership.ends_on.is_(None), Membership.ends_on > today),
    )


def members_to_ask(
    session: Session, board_id: int, today: date, *, include_advisory: bool = True
) -> Sequence[Membership]:
    """Return a board's current members, in order of name; without `include_advisory` full ones."""
    statement = select(Membership).where(Membership.board_id == board_id, is_current(today))
    if not include_advisory:
        statement = statement.where(Membership.participation == Participation.FULL)
    return session.scalars(statement.order_by(Membership.name_key, Membership.id)).all()


@dataclass(frozen=True)
class AgencyFilter:
    """What the list of agencies is narrowed to; None or an empty text leaves a part open."""

    search: str = ""
    category: Category | None = None
    participation: Participation | None = None
    ended: bool = False


def list_agencies(
    session: Session, board_id: int, wanted: AgencyFilter, today: date, *, page: int
) -> Page[Membership]:
    """Return one page of a board's memberships by name, current or ended ones, in two queries."""
    current = is_current(today)
    statement = select(Membership).where(
        Membership.board_id == board_id, ~current if wanted.ended else current
    )
    if wanted.search:
        key = name_key(wanted.search)
        statement = statement.where(Membership.name_key.contains(key, autoescape=True))
    if wanted.category is not None:
        statement = statement.where(has_category(Membership.categories, wanted.category))
    if wanted.participation is not None:
        statement = statement.where(Membership.participation == wanted.participation)
    ordered = statement.order_by(Membership.name_key, Membership.id)
    return page_of(session, ordered, page=page, length=PAGE_LENGTH)


def has_category(
    column: InstrumentedAttribute[tuple[Category, ...]], category: Category
) -> ColumnElement[bool]:
    """Return the condition that a column of categories holds this one."""
    return column.like(f"%;{category.value};%")


def returns_of_membership(session: Session, membership_id: int) -> Sequence[Return]:
    """Return an agency's returns on a board with their stages and cycles, newest first."""
    return session.scalars(
        select(Return)
        .join(Return.stage)
        .join(Stage.cycle)
        .options(joinedload(Return.stage).joinedload(Stage.cycle))
        .where(Return.membership_id == membership_id)
        .order_by(Cycle.opened_at.desc(), Stage.number.desc(), Return.id)
    ).all()
