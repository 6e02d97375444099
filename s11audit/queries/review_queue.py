"""The review queue: which returns of a board wait for QA, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, and_, case, func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    Ask,
    Basis,
    Participation,
    RatingRole,
    ReturnState,
    Standing,
)
from s11audit.domain.policy import Actor, Facts, holds_role_at
from s11audit.models import (
    Cycle,
    Membership,
    Rating,
    Response,
    Return,
    SendBack,
    Stage,
    Submission,
    ToolVersion,
    name_key,
)
from s11audit.queries.board_rounds import ReturnRound, rounds_of_board
from s11audit.queries.evidence_marks import marked_standards
from s11audit.queries.paging import Page
from s11audit.queries.screening import NOT_SCREENED, stands_of
from s11audit.queries.tools import in_scope, tool_of

PAGE_LENGTH = 50


class Waiting(StrEnum):
    """What a return in the queue waits for."""

    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    READY = "ready"
    DISPUTED = "disputed"
    REPLY = "reply"
    PUBLISHED = "published"
    ADVISORY = "advisory"


WAITING_WORDS: dict[Waiting, str] = {
    Waiting.SUBMITTED: "Submitted",
    Waiting.IN_REVIEW: "In review",
    Waiting.READY: "Waiting for moderation",
    Waiting.DISPUTED: "Disputes to decide",
    Waiting.REPLY: "With the agency",
    Waiting.PUBLISHED: "Published",
    Waiting.ADVISORY: "Advisory, not rated",
}
TO_DO = (Waiting.SUBMITTED, Waiting.IN_REVIEW, Waiting.READY, Waiting.DISPUTED)


@dataclass(frozen=True)
class QueueRow:
    """One return in the queue. `own`: the person who looks holds a role at the agency; `mine`:
    they review it, have rated `rated` of `standards` and have `finished` or not. `reviewers` are
    all of them. `reply_by`: until when the agency can answer; `disputes` wait for a decision.
    `screening`: where that stands, for the page that is shown; `marked`: how many standards are
    rated green on evidence that is marked (domain rule 76)."""

    return_id: int
    agency: str
    cycle: str
    stage: int
    waiting: Waiting
    submitted_at: datetime
    late: bool
    rated: int
    standards: int
    own: bool
    mine: bool = False
    finished: bool = False
    reviewers: tuple[str, ...] = ()
    reply_by: date | None = None
    disputes: int = 0
    screening: str = NOT_SCREENED
    marked: int = 0


@dataclass(frozen=True)
class Queue:
    """A page of the queue, how many returns wait for each thing, and how many of those that QA
    has to do with are `marked` for their evidence, the search left aside."""

    page: Page[QueueRow]
    counts: dict[Waiting, int]
    marked: int = 0


def review_queue(
    session: Session,
    actor: Actor,
    board_id: int,
    *,
    show: Sequence[Waiting] = TO_DO,
    search: str = "",
    page: int = 1,
    marked: bool = False,
) -> Queue:
    """Return a page of the board's returns that were sent in, those submitted longest ago first;
    with `marked` only those with evidence that is marked.

    Those that the actor reviews and has not finished come before all others. Eight queries, and
    one for each tool that this process has not read yet. What a return waits for follows from its
    tool, so that the whole board is looked at, by a few columns of each return.
    """
    rows = _rows(session, actor, board_id)
    counts = _counts(rows)
    found = marked_standards(session, board_id, _current_submissions())
    key = name_key(search)
    wanted = [
        row
        for row in rows
        if row.waiting in show
        and key in name_key(row.agency)
        and (not marked or row.return_id in found)
    ]
    pages = max(1, -(-len(wanted) // PAGE_LENGTH))
    number = min(max(page, 1), pages)
    first = (number - 1) * PAGE_LENGTH
    shown = wanted[first : first + PAGE_LENGTH]
    stands = stands_of(session, [row.return_id for row in shown])
    shown = [
        replace(
            row,
            screening=stands.get(row.return_id, NOT_SCREENED),
            marked=found.get(row.return_id, 0),
        )
        for row in shown
    ]
    count = sum(row.waiting in TO_DO and row.return_id in found for row in rows)
    return Queue(Page(shown, number, pages, len(wanted)), counts, count)


def queue_counts(session: Session, actor: Actor, board_id: int) -> dict[Waiting, int]:
    """Return how many of the board's returns wait for each thing."""
    return _counts(_rows(session, actor, board_id))


