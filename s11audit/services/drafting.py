"""Storing the lists that the first read drafts, of many returns in one go (domain rule 15).

What is stored is what drafting them one after another would store. The number of queries is the
same for two returns as for fifty, and does not grow with the number of returns of the stage.
"""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import BigInteger, cast, delete, insert, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import PointOrigin, PointState, ScreeningRule
from s11audit.domain.policy import Actor
from s11audit.models import (
    Membership,
    Response,
    Return,
    Screening,
    ScreeningPoint,
    Stage,
    StatementPrint,
)
from s11audit.queries.screened import Reading, Sent, both, current_submissions, name_of, sent_in
from s11audit.scoring import likeness
from s11audit.scoring.likeness import Shingles
from s11audit.scoring.screening import Point, ReadStandard, copied, in_order
from s11audit.services import log

FIRST_READ = Actor(user_id=None, name="first read")

Value = TypeVar("Value")
Place = tuple[int, int]  # a return's id and the number of a standard
Buckets = dict[tuple[int, int], list[Place]]  # by stage and hash, in order

AT_ONCE = 5000  # values in one query: SQLite takes 32,766
# The first holders of what many have copied are looked at again and again.
_shingles = lru_cache(maxsize=512)(likeness.shingles)


@dataclass(frozen=True)
class _Twin:
    """A statement that one of a return's is like: where it is, and what it says."""

    sent: Sent
    number: int
    statement: str


@dataclass
class _List:
    """The list of one return on its way into the database, `others` being what the returns after
    it have put there."""

    reading: Reading
    own: list[Point]
    others: list[Point] = field(default_factory=list)


def draft_all(session: Session, readings: Iterable[Reading], *, now: datetime) -> int:
    """Store the lists of what was read, one after another, with what is like the statements of the
    same stage; the other's list gets its entry too, unless its screening is over. Returns how many
    lists were stored: none where the submission has one already or is not the current one any
    more."""
    lists = _with_copies(session, readings, now)
    if not lists:
        return 0
    session.connection().execute(
        insert(Screening),
        [{"submission_id": each.reading.sent.submission_id, "drafted_at": now} for each in lists],
    )
    stored = {
        row.submission_id: row.id
        for row in session.execute(
            select(Screening.submission_id, Screening.id).where(
                Screening.submission_id.in_([each.reading.sent.submission_id for each in lists])
            )
        )
    }
    ids = [stored[each.reading.sent.submission_id] for each in lists]
    points = [
        _row(screening_id, point, now)
        for screening_id, each in zip(ids, lists, strict=True)
        for point in (*each.own, *each.others)
    ]
    if points:
        session.connection().execute(insert(ScreeningPoint), points)
    boards = _boards(session, lists)
    for screening_id, each in zip(ids, lists, strict=True):
        return_id = each.reading.sent.return_id
        log.record(
            session, FIRST_READ, None, "screening.drafted", "screening", screening_id,
            now=now, board_id=boards[return_id], return_id=return_id,
            after={"points": dict(Counter(point.rule.value for point in each.own))},
        )  # fmt: skip
    return len(lists)


def _with_copies(session: Session, readings: Iterable[Reading], now: datetime) -> list[_List]:
    readings = _still_to_draft(session, list(readings))
    if not readings:
        return []
    candidates = _candidates(session, readings)
    twins = _twins(session, readings, candidates)
    lists = {
        each.sent.submission_id: _List(each, in_order([*each.points, *_copied(each, twin)]))
        for each, twin in zip(readings, twins, strict=True)
    }
    _tell_the_others(session, lists, twins, now)
    return list(lists.values())


def _still_to_draft(session: Session, readings: Sequence[Reading]) -> list[Reading]:
    """Lock the stages, as two at once would not see each other's statements, then the returns, and
    return those that are as they were read and have no list."""
    ids = {each.sent.return_id for each in readings}
    session.execute(
        select(Stage.id)
        .where(Stage.id.in_({each.sent.stage_id for each in readings}))
        .order_by(Stage.id)
        .with_for_update(key_share=True)
    )
    session.execute(
        select(Return.id).where(Return.id.in_(ids)).order_by(Return.id).with_for_update()
    )
    current = {
        each.submission_id
        for each in sent_in(session, current_submissions().where(Return.id.in_(ids)))
    }
    drafted = set(
        session.scalars(select(Screening.submission_id).where(Screening.submission_id.in_(current)))
    )
    left = [each for each in readings if each.sent.submission_id in current - drafted]
    session.execute(
        delete(StatementPrint).where(
            StatementPrint.return_id.in_([each.sent.return_id for each in left])
        )
    )
    return left


