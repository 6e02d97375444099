"""Everything that happened to a return, from its own tables, for the office's page of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from s11audit.domain.dates import in_words as day_in_words
from s11audit.domain.enums import Basis, ReminderKind, Standing
from s11audit.domain.wording import in_words
from s11audit.models import (
    Confirmation,
    Extension,
    PlanDecision,
    PlanSubmission,
    Publication,
    Return,
    ReturnedResult,
    SendBack,
    Sharing,
    StandingChange,
    Submission,
    User,
)
from s11audit.queries.reminders import reminders_of_return

RESULT_RETURNED = "Result returned to the agency"
RESULT_CONFIRMED = "Result confirmed by the agency"

REMINDED_OF = {
    ReminderKind.RETURN: "Of the return",
    ReminderKind.ACTION: "Of actions of the plan",
    ReminderKind.REPLY: "Of the reply to the ratings",
    ReminderKind.RESULT: "Of the result that is still to be confirmed",
    ReminderKind.PLAN: "Of the action plan that is still to be returned",
}


RATINGS_SHARED = "Agreed ratings shared with the agency"


@dataclass(frozen=True)
class Event:
    """One thing that happened: when, in words, who did it, and why."""

    at: datetime
    what: str
    who: str = ""
    reason: str = ""
    submission: int | None = None


@dataclass(frozen=True)
class Timeline:
    """The events of a return, newest first, and its submissions' numbers."""

    events: Sequence[Event]
    submissions: Sequence[int] = field(default_factory=list)


def timeline(session: Session, return_: Return) -> Timeline:
    """Return what happened to a return, in seven queries, and an eighth where the
    agency confirms its own result."""
    submitted = _submissions(session, return_.id)
    events = [
        Event(return_.made_at, f"Asked for, due on {day_in_words(return_.first_due_on)}"),
        *submitted,
        *_extensions(session, return_.id),
        *_standings(session, return_.id),
        *_confirmed_way(session, return_),
        *_sharings(session, return_.id),
        *_publications(session, return_.id),
        *_plans(session, return_.id),
        *_reminders(session, return_.id),
    ]
    ordered = sorted(enumerate(events), key=lambda each: (each[1].at, each[0]), reverse=True)
    numbers = [event.submission for event in submitted if event.submission is not None]
    return Timeline([event for _, event in ordered], numbers)


def _submissions(session: Session, return_id: int) -> list[Event]:
    sender, returner = aliased(User), aliased(User)
    found: list[Event] = []
    rows: Any = session.execute(
        select(Submission, SendBack, sender.name, returner.name)
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .outerjoin(sender, sender.id == Submission.submitted_by_id)
        .outerjoin(returner, returner.id == SendBack.sent_back_by_id)
        .where(Submission.return_id == return_id)
        .order_by(Submission.number)
    )
    for submission, back, sent_by, returned_by in rows:
        late = ", late" if submission.late else ""
        words = f"Submitted{late}, reference {submission.reference}"
        signed = f"Signed by {submission.signatory_name}, {submission.signatory_designation}"
        found.append(
            Event(submission.effective_at, words, sent_by or "", signed, submission.number)
        )
        if back is not None:
            found.append(Event(back.effective_at, "Sent back", returned_by or "", back.reason))
    return found


def _extensions(session: Session, return_id: int) -> list[Event]:
    rows = session.execute(
        select(Extension, User.name)
        .outerjoin(User, User.id == Extension.given_by_id)
        .where(Extension.return_id == return_id)
        .order_by(Extension.id)
    )
    return [
        Event(
            each.given_at,
            f"Due date moved from {day_in_words(each.was_due_on)} to {day_in_words(each.due_on)}",
            name or "",
            each.reason,
        )
        for each, name in rows
    ]


def _standings(session: Session, return_id: int) -> list[Event]:
    rows = session.execute(
        select(StandingChange, User.name)
        .outerjoin(User, User.id == StandingChange.changed_by_id)
        .where(StandingChange.return_id == return_id)
        .order_by(StandingChange.id)
    )
    return [
        Event(
            each.effective_at,
            "Asked again" if each.standing is Standing.ASKED else in_words(each.standing),
            name or "",
            each.reason,
        )
        for each, name in rows
    ]


