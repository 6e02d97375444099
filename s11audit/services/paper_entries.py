"""Returns that came on paper or in Word: the board office enters them, naming who declared them and
keeping the original (domain rule 9)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import end_of_day, in_words, london_today
from s11audit.domain.enums import EntryForm
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor, Can
from s11audit.models import PaperEntry, Return, Submission
from s11audit.queries.paper_entries import open_entry
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.services.evidence import StoredFile, keep_blob
from s11audit.services.log import record_for
from s11audit.services.redacted_files import refuse_redacted
from s11audit.services.responses import why_not_editable


def start_entry(
    session: Session,
    actor: Actor,
    return_id: int,
    form: EntryForm,
    received_on: date,
    original: StoredFile,
    *,
    now: datetime,
) -> PaperEntry:
    """Let the board office fill in and submit a return from `original`, and return the entry.

    What the agency has filled in already stays, and the agency can go on too. Raises NotFound and
    NotAllowed by the policy, Refused where the return cannot be changed now or is being entered
    already, Invalid for a day to come.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = policy.check(actor, Can.MANAGE_RETURNS, facts_of(return_), sees=Can.SEE_RETURN)
    if reason := why_not_editable(return_, now):
        raise Refused(reason)
    if open_entry(session, return_id) is not None:
        raise Refused("This return is being entered by the board office already.")
    if received_on > london_today(now):
        message = "The day it was received must be today or in the past"
        raise Invalid(f"{message}.", {"received_on": message})
    refuse_redacted(session, return_, original.sha256)
    keep_blob(session, original, now)
    entry = PaperEntry(
        return_id=return_id,
        form=EntryForm(form),
        received_on=received_on,
        blob_sha256=original.sha256,
        filename=original.filename,
        started_at=now,
        started_by_id=actor.user_id,
    )
    session.add(entry)
    return_.entered_by_office = True
    session.flush()
    record_for(
        session, return_, actor, role, "return.entry_started", ("paper_entry", entry.id), now=now,
        after={
            "form": entry.form, "received_on": received_on, "original": original.filename,
            "sha256": original.sha256,
        },
    )  # fmt: skip
    return entry


def stop_entry(session: Session, actor: Actor, return_id: int, *, now: datetime) -> None:
    """End an entry without a submission. What was filled in stays as the agency's draft.

    Raises NotFound and NotAllowed by the policy, Refused where nothing is being entered.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = policy.check(actor, Can.MANAGE_RETURNS, facts_of(return_), sees=Can.SEE_RETURN)
    entry = open_entry(session, return_id)
    if entry is None:
        raise Refused("This return is not being entered by the board office.")
    _end(return_, entry, now)
    record_for(
        session, return_, actor, role, "return.entry_stopped", ("paper_entry", entry.id), now=now,
        before={"form": entry.form, "received_on": entry.received_on},
    )  # fmt: skip


def end_with_submission(
    session: Session,
    actor: Actor,
    return_: Return,
    submission: Submission,
    *,
    by_office: bool,
    now: datetime,
) -> None:
    """End the entry that is under way, if any, with the submission that was just frozen. One that
    the office made is marked so, and is late where the original came after the due date."""
    entry = open_entry(session, return_.id)
    if entry is None:
        return
    _end(return_, entry, now)
    if not by_office:
        return
    entry.submission_id = submission.id
    submission.entered_for = submission.signatory_name
    submission.late = end_of_day(entry.received_on) > end_of_day(return_.due_on)
    submission.snapshot = {
        **submission.snapshot,
        "late": submission.late,
        "entered": {
            "by": actor.name,
            "form": entry.form.value,
            "received_on": entry.received_on.isoformat(),
            "original": entry.filename,
            "sha256": entry.blob_sha256,
            "in_words": (
                f"Entered by the board office ({actor.name}) from the return that was received "
                f"on {in_words(entry.received_on)}. Original: {entry.filename}"
            ),
        },
    }
    session.flush()


def _end(return_: Return, entry: PaperEntry, now: datetime) -> None:
    entry.ended_at = now
    return_.entered_by_office = False