def _counts(rows: Sequence[QueueRow]) -> dict[Waiting, int]:
    return {waiting: sum(row.waiting is waiting for row in rows) for waiting in Waiting}


def next_return(session: Session, actor: Actor, board_id: int, return_id: int) -> QueueRow | None:
    """Return the next one in the queue that the actor may rate, after this return and then from
    the beginning; None where there is no other."""
    rows = [
        row
        for row in _rows(session, actor, board_id)
        if row.waiting in TO_DO and (row.return_id == return_id or not row.own)
    ]
    place = next((i for i, row in enumerate(rows) if row.return_id == return_id), -1)
    others = [row for row in rows[place + 1 :] + rows[: place + 1] if row.return_id != return_id]
    return others[0] if others else None


def _current_submissions() -> Subquery:
    """The latest submission of each return, unless it was sent back."""
    newest = (
        select(Submission.return_id, func.max(Submission.number).label("number"))
        .group_by(Submission.return_id)
        .subquery()
    )
    return (
        select(
            Submission.id,
            Submission.return_id,
            Submission.effective_at,
            Submission.recorded_at,
            Submission.late,
        )
        .join(
            newest,
            and_(
                newest.c.return_id == Submission.return_id,
                newest.c.number == Submission.number,
            ),
        )
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .where(SendBack.id.is_(None))
        .subquery()
    )


def _of_board(board_id: int) -> ColumnElement[bool]:
    """QA rates on cycles of basis agreed only; on others the agency confirms its own result."""
    stages = (
        select(Stage.id)
        .join(Stage.cycle)
        .where(Cycle.board_id == board_id, Cycle.basis == Basis.AGREED)
    )
    return Return.stage_id.in_(stages)


def _progress(board_id: int, sent: Subquery, user_id: int | None) -> Subquery:
    """How many standards of each return this person has rated, or find published, and how many are
    published."""
    given = case(
        (
            and_(
                Rating.role == RatingRole.REVIEWER,
                Rating.rated_at >= sent.c.effective_at,
                Rating.rater_id.is_not_distinct_from(user_id),
            ),
            Rating.id,
        )
    )
    agreed = case((Rating.role == RatingRole.AGREED, Rating.id))
    by_standard = (
        select(
            Rating.return_id,
            func.max(given).label("given"),
            func.max(agreed).label("agreed"),
            func.max(case((Response.ask == Ask.STILL_TRUE, 1))).label("kept"),
        )
        .join(Return, Return.id == Rating.return_id)
        .outerjoin(
            Response,
            and_(Response.return_id == Rating.return_id, Response.standard == Rating.standard),
        )
        .join(sent, sent.c.return_id == Rating.return_id)
        .where(_of_board(board_id), Rating.role != RatingRole.SELF)
        .group_by(Rating.return_id, Rating.standard)
        .subquery()
    )
    columns = by_standard.c
    return (
        select(
            columns.return_id,
            func.count(
                case((columns.kept.is_(None), func.coalesce(columns.given, columns.agreed)))
            ).label("rated"),
            func.count(case((columns.kept.is_(None), columns.agreed))).label("published"),
        )
        .group_by(columns.return_id)
        .subquery()
    )


