"""Escalation of an agency that does not answer: beginning it, its letters, and its steps recorded
(domain rule 42)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.addresses import read_email
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import EscalationKind, ReturnKind, Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import EscalationStep, Return
from s11audit.queries import escalations as read
from s11audit.queries.contacts import people_to_write_to
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.scoring.as_at import due_passed
from s11audit.scoring.escalation import drafted, proposed_days
from s11audit.services import log, outbox

LONGEST_LETTER = 5000


def begin(session: Session, actor: Actor, return_id: int, *, now: datetime) -> list[EscalationStep]:
    """Begin the escalation of a return that is late, and return its steps with their proposed days
    and drafted letters.

    Raises Refused where the return is not late, has come in, is not asked for or recorded, or its
    escalation was begun before.
    """
    return_, role = _at(session, actor, return_id)
    found = read.escalation_of(session, return_)
    if found.steps:
        raise Refused("The escalation of this return has been begun already.")
    if return_.kind is ReturnKind.RECORDED or found.stopped:
        raise Refused(found.stopped or "This return is recorded history.")
    if not due_passed(return_.due_on, now):
        raise Refused(f"This return is not late: it is due on {in_words(return_.due_on)}.")
    cycle = return_.stage.cycle
    link = f"{session.info.get('base_url', '')}/returns/{return_.id}/tasks"
    for kind, day in proposed_days(return_.due_on, london_today(now)).items():
        subject, text = drafted(
            kind,
            agency=return_.membership.name,
            board=cycle.board.name,
            cycle=f"{cycle.name}, stage {return_.stage.number}",
            due_on=return_.due_on,
            link=link,
        )
        session.add(
            EscalationStep(
                return_id=return_.id, kind=kind, due_on=day, subject=subject, text=text,
                made_at=now, sent_to=[],
            )
        )  # fmt: skip
    session.flush()
    steps = read.escalation_of(session, return_).steps
    log.record_for(
        session, return_, actor, role, "escalation.begun", now=now,
        after={step.kind.value: step.due_on for step in steps},
    )  # fmt: skip
    return list(steps)


def change_step(
    session: Session,
    actor: Actor,
    return_id: int,
    step_id: int,
    *,
    due_on: date | None,
    to_name: str,
    to_email: str,
    subject: str,
    text: str,
    now: datetime,
) -> EscalationStep:
    """Change when a step is due, to whom its letter goes and what it says, and return the step.

    Raises Invalid with a problem for each field; Refused for a step that was taken or where the
    escalation is stopped.
    """
    return_, role, step = _at_step(session, actor, return_id, step_id)
    values = _checked(due_on, to_name, to_email, subject, text)
    before = {name: getattr(step, name) for name in values}
    if before == values:
        return step
    for name, value in values.items():
        setattr(step, name, value)
    log.record_for(
        session, return_, actor, role, "escalation.changed", ("escalation_step", step.id),
        now=now, before=before, after=values | {"kind": step.kind},
    )  # fmt: skip
    session.flush()
    return step


def take_step(
    session: Session,
    actor: Actor,
    return_id: int,
    step_id: int,
    *,
    done_on: date | None,
    note: str = "",
    by_email: bool = False,
    now: datetime,
) -> EscalationStep:
    """Record that a step was taken, and return it. `by_email` sends its letter to `addresses`.

    Steps are taken in their order. Raises Invalid (a day in the future, nobody to send to),
    Refused where an earlier step waits, this one was taken, or the escalation is stopped.
    """
    return_, role, step = _at_step(session, actor, return_id, step_id)
    found = read.escalation_of(session, return_)
    if found.next is None or found.next.id != step.id:
        raise Refused("Take the earlier steps first.")
    problems: dict[str, str] = {}
    if done_on is None:
        problems["done_on"] = "Enter the day on which it was done"
    elif done_on > london_today(now):
        problems["done_on"] = "The day on which it was done must not be in the future"
    to = addresses(session, return_, step, now) if by_email else []
    if by_email and not to:
        problems["by_email"] = "There is no address to send it to. Add one to the letter"
    if problems:
        raise Invalid("Nothing was recorded.", problems)
    step.done_on, step.done_at, step.done_by_id = done_on, now, actor.user_id
    step.note, step.sent_to = note.strip(), to
    for address in to:
        outbox.queue(
            session, dedupe_key=f"escalation:{step.id}:{address}", to_email=address,
            subject=step.subject, body=f"{step.text}\n", board_id=return_.stage.cycle.board_id,
            now=now,
        )  # fmt: skip
    log.record_for(
        session, return_, actor, role, "escalation.step_taken", ("escalation_step", step.id),
        now=now,
        after={"kind": step.kind, "done_on": done_on, "note": step.note, "to": to,
               "subject": step.subject, "text": step.text},
    )  # fmt: skip
    session.flush()
    return step


def addresses(session: Session, return_: Return, step: EscalationStep, now: datetime) -> list[str]:
    """Return to whom a step's letter goes by e-mail: the address that was given, else for the
    reminder the agency's leads, or its contributors where it has none."""
    if step.to_email:
        return [step.to_email]
    if step.kind is not EscalationKind.REMINDER:
        return []
    people = people_to_write_to(session, [return_.membership_id], london_today(now))
    return sorted({person.email for person in people.get(return_.membership_id, [])})


def _at(session: Session, actor: Actor, return_id: int) -> tuple[Return, Role]:
    return_ = return_by_id(session, return_id, for_update=True)
    return return_, check(actor, Can.ESCALATE, facts_of(return_), sees=Can.SEE_ESCALATION)


def _at_step(
    session: Session, actor: Actor, return_id: int, step_id: int
) -> tuple[Return, Role, EscalationStep]:
    return_, role = _at(session, actor, return_id)
    step = read.step_in(session, return_id, step_id)
    if step.done_at is not None:
        raise Refused("This step has been taken, so it cannot be changed.")
    if stopped := read.escalation_of(session, return_).stopped:
        raise Refused(f"The escalation is stopped. {stopped}")
    return return_, role, step


def _checked(
    due_on: date | None, to_name: str, to_email: str, subject: str, text: str
) -> dict[str, object]:
    problems: dict[str, str] = {}
    values: dict[str, object] = {"due_on": due_on, "to_name": "", "to_email": ""}
    if due_on is None:
        problems["due_on"] = "Enter when the step is due"
    if to_email.strip():
        try:
            values["to_email"] = read_email(to_email)
        except ValueError as error:
            problems["to_email"] = str(error)
    for field, what, read_text, typed, longest in (
        ("to_name", "name", one_line, to_name, 200),
        ("subject", "subject", one_line, subject, 200),
        ("text", "text of the letter", several_lines, text, LONGEST_LETTER),
    ):
        if field == "to_name" and not typed.strip():
            continue
        try:
            values[field] = read_text(typed, field, what, longest)
        except Invalid as error:
            problems |= error.problems
    if problems:
        raise Invalid("The letter was not saved.", problems)
    return values
