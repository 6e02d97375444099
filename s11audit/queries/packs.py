"""Reads for the QA sub-group's meeting: what is up for decision, lines of enquiry, and what the
meeting recorded. A list is one query, whatever the number of agencies."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, undefer

from s11audit.domain.enums import (
    ActionState,
    Basis,
    LineBasis,
    Participation,
    PointState,
    ReturnState,
    ScreeningRule,
    Standing,
)
from s11audit.domain.errors import NotFound
from s11audit.models import (
    Action,
    Allotment,
    Attendance,
    ConflictOfInterest,
    Cycle,
    EnquiryLine,
    Grant,
    Improvement,
    MeetingDecision,
    Membership,
    Minutes,
    Opening,
    PlanDecision,
    PlanSubmission,
    Publication,
    Reply,
    Return,
    Screening,
    ScreeningPoint,
    SharedRating,
    Sharing,
    Stage,
    Submission,
    User,
)
from s11audit.queries.visits import proposals_on


class PackItem(NamedTuple):
    """A return, or a standard or action of it, that waits for the sub-group."""

    return_id: int
    membership_id: int
    agency_id: int
    agency: str
    cycle: str
    stage: int
    standard: int | None = None
    told: str = ""
    subject_id: int | None = None

    @property
    def where(self) -> str:
        return f"{self.cycle}, stage {self.stage}"


_RETURN = (
    Return.id,
    Membership.id,
    Membership.agency_id,
    Membership.name,
    Cycle.name,
    Stage.number,
)


def _items(statement: Any, board_id: int) -> Any:
    """Join a statement that selects from Return to its agency and stage."""
    return (
        statement.join(Membership, Membership.id == Return.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(Membership.board_id == board_id)
    )


def in_review(session: Session, board_id: int) -> list[PackItem]:
    """Return the board's returns in review, and those rated whose reviewers look at them again, as
    long as no agreed ratings of theirs lie with the agency; by agency."""
    again = exists().where(
        Opening.return_id == Return.id,
        Opening.opened_at
        > select(func.max(Publication.recorded_at))
        .where(Publication.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery(),
    )
    refinished = exists().where(
        Allotment.return_id == Return.id,
        Allotment.ended_at.is_(None),
        Allotment.finished_at
        > select(func.max(Publication.recorded_at))
        .where(Publication.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery(),
    )
    statement = _items(select(*_RETURN).select_from(Return), board_id).where(
        or_(Return.state == ReturnState.IN_REVIEW, again, refinished),
        Return.standing == Standing.ASKED,
        Return.participation == Participation.FULL,
        Cycle.basis == Basis.AGREED,  # on a confirmed one the office rates again by itself
        ~exists().where(Sharing.return_id == Return.id, Sharing.publication_id.is_(None)),
    )
    rows: Any = session.execute(statement.order_by(Membership.name_key, Return.id))
    return [PackItem(*row) for row in rows]


def disputes_to_decide(session: Session, board_id: int) -> list[PackItem]:
    """Return the disputed ratings without a decision, by agency and standard; `told` is the
    agency's reason."""
    statement = _items(
        select(*_RETURN, SharedRating.standard, Reply.reason)
        .select_from(Reply)
        .join(SharedRating, SharedRating.id == Reply.shared_rating_id)
        .join(Sharing, Sharing.id == SharedRating.sharing_id)
        .join(Return, Return.id == Sharing.return_id),
        board_id,
    ).where(Reply.accepted.is_(False), ~Reply.decision.has(), Sharing.publication_id.is_(None))
    order = (Membership.name_key, Return.id, SharedRating.standard)
    rows: Any = session.execute(statement.order_by(*order))
    return [PackItem(*row) for row in rows]


