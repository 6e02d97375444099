"""Reads of themes and of the passages tagged with them, and who may see which."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, or_, select, union
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import (
    UNCOUNTED_STANDINGS,
    Basis,
    Category,
    Participation,
    RatingRole,
    ReturnKind,
    Role,
    TagKind,
    TagSource,
)
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts, can, holds_role_at
from s11audit.models import (
    Cycle,
    FormerName,
    Membership,
    Rating,
    Return,
    SendBack,
    Stage,
    Submission,
    Theme,
    ThemeTag,
    User,
)
from s11audit.queries.opinions import Opened, opened_of
from s11audit.queries.tools import in_scope, tool_of
from s11audit.scoring.themes import Returned, Tagged


def themes_of(session: Session, board_id: int) -> list[Theme]:
    """Return a board's themes by name, without those that were merged into another."""
    return list(
        session.scalars(
            select(Theme)
            .where(Theme.board_id == board_id, Theme.merged_into_id.is_(None))
            .order_by(Theme.name_key, Theme.id)
        )
    )


def theme_on(session: Session, board_id: int, theme_id: int, *, for_update: bool = False) -> Theme:
    """Return the board's theme, merged or not. Raises NotFound."""
    statement = select(Theme).where(Theme.id == theme_id, Theme.board_id == board_id)
    if for_update:
        statement = statement.with_for_update()
    found = session.scalar(statement)
    if found is None:
        raise NotFound("There is no such theme.")
    return found


def theme_stages(session: Session, board_id: int) -> list[Stage]:
    """Return the stages of a board that have begun, the latest first, with cycle and tool
    version; recorded history has no answers to tag."""
    return list(
        session.scalars(
            select(Stage)
            .join(Stage.cycle)
            .where(Cycle.board_id == board_id, Cycle.recorded.is_(False))
            .where(exists().where(Submission.return_id == Return.id, Return.stage_id == Stage.id))
            .order_by(Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number.desc())
            .options(joinedload(Stage.cycle).joinedload(Cycle.tool_version))
        )
    )


class ReturnedRow(NamedTuple):
    """A return of a stage that is in: counted, submitted and not sent back."""

    return_id: int
    membership_id: int
    agency_id: int
    agency: str
    categories: tuple[Category, ...]


def returned_in(session: Session, stage_id: int, *, rated_only: bool = False) -> list[ReturnedRow]:
    """Return the returns of a stage that are in, by agency, in one query; with `rated_only`
    without those of advisory agencies, unless the cycle is one that they confirm."""
    latest = (
        select(Submission.return_id, func.max(Submission.id).label("id"))
        .group_by(Submission.return_id)
        .subquery()
    )
    statement = (
        select(
            Return.id,
            Membership.id,
            Membership.agency_id,
            Membership.name,
            Return.categories,
        )
        .select_from(Return)
        .join(Membership, Membership.id == Return.membership_id)
        .join(latest, latest.c.return_id == Return.id)
        .where(
            Return.stage_id == stage_id,
            Return.kind != ReturnKind.RECORDED,
            Return.standing.not_in(UNCOUNTED_STANDINGS),
            ~exists().where(SendBack.submission_id == latest.c.id),
        )
        .order_by(Membership.name_key, Return.id)
    )
    if rated_only:
        statement = (
            statement.join(Stage, Stage.id == Return.stage_id)
            .join(Cycle, Cycle.id == Stage.cycle_id)
            .where(or_(Return.participation == Participation.FULL, Cycle.basis == Basis.CONFIRMED))
        )
    return [ReturnedRow(*row) for row in session.execute(statement)]


def returned_facts(session: Session, stage: Stage, rows: Iterable[ReturnedRow]) -> list[Returned]:
    """Return what counting needs of these returns of a stage."""
    tool = tool_of(session, stage.cycle.tool_version)
    numbers: dict[tuple[Category, ...], frozenset[int]] = {}
    for row in rows:
        if row.categories not in numbers:
            asked = in_scope(tool, row.categories, stage.scope_standards)
            numbers[row.categories] = frozenset(each.number for each in asked)
    return [Returned(row.membership_id, row.categories, numbers[row.categories]) for row in rows]


@dataclass(frozen=True)
class TagRow:
    """A tag as pages and figures use it."""

    id: int
    theme_id: int
    kind: TagKind
    return_id: int
    standard: int
    source: TagSource
    requirement: str
    passage: str
    public_text: str
    tagged_by_id: int | None
    tagged_by: str
    tagged_at: datetime
    membership_id: int
    agency_id: int
    agency: str
    categories: tuple[Category, ...]
    rating_id: int | None
    rating_role: RatingRole | None
    rated_at: datetime | None

    def tagged(self) -> Tagged:
        """Return what counting needs of the tag."""
        return Tagged(self.membership_id, self.standard, self.kind)