def _candidates(session: Session, readings: Sequence[Reading]) -> list[dict[int, list[Place]]]:
    """Return for each reading, by standard, the statements to hold it against, and leave the
    prints of all for later ones to find. Each finds those before it."""
    marks = [
        {number: likeness.prints(hashed) for number, hashed in each.shingles.items()}
        for each in readings
    ]
    buckets = _buckets(session, readings, marks)
    found, rows = [], []
    for reading, own in zip(readings, marks, strict=True):
        stage_id, return_id = reading.sent.stage_id, reading.sent.return_id
        found.append(
            {
                number: likeness.likeliest(
                    Counter(place for mark in each for place in buckets[stage_id, mark]), len(each)
                )
                for number, each in own.items()
            }
        )
        for number, each in own.items():
            for mark in each:
                bucket = buckets[stage_id, mark]
                if len(bucket) < likeness.BUCKET:
                    insort(bucket, (return_id, number))
                    rows.append(
                        {
                            "stage_id": stage_id,
                            "hash": mark,
                            "return_id": return_id,
                            "standard": number,
                        }
                    )
    if rows:
        session.connection().execute(insert(StatementPrint), rows)
    return found


def _buckets(
    session: Session,
    readings: Sequence[Reading],
    marks: Sequence[Mapping[int, tuple[int, ...]]],
) -> Buckets:
    """Return who holds each of these prints so far."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for reading, own in zip(readings, marks, strict=True):
        wanted[reading.sent.stage_id].update(mark for each in own.values() for mark in each)
    buckets: Buckets = defaultdict(list)
    for stage_id, hashes in sorted(wanted.items()):
        for some in _in_parts(sorted(hashes)):
            for mark, return_id, standard in session.execute(
                select(StatementPrint.hash, StatementPrint.return_id, StatementPrint.standard)
                .where(StatementPrint.stage_id == stage_id, StatementPrint.hash.in_(some))
                .order_by(StatementPrint.return_id, StatementPrint.standard)
            ):
                buckets[stage_id, mark].append((return_id, standard))
    return buckets


def _twins(
    session: Session,
    readings: Sequence[Reading],
    candidates: Sequence[Mapping[int, Sequence[Place]]],
) -> list[dict[int, list[_Twin]]]:
    """Return for each reading, by standard, the statements that are like it, those of the return
    itself first."""
    among = {each.sent.return_id: each for each in readings}
    stored = _statements(
        session,
        {
            place
            for each in candidates
            for places in each.values()
            for place in places
            if place[0] not in among
        },
    )

    def at(place: Place) -> tuple[_Twin, Shingles] | None:
        if place[0] in among:
            other, number = among[place[0]], place[1]
            statement = other.standards[number].statement
            return _Twin(other.sent, number, statement), other.shingles[number]
        twin = stored.get(place)
        return (twin, _shingles(twin.statement)) if twin else None

    found = []
    for reading, own in zip(readings, candidates, strict=True):
        twins: dict[int, list[_Twin]] = defaultdict(list)
        for number, hashed in reading.shingles.items():
            inside = [(reading.sent.return_id, each) for each in reading.shingles if each != number]
            for place in (*inside, *own[number]):
                other = at(place)
                if other and likeness.alike(hashed, other[1]):
                    twins[number].append(other[0])
        found.append(twins)
    return found


def _statements(session: Session, places: set[Place]) -> dict[Place, _Twin]:
    """Return these statements with who sent them in, of current submissions only: what has been
    sent in stands in the responses, which are locked with it."""
    senders: dict[int, Sent] = {}
    for some in _in_parts(sorted({place[0] for place in places})):
        for each in sent_in(session, current_submissions().where(Return.id.in_(some))):
            senders[each.return_id] = each
    found = {}
    for pairs in _in_parts(sorted(places)):
        for row in session.execute(
            select(Response.return_id, Response.standard, Response.statement).where(
                Response.return_id.in_({return_id for return_id, _ in pairs}),
                # One number for the two, which a tool's standards leave room for: a list of pairs
                # takes long to be put together.
                (cast(Response.return_id, BigInteger) * 1000 + Response.standard).in_(
                    [1000 * return_id + standard for return_id, standard in pairs]
                ),
            )
        ):
            if row.return_id in senders:
                place = (row.return_id, row.standard)
                found[place] = _Twin(senders[row.return_id], row.standard, row.statement)
    return found


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


def _tell_the_others(
    session: Session,
    lists: Mapping[int, _List],
    all_twins: Sequence[Mapping[int, list[_Twin]]],
    now: datetime,
) -> None:
    """Put the likeness on the lists of the other agencies too, once a standard, unless their
    screening is over: on those that are being stored now, and on those that stand already."""
    stored, told = _open_lists(
        session,
        {
            twin.sent.submission_id
            for twins in all_twins
            for each in twins.values()
            for twin in each
            if twin.sent.submission_id not in lists
        },
    )
    told |= {
        (submission_id, point.standard)
        for submission_id, each in lists.items()
        for point in each.own
        if point.rule is ScreeningRule.COPIED
    }
    rows = []
    for reading, twins in zip((each.reading for each in lists.values()), all_twins, strict=True):
        others = {
            (twin.sent.submission_id, twin.number): (number, twin)
            for number, each in sorted(twins.items(), reverse=True)
            for twin in reversed(each)
            if twin.sent.return_id != reading.sent.return_id
        }
        for (submission_id, theirs), (number, twin) in sorted(
            others.items(), key=lambda each: each[0]
        ):
            if (submission_id, theirs) in told:
                continue
            if submission_id not in stored and submission_id not in lists:
                continue
            told.add((submission_id, theirs))
            point = copied(
                ReadStandard(theirs, statement=twin.statement),
                reading.standards[number].statement,
                name_of(twin.sent, theirs, reading.sent, number),
            )
            if submission_id in lists:
                lists[submission_id].others.append(point)
            else:
                rows.append(_row(stored[submission_id], point, now))
    if rows:
        session.connection().execute(insert(ScreeningPoint), rows)


def _open_lists(
    session: Session, submission_ids: set[int]
) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """Return the screenings of these submissions that are not over, and which of their standards
    are said to be copied already."""
    stored: dict[int, int] = {}
    for some in _in_parts(sorted(submission_ids)):
        for row in session.execute(
            select(Screening.submission_id, Screening.id).where(
                Screening.submission_id.in_(some), Screening.outcome.is_(None)
            )
        ):
            stored[row.submission_id] = row.id
    told = set()
    for some in _in_parts(sorted(stored)):
        for row in session.execute(
            select(Screening.submission_id, ScreeningPoint.standard)
            .join(ScreeningPoint, ScreeningPoint.screening_id == Screening.id)
            .where(Screening.submission_id.in_(some), ScreeningPoint.rule == ScreeningRule.COPIED)
        ):
            told.add((row.submission_id, row.standard))
    return stored, told


def _boards(session: Session, lists: Sequence[_List]) -> dict[int, int]:
    ids = [each.reading.sent.return_id for each in lists]
    return {
        row.id: row.board_id
        for row in session.execute(
            select(Return.id, Membership.board_id)
            .join(Membership, Membership.id == Return.membership_id)
            .where(Return.id.in_(ids))
        )
    }


def _row(screening_id: int, point: Point, now: datetime) -> dict[str, object]:
    return {
        "screening_id": screening_id,
        "standard": point.standard,
        "rule": point.rule,
        "passage": point.passage,
        "about": point.about,
        "origin": PointOrigin.AUTOMATIC,
        "state": PointState.OPEN,
        "added_at": now,
    }


def _in_parts(values: Sequence[Value]) -> Iterable[Sequence[Value]]:
    for first in range(0, len(values), AT_ONCE):
        yield values[first : first + AT_ONCE]