def _kept() -> Subquery:
    """How many standards of each return were only asked whether they are still true: these keep
    the rating they have, and need none."""
    return (
        select(Response.return_id, func.count().label("kept"))
        .where(Response.ask == Ask.STILL_TRUE)
        .group_by(Response.return_id)
        .subquery()
    )


def _rows(session: Session, actor: Actor, board_id: int) -> list[QueueRow]:
    sent = _current_submissions()
    progress, kept = _progress(board_id, sent, actor.user_id), _kept()
    rounds = rounds_of_board(session, board_id)
    versions = {
        version.id: version
        for version in session.scalars(
            select(ToolVersion).where(
                ToolVersion.id.in_(select(Cycle.tool_version_id).where(Cycle.board_id == board_id))
            )
        )
    }
    asked: dict[tuple[object, ...], int] = {}
    rows: list[QueueRow] = []
    for row in session.execute(
        select(
            Return.id,
            Return.state,
            Return.participation,
            Return.categories,
            Membership.id.label("membership_id"),
            Membership.agency_id,
            Membership.name,
            Cycle.name.label("cycle"),
            Cycle.tool_version_id,
            Stage.number,
            Stage.scope_standards,
            sent.c.id.label("submission_id"),
            sent.c.effective_at,
            sent.c.late,
            progress.c.rated,
            progress.c.published,
            kept.c.kept,
        )
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .join(sent, sent.c.return_id == Return.id)
        .outerjoin(progress, progress.c.return_id == Return.id)
        .outerjoin(kept, kept.c.return_id == Return.id)
        .where(
            Cycle.board_id == board_id,
            Cycle.recorded.is_(False),
            Cycle.basis == Basis.AGREED,
            Return.standing == Standing.ASKED,
        )
        .order_by(sent.c.effective_at, Membership.name_key, Return.id)
    ):
        scope = tuple(row.scope_standards) if row.scope_standards is not None else None
        kind = (row.tool_version_id, row.categories, scope)
        if kind not in asked:
            tool = tool_of(session, versions[row.tool_version_id])
            asked[kind] = len(in_scope(tool, row.categories, scope))
        standards = asked[kind] - (row.kept or 0)
        found = rounds.get(row.id, ReturnRound())
        published = standards <= (row.published or 0)
        is_open = found.open(row.submission_id, published=published)
        me = next((each for each in found.reviewers if each.user_id == actor.user_id), None)
        rows.append(
            QueueRow(
                return_id=row.id,
                agency=row.name,
                cycle=row.cycle,
                stage=row.number,
                waiting=_waiting(row.state, row.participation, standards, found, is_open),
                submitted_at=row.effective_at,
                late=row.late,
                rated=row.rated or 0,
                standards=standards,
                own=holds_role_at(actor, Facts(board_id, row.membership_id, row.agency_id)),
                mine=me is not None,
                finished=me is not None and (is_open or found.finished(me, row.submission_id)),
                reviewers=tuple(each.name for each in found.reviewers),
                reply_by=found.shared.reply_by if found.shared else None,
                disputes=found.shared.undecided if found.shared else 0,
            )
        )
    # Python's sort keeps the order of those that are equal.
    return sorted(rows, key=lambda row: not (row.mine and not row.finished))


def _waiting(
    state: ReturnState,
    participation: Participation,
    standards: int,
    found: ReturnRound,
    is_open: bool,
) -> Waiting:
    if participation is Participation.ADVISORY:
        return Waiting.ADVISORY
    if state is ReturnState.SUBMITTED:
        return Waiting.SUBMITTED
    if found.shared is not None:
        return Waiting.DISPUTED if found.shared.undecided else Waiting.REPLY
    if is_open and (state is ReturnState.IN_REVIEW or found.pending):
        return Waiting.READY
    if not standards and state is ReturnState.IN_REVIEW:
        return Waiting.READY  # nothing is to be rated: it can be accepted
    return Waiting.IN_REVIEW if state is ReturnState.IN_REVIEW else Waiting.PUBLISHED
