"""What the board office does to a return: a later due date, excused and the like, sent back."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import lifecycle, policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import ReturnKind, ReturnState, Role, Standing
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can
from s11audit.domain.texts import LONGEST_REASON, several_lines
from s11audit.domain.wording import in_words as words
from s11audit.models import Extension, Return, SendBack, StandingChange, Submission
from s11audit.queries.contacts import people_to_write_to
from s11audit.queries.replies import open_sharing
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.services import log
from s11audit.services.notices import tell

LONGEST_LETTER = 10_000  # a letter that sends a return back may list many points
UNSENT = (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS)


def extend(
    session: Session, actor: Actor, return_id: int, due_on: date, reason: str, *, now: datetime
) -> Return:
    """Give a return that was not sent in a later due date; its first one is kept. Tells its lead.

    Raises Invalid for a date that is not later or has passed, or no reason; Refused where the
    return was sent in, is not asked for, or its stage is closed.
    """
    return_, role = _for_change(session, actor, return_id)
    problems: dict[str, str] = {}
    if due_on <= return_.due_on:
        problems["due_on"] = f"The new due date must be after {in_words(return_.due_on)}"
    elif due_on < london_today(now):
        problems["due_on"] = "The new due date must be today or later"
    reason = _reason(reason, "reason for the extension", problems)
    if (why := not_extendable(return_)) is not None:
        raise Refused(why)
    was = return_.due_on
    return_.due_on = due_on
    session.add(
        Extension(
            return_id=return_.id,
            was_due_on=was,
            due_on=due_on,
            reason=reason,
            given_at=now,
            given_by_id=actor.user_id,
        )
    )
    session.flush()
    log.record_for(
        session, return_, actor, role, "return.extended", now=now,
        before={"due_on": was}, after={"due_on": due_on, "reason": reason},
    )  # fmt: skip
    _tell_lead(
        session, return_, "return_extended", f"extended:{return_.id}:{due_on}", now,
        due_on=due_on, was_due_on=was, reason=reason,
    )  # fmt: skip
    return return_


def change_standing(
    session: Session,
    actor: Actor,
    return_id: int,
    standing: Standing,
    reason: str,
    *,
    now: datetime,
) -> Return:
    """Say that a return is excused, nil, withdrawn or declined, or is asked for again, with a
    reason, from now on (domain rule 5).

    Raises Invalid without a reason; Refused where that is so already.
    """
    return_, role = _for_change(session, actor, return_id)
    reason = _reason(reason, "reason", {})
    if return_.standing is standing:
        raise Refused(f"This return is already marked as {words(standing).lower()}.")
    before = return_.standing
    return_.standing = standing
    session.add(
        StandingChange(
            return_id=return_.id,
            standing=standing,
            reason=reason,
            effective_at=now,
            recorded_at=now,
            changed_by_id=actor.user_id,
        )
    )
    session.flush()
    log.record_for(
        session, return_, actor, role, "return.standing_changed", now=now,
        before={"standing": before.value}, after={"standing": standing.value, "reason": reason},
    )  # fmt: skip
    return return_


def send_back(
    session: Session, actor: Actor, return_id: int, reason: str, *, now: datetime
) -> Return:
    """Send a submitted return back to the agency, which changes and submits it again. Tells its
    lead (domain rules 9 and 10).

    Raises Invalid without a reason; Refused in another state or where the stage is closed.
    """
    return_, role = _for_change(session, actor, return_id, Can.SEND_BACK)
    reason = _reason(reason, "reason for sending it back", {}, LONGEST_LETTER)
    before = return_.state
    if (why := not_sent_back(session, return_)) is not None:
        raise Refused(why)
    after = lifecycle.after(Change.SEND_BACK, before)
    submission = session.scalars(
        select(Submission)
        .where(Submission.return_id == return_.id)
        .order_by(Submission.number.desc())
        .limit(1)
    ).one()
    return_.state = after
    session.add(
        SendBack(
            submission_id=submission.id,
            reason=reason,
            effective_at=now,
            recorded_at=now,
            sent_back_by_id=actor.user_id,
        )
    )
    session.flush()
    log.record_for(
        session, return_, actor, role, "return.sent_back", now=now,
        before={"state": before.value},
        after={"state": after.value, "submission": submission.number, "reason": reason},
    )  # fmt: skip
    _tell_lead(
        session, return_, "return_sent_back", f"sent_back:{submission.id}", now,
        reference=submission.reference, reason=reason,
    )  # fmt: skip
    return return_


def not_sent_back(session: Session, return_: Return, *, shared: bool = True) -> str | None:
    """Return why a return cannot be sent back now, or None where it can. Its stage must be
    loaded. `shared`: whether its ratings were ever shared with the agency, if that is known."""
    try:
        lifecycle.after(Change.SEND_BACK, return_.state)
    except Refused as error:
        return str(error)
    if return_.stage.closed_at is not None:
        return "The return cannot be sent back, because its stage is closed."
    if shared and open_sharing(session, return_.id) is not None:
        return "The return cannot be sent back, because its agreed ratings are with the agency."
    return None


def not_extendable(return_: Return) -> str | None:
    """Return why the due date cannot be moved, or None where it can. Its stage must be loaded."""
    if return_.stage.closed_at is not None:
        return "The due date cannot be changed, because the stage is closed."
    if return_.state not in UNSENT:
        state = words(return_.state).lower()
        return f"The due date cannot be changed, because the return is {state}."
    if return_.standing is not Standing.ASKED:
        standing = words(return_.standing).lower()
        return f"The due date cannot be changed, because the return is marked as {standing}."
    return None


def _for_change(
    session: Session, actor: Actor, return_id: int, action: Can = Can.MANAGE_RETURNS
) -> tuple[Return, Role]:
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = policy.check(actor, action, facts_of(return_), sees=Can.SEE_RETURN)
    if return_.kind is ReturnKind.RECORDED:
        raise Refused("This return is recorded history and cannot be changed.")
    return return_, role


def _reason(text: str, what: str, problems: dict[str, str], longest: int = LONGEST_REASON) -> str:
    try:
        text = several_lines(text, "reason", what, longest)
    except Invalid as error:
        problems |= error.problems
    if problems:
        raise Invalid("; ".join(problems.values()) + ".", problems)
    return text


def _tell_lead(
    session: Session, return_: Return, letter: str, occasion: str, now: datetime, **values: object
) -> None:
    people = people_to_write_to(session, [return_.membership_id], london_today(now))
    tell(
        session, people.get(return_.membership_id, []), letter, occasion, return_,
        path=f"/returns/{return_.id}/tasks", now=now, **values,
    )  # fmt: skip
