"""Reads of screenings: which returns have no list yet, a board's screenings, one return's, and
where screening stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import (
    PointState,
    ReturnState,
    ScreeningOutcome,
    ScreeningRule,
)
from s11audit.models import (
    Cycle,
    Membership,
    Return,
    Screening,
    ScreeningPoint,
    Stage,
    Submission,
    name_key,
)
from s11audit.queries.paging import Page, page_of
from s11audit.queries.reviews import current_submission
from s11audit.queries.screened import current_submissions

PAGE_LENGTH = 50
WITH_OFFICE = (ReturnState.SUBMITTED, ReturnState.IN_REVIEW)
NOT_SCREENED = "Not screened"


class Show(StrEnum):
    """Which returns the board's list shows."""

    TO_DO = "to_do"
    PASSED = "passed"
    ALL = "all"


@dataclass(frozen=True)
class ScreeningRow:
    """A return on the board's list. `drafted` is False while nothing has read it."""

    return_id: int
    agency: str
    cycle: str
    stage: int
    submitted_at: datetime
    late: bool
    drafted: bool
    open: int
    confirmed: int
    dismissed: int
    outcome: ScreeningOutcome | None
    concluded_at: datetime | None

    @property
    def stands(self) -> str:
        """Where its screening stands, in words."""
        return in_short(self.outcome, self.concluded_at)


@dataclass(frozen=True)
class BoardScreenings:
    """A page of the list, and of how many of the returns to be screened the list is drafted."""

    page: Page[ScreeningRow]
    drafted: int
    to_do: int


@dataclass(frozen=True)
class ReturnScreening:
    """What the page of one return shows."""

    submission: Submission | None
    screening: Screening | None
    points: Sequence[ScreeningPoint]

    def in_state(self, state: PointState) -> list[ScreeningPoint]:
        """Return the points of that state."""
        return [point for point in self.points if point.state is state]

    @property
    def is_over(self) -> bool:
        """Whether it was passed to QA or sent back."""
        return self.screening is not None and self.screening.outcome is not None

    @property
    def stands(self) -> str:
        """Where the screening stands, in words."""
        if self.screening is None:
            return NOT_SCREENED
        return in_short(self.screening.outcome, self.screening.concluded_at)


def in_short(outcome: ScreeningOutcome | None, at: datetime | None) -> str:
    """Return "Passed on 4 March 2026", or "Not screened" while nobody has concluded it."""
    if outcome is None or at is None:
        return NOT_SCREENED
    day = in_words(london_today(at))
    return f"{'Passed' if outcome is ScreeningOutcome.PASSED else 'Sent back'} on {day}"


def not_drafted(stage_id: int | None = None) -> Select[int]:
    """Return the statement that finds the returns whose current submission has no list yet, of a
    stage or of all, those sent in first first."""
    sent = current_submissions().outerjoin(Screening, Screening.submission_id == Submission.id)
    if stage_id is not None:
        sent = sent.where(Return.stage_id == stage_id)
    return (
        sent.where(Screening.id.is_(None))
        .order_by(Submission.effective_at, Submission.id)
        .with_only_columns(Submission.return_id)
    )


