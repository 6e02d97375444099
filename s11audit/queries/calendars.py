"""Calendar feeds, and the due dates they hold: a person's own, and a board's."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.calendars import Entry
from s11audit.domain.enums import AGENCY_ROLES, ActionState, MeetingKind, Role, Standing
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts, can
from s11audit.models import (
    Action,
    AuditLog,
    Board,
    CalendarFeed,
    Cycle,
    Improvement,
    Invitation,
    Meeting,
    Membership,
    Reply,
    Return,
    SharedRating,
    Sharing,
    Stage,
    Visit,
    VisitMember,
)
from s11audit.queries.returns import still_out

KEPT = timedelta(days=366)  # for which meetings that were held stay in a feed
MEETINGS = {MeetingKind.EXECUTIVE: "Executive meeting", MeetingKind.QA: "QA sub-group meeting"}


def feeds_of(session: Session, user_id: int) -> dict[int | None, CalendarFeed]:
    """Return a person's feeds by board; None is the one of their own due dates."""
    found = session.scalars(select(CalendarFeed).where(CalendarFeed.user_id == user_id))
    return {feed.board_id: feed for feed in found}


def feed_by_hash(session: Session, token_hash: str) -> CalendarFeed:
    """Return the feed of that address with its person and board. Raises NotFound."""
    found = session.scalar(
        select(CalendarFeed)
        .options(joinedload(CalendarFeed.user), joinedload(CalendarFeed.board))
        .where(CalendarFeed.token_hash == token_hash)
    )
    if found is None or not found.user.active:
        raise NotFound("There is no such calendar.")
    return found


def boards_of(session: Session, actor: Actor) -> list[Board]:
    """Return the boards that a person serves in a role of the board itself, by name."""
    return list(
        session.scalars(
            select(Board).where(Board.id.in_(_served(actor))).order_by(Board.name, Board.id)
        )
    )


def _served(actor: Actor) -> set[int]:
    return {
        grant.board_id
        for grant in actor.grants
        if grant.board_id is not None
        and grant.membership_id is None
        and can(actor, Can.SEE_BOARD, Facts(grant.board_id))
    }


def own_entries(session: Session, actor: Actor, today: date) -> list[Entry]:
    """Return what is due for a person: at their agencies, and for the boards they serve."""
    held = [grant for grant in actor.grants if grant.role in AGENCY_ROLES]
    agencies = {grant.membership_id for grant in held if grant.membership_id is not None}
    leading = {grant.membership_id for grant in held if grant.role is Role.LEAD}
    boards = _served(actor)
    accepted = select(Invitation.id).where(Invitation.accepted_by_id == actor.user_id)
    member = exists().where(
        VisitMember.visit_id == Visit.id,
        or_(
            VisitMember.user_id == actor.user_id,
            VisitMember.invitation_id.in_(accepted),
        ),
        VisitMember.removed_at.is_(None),
    )
    goes = or_(and_(Visit.coordinator_id == actor.user_id, Membership.board_id.in_(boards)), member)
    found = [
        *_returns(session, Return.membership_id.in_(agencies)),
        *_actions(session, Improvement.membership_id.in_(agencies)),
        *_replies(session, Return.membership_id.in_(leading), today),
        *_visits(session, or_(Return.membership_id.in_(agencies), goes)),
        *_of_boards(session, actor, boards, today),
    ]
    return _revised(session, found)


def board_entries(session: Session, actor: Actor, board_id: int, today: date) -> list[Entry]:
    """Return a board's due dates, as far as the actor sees what is due there."""
    found = _of_boards(session, actor, [board_id], today)
    here = Membership.board_id == board_id
    if can(actor, Can.LIST_RETURNS, Facts(board_id)):
        # A return that is due with its stage has the stage's entry.
        found += _returns(session, and_(here, Return.due_on != Stage.due_on))
        found += _actions(session, here)
        found += _replies(session, here, today)
    if can(actor, Can.SEE_VISITS, Facts(board_id)):
        found += _visits(session, here)
    return _revised(session, found)


def _of_boards(
    session: Session, actor: Actor, board_ids: Collection[int], today: date
) -> list[Entry]:
    return [*_stages(session, board_ids), *_meetings(session, actor, board_ids, today)]


def _returns(session: Session, where: ColumnElement[bool]) -> list[Entry]:
    rows = session.execute(
        select(Return, Membership.name, Cycle.name, Stage.number)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(still_out(), where)
        .order_by(Return.due_on, Return.id)
    )
    return [
        Entry(
            "return",
            return_.id,
            return_.due_on,
            f"Return due: {agency}",
            f"/returns/{return_.id}",
            return_.made_at,
            f"{cycle}, stage {stage}",
        )
        for return_, agency, cycle, stage in rows
    ]


