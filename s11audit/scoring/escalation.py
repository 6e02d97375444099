"""Escalation of an agency that does not answer: its steps, their days and what the letters say
(domain rule 42)."""

from collections.abc import Mapping
from datetime import date, timedelta

from s11audit.domain import placeholders
from s11audit.domain.dates import in_words
from s11audit.domain.enums import EscalationKind, ReturnState, Standing

K = EscalationKind

# How many days after the due date each step is proposed.
DAYS_AFTER: dict[EscalationKind, int] = {
    K.REMINDER: 1,
    K.MANAGER: 8,
    K.CHAIR_LETTER: 15,
    K.EXECUTIVE: 29,
}

WHAT: dict[EscalationKind, str] = {
    K.REMINDER: "Remind the people who fill in the return.",
    K.MANAGER: "Write to the manager of those who fill it in.",
    K.CHAIR_LETTER: "The chair writes to the agency’s senior officer, on paper or as PDF.",
    K.EXECUTIVE: "Tell the board’s executive that the agency has not answered.",
}


def proposed_days(due_on: date, today: date) -> dict[EscalationKind, date]:
    """Return the day proposed for each step of an escalation that is begun today.

    Counted from the return's due date; where that is longer ago, the steps keep their distance
    from each other and the first is today.
    """
    start = max(due_on, today - timedelta(days=DAYS_AFTER[K.REMINDER]))
    return {kind: start + timedelta(days=days) for kind, days in DAYS_AFTER.items()}


def stopped_because(state: ReturnState, standing: Standing, is_in: bool) -> str:
    """Return why nothing more is to be done, empty where the agency still owes its answer.

    `is_in`: there is a submission that was not sent back. An agency that declined owes it still.
    """
    if is_in or state in (ReturnState.SUBMITTED, ReturnState.IN_REVIEW, ReturnState.RATED):
        return "The return has come in."
    if standing not in (Standing.ASKED, Standing.DECLINED):
        return "The return is no longer asked for."
    return ""


_SUBJECTS: dict[EscalationKind, str] = {
    K.REMINDER: "Your safeguarding audit is overdue: {agency}",
    K.MANAGER: "Overdue safeguarding audit of {agency}",
    K.CHAIR_LETTER: "Section 11 of the Children Act 2004: outstanding return of {agency}",
    K.EXECUTIVE: "{agency} has not made its section 11 return",
}
_TEXTS: dict[EscalationKind, str] = {
    K.REMINDER: """\
The section 11 return of {agency} for {cycle} was due on {due date}. We have not received it.

Please submit it as soon as you can. Everything you have filled in is still there. If something
stands in your way, tell the board office, who will help.

{link}""",
    K.MANAGER: """\
Every agency under section 11 of the Children Act 2004 is asked to account for how it safeguards
children. The return of {agency} for {cycle} was due on {due date}, and we have not received it.

We have reminded those who fill it in. Please make sure that they have the time to complete it, and
tell us by when we can expect it.""",
    K.CHAIR_LETTER: """\
Section 11 of the Children Act 2004 places a duty on your organisation to safeguard and promote the
welfare of children. {board} checks how that duty is met by asking every agency for a return.

The return of {agency} for {cycle} was due on {due date}. We have reminded your staff and written to
their manager, and we have not received it.

Please let me have the return, or tell me in writing when it will be made and what prevents it. If I
do not hear from you, I shall report to the board’s executive that {agency} has given the board no
assurance.""",
    K.EXECUTIVE: """\
The return of {agency} for {cycle} was due on {due date}. It has not been made, although the agency
was reminded, its manager was written to and the chair wrote to its senior officer.

The executive is asked to decide what is to be done. Until the return is in, the board has no
assurance from {agency} under section 11 of the Children Act 2004.""",
}


def drafted(
    kind: EscalationKind, *, agency: str, board: str, cycle: str, due_on: date, link: str
) -> tuple[str, str]:
    """Return the subject and the text of a step's letter as it is first proposed."""
    values: Mapping[str, str] = {
        "agency": agency,
        "board": board,
        "cycle": cycle,
        "due date": in_words(due_on),
        "link": link,
    }
    paragraphs = [" ".join(each.split("\n")) for each in _TEXTS[kind].split("\n\n")]
    subject = placeholders.fill(_SUBJECTS[kind], values)[:200]
    return subject, placeholders.fill("\n\n".join(paragraphs), values)
