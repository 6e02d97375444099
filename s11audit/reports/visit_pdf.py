"""The worksheet of a visit on paper: what to see, to test, to whom to speak, and room to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from s11audit.domain.dates import in_words as day
from s11audit.domain.enums import ItemKind, VisitResult
from s11audit.domain.wording import in_words

if TYPE_CHECKING:
    from s11audit.reports.paper import Paper

HEADS = {
    ItemKind.DOCUMENT: "Documents to see",
    ItemKind.CLAIM: "Claims to test",
    ItemKind.PERSON: "People to speak to",
}


@dataclass(frozen=True)
class PaperLine:
    """One line of the worksheet."""

    kind: ItemKind
    text: str
    done: bool
    note: str


@dataclass(frozen=True)
class PaperPart:
    """The worksheet's part for one standard, with what was found where it was."""

    number: int
    title: str
    self_rating: str
    lines: Sequence[PaperLine]
    result: VisitResult | None
    seen: str
    spoken_to: str
    proposed: str


@dataclass(frozen=True)
class VisitPaper:
    """A visit's worksheet, ready to be drawn."""

    agency: str
    board: str
    cycle: str
    stage: int
    visit_on: date
    place: str
    team: Sequence[str]
    parts: Sequence[PaperPart]


def visit_pdf(sheet: VisitPaper) -> bytes:
    """Return the worksheet as a PDF to take along: what was written so far stands in it, and there
    is room for the rest."""
    from s11audit.reports.paper import Paper  # ReportLab is heavy: loaded when it is needed

    title = f"Visit to {sheet.agency}"
    paper = Paper(title, author=sheet.board, running=f"{title}, {day(sheet.visit_on)}")
    paper.text(title, "title")
    paper.text(f"{sheet.cycle}, stage {sheet.stage}", "small")
    paper.rule()
    paper.facts(
        [
            ("Day", day(sheet.visit_on)),
            ("Place", sheet.place),
            ("Team", ", ".join(sheet.team)),
            ("Board", sheet.board),
        ]
    )
    paper.text(
        "Tick what you have seen and write what it showed. Name people by their role only.", "small"
    )
    for part in sheet.parts:
        _part(paper, part)
    return paper.pdf()


def _part(paper: "Paper", part: PaperPart) -> None:
    paper.text(f"Standard {part.number}: {part.title}", "section")
    if part.self_rating:
        paper.text(part.self_rating, bold="The agency’s own rating:")
    for kind, head in HEADS.items():
        lines = [line for line in part.lines if line.kind is kind]
        if lines:
            paper.text(head, "label")
        for line in lines:
            box = "\N{BALLOT BOX WITH CHECK}" if line.done else "\N{BALLOT BOX}"
            paper.text(line.text, "lead", bold=f"{box} ")
            if line.note:
                paper.text(line.note, "answer")
            else:
                paper.lines(1)
    _found(paper, part)


def _found(paper: "Paper", part: PaperPart) -> None:
    paper.text("What did you find?", "label")
    if part.result:
        paper.text(in_words(part.result), "answer")
    else:
        paper.choices([in_words(each) for each in VisitResult])
    for head, text, room in (
        ("What did you see?", part.seen, 4),
        ("Whom did you speak to, by role?", part.spoken_to, 2),
    ):
        paper.text(head, "label")
        if text:
            paper.text(text, "answer")
        else:
            paper.lines(room)
    paper.text("Another rating proposed, and why", "label")
    if part.proposed:
        paper.text(part.proposed, "answer")
    else:
        paper.lines(2)
