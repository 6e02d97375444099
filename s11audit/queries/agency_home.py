"""What an agency's home shows: each return asked of it, how far it is and what happens next."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import ActionState, Basis, ReturnKind, ReturnState, Standing
from s11audit.domain.wording import as_judged
from s11audit.models import Membership, Return
from s11audit.queries.plan_lists import PlanRow, plans_of_agency
from s11audit.queries.progress import completed
from s11audit.queries.replies import Asked, asked_to_reply
from s11audit.queries.reviews import published_at
from s11audit.queries.submissions import Sent, returns_of_membership, submissions_of_returns
from s11audit.queries.tools import standards_asked
from s11audit.scoring.actions import PlanState
from s11audit.scoring.as_at import is_open
from s11audit.scoring.completeness import Progress
from s11audit.scoring.words import counted

_EDITABLE = (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS)


@dataclass(frozen=True)
class Task:
    """One return, as its agency is told of it."""

    return_: Return
    progress: Progress
    sent: list[Sent]
    is_open: bool
    today: date
    plan: PlanRow | None = None
    """Its action plan, where QA has required an improvement."""
    published_at: datetime | None = None
    """When ratings of it were last published, None where none are."""
    asked: Asked | None = None
    """The agreed ratings that it is asked to accept or dispute, where there are any."""

    @property
    def latest(self) -> Sent | None:
        """The latest submission."""
        return self.sent[-1] if self.sent else None

    @property
    def sent_back(self) -> Sent | None:
        """The latest submission where it was sent back and waits to be put right."""
        latest = self.latest
        waiting = self.return_.state is ReturnState.IN_PROGRESS
        return latest if waiting and latest is not None and latest.sent_back else None

    @property
    def follows_up(self) -> str:
        """Return what a return that follows up an earlier stage asks, in words; else nothing."""
        if self.return_.stage.number == 1:
            return ""
        return _FOLLOWS_UP.get(self.return_.kind, "")

    @property
    def is_confirmation(self) -> bool:
        """Whether every standard is only asked whether it is still true."""
        return self.return_.kind is ReturnKind.CONFIRMATION

    @property
    def is_asked(self) -> bool:
        """Whether the agency is still asked for it."""
        return self.return_.standing is Standing.ASKED

    @property
    def is_past(self) -> bool:
        """Whether nothing more will happen to it."""
        if self.return_.state is ReturnState.CLOSED:
            return self.plan is None or self.plan.is_done
        return not self.is_open and self.return_.state in _EDITABLE

    @property
    def can_fill_in(self) -> bool:
        """Whether it can be worked on now."""
        return self.is_asked and self.is_open and self.return_.state in _EDITABLE

    @property
    def is_late(self) -> bool:
        """Whether it should have been in already."""
        return self.can_fill_in and self.return_.due_on < self.today

    def due(self) -> str:
        """Return "Due 4 March 2026, in 12 days"."""
        return due_in_words(self.return_.due_on, self.today)

    def next_step(self) -> str:
        """Return what happens next, in words, for every state."""
        if not self.is_asked:
            return _STANDINGS[self.return_.standing]
        if self.is_past and self.return_.state is not ReturnState.CLOSED:
            return "The board office has closed this audit. This return was not submitted."
        if self.return_.state is ReturnState.NOT_STARTED and self.is_confirmation:
            return (
                "Your safeguarding lead says on one page whether everything is still true, and "
                "submits the return. If something has changed, it is filled in first."
            )
        if self.return_.state is ReturnState.NOT_STARTED:
            return (
                "Open the task list and begin with any standard. What you write is saved as you "
                "go. The safeguarding lead can share the standards out among colleagues."
            )
        if self.return_.state is ReturnState.IN_PROGRESS:
            return self._in_progress()
        if self.confirms_itself:
            return self._confirmed_way()
        if self.asked is not None:
            return self._with_ratings(self.asked)
        if self.plan is not None:
            return _with_plan(self.plan)
        return _STATES[self.return_.state]

    def _with_ratings(self, asked: Asked) -> str:
        if asked.unanswered and asked.reply_by >= self.today:
            return (
                "The group has agreed its ratings and shares them with you alone. Your"
                " safeguarding lead accepts or disputes each until the end of"
                f" {in_words(asked.reply_by)}. What is not answered by then becomes final."
            )
        return "You have had the agreed ratings. You will get an e-mail when they are final."

    @property
    def confirms_itself(self) -> bool:
        """Whether the agency confirms its own result on this cycle."""
        return self.return_.stage.cycle.basis is Basis.CONFIRMED

    @property
    def has_result(self) -> bool:
        """Whether the office has returned the result to the agency."""
        if self.latest is None or self.latest.sent_back or not self.confirms_itself:
            return False
        return self.return_.state not in (*_EDITABLE, ReturnState.SUBMITTED)

    def _confirmed_way(self) -> str:
        plan = self.plan
        if plan is None:
            return _RESULTS[self.return_.state]
        if plan.state is PlanState.TO_RETURN:
            shortfalls = counted(plan.improvements, "standard falls", "standards fall")
            return (
                f"{shortfalls} short. Say in the action plan what you will do, and return the plan "
                "to the board office."
            )
        return as_judged(_with_plan(plan), Basis.CONFIRMED)

    def _in_progress(self) -> str:
        left = self.progress.of - self.progress.complete
        if self.sent_back:
            return "Put right what the board office asks for, then submit the return again."
        if left:
            return (
                f"Fill in the {counted(left, 'standard that is', 'standards that are')} not "
                "complete. The safeguarding lead then checks the answers and submits the return."
            )
        return (
            "Every standard is complete. The safeguarding lead checks the answers and submits the "
            "return."
        )


def _with_plan(plan: PlanRow) -> str:
    if plan.state is PlanState.TO_RETURN:
        improvements = counted(plan.improvements, "improvement", "improvements")
        return (
            f"The ratings are published, and QA requires {improvements}. Say in the action plan "
            "what you will do, and return the plan."
        )
    if plan.state is not PlanState.ACCEPTED:
        return _PLANS[plan.state]
    left = plan.actions[ActionState.OPEN] + plan.actions[ActionState.UNDERWAY]
    if left:
        late = f", {plan.overdue} of them overdue" if plan.overdue else ""
        return (
            f"QA has accepted your action plan. {counted(left, 'action is', 'actions are')} not "
            f"finished{late}: note progress, and report each complete. QA then verifies it."
        )
    if plan.is_done:
        return (
            "QA has verified every action of your plan and rates those standards again."
            if plan.to_rate
            else "QA has settled every action of your plan. Nothing more is asked of you."
        )
    return "You have reported your actions complete. QA verifies them."


_PLANS: dict[PlanState, str] = {
    PlanState.WITH_QA: (
        "Your action plan is with QA, who accepts it or asks for it again. You can note progress "
        "meanwhile."
    ),
    PlanState.ASKED_AGAIN: (
        "QA asks for your action plan again. Read why in the plan, put it right and return it."
    ),
}
_FOLLOWS_UP: dict[ReturnKind, str] = {
    ReturnKind.UPDATE: (
        "This is an update. It asks what has been done about the standards that are not green, and "
        "on one page whether the others are still as you said. It begins with what you said before."
    ),
    ReturnKind.CONFIRMATION: (
        "Every standard is green or not applicable, so this return is one page: say whether what "
        "you said before is still true, and sign it."
    ),
}
_STANDINGS: dict[Standing, str] = {
    Standing.EXCUSED: "The board office has excused your agency. Nothing is asked of you.",
    Standing.NIL: "The duty was found not to apply to your agency. Nothing is asked of you.",
    Standing.WITHDRAWN: "This return was withdrawn. Nothing is asked of you.",
    Standing.DECLINED: (
        "Your agency declined to take part. If that has changed, tell the board office."
    ),
}
# What happens next where the agency confirms its own result.
_RESULTS: dict[ReturnState, str] = {
    ReturnState.SUBMITTED: (
        "The board office reads the return and sends you what it comes to. You will get an e-mail, "
        "and then confirm the result or correct it."
    ),
    ReturnState.IN_REVIEW: (
        "Read the result of your return. Your safeguarding lead confirms it, or corrects a rating "
        "that is not right."
    ),
    ReturnState.RATED: "You have confirmed your result. Nothing falls short.",
    ReturnState.CLOSED: "This audit is closed. You can still read and download what you sent in.",
}
_STATES: dict[ReturnState, str] = {
    ReturnState.SUBMITTED: (
        "The board office checks the return, and the quality assurance group then rates each "
        "standard. You need do nothing until you hear from them."
    ),
    ReturnState.IN_REVIEW: (
        "The quality assurance group is rating your return. You will get an e-mail when the "
        "ratings are published."
    ),
    ReturnState.RATED: "The ratings are published, and QA requires no improvement.",
    ReturnState.CLOSED: "This audit is closed. You can still read and download what you sent in.",
}


def tasks(session: Session, membership: Membership, now: datetime) -> list[Task]:
    """Return an agency's returns in a fixed number of queries: those to be filled in, the first
    due first, then the others, the latest first."""
    today = london_today(now)
    found = returns_of_membership(session, membership.id, today)
    ids = [each.id for each in found]
    sent = submissions_of_returns(session, ids)
    working = [each.id for each in found if each.state in _EDITABLE]
    done = completed(session, working)
    plans = {each.return_id: each for each in plans_of_agency(session, membership.id, now)}
    published = published_at(session, ids)
    asked = asked_to_reply(session, ids)
    made = [
        Task(
            return_=each,
            progress=_progress(session, each, done.get(each.id, 0)),
            sent=sent[each.id],
            is_open=is_open(each.stage.opens_on, each.stage.opened_at, each.stage.closed_at, now),
            today=today,
            plan=plans.get(each.id),
            published_at=published.get(each.id),
            asked=asked.get(each.id),
        )
        for each in found
    ]
    to_fill_in = [each for each in made if each.can_fill_in]
    to_fill_in.sort(key=lambda each: (each.return_.due_on, each.return_.id))
    return to_fill_in + [each for each in made if not each.can_fill_in]


def due_in_words(due: date, today: date) -> str:
    """Return "Due 4 March 2026, in 12 days", "... today" or "... 3 days ago"."""
    days = (due - today).days
    if days == 0:
        when = "today"
    elif days == 1:
        when = "tomorrow"
    elif days > 0:
        when = f"in {counted(days, 'day', 'days')}"
    else:
        when = f"{counted(-days, 'day', 'days')} ago"
    return f"Due {in_words(due)}, {when}"


def _progress(session: Session, return_: Return, complete: int) -> Progress:
    if return_.state not in _EDITABLE:
        return Progress(0, 0)
    return Progress(complete, len(standards_asked(session, return_)))
