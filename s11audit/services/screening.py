"""The board office's screening of a return: drafting its list, deciding, passing on or sending
back (domain rule 15)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from sqlalchemy import BigInteger, cast, delete, insert, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    PointOrigin,
    PointState,
    Role,
    ScreeningOutcome,
    ScreeningRule,
)
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import several_lines
from s11audit.models import (
    Response,
    Return,
    Screening,
    ScreeningPoint,
    Stage,
    StatementPrint,
    Submission,
)
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.screened import Reading, Sent, both, current_submissions, name_of, sent_in
from s11audit.queries.tools import standards_asked
from s11audit.scoring import likeness
from s11audit.scoring.screening import Point, ReadStandard, copied, in_order
from s11audit.services import log
from s11audit.services.returns import LONGEST_LETTER, send_back

FIRST_READ = Actor(user_id=None, name="first read")

Place = tuple[int, int]  # a return's id and the number of a standard
# The first holders of what many have copied are looked at again and again.
_shingles = lru_cache(maxsize=512)(likeness.shingles)


def draft(session: Session, reading: Reading, *, now: datetime) -> Screening | None:
    """Store the list of what was read, and what is like the statements of the same stage; the
    other's list gets its entry too, unless its screening is over. Returns None, and does nothing,
    where the submission has a list already or is not the current one any more.

    The cost does not grow with the number of returns: see `scoring.likeness`.
    """
    own = reading.sent
    # Two at once would not see each other's statements.
    session.execute(
        select(Stage.id).where(Stage.id == own.stage_id).with_for_update(key_share=True)
    )
    return_ = return_by_id(session, own.return_id, for_update=True)
    current = sent_in(session, current_submissions().where(Return.id == own.return_id))
    if [each.submission_id for each in current] != [own.submission_id] or _screening(
        session, own.submission_id
    ):
        return None
    session.execute(delete(StatementPrint).where(StatementPrint.return_id == own.return_id))
    twins = _twins(session, reading)
    screening = Screening(submission_id=own.submission_id, drafted_at=now)
    session.add(screening)
    session.flush()
    points = in_order([*reading.points, *_copied(reading, twins)])
    session.add_all([_automatic(screening, point, now) for point in points])
    _tell_the_others(session, reading, twins, now)
    session.flush()
    log.record_for(
        session, return_, FIRST_READ, None, "screening.drafted", ("screening", screening.id),
        now=now, after={"points": dict(Counter(point.rule.value for point in points))},
    )  # fmt: skip
    return screening


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


def _automatic(screening: Screening, point: Point, now: datetime) -> ScreeningPoint:
    return ScreeningPoint(
        screening_id=screening.id,
        standard=point.standard,
        rule=point.rule,
        passage=point.passage,
        about=point.about,
        origin=PointOrigin.AUTOMATIC,
        state=PointState.OPEN,
        added_at=now,
    )


class _Twin:
    """A statement that one of the return's is like: where it is, and what it says."""

    def __init__(self, sent: Sent, number: int, statement: str) -> None:
        self.sent, self.number, self.statement = sent, number, statement


def _copied(reading: Reading, twins: Mapping[int, list[_Twin]]) -> list[Point]:
    points = []
    for number in sorted(twins.keys() | reading.last.keys()):
        last = reading.last.get(number)
        if number in twins:
            twin = twins[number][0]
            about = name_of(reading.sent, number, twin.sent, twin.number)
            point = copied(reading.standards[number], twin.statement, about)
            points.append(both(point, last))
        elif last is not None:
            points.append(last)
    return points


