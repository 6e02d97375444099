"""Reads that reports are built from. For speed at a thousand agencies they return plain tuples,
let the database add up, and never load an object a row; each is one query.

Every read is of one stage or cycle, and cut off at a moment `by`: what took effect later does
not exist (domain rule 5). The caller has checked the actor.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import Ask, ReturnKind, Standing
from s11audit.domain.errors import NotFound
from s11audit.models import (
    Action,
    Confirmation,
    Cycle,
    FormerName,
    Improvement,
    Membership,
    MonitoringFlag,
    PlanSubmission,
    Publication,
    Rating,
    RecordedOutcome,
    Response,
    Return,
    SendBack,
    Stage,
    StandingChange,
    Submission,
)


def stages_of(session: Session, cycle_id: int) -> Sequence[Stage]:
    """Return the stages of a cycle by number, with cycle, board and tool version. Raises
    NotFound."""
    found = session.scalars(
        select(Stage)
        .where(Stage.cycle_id == cycle_id)
        .order_by(Stage.number)
        .options(
            joinedload(Stage.cycle).options(joinedload(Cycle.board), joinedload(Cycle.tool_version))
        )
    ).all()
    if not found:
        raise NotFound("There is no such cycle.")
    return found


def cycles_with_stages(session: Session, board_id: int) -> list[tuple[Cycle, list[Stage]]]:
    """Return a board's cycles, the latest first, each with its stages by number, with
    board and tool version."""
    found: dict[int, tuple[Cycle, list[Stage]]] = {}
    for stage in session.scalars(
        select(Stage)
        .join(Stage.cycle)
        .where(Cycle.board_id == board_id)
        .order_by(Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number)
        .options(
            joinedload(Stage.cycle).options(joinedload(Cycle.board), joinedload(Cycle.tool_version))
        )
    ):
        found.setdefault(stage.cycle_id, (stage.cycle, []))[1].append(stage)
    return list(found.values())


class ReturnRead(NamedTuple):
    """A return of the stage. `categories` and the words are as stored; `outcome` are the six
    cells of recorded history, the first None where there is none."""

    id: int
    membership_id: int
    agency: str
    categories: str
    participation: str
    plan_returned: bool
    outcome: tuple[str | None, ...]


def returns_of_stage(
    session: Session, stage_id: int, by: datetime, *, closed_at: datetime | None = None
) -> list[ReturnRead]:
    """Return every return of a stage, with whether its plan was returned by then. Each agency has
    the name that it went by then, or when the stage was closed (domain rule 53)."""
    named_at = by if closed_at is None else min(by, closed_at)
    planned = exists().where(
        PlanSubmission.return_id == Return.id, PlanSubmission.effective_at <= by
    )
    outcome = RecordedOutcome
    rows = session.connection().execute(
        select(
            Return.id,
            Return.membership_id,
            _name_at(named_at),
            type_coerce(Return.categories, String),
            type_coerce(Return.participation, String),
            planned,
            outcome.completed,
            outcome.self_assessed,
            outcome.plan_returned,
            outcome.actions_completed,
            outcome.monitored,
            outcome.current,
        )
        .select_from(Return)
        .join(Membership, Membership.id == Return.membership_id)
        .outerjoin(
            outcome,
            and_(outcome.return_id == Return.id, Return.kind == ReturnKind.RECORDED),
        )
        .where(Return.stage_id == stage_id)
    )
    return [
        ReturnRead(id_, member, name, categories, participation, bool(plan), tuple(cells))
        for id_, member, name, categories, participation, plan, *cells in rows.all()
    ]


def _name_at(moment: datetime) -> ColumnElement[str]:
    """The name of a return's agency at that moment: the first that it went by until later."""

    def former(place: ColumnElement[bool]) -> ScalarSelect[str]:
        return (
            select(FormerName.name)
            .where(place, FormerName.until > moment)
            .order_by(FormerName.until, FormerName.id)
            .limit(1)
            .correlate(Return, Membership)
            .scalar_subquery()
        )

    return func.coalesce(
        former(FormerName.return_id == Return.id),
        former(FormerName.membership_id == Return.membership_id),
        Membership.name,
    )


class StandingRead(NamedTuple):
    """How a return stood: the latest change that had taken effect."""

    standing: Standing
    reason: str
    since: datetime


def standings(session: Session, stage_ids: Sequence[int], by: datetime) -> dict[int, StandingRead]:
    """Return the standing of those returns of these stages that ever had it changed."""
    rows = session.connection().execute(
        select(
            StandingChange.return_id,
            StandingChange.standing,
            StandingChange.reason,
            StandingChange.effective_at,
        )
        .join(Return, Return.id == StandingChange.return_id)
        .where(Return.stage_id.in_(stage_ids), StandingChange.effective_at <= by)
        .order_by(StandingChange.effective_at, StandingChange.id)
    )
    return {
        return_id: StandingRead(standing, reason, since)
        for return_id, standing, reason, since in rows.all()
    }


def submissions(
    session: Session, stage_ids: Sequence[int], by: datetime
) -> Sequence[tuple[int, datetime, datetime | None, str]]:
    """Return (return, effective_at, sent back at, self ratings as JSON) of these stages, in the
    order of their numbers within each return."""
    rows = session.connection().execute(
        select(
            Submission.return_id,
            Submission.effective_at,
            SendBack.effective_at,
            cast(Submission.self_ratings, String),
        )
        .join(Return, Return.id == Submission.return_id)
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .where(Return.stage_id.in_(stage_ids), Submission.effective_at <= by)
        .order_by(Submission.return_id, Submission.number)
    )
    return rows.all()


