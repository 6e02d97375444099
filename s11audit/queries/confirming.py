"""Reads of the confirmed way: what a return comes to, and how far a stage's results are. Callers
check what the actor may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import ComplianceRule, Rag, RatingRole, Standing
from s11audit.models import (
    Confirmation,
    Membership,
    Rating,
    Return,
    ReturnedResult,
    SendBack,
    Submission,
)
from s11audit.queries.paging import Page
from s11audit.queries.reviews import current_submission, ratings_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.compliance import Overall, overall
from s11audit.tools.schema import Standard

PAGE_LENGTH = 50


@dataclass(frozen=True)
class Line:
    """One standard of a result: its rating as sent in, as confirmed, and as the office rated it
    since. `latest` is the one that counts now."""

    standard: Standard
    own: Rating | None
    confirmed: Rating | None
    agreed: Rating | None

    @property
    def latest(self) -> Rating | None:
        """The office's rating, else the confirmed one, else the one sent in."""
        return self.agreed or self.confirmed or self.own

    @property
    def corrected(self) -> bool:
        """Whether the agency corrected the rating when it confirmed the result."""
        if self.confirmed is None:
            return False
        return self.own is None or self.own.label != self.confirmed.label


@dataclass(frozen=True)
class Result:
    """What a return comes to: as it was sent in (`initial`), as it was confirmed, and now."""

    submission: Submission
    returned: ReturnedResult | None
    confirmation: Confirmation | None
    lines: Sequence[Line]
    initial: Overall
    confirmed: Overall | None
    current: Overall | None

    @property
    def waits_for_agency(self) -> bool:
        """Whether the agency is to confirm it."""
        return self.returned is not None and self.confirmation is None


def result_of(session: Session, return_: Return) -> Result | None:
    """Return what the return comes to by its latest submission, None where it is not in; in five
    queries. Overall compliance is worked out by domain rule 3."""
    submission = current_submission(session, return_.id)
    if submission is None:
        return None
    returned = session.scalar(
        select(ReturnedResult)
        .where(ReturnedResult.submission_id == submission.id)
        .options(joinedload(ReturnedResult.returned_by))
    )
    confirmation = session.scalar(
        select(Confirmation)
        .where(Confirmation.submission_id == submission.id)
        .options(joinedload(Confirmation.confirmed_by))
    )
    own: dict[int, Rating] = {}
    confirmed: dict[int, Rating] = {}
    agreed: dict[int, Rating] = {}
    for rating in ratings_of(session, return_.id, (RatingRole.SELF, RatingRole.AGREED)):
        if rating.role is RatingRole.AGREED:
            agreed[rating.standard] = rating
        elif rating.submission_id == submission.id:
            own[rating.standard] = rating
        elif confirmation is not None and rating.confirmation_id == confirmation.id:
            confirmed[rating.standard] = rating
    lines = [
        Line(each, own.get(each.number), confirmed.get(each.number), agreed.get(each.number))
        for each in standards_asked(session, return_)
    ]
    rule = tool_of(session, return_.stage.cycle.tool_version).compliance_rule
    over_confirmed = over_now = None
    if confirmation is not None:
        over_confirmed = _overall([line.confirmed for line in lines], rule)
        over_now = _overall([line.agreed or line.confirmed for line in lines], rule)
    return Result(
        submission,
        returned,
        confirmation,
        lines,
        _overall([line.own for line in lines], rule),
        over_confirmed,
        over_now,
    )


def _overall(ratings: Sequence[Rating | None], rule: ComplianceRule) -> Overall:
    return overall([each.rag if each else None for each in ratings], rule)


@dataclass(frozen=True)
class ResultRow:
    """A return of a confirmed stage that is in, in the office's list. `corrected` counts the
    standards that the agency corrected."""

    return_id: int
    agency: str
    submitted_at: datetime
    initial: Overall
    returned_at: datetime | None
    confirmed_at: datetime | None


def _in(stage_id: int) -> Select[Return]:
    """The stage's returns that are in and asked for, each with its submission."""
    newest = (
        select(func.max(Submission.number))
        .where(Submission.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    return (
        select(Return)
        .join(Return.membership)
        .join(Submission, and_(Submission.return_id == Return.id, Submission.number == newest))
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .outerjoin(ReturnedResult, ReturnedResult.submission_id == Submission.id)
        .outerjoin(Confirmation, Confirmation.submission_id == Submission.id)
        .where(
            Return.stage_id == stage_id, SendBack.id.is_(None), Return.standing == Standing.ASKED
        )
    )


@dataclass(frozen=True)
class ResultCounts:
    """Of a stage's returns that are in: how many results wait for the office, for the agency, and
    are confirmed."""

    to_return: int
    with_agency: int
    confirmed: int


def counts_of_stage(session: Session, stage_id: int) -> ResultCounts:
    """Return how far a stage's results are, in one query."""
    row = session.execute(
        _in(stage_id).with_only_columns(
            func.count(),
            func.count(ReturnedResult.id),
            func.count(Confirmation.id),
        )
    ).one()
    return ResultCounts(row[0] - row[1], row[1] - row[2], row[2])


def results_of_stage(
    session: Session, stage_id: int, rule: ComplianceRule, page: int = 1
) -> Page[ResultRow]:
    """Return a page of a stage's returns that are in: those that wait for the office first, then
    those that wait for the agency, each by name; in two queries."""
    total = session.scalar(_in(stage_id).with_only_columns(func.count())) or 0
    pages = max(1, -(-total // PAGE_LENGTH))
    number = min(max(page, 1), pages)
    step = case((ReturnedResult.id.is_(None), 0), (Confirmation.id.is_(None), 1), else_=2)
    rows = session.execute(
        _in(stage_id)
        .with_only_columns(
            Return.id,
            Membership.name,
            Submission.effective_at,
            Submission.self_ratings,
            ReturnedResult.effective_at,
            Confirmation.effective_at,
        )
        .order_by(step, Membership.name_key, Return.id)
        .limit(PAGE_LENGTH)
        .offset((number - 1) * PAGE_LENGTH)
    )
    found = [
        ResultRow(return_id, agency, at, _read(given, rule), returned_at, confirmed_at)
        for return_id, agency, at, given, returned_at, confirmed_at in rows
    ]
    return Page(found, number, pages, total)


def returns_waiting(stage_id: int) -> Select[Return, Submission]:
    """Return the statement that locks and reads a stage's returns whose results wait for the
    office, each with its submission, by name."""
    return (
        _in(stage_id)
        .add_columns(Submission)
        .where(ReturnedResult.id.is_(None))
        .order_by(Membership.name_key, Return.id)
        .options(joinedload(Return.membership).joinedload(Membership.board))
        .with_for_update(of=Return)
    )


def _read(given: Mapping[str, str | None], rule: ComplianceRule) -> Overall:
    return overall([Rag(rag) if rag else None for rag in given.values()], rule)