def _twins(session: Session, reading: Reading) -> dict[int, list[_Twin]]:
    """Return, by standard, the statements of the stage that are like it, and leave the return's
    own prints for later ones to find."""
    own = reading.sent
    marks = {number: likeness.prints(hashed) for number, hashed in reading.shingles.items()}
    buckets: dict[int, list[Place]] = defaultdict(list)
    wanted = {mark for each in marks.values() for mark in each}
    for row in session.execute(
        select(StatementPrint.hash, StatementPrint.return_id, StatementPrint.standard)
        .where(StatementPrint.stage_id == own.stage_id, StatementPrint.hash.in_(wanted))
        .order_by(StatementPrint.return_id, StatementPrint.standard)
    ):
        buckets[row.hash].append((row.return_id, row.standard))
    candidates = {
        number: likeness.likeliest(Counter(place for mark in each for place in buckets[mark]))
        for number, each in marks.items()
    }
    statements, senders = _statements(
        session, {place for places in candidates.values() for place in places}
    )
    twins: dict[int, list[_Twin]] = defaultdict(list)
    for number, hashed in reading.shingles.items():
        for other, theirs in reading.shingles.items():
            if other != number and likeness.alike(hashed, theirs):
                twins[number].append(_Twin(own, other, reading.standards[other].statement))
        for place in candidates[number]:
            if place in statements and likeness.alike(hashed, _shingles(statements[place])):
                sender = senders[place[0]]
                twins[number].append(_Twin(sender, place[1], statements[place]))
    _leave_prints(session, own, marks, buckets)
    return twins


def _statements(session: Session, places: set[Place]) -> tuple[dict[Place, str], dict[int, Sent]]:
    """Return these statements and who sent them in, of current submissions only: what has been
    sent in stands in the responses, which are locked with it."""
    if not places:
        return {}, {}
    senders = {
        each.return_id: each
        for each in sent_in(
            session, current_submissions().where(Return.id.in_({place[0] for place in places}))
        )
    }
    rows = session.execute(
        select(Response.return_id, Response.standard, Response.statement).where(
            Response.return_id.in_(senders),
            # One number for the two, which a tool's standards leave room for: a list of pairs
            # takes long to be put together.
            (cast(Response.return_id, BigInteger) * 1000 + Response.standard).in_(
                [1000 * return_id + standard for return_id, standard in places]
            ),
        )
    )
    return {
        (row.return_id, row.standard): row.statement for row in rows if row.return_id in senders
    }, senders


def _leave_prints(
    session: Session,
    own: Sent,
    marks: Mapping[int, tuple[int, ...]],
    buckets: Mapping[int, list[Place]],
) -> None:
    room = {
        mark: likeness.BUCKET - len(buckets.get(mark, ()))
        for each in marks.values()
        for mark in each
    }
    rows = []
    for number, each in marks.items():
        for mark in each:
            if room[mark] > 0:
                room[mark] -= 1
                rows.append(
                    {
                        "stage_id": own.stage_id,
                        "hash": mark,
                        "return_id": own.return_id,
                        "standard": number,
                    }
                )
    if rows:
        session.execute(insert(StatementPrint), rows)


def _tell_the_others(
    session: Session, reading: Reading, twins: Mapping[int, list[_Twin]], now: datetime
) -> None:
    """Put the likeness on the lists of the other agencies too, once a standard, unless their
    screening is over."""
    others = {
        (twin.sent.submission_id, twin.number): (number, twin)
        for number, each in sorted(twins.items(), reverse=True)
        for twin in reversed(each)
        if twin.sent.return_id != reading.sent.return_id
    }
    if not others:
        return
    screenings = {
        each.submission_id: each
        for each in session.scalars(
            select(Screening).where(
                Screening.submission_id.in_({key[0] for key in others}),
                Screening.outcome.is_(None),
            )
        )
    }
    told = {
        (row.screening_id, row.standard)
        for row in session.execute(
            select(ScreeningPoint.screening_id, ScreeningPoint.standard).where(
                ScreeningPoint.screening_id.in_([each.id for each in screenings.values()]),
                ScreeningPoint.rule == ScreeningRule.COPIED,
            )
        )
    }
    for (submission_id, theirs), (number, twin) in sorted(others.items()):
        screening = screenings.get(submission_id)
        if screening is None or (screening.id, theirs) in told:
            continue
        point = copied(
            ReadStandard(theirs, statement=twin.statement),
            reading.standards[number].statement,
            name_of(twin.sent, theirs, reading.sent, number),
        )
        session.add(_automatic(screening, point, now))