def plans_to_decide(session: Session, board_id: int) -> list[PackItem]:
    """Return the returns whose plan was returned and not decided on, by agency."""
    latest = (
        select(func.max(PlanSubmission.id))
        .where(PlanSubmission.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    statement = _items(select(*_RETURN).select_from(Return), board_id).where(
        latest.is_not(None),
        ~exists().where(PlanDecision.plan_submission_id == latest),
        Cycle.basis == Basis.AGREED,
    )
    rows: Any = session.execute(statement.order_by(Membership.name_key, Return.id))
    return [PackItem(*row) for row in rows]


def actions_to_verify(session: Session, board_id: int) -> list[PackItem]:
    """Return the actions that agencies reported complete, by agency and standard; `told` is what
    they are. The agency is the one that has the improvement now."""
    statement = (
        select(*_RETURN, Improvement.standard, Action.what, Action.id)
        .select_from(Action)
        .join(Improvement, Improvement.id == Action.improvement_id)
        .join(Return, Return.id == Improvement.return_id)
        .join(Membership, Membership.id == Improvement.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
    ).where(
        Membership.board_id == board_id,
        Improvement.superseded_by_id.is_(None),
        Action.state == ActionState.REPORTED_COMPLETE,
        Action.removed_at.is_(None),
        Cycle.basis == Basis.AGREED,
    )
    order = (Membership.name_key, Improvement.standard, Action.id)
    rows: Any = session.execute(statement.order_by(*order))
    return [PackItem(*row) for row in rows]


def visits_proposals(session: Session, board_id: int) -> list[PackItem]:
    """Return the returns for which a visit proposed ratings that QA has not settled, by agency;
    `told` says how many."""
    waiting = proposals_on(board_id).subquery()
    statement = _items(select(*_RETURN, waiting.c.proposed).select_from(Return), board_id).join(
        waiting, waiting.c.return_id == Return.id
    )
    rows: Any = session.execute(statement.order_by(Membership.name_key, Return.id))
    return [PackItem(*row)._replace(told=f"{proposed} proposed") for *row, proposed in rows]


class LineRow(NamedTuple):
    """A line of enquiry with its return."""

    id: int
    return_id: int
    membership_id: int
    agency_id: int
    agency: str
    cycle: str
    stage: int
    standard: int
    basis: LineBasis
    text: str


def lines_of(session: Session, meeting_id: int) -> list[LineRow]:
    """Return a meeting's lines of enquiry by agency and standard, without those removed."""
    rows: Any = session.execute(
        select(
            EnquiryLine.id,
            *_RETURN,
            EnquiryLine.standard,
            EnquiryLine.basis,
            EnquiryLine.text,
        )
        .select_from(EnquiryLine)
        .join(Return, Return.id == EnquiryLine.return_id)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(EnquiryLine.meeting_id == meeting_id, EnquiryLine.removed.is_(False))
        .order_by(Membership.name_key, Return.id, EnquiryLine.standard, EnquiryLine.id)
    )
    return [LineRow(*row) for row in rows]


def line_on(session: Session, meeting_id: int, line_id: int) -> EnquiryLine:
    """Return a meeting's line of enquiry. Raises NotFound."""
    found = session.scalar(
        select(EnquiryLine).where(
            EnquiryLine.id == line_id,
            EnquiryLine.meeting_id == meeting_id,
            EnquiryLine.removed.is_(False),
        )
    )
    if found is None:
        raise NotFound("There is no such line of enquiry.")
    return found


def drafted_keys(session: Session, meeting_id: int) -> set[tuple[int, int, str]]:
    """Return (return, standard, key) of every line that a meeting ever had."""
    rows = session.execute(
        select(EnquiryLine.return_id, EnquiryLine.standard, EnquiryLine.draft_key).where(
            EnquiryLine.meeting_id == meeting_id
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def confirmed_points(
    session: Session, return_ids: Collection[int]
) -> dict[tuple[int, int], list[tuple[ScreeningRule | None, str]]]:
    """Return the confirmed screening points of the latest submissions, by (return, standard)."""
    latest = (
        select(func.max(Submission.id))
        .where(Submission.return_id.in_(list(return_ids)))
        .group_by(Submission.return_id)
    )
    rows: Any = session.execute(
        select(
            Submission.return_id,
            ScreeningPoint.standard,
            ScreeningPoint.rule,
            ScreeningPoint.passage,
        )
        .select_from(ScreeningPoint)
        .join(Screening, Screening.id == ScreeningPoint.screening_id)
        .join(Submission, Submission.id == Screening.submission_id)
        .where(Submission.id.in_(latest), ScreeningPoint.state == PointState.CONFIRMED)
        .order_by(ScreeningPoint.id)
    )
    found: dict[tuple[int, int], list[tuple[ScreeningRule | None, str]]] = {}
    for return_id, standard, rule, passage in rows:
        found.setdefault((return_id, standard), []).append((rule, passage))
    return found


def attendance_of(session: Session, meeting_id: int) -> list[Attendance]:
    """Return who was at a meeting and who sent apologies, by name."""
    return list(
        session.scalars(
            select(Attendance)
            .where(Attendance.meeting_id == meeting_id)
            .order_by(Attendance.name_key, Attendance.id)
        )
    )


def conflicts_of(session: Session, meeting_id: int) -> list[ConflictOfInterest]:
    """Return the conflicts of interest that were declared at a meeting, with their agencies."""
    return list(
        session.scalars(
            select(ConflictOfInterest)
            .join(ConflictOfInterest.attendance)
            .where(Attendance.meeting_id == meeting_id)
            .order_by(ConflictOfInterest.id)
            .options(joinedload(ConflictOfInterest.membership))
        )
    )


class Interest(NamedTuple):
    """A reviewer of the board who holds a role at one of its agencies."""

    name: str
    agency: str


def known_interests(session: Session, board_id: int) -> list[Interest]:
    """Return which people of the QA sub-group hold a live role at an agency of the board, by name:
    what to declare."""
    qa = select(Grant.user_id).where(
        Grant.board_id == board_id, Grant.role.in_(("qa", "chair")), Grant.ended_at.is_(None)
    )
    rows: Any = session.execute(
        select(User.name, Membership.name)
        .distinct()
        .select_from(Grant)
        .join(User, User.id == Grant.user_id)
        .join(Membership, Membership.id == Grant.membership_id)
        .where(Grant.user_id.in_(qa), Membership.board_id == board_id, Grant.ended_at.is_(None))
        .order_by(User.name, Membership.name)
    )
    return [Interest(*row) for row in rows]


class DecisionRow(NamedTuple):
    """A decision with its return, where it is about one."""

    decision: MeetingDecision
    membership_id: int | None
    agency_id: int | None
    agency: str | None
    cycle: str | None
    stage: int | None


def decisions_of(session: Session, meeting_id: int) -> list[DecisionRow]:
    """Return a meeting's decisions by number."""
    rows: Any = session.execute(
        select(
            MeetingDecision,
            Membership.id,
            Membership.agency_id,
            Membership.name,
            Cycle.name,
            Stage.number,
        )
        .select_from(MeetingDecision)
        .outerjoin(Return, Return.id == MeetingDecision.return_id)
        .outerjoin(Membership, Membership.id == Return.membership_id)
        .outerjoin(Stage, Stage.id == Return.stage_id)
        .outerjoin(Cycle, Cycle.id == Stage.cycle_id)
        .where(MeetingDecision.meeting_id == meeting_id)
        .order_by(MeetingDecision.number)
    )
    return [DecisionRow(*row) for row in rows]


def decision_on(session: Session, meeting_id: int, decision_id: int) -> MeetingDecision:
    """Return a meeting's decision, with the return that it is about. Raises NotFound."""
    found = session.scalar(
        select(MeetingDecision)
        .where(MeetingDecision.id == decision_id, MeetingDecision.meeting_id == meeting_id)
        .options(
            joinedload(MeetingDecision.return_).options(
                joinedload(Return.membership), joinedload(Return.stage).joinedload(Stage.cycle)
            )
        )
    )
    if found is None:
        raise NotFound("There is no such decision.")
    return found


def minutes_of(session: Session, meeting_id: int) -> Minutes | None:
    """Return a meeting's approved minutes with their frozen copy, None while they are a draft."""
    return session.scalar(
        select(Minutes)
        .where(Minutes.meeting_id == meeting_id)
        .options(undefer(Minutes.snapshot), joinedload(Minutes.approved_by))
    )


def returns_by_ids(session: Session, return_ids: Collection[int]) -> Sequence[Return]:
    """Return these returns with agency, stage, cycle and tool version, by agency."""
    return session.scalars(
        select(Return)
        .join(Return.membership)
        .where(Return.id.in_(list(return_ids)))
        .order_by(Membership.name_key, Return.id)
        .options(
            joinedload(Return.membership),
            joinedload(Return.stage).joinedload(Stage.cycle).joinedload(Cycle.tool_version),
        )
    ).all()


def attendance_on(session: Session, meeting_id: int, attendance_id: int) -> Attendance:
    """Return somebody's attendance at a meeting. Raises NotFound."""
    found = session.scalar(
        select(Attendance).where(
            and_(Attendance.id == attendance_id, Attendance.meeting_id == meeting_id)
        )
    )
    if found is None:
        raise NotFound("There is nobody of that number at this meeting.")
    return found