def tags_of(
    session: Session,
    *,
    stage_id: int | None = None,
    theme_id: int | None = None,
    return_id: int | None = None,
    standard: int | None = None,
) -> list[TagRow]:
    """Return the tags of a stage or a return, by agency, standard and time, in one query. The
    caller drops what the actor may not see: `visible_tags`."""
    statement = (
        select(
            ThemeTag.id,
            ThemeTag.theme_id,
            ThemeTag.kind,
            ThemeTag.return_id,
            ThemeTag.standard,
            ThemeTag.source,
            ThemeTag.requirement,
            ThemeTag.passage,
            ThemeTag.public_text,
            ThemeTag.tagged_by_id,
            func.coalesce(User.name, "the operator"),
            ThemeTag.tagged_at,
            Membership.id,
            Membership.agency_id,
            Membership.name,
            Return.categories,
            ThemeTag.rating_id,
            Rating.role,
            Rating.rated_at,
        )
        .select_from(ThemeTag)
        .join(Return, Return.id == ThemeTag.return_id)
        .join(Membership, Membership.id == Return.membership_id)
        .outerjoin(Rating, Rating.id == ThemeTag.rating_id)
        .outerjoin(User, User.id == ThemeTag.tagged_by_id)
        .order_by(Membership.name_key, ThemeTag.standard, ThemeTag.id)
    )
    for column, value in (
        (Return.stage_id, stage_id),
        (ThemeTag.theme_id, theme_id),
        (ThemeTag.return_id, return_id),
        (ThemeTag.standard, standard),
    ):
        if value is not None:
            statement = statement.where(column == value)
    rows: Any = session.execute(statement)
    return [TagRow(*row) for row in rows]


@dataclass(frozen=True)
class Visible:
    """What an actor sees of some tags; `own` counts those about an agency of theirs, `waiting`
    those that open with the moderation of their return."""

    tags: list[TagRow]
    own: int
    waiting: int


def visible_tags(session: Session, actor: Actor, board_id: int, tags: Sequence[TagRow]) -> Visible:
    """Return the tags that the actor may see, in one or two queries.

    A tag tells what its reviewer thinks. Until the ratings of its return are open to the other
    reviewers it is seen by who made it, and by a scrutineer who does not review for the board,
    except on a reviewer's comment, which nobody else reads before that (domain rule 21). Tags on
    the comment of a single reviewer are for those only who may see unpublished ratings, and of an
    agency where the actor holds a role none is shown but those on published ratings.
    """
    opened = opened_of(session, {tag.return_id for tag in tags})
    roles = {grant.role for grant in actor.grants if grant.board_id == board_id}
    scrutineer = Role.SCRUTINEER in roles and not roles & {Role.QA, Role.CHAIR}
    shown, own, waiting = [], 0, 0
    for tag in tags:
        facts = Facts(board_id, tag.membership_id, tag.agency_id)
        if holds_role_at(actor, facts) and tag.rating_role is not RatingRole.AGREED:
            own += 1
        elif tag.rating_role is RatingRole.REVIEWER and not can(actor, Can.SEE_UNPUBLISHED, facts):
            waiting += 1
        elif (
            opened.get(tag.return_id, Opened()).is_open(tag.rated_at)
            or (scrutineer and tag.rating_role is not RatingRole.REVIEWER)
            or actor.is_operator
            or (tag.tagged_by_id is not None and tag.tagged_by_id == actor.user_id)
        ):
            shown.append(tag)
        else:
            waiting += 1
    return Visible(shown, own, waiting)


def tag_on(session: Session, board_id: int, tag_id: int) -> tuple[ThemeTag, TagRow]:
    """Return the board's tag, for a change, with its row. Raises NotFound."""
    tag = session.scalar(
        select(ThemeTag)
        .join(ThemeTag.theme)
        .where(ThemeTag.id == tag_id, Theme.board_id == board_id)
    )
    if tag is None:
        raise NotFound("There is no such passage.")
    rows = tags_of(session, return_id=tag.return_id, standard=tag.standard)
    return tag, next(row for row in rows if row.id == tag.id)


def agency_names(session: Session, board_id: int) -> list[str]:
    """Return the names of every agency that is or was on the board, those it went by before
    among them; one query."""
    own = select(Membership.name).where(Membership.board_id == board_id)
    before = (
        select(FormerName.name)
        .outerjoin(Return, Return.id == FormerName.return_id)
        .join(
            Membership,
            Membership.id == func.coalesce(FormerName.membership_id, Return.membership_id),
        )
        .where(Membership.board_id == board_id)
    )
    return sorted(session.scalars(union(own, before)))


def published_tags(session: Session, tags: Sequence[TagRow]) -> list[TagRow]:
    """Return the tags that belong to what was published of their returns, whoever reads: what
    may be counted in public. One query."""
    opened = opened_of(session, {tag.return_id for tag in tags})
    return [tag for tag in tags if opened.get(tag.return_id, Opened()).was_published(tag.rated_at)]


def used_themes(session: Session, theme_ids: Collection[int]) -> dict[int, int]:
    """Return how many passages each theme was given, over all stages."""
    rows = session.execute(
        select(ThemeTag.theme_id, func.count())
        .where(ThemeTag.theme_id.in_(theme_ids))
        .group_by(ThemeTag.theme_id)
    )
    return {row[0]: row[1] for row in rows}