def _confirmed_way(session: Session, return_: Return) -> list[Event]:
    """The result returned and confirmed, where the agency confirms its own."""
    if return_.stage.cycle.basis is not Basis.CONFIRMED:
        return []
    sender, confirmer = aliased(User), aliased(User)
    found: list[Event] = []
    rows: Any = session.execute(
        select(ReturnedResult.effective_at, sender.name, Confirmation, confirmer.name)
        .join(Submission, Submission.id == ReturnedResult.submission_id)
        .outerjoin(Confirmation, Confirmation.submission_id == Submission.id)
        .outerjoin(sender, sender.id == ReturnedResult.returned_by_id)
        .outerjoin(confirmer, confirmer.id == Confirmation.confirmed_by_id)
        .where(Submission.return_id == return_.id)
        .order_by(Submission.number)
    )
    for at, sent_by, confirmation, confirmed_by in rows:
        found.append(Event(at, RESULT_RETURNED, sent_by or ""))
        if confirmation is not None:
            by = f"{confirmation.name}, {confirmation.designation}"
            found.append(
                Event(confirmation.effective_at, RESULT_CONFIRMED, confirmed_by or "", f"By {by}")
            )
    return found


def _publications(session: Session, return_id: int) -> list[Event]:
    rows = session.execute(
        select(Publication.effective_at, Publication.number, User.name)
        .outerjoin(User, User.id == Publication.published_by_id)
        .where(Publication.return_id == return_id)
        .order_by(Publication.number)
    )
    return [
        Event(at, "Ratings published" if number == 1 else "Ratings published again", name or "")
        for at, number, name in rows
    ]


def _sharings(session: Session, return_id: int) -> list[Event]:
    rows = session.execute(
        select(Sharing.shared_at, Sharing.reply_by, User.name)
        .outerjoin(User, User.id == Sharing.shared_by_id)
        .where(Sharing.return_id == return_id, Sharing.reply_by.is_not(None))
        .order_by(Sharing.number)
    )
    return [
        Event(
            at,
            f"{RATINGS_SHARED}, to be answered by {day_in_words(reply_by)}",
            name or "",
        )
        for at, reply_by, name in rows
        if reply_by is not None
    ]


def _plans(session: Session, return_id: int) -> list[Event]:
    sender, decider = aliased(User), aliased(User)
    found: list[Event] = []
    rows: Any = session.execute(
        select(PlanSubmission.effective_at, PlanDecision, sender.name, decider.name)
        .outerjoin(PlanDecision, PlanDecision.plan_submission_id == PlanSubmission.id)
        .outerjoin(sender, sender.id == PlanSubmission.submitted_by_id)
        .outerjoin(decider, decider.id == PlanDecision.decided_by_id)
        .where(PlanSubmission.return_id == return_id)
        .order_by(PlanSubmission.number)
    )
    for at, decision, sent_by, decided_by in rows:
        found.append(Event(at, "Action plan returned", sent_by or ""))
        if decision is not None:
            words = "Action plan accepted" if decision.accepted else "Action plan asked for again"
            found.append(Event(decision.effective_at, words, decided_by or "", decision.reason))
    return found


def _reminders(session: Session, return_id: int) -> list[Event]:
    found = []
    for each in reminders_of_return(session, return_id):
        people = "1 person" if each.people == 1 else f"{each.people} people"
        about = REMINDED_OF[each.kind]
        if each.kind not in (ReminderKind.PLAN, ReminderKind.RESULT):
            about += f", {_step(each.step)}"
        found.append(Event(each.at, f"Reminder sent to {people}", reason=about))
    return found


def _step(step: int) -> str:
    """Return "14 days before the due date"."""
    if step == 0:
        return "on the due date"
    days = "1 day" if abs(step) == 1 else f"{abs(step)} days"
    return f"{days} {'before' if step < 0 else 'after'} the due date"
