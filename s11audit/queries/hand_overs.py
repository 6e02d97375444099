"""What a successor reads who comes in: where things stand at the agency, what was said last time,
what is due, and what the outgoing lead left to be read. A fixed number of queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.dates import london_today
from s11audit.domain.enums import ActionState, Ask, ReturnState, Standing
from s11audit.models import (
    Action,
    HandOver,
    HandOverNote,
    Improvement,
    Invitation,
    Membership,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
    User,
)
from s11audit.queries.agency_home import due_in_words
from s11audit.queries.open_improvements import is_open as improvement_is_open
from s11audit.queries.responses import Colleague, colleagues
from s11audit.queries.submissions import Sent, returns_of_membership, submissions_of_returns
from s11audit.queries.tools import standards_asked
from s11audit.scoring.as_at import is_open
from s11audit.tools.schema import Standard

_UNFINISHED = (ActionState.OPEN, ActionState.UNDERWAY)
_EDITABLE = (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS)


@dataclass(frozen=True)
class InHand:
    """One standard of a return that is being filled in."""

    standard: Standard
    response: Response | None
    present: bool
    """Whether who has it in hand still works for the agency."""

    @property
    def state(self) -> str:
        """Return how far it is, in words."""
        if self.response is None:
            return "Not started"
        if self.response.complete:
            return "Complete"
        return "Not started" if self.response.saved_at is None else "In progress"

    @property
    def asks_whether_still_true(self) -> bool:
        """Whether it is not filled in, but said on one page whether it is still true."""
        return self.response is not None and self.response.ask is Ask.STILL_TRUE

    @property
    def to_reassign(self) -> bool:
        """Whether it is assigned to somebody who has left and is not complete."""
        assigned = self.response is not None and self.response.assigned_to_id is not None
        return assigned and not self.present and self.state != "Complete"


@dataclass(frozen=True)
class Underway:
    """A return that the agency is asked to fill in now."""

    return_: Return
    standards: Sequence[InHand]
    today: date

    @property
    def complete(self) -> int:
        """How many standards are complete."""
        return sum(each.state == "Complete" for each in self.standards)

    def due(self) -> str:
        """Return "Due 4 March 2026, in 12 days"."""
        return due_in_words(self.return_.due_on, self.today)


@dataclass(frozen=True)
class SaidBefore:
    """What was sent in last, and what became of it: by standard the self rating and the latest
    published one."""

    return_: Return
    submission: Submission
    standards: Sequence[tuple[Standard, str | None, Rating | None]]


@dataclass(frozen=True)
class OpenImprovement:
    """An improvement that is not done, and its actions, each with whether it is overdue."""

    improvement: Improvement
    actions: Sequence[tuple[Action, bool]]


@dataclass(frozen=True)
class HandOverPage:
    """All of the page."""

    underway: Sequence[Underway]
    waiting: Sequence[Return]
    """Returns that were sent in and are not closed."""
    said: SaidBefore | None
    rated: SaidBefore | None
    """The latest that was rated, where what was said last was not."""
    improvements: Sequence[OpenImprovement]
    people: Sequence[Colleague]
    notes: Sequence[HandOverNote]
    sent_back: dict[int, Sent] = field(default_factory=dict)

    @property
    def overdue(self) -> int:
        """How many actions are overdue."""
        return sum(late for each in self.improvements for _action, late in each.actions)

    @property
    def to_reassign(self) -> int:
        """How many standards are in the hands of people who have left."""
        return sum(each.to_reassign for task in self.underway for each in task.standards)


def hand_over_page(session: Session, membership: Membership, now: datetime) -> HandOverPage:
    """Return what the page of an agency shows, in seven queries."""
    today = london_today(now)
    people = colleagues(session, membership.id, today)
    present = {each.user.id for each in people}
    found = returns_of_membership(session, membership.id, today)
    sent = submissions_of_returns(session, [each.id for each in found])
    said, rated = _said_before(session, found, sent)
    editable = [each for each in found if _is_editable(each, now)]
    responses = _responses(session, [each.id for each in editable])
    return HandOverPage(
        underway=[
            Underway(
                each,
                [
                    _in_hand(standard, responses.get((each.id, standard.number)), present)
                    for standard in standards_asked(session, each)
                ],
                today,
            )
            for each in sorted(editable, key=lambda one: (one.due_on, one.id))
        ],
        waiting=[
            each
            for each in found
            if each.standing is Standing.ASKED
            and each.state not in (*_EDITABLE, ReturnState.CLOSED)
        ],
        said=said,
        rated=rated,
        improvements=_improvements(session, membership.id, today),
        people=people,
        notes=_notes(session, membership.id),
        sent_back={
            each.id: sent[each.id][-1]
            for each in editable
            if sent[each.id] and sent[each.id][-1].sent_back
        },
    )


def hand_over_of(session: Session, invitation_id: int) -> HandOver | None:
    """Return the hand-over that an invitation is of, or None."""
    return session.scalar(select(HandOver).where(HandOver.invitation_id == invitation_id))


def note_of(session: Session, membership_id: int, user_id: int | None) -> str:
    """Return what that lead left to be read; empty where nothing."""
    return (
        session.scalar(
            select(HandOverNote.text).where(
                HandOverNote.membership_id == membership_id, HandOverNote.author_id == user_id
            )
        )
        or ""
    )


def invitations_waiting(session: Session, membership_id: int) -> Sequence[Invitation]:
    """Return the invitations to an agency that nobody has accepted or withdrawn, expired ones
    too, with who sent them, the newest first."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.membership_id == membership_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .options(joinedload(Invitation.invited_by))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    ).all()


