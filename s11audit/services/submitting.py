"""Sending a return in (domain rule 9)."""

from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain import lifecycle
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can
from s11audit.models import Return, Submission
from s11audit.queries.progress import lacks
from s11audit.queries.responses import responses_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.words import counted, is_blank
from s11audit.services.log import record_for
from s11audit.services.notices import agency_people, panel, tell
from s11audit.services.paper_entries import end_with_submission
from s11audit.services.responses import editable_return
from s11audit.services.submissions import Signatory, freeze


def submit(
    session: Session,
    actor: Actor,
    return_id: int,
    signatory: Signatory,
    declared: bool,
    *,
    now: datetime,
) -> Submission:
    """Send a return in: freeze a copy, lock the return, tell the board office.

    The board office submits what came on paper, while it enters it: `signatory` is who declared
    it there. Raises Invalid where the signatory or the declaration is missing, or where the return
    lacks something (`problems` then maps "standard:part" to what to do); NotFound and
    NotAllowed by the policy; Refused where it cannot be submitted now.
    """
    return_, role = editable_return(
        session, actor, return_id, now=now, action=Can.SUBMIT, change=Change.SUBMIT
    )
    signatory = checked(signatory, declared)
    _check_complete(session, return_, now)
    submission = freeze(session, actor, return_, signatory, effective_at=now, now=now)
    end_with_submission(session, actor, return_, submission, by_office=role is Role.OFFICE, now=now)
    before = return_.state
    return_.state = lifecycle.after(Change.SUBMIT, before)
    record_for(
        session,
        return_,
        actor,
        role,
        "return.submitted",
        ("submission", submission.id),
        now=now,
        before={"state": before},
        after={
            "state": return_.state,
            "reference": submission.reference,
            "signatory": signatory.name,
            "designation": signatory.designation,
            "email": signatory.email,
            "late": submission.late,
            "entered_for": submission.entered_for,
        },
    )
    _tell(session, return_, submission, now)
    return submission


def checked(signatory: Signatory, declared: bool) -> Signatory:
    """Return who answers for a return, tidied; Invalid, by field, where anything is missing."""
    values = {
        "name": " ".join(signatory.name.split()),
        "designation": " ".join(signatory.designation.split()),
        "email": signatory.email.strip(),
    }
    problems = {
        name: message
        for name, message in (
            ("name", "Enter the name of the person who answers for this return"),
            ("designation", "Enter their designation"),
            ("email", "Enter their e-mail address"),
        )
        if is_blank(values[name])
    }
    if not declared:
        problems["declared"] = "Confirm that the declaration is given on the organisation’s behalf"
    if problems:
        raise Invalid("The return was not submitted.", problems)
    return Signatory(**values)


def _check_complete(session: Session, return_: Return, now: datetime) -> None:
    tool = tool_of(session, return_.stage.cycle.tool_version)
    missing = lacks(
        tool,
        standards_asked(session, return_),
        return_.categories,
        responses_of(session, return_.id),
        london_today(now),
    )
    if missing:
        things = counted(len(missing), "thing is", "things are")
        raise Invalid(
            f"The return was not submitted, because {things} missing.",
            {f"{each.standard}:{each.part}:{each.field}": each.message for each in missing},
        )


def _tell(session: Session, return_: Return, submission: Submission, now: datetime) -> None:
    """Tell the board office, and acknowledge it to the agency's leads."""
    page = f"/returns/{return_.id}"
    for letter, people, path in (
        ("return_received", panel(session, return_, (Role.OFFICE,), now), page),
        (
            "return_submitted",
            agency_people(session, return_, (Role.LEAD,), now),
            f"{page}/submissions/{submission.number}",
        ),
    ):
        tell(
            session,
            people,
            letter,
            f"submitted:{submission.id}:{letter}",
            return_,
            path=path,
            now=now,
            submission=submission,
        )
