"""A letter of the board as a PDF, for signing and posting."""

from dataclasses import dataclass
from datetime import date

from s11audit.domain import dates


@dataclass(frozen=True)
class Letter:
    """A letter: who writes to whom about what. `post` is the writer's."""

    board: str
    day: date
    to_name: str
    agency: str
    subject: str
    text: str
    writer: str
    post: str


def letter_pdf(letter: Letter) -> bytes:
    """Return the letter as a PDF of one page or more."""
    from s11audit.reports.paper import Paper  # ReportLab is heavy: loaded when it is needed

    paper = Paper(letter.subject, author=letter.board, running=letter.board)
    paper.text(letter.board, "section")
    paper.rule()
    paper.space(4)
    for line in (letter.to_name, letter.agency):
        if line:
            paper.text(line, "lead")
    paper.space(6)
    paper.text(dates.in_words(letter.day))
    paper.space(4)
    paper.text(letter.subject, "heading")
    paper.space(1)
    paper.text(f"Dear {letter.to_name.split(',')[0]}" if letter.to_name else "To whom it concerns")
    for paragraph in letter.text.split("\n\n"):
        if paragraph.strip():
            paper.text(paragraph)
    paper.space(2)
    paper.text("Yours sincerely")
    paper.space(18)
    for line in (letter.writer, letter.post, letter.board):
        if line:
            paper.text(line, "lead")
    return paper.pdf()