def _is_editable(return_: Return, now: datetime) -> bool:
    stage = return_.stage
    return (
        return_.standing is Standing.ASKED
        and return_.state in _EDITABLE
        and is_open(stage.opens_on, stage.opened_at, stage.closed_at, now)
    )


def _in_hand(standard: Standard, response: Response | None, present: Collection[int]) -> InHand:
    return InHand(standard, response, response is None or response.assigned_to_id in present)


def _responses(session: Session, return_ids: Collection[int]) -> dict[tuple[int, int], Response]:
    rows = session.scalars(
        select(Response)
        .where(Response.return_id.in_(return_ids))
        .options(joinedload(Response.assigned_to), joinedload(Response.saved_by))
        .order_by(Response.id)
    )
    return {(each.return_id, each.standard): each for each in rows}


def _said_before(
    session: Session, found: Sequence[Return], sent: dict[int, list[Sent]]
) -> tuple[SaidBefore | None, SaidBefore | None]:
    """Return the latest submission of all with its return, and the latest whose ratings were
    published, where that is another one. What was sent back was not said yet."""
    said = sorted(
        (
            (sent[each.id][-1].submission, each)
            for each in found
            if sent[each.id] and not (each.state in _EDITABLE and sent[each.id][-1].sent_back)
        ),
        key=lambda pair: (pair[0].effective_at, pair[0].id),
    )
    agreed: dict[int, dict[int, Rating]] = {}
    for rating in session.scalars(
        select(Rating)
        .where(
            Rating.return_id.in_([each.id for _submission, each in said]),
            Rating.publication_id.is_not(None),
        )
        .order_by(Rating.id)
    ):
        agreed.setdefault(rating.return_id, {})[rating.standard] = rating
    made = [
        SaidBefore(
            return_,
            submission,
            [
                (each, _own(submission, each.number), agreed.get(return_.id, {}).get(each.number))
                for each in standards_asked(session, return_)
            ],
        )
        for submission, return_ in said
        if return_.id in agreed or return_ is said[-1][1]
    ]
    latest = made[-1] if made else None
    rated = next((each for each in reversed(made) if each.return_.id in agreed), None)
    return latest, rated if rated is not latest else None


def _own(submission: Submission, number: int) -> str | None:
    found = submission.self_ratings.get(str(number))
    return str(found) if found else None


def _improvements(session: Session, membership_id: int, today: date) -> list[OpenImprovement]:
    rows = session.scalars(
        select(Improvement)
        .join(Return, Return.id == Improvement.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(Improvement.membership_id == membership_id, improvement_is_open())
        .options(joinedload(Improvement.actions))
        .order_by(Improvement.standard, Improvement.id)
    ).unique()
    return [
        OpenImprovement(
            each,
            [
                (action, action.state in _UNFINISHED and action.due_on < today)
                for action in each.actions
                if action.removed_at is None and action.state is not ActionState.CARRIED_ON
            ],
        )
        for each in rows
    ]


def _notes(session: Session, membership_id: int) -> Sequence[HandOverNote]:
    return session.scalars(
        select(HandOverNote)
        .join(User, User.id == HandOverNote.author_id)
        .where(HandOverNote.membership_id == membership_id, HandOverNote.text != "")
        .options(contains_eager(HandOverNote.author))
        .order_by(HandOverNote.saved_at.desc(), HandOverNote.id.desc())
    ).all()