def _actions(session: Session, where: ColumnElement[bool]) -> list[Entry]:
    rows = session.execute(
        select(Action, Improvement, Membership.name)
        .join(Action.improvement)
        .join(Membership, Membership.id == Improvement.membership_id)
        .where(
            Action.state.in_([ActionState.OPEN, ActionState.UNDERWAY]),
            Action.removed_at.is_(None),
            Improvement.superseded_by_id.is_(None),
            where,
        )
        .order_by(Action.due_on, Action.id)
    )
    return [
        Entry(
            "action",
            action.id,
            action.due_on,
            f"Action due: {agency}",
            f"/returns/{improvement.return_id}/plan/actions/{action.id}",
            action.added_at,
            f"Action {action.number} for standard {improvement.standard}",
        )
        for action, improvement, agency in rows
    ]


def _replies(session: Session, where: ColumnElement[bool], today: date) -> list[Entry]:
    waits = exists().where(
        SharedRating.sharing_id == Sharing.id,
        ~exists().where(Reply.shared_rating_id == SharedRating.id),
    )
    rows = session.execute(
        select(Sharing, Membership.name, Cycle.name, Stage.number)
        .join(Return, Return.id == Sharing.return_id)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(
            Sharing.publication_id.is_(None),
            Sharing.reply_by >= today,
            Return.standing == Standing.ASKED,
            waits,
            where,
        )
        .order_by(Sharing.reply_by, Sharing.id)
    )
    return [
        Entry(
            "reply",
            sharing.id,
            sharing.reply_by,
            f"Last day to reply to the ratings: {agency}",
            f"/returns/{sharing.return_id}",
            sharing.shared_at,
            f"{cycle}, stage {stage}",
        )
        for sharing, agency, cycle, stage in rows
        if sharing.reply_by is not None
    ]


def _visits(session: Session, where: ColumnElement[bool]) -> list[Entry]:
    rows = session.execute(
        select(Visit, Membership.name, Cycle.name, Stage.number)
        .join(Visit.return_)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(Visit.finished_at.is_(None), Visit.cancelled_at.is_(None), where)
        .order_by(Visit.visit_on, Visit.id)
    )
    return [
        Entry(
            "visit",
            visit.id,
            visit.visit_on,
            f"Visit: {agency}",
            f"/returns/{visit.return_id}/visits",  # as far as a visitor reaches
            visit.arranged_at,
            f"{cycle}, stage {stage}",
            visit.place,
        )
        for visit, agency, cycle, stage in rows
    ]


def _stages(session: Session, board_ids: Collection[int]) -> list[Entry]:
    rows = session.execute(
        select(Stage, Cycle.name, Cycle.opened_at, Board.slug, Board.name)
        .join(Stage.cycle)
        .join(Cycle.board)
        .where(Cycle.board_id.in_(board_ids), Cycle.recorded.is_(False), Stage.closed_at.is_(None))
        .order_by(Stage.due_on, Stage.id)
    )
    return [
        Entry(
            "stage",
            stage.id,
            stage.due_on,
            f"Returns due: {cycle}, stage {stage.number}",
            f"/boards/{slug}",
            opened_at,
            board,
        )
        for stage, cycle, opened_at, slug, board in rows
    ]


def _meetings(
    session: Session, actor: Actor, board_ids: Collection[int], today: date
) -> list[Entry]:
    packs = [each for each in board_ids if can(actor, Can.READ_PACK, Facts(each))]
    rows = session.execute(
        select(Meeting, Board.slug, Board.name)
        .join(Meeting.board)
        .where(
            Meeting.board_id.in_(board_ids),
            or_(Meeting.kind == MeetingKind.EXECUTIVE, Meeting.board_id.in_(packs)),
            Meeting.held_on >= today - KEPT,
        )
        .order_by(Meeting.held_on, Meeting.id)
    )
    return [
        Entry(
            "meeting",
            meeting.id,
            meeting.held_on,
            meeting.title or MEETINGS[meeting.kind],
            f"/boards/{slug}/meetings/{meeting.id}",
            meeting.added_at,
            ", ".join(each for each in (MEETINGS[meeting.kind], meeting.starts_at, board) if each),
            meeting.place,
        )
        for meeting, slug, board in rows
    ]


def _revised(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Return each entry once, by day, with how often and when last the log says it was changed."""
    by_subject: dict[str, set[int]] = {}
    for entry in entries:
        by_subject.setdefault(entry.subject, set()).add(entry.subject_id)
    changes = {}
    if by_subject:
        rows = session.execute(
            select(AuditLog.subject, AuditLog.subject_id, func.count(), func.max(AuditLog.at))
            .where(
                or_(
                    *(
                        and_(AuditLog.subject == subject, AuditLog.subject_id.in_(ids))
                        for subject, ids in by_subject.items()
                    )
                )
            )
            .group_by(AuditLog.subject, AuditLog.subject_id)
        )
        changes = {(subject, number): (count, at) for subject, number, count, at in rows}
    found = {}
    for entry in entries:
        count, at = changes.get((entry.subject, entry.subject_id), (1, entry.changed_at))
        found[entry.key] = replace(entry, revision=count - 1, changed_at=max(at, entry.changed_at))
    return sorted(found.values(), key=lambda each: (each.day, each.key))