class PublicationRead(NamedTuple):
    """What one publication said: "1:green 2:amber:disputed", the standards in no order."""

    return_id: int
    membership_id: int
    ratings: str
    at: datetime


def publications(session: Session, cycle_id: int, by: datetime) -> list[PublicationRead]:
    """Return what was published in any stage of a cycle, the earliest first. Ratings that belong
    to a publication are agreed ones: the table says so."""
    said = (
        select(
            func.aggregate_strings(
                cast(Rating.standard, String)
                + ":"
                + type_coerce(Rating.rag, String)
                + case((Rating.disputed, ":disputed"), else_=""),
                " ",
            )
        )
        .where(Rating.publication_id == Publication.id)
        .correlate(Publication)
        .scalar_subquery()
    )
    rows = session.connection().execute(
        select(Publication.return_id, Return.membership_id, said, Publication.effective_at)
        .select_from(Stage)
        .join(Return, Return.stage_id == Stage.id)
        .join(Publication, Publication.return_id == Return.id)
        .where(Stage.cycle_id == cycle_id, Publication.effective_at <= by)
        .order_by(Publication.effective_at, Publication.id)
    )
    return [PublicationRead(*row) for row in rows.all() if row[2]]


class ConfirmedRead(NamedTuple):
    """What one confirmation said, as `PublicationRead`, and when."""

    return_id: int
    membership_id: int
    ratings: str
    at: datetime


def confirmations(session: Session, cycle_id: int, by: datetime) -> list[ConfirmedRead]:
    """Return what agencies confirmed of their own results in any stage of a cycle, the earliest
    first."""
    said = (
        select(
            func.aggregate_strings(
                cast(Rating.standard, String) + ":" + type_coerce(Rating.rag, String), " "
            )
        )
        .where(Rating.confirmation_id == Confirmation.id)
        .correlate(Confirmation)
        .scalar_subquery()
    )
    rows = session.connection().execute(
        select(Confirmation.return_id, Return.membership_id, said, Confirmation.effective_at)
        .select_from(Stage)
        .join(Return, Return.stage_id == Stage.id)
        .join(Confirmation, Confirmation.return_id == Return.id)
        .where(Stage.cycle_id == cycle_id, Confirmation.effective_at <= by)
        .order_by(Confirmation.effective_at, Confirmation.id)
    )
    return [ConfirmedRead(*row) for row in rows.all() if row[2]]


def kept(session: Session, stage_id: int, by: datetime) -> dict[int, list[int]]:
    """Return the standards of each return of a stage that were confirmed as still true, where QA
    had published or accepted the return by then: they keep the rating they had (domain rule 20)."""
    accepted = exists().where(Publication.return_id == Return.id, Publication.effective_at <= by)
    found: dict[int, list[int]] = {}
    for return_id, standard in session.connection().execute(
        select(Response.return_id, Response.standard)
        .join(Return, Return.id == Response.return_id)
        .where(Return.stage_id == stage_id, Response.ask == Ask.STILL_TRUE, accepted)
    ):
        found.setdefault(return_id, []).append(standard)
    return found


def improvements(session: Session, stage_id: int, by: datetime) -> dict[int, str]:
    """Return the improvements of each of a stage's returns that were published by then.

    "2:1:0 0:0:1" are two, in no order: one with two actions, one of them verified, and one with
    none, for which QA had accepted the reason.
    """
    each = (
        select(
            Improvement.return_id,
            func.count(Action.id).label("actions"),
            func.count(case((Action.verified_at <= by, 1))).label("verified"),
            case((Improvement.no_action_accepted_at <= by, 1), else_=0).label("accepted"),
        )
        .select_from(Return)
        .join(Improvement, Improvement.return_id == Return.id)
        .outerjoin(
            Action,
            and_(
                Action.improvement_id == Improvement.id,
                Action.added_at <= by,
                or_(Action.removed_at.is_(None), Action.removed_at > by),
            ),
        )
        .where(Return.stage_id == stage_id, Improvement.opened_at <= by)
        .group_by(Improvement.id, Improvement.return_id, Improvement.no_action_accepted_at)
        .subquery()
    )
    parts = (cast(part, String) for part in (each.c.actions, each.c.verified, each.c.accepted))
    actions, verified, accepted = parts
    rows = session.connection().execute(
        select(
            each.c.return_id,
            func.aggregate_strings(actions + ":" + verified + ":" + accepted, " "),
        ).group_by(each.c.return_id)
    )
    return {row[0]: row[1] for row in rows}


def monitored(session: Session, stage_id: int, by: datetime) -> set[int]:
    """Return the returns of a stage where any standard or action was flagged for monitoring: its
    latest flag is raised."""
    latest = (
        select(
            MonitoringFlag.return_id,
            MonitoringFlag.raised,
            func.row_number()
            .over(
                partition_by=(
                    MonitoringFlag.return_id,
                    MonitoringFlag.standard,
                    MonitoringFlag.action_id,
                ),
                order_by=(MonitoringFlag.effective_at.desc(), MonitoringFlag.id.desc()),
            )
            .label("place"),
        )
        .join(Return, Return.id == MonitoringFlag.return_id)
        .where(Return.stage_id == stage_id, MonitoringFlag.effective_at <= by)
        .subquery()
    )
    return set(
        session.scalars(
            select(latest.c.return_id).where(latest.c.place == 1, latest.c.raised).distinct()
        )
    )
