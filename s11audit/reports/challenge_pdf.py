"""A challenge's sheet as a PDF, for use in the meeting and for its record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from s11audit.domain import dates

ROOM_FOR_ACTIONS = 170  # points: the heading with its five lines


@dataclass(frozen=True)
class SheetAction:
    """What was agreed: what, who, by when, and when it was done."""

    what: str
    owner: str
    due_on: date
    done_on: date | None = None


@dataclass(frozen=True)
class ChallengeSheet:
    """A meeting on paper. `questions` are (heading, question, answer); where an answer is empty and
    the meeting is not finished, there are lines to write on."""

    board: str
    agency: str
    about: str
    held_on: date
    place: str
    panel: Sequence[str]
    questions: Sequence[tuple[str, str, str]]
    finished: bool
    outcome: str = ""
    actions: Sequence[SheetAction] = field(default_factory=tuple)


def challenge_pdf(sheet: ChallengeSheet) -> bytes:
    """Return the sheet as a PDF."""
    from s11audit.reports.paper import Paper  # ReportLab is heavy: loaded when it is needed

    paper = Paper(
        f"Meeting with {sheet.agency}",
        author=sheet.board,
        running=f"{sheet.agency} – meeting of {dates.in_words(sheet.held_on)}",
    )
    paper.text(sheet.agency, "title")
    paper.text(f"Meeting about its return: {sheet.about}", "lead")
    paper.rule()
    paper.facts(
        [
            ("Date", dates.in_words(sheet.held_on)),
            ("Place", sheet.place),
            ("Panel", "; ".join(sheet.panel)),
        ]
    )
    paper.text("Questions", "section")
    for heading, question, answer in sheet.questions:
        paper.text(heading, "label")
        paper.text(question)
        if answer:
            paper.text(answer, "answer", bold="Answer:")
        elif not sheet.finished:
            paper.lines(4)
    paper.text("Outcome", "section")
    if sheet.outcome:
        paper.text(sheet.outcome)
    elif not sheet.finished:
        paper.lines(5)
    if not sheet.finished:
        paper.room(ROOM_FOR_ACTIONS)
    paper.text("Actions", "section")
    for number, action in enumerate(sheet.actions, start=1):
        done = f", done {dates.in_words(action.done_on)}" if action.done_on else ""
        paper.text(f"{number}. {action.what}")
        paper.text(f"{action.owner}, due {dates.in_words(action.due_on)}{done}", "answer")
    if not sheet.finished:
        paper.lines(5)
    elif not sheet.actions:
        paper.text("None.")
    return paper.pdf()