def board_screenings(
    session: Session,
    board_id: int,
    *,
    stage_id: int | None,
    show: Show = Show.TO_DO,
    search: str = "",
    page: int = 1,
) -> BoardScreenings:
    """Return a page of the board's returns that are in, those sent in longest ago first; three
    queries."""
    counts = (
        select(
            ScreeningPoint.screening_id,
            *(
                func.count(case((ScreeningPoint.state == state, 1))).label(state.value)
                for state in PointState
            ),
        )
        .group_by(ScreeningPoint.screening_id)
        .subquery()
    )
    sent = (
        current_submissions()
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .outerjoin(Screening, Screening.submission_id == Submission.id)
        .where(Cycle.board_id == board_id, Cycle.recorded.is_(False))
    )
    if stage_id is not None:
        sent = sent.where(Return.stage_id == stage_id)
    to_do = and_(Return.state.in_(WITH_OFFICE), Screening.outcome.is_(None))
    figures = session.execute(
        sent.with_only_columns(
            func.count(case((and_(to_do, Screening.id.is_not(None)), 1))).label("drafted"),
            func.count(case((to_do, 1))).label("to_do"),
        )
    ).one()
    listed = (
        sent.outerjoin(counts, counts.c.screening_id == Screening.id)
        .with_only_columns(
            Submission.return_id,
            Membership.name.label("agency"),
            Cycle.name.label("cycle"),
            Stage.number.label("stage"),
            Submission.effective_at,
            Submission.late,
            Screening.id.label("screening_id"),
            Screening.outcome,
            Screening.concluded_at,
            counts.c.open,
            counts.c.confirmed,
            counts.c.dismissed,
        )
        .where(*_shown(show, to_do))
        .order_by(Submission.effective_at, Membership.name_key, Submission.id)
    )
    if search:
        listed = listed.where(Membership.name_key.contains(name_key(search), autoescape=True))
    found = page_of(session, listed, page=page, length=PAGE_LENGTH, rows=True)
    rows = [
        ScreeningRow(
            return_id=row.return_id,
            agency=row.agency,
            cycle=row.cycle,
            stage=row.stage,
            submitted_at=row.effective_at,
            late=row.late,
            drafted=row.screening_id is not None,
            open=row.open or 0,
            confirmed=row.confirmed or 0,
            dismissed=row.dismissed or 0,
            outcome=row.outcome,
            concluded_at=row.concluded_at,
        )
        for row in found.items
    ]
    shown = Page(rows, found.number, found.pages, found.total)
    return BoardScreenings(shown, figures.drafted, figures.to_do)


def to_be_screened(session: Session, board_id: int) -> int:
    """Return how many of a board's returns are with the office and neither passed nor sent
    back."""
    found = session.scalar(
        current_submissions()
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .outerjoin(Screening, Screening.submission_id == Submission.id)
        .where(
            Cycle.board_id == board_id,
            Cycle.recorded.is_(False),
            Return.state.in_(WITH_OFFICE),
            Screening.outcome.is_(None),
        )
        .with_only_columns(func.count())
    )
    return found or 0


def _shown(show: Show, to_do: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    if show is Show.TO_DO:
        return [to_do]
    if show is Show.PASSED:
        return [Screening.outcome == ScreeningOutcome.PASSED]
    return []


def screening_of(session: Session, return_id: int) -> ReturnScreening:
    """Return the screening of a return's current submission with its points, by standard and in
    the order of the rules; three queries."""
    submission = current_submission(session, return_id)
    if submission is None:
        return ReturnScreening(None, None, [])
    screening = session.scalar(
        select(Screening)
        .options(joinedload(Screening.concluded_by))
        .where(Screening.submission_id == submission.id)
    )
    if screening is None:
        return ReturnScreening(submission, None, [])
    points = session.scalars(
        select(ScreeningPoint)
        .options(joinedload(ScreeningPoint.decided_by))
        .where(ScreeningPoint.screening_id == screening.id)
    )
    order = {rule: place for place, rule in enumerate(ScreeningRule)}
    return ReturnScreening(
        submission,
        screening,
        sorted(
            points,
            key=lambda point: (
                point.standard,
                len(order) if point.rule is None else order[point.rule],
                point.id,
            ),
        ),
    )


def stands_of(session: Session, return_ids: Collection[int]) -> dict[int, str]:
    """Return where the screening of each return's current submission stands, in words; one query.
    Returns that are not in are left out."""
    return {
        row.return_id: in_short(row.outcome, row.concluded_at)
        for row in session.execute(
            current_submissions()
            .outerjoin(Screening, Screening.submission_id == Submission.id)
            .where(Return.id.in_(return_ids))
            .with_only_columns(Submission.return_id, Screening.outcome, Screening.concluded_at)
        )
    }
