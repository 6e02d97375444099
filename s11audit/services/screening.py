"""The board office's screening of a return: deciding on what its list says, passing on or sending
back (domain rule 15)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    PointOrigin,
    PointState,
    Role,
    ScreeningOutcome,
)
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import several_lines
from s11audit.models import Return, Screening, ScreeningPoint, Submission
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.screened import Reading, current_submissions, sent_in
from s11audit.queries.tools import standards_asked
from s11audit.services import log
from s11audit.services.drafting import draft_all
from s11audit.services.returns import LONGEST_LETTER, send_back


def draft(session: Session, reading: Reading, *, now: datetime) -> bool:
    """Store the list of one return, as `drafting.draft_all` does. Returns False, and does nothing,
    where the submission has a list already or is not the current one any more."""
    return draft_all(session, [reading], now=now) == 1


def decide_point(
    session: Session,
    actor: Actor,
    return_id: int,
    point_id: int,
    state: PointState,
    word: str = "",
    *,
    now: datetime,
) -> ScreeningPoint:
    """Confirm a point, or dismiss it with a word; either may be done again while the screening
    is not over. Raises NotFound, Invalid where a dismissal says no word, Refused when over."""
    point = session.scalar(
        select(ScreeningPoint)
        .join(Screening, Screening.id == ScreeningPoint.screening_id)
        .join(Submission, Submission.id == Screening.submission_id)
        .where(ScreeningPoint.id == point_id, Submission.return_id == return_id)
    )
    if point is None:
        raise NotFound("There is no such point on this return’s list.")
    return_, screening, role = _under_way(session, actor, return_id)
    if point.screening_id != screening.id:
        raise Refused("This point is of an earlier submission.")
    if state is PointState.DISMISSED:
        word = several_lines(word, "word", "reason for dismissing it")
    _decide(point, state, word if state is PointState.DISMISSED else "", actor, now)
    session.flush()
    log.record_for(
        session, return_, actor, role, f"screening.point_{state.value}",
        ("screening_point", point.id), now=now,
        after={"standard": point.standard, "rule": point.rule, "reason": point.word},
    )  # fmt: skip
    return point


def confirm_open(session: Session, actor: Actor, return_id: int, *, now: datetime) -> int:
    """Confirm every point that is open, and return how many there were."""
    return_, screening, role = _under_way(session, actor, return_id)
    points = _points(session, screening, PointState.OPEN)
    for point in points:
        _decide(point, PointState.CONFIRMED, "", actor, now)
    session.flush()
    if points:
        log.record_for(
            session, return_, actor, role, "screening.points_confirmed",
            ("screening", screening.id), now=now, after={"points": len(points)},
        )  # fmt: skip
    return len(points)


def add_point(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    passage: str,
    *,
    now: datetime,
) -> ScreeningPoint:
    """Add a point by hand, in words; it counts as confirmed. Raises Invalid without words or for
    a standard that was not asked."""
    return_, screening, role = _under_way(session, actor, return_id)
    if standard not in {each.number for each in standards_asked(session, return_)}:
        raise Invalid("The point was not added.", {"standard": "Select the standard"})
    point = ScreeningPoint(
        screening_id=screening.id,
        standard=standard,
        rule=None,
        passage=several_lines(passage, "passage", "point"),
        origin=PointOrigin.BY_HAND,
        state=PointState.OPEN,
        added_at=now,
        added_by_id=actor.user_id,
    )
    _decide(point, PointState.CONFIRMED, "", actor, now)
    session.add(point)
    session.flush()
    log.record_for(
        session, return_, actor, role, "screening.point_added", ("screening_point", point.id),
        now=now, after={"standard": standard, "point": point.passage},
    )  # fmt: skip
    return point


def pass_to_qa(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Screening:
    """End the screening: the return goes on to QA, who read the confirmed points. Raises Refused
    while a point is open."""
    return_, screening, role = _under_way(session, actor, return_id)
    left = len(_points(session, screening, PointState.OPEN))
    if left:
        raise Refused(
            f"Confirm or dismiss every point first: {left} {'is' if left == 1 else 'are'} open."
        )
    _end(session, actor, role, return_, screening, ScreeningOutcome.PASSED, now)
    return screening


def send_back_with_letter(
    session: Session, actor: Actor, return_id: int, letter: str, *, now: datetime
) -> Screening:
    """End the screening by sending the return back with this letter as the reason, which the
    agency is sent. Raises what `returns.send_back` raises."""
    return_ = return_by_id(session, return_id)
    check(actor, Can.SCREEN, facts_of(return_), sees=Can.SEE_RETURN)
    letter = several_lines(letter, "letter", "letter", LONGEST_LETTER)
    submission = session.scalar(
        select(Submission)
        .where(Submission.return_id == return_id)
        .order_by(Submission.number.desc())
        .limit(1)
    )
    return_ = send_back(session, actor, return_id, letter, now=now)
    screening = _screening(session, submission.id) if submission else None
    if screening is None or screening.outcome is not None:
        raise Refused("This return is not being screened.")
    role = check(actor, Can.SCREEN, facts_of(return_))
    _end(session, actor, role, return_, screening, ScreeningOutcome.SENT_BACK, now)
    return screening


def _under_way(session: Session, actor: Actor, return_id: int) -> tuple[Return, Screening, Role]:
    """Return the locked return, the screening of its current submission, and the actor's role."""
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.SCREEN, facts_of(return_), sees=Can.SEE_RETURN)
    current = sent_in(session, current_submissions().where(Return.id == return_id))
    screening = _screening(session, current[0].submission_id) if current else None
    if screening is None:
        raise Refused("This return has no list yet: it has not been sent in, or not been read.")
    if screening.outcome is ScreeningOutcome.PASSED:
        raise Refused("This return’s screening is over: it was passed to QA.")
    return return_, screening, role


def _screening(session: Session, submission_id: int) -> Screening | None:
    return session.scalar(
        select(Screening).where(Screening.submission_id == submission_id).with_for_update()
    )


def _points(session: Session, screening: Screening, state: PointState) -> list[ScreeningPoint]:
    return list(
        session.scalars(
            select(ScreeningPoint)
            .where(ScreeningPoint.screening_id == screening.id, ScreeningPoint.state == state)
            .order_by(ScreeningPoint.id)
        )
    )


def _decide(
    point: ScreeningPoint, state: PointState, word: str, actor: Actor, now: datetime
) -> None:
    point.state, point.word = state, word
    point.decided_at, point.decided_by_id = now, actor.user_id


def _end(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    screening: Screening,
    outcome: ScreeningOutcome,
    now: datetime,
) -> None:
    screening.outcome, screening.concluded_at = outcome, now
    screening.concluded_by_id = actor.user_id
    session.flush()
    confirmed = len(_points(session, screening, PointState.CONFIRMED))
    log.record_for(
        session, return_, actor, role, f"screening.{outcome.value}", ("screening", screening.id),
        now=now, after={"confirmed_points": confirmed},
    )  # fmt: skip
