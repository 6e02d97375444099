"""A4 pages by ReportLab: one look for every document, with an open font and numbered pages.

ReportLab takes memory that a web worker at rest should not hold: import this module inside the
function that draws, never at the top of a module that views import.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    HRFlowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

from s11audit import paths

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK = HexColor("#1d1940")
GREY = HexColor("#55516b")
LINE = HexColor("#8b879c")
BOX = "\N{BALLOT BOX}"
MARGIN = 18 * mm
FEW_LINES = 12  # so many ruled lines are not torn apart by the end of a page


@cache
def register_fonts() -> None:
    """Make the font known to ReportLab: Helvetica has no ł or ŵ."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(paths.VENDOR / "fonts" / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(
        REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD
    )


def clean(text: str) -> str:
    """Return the text as the font can draw it: composed letters, no control characters but LF."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.isprintable():
        return text
    return "".join(
        each for each in text.replace("\t", "    ") if each == "\n" or unicodedata.category(each)
        not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )  # fmt: skip


def portions(text: str) -> list[str]:
    """Return the text in parts that are quick to lay out, in their order: at most 30 lines or
    about 2,000 characters each. ReportLab's time grows with the square of a paragraph's length.

    Of blank lines two in a row stay, and a run of 2,000 characters without a space gets one.
    """
    text = re.sub(r"(\S{2000})(?=\S)", r"\1 ", clean(text))
    lines = re.sub(r"\n(?:[^\S\n]*\n){3,}", "\n\n\n", text).split("\n")
    found: list[list[str]] = [[]]
    size = 0
    for line in lines:
        for piece in re.findall(r".{1,2000}(?:\s+|$)|.{2000}", line) or [""]:
            if found[-1] and (size + len(piece) > 2000 or len(found[-1]) == 30):
                found.append([])
                size = 0
            found[-1].append(piece)
            size += len(piece)
    return ["\n".join(each) for each in found]


def marked_up(text: str) -> str:
    """Return the text as a paragraph's mark-up: nothing in it is taken for a tag."""
    return escape(clean(text)).replace("\n", "<br/>")


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    options: dict[str, Any] = {
        "fontName": REGULAR,
        "fontSize": size,
        "leading": size * 1.4,
        "alignment": TA_LEFT,
        "splitLongWords": 1,
        "spaceAfter": 2 * mm,
    }
    return ParagraphStyle(name, **(options | more))


HEADING: dict[str, Any] = {"fontName": BOLD, "textColor": INK}
STYLES = {
    "title": _style("title", 19, **HEADING, spaceBefore=5 * mm, spaceAfter=3 * mm),
    "section": _style("section", 14.5, **HEADING, spaceBefore=6 * mm),
    "heading": _style("heading", 12, **HEADING, spaceBefore=5 * mm),
    "label": _style("label", 9.5, **HEADING, spaceBefore=2 * mm, spaceAfter=1 * mm),
    "text": _style("text", 9.5),
    "lead": _style("lead", 9.5, spaceAfter=1 * mm),
    "small": _style("small", 8.5, textColor=GREY),
    "answer": _style("answer", 9.5, leftIndent=6 * mm, spaceAfter=1.5 * mm),
}
# The room that has to be left on the page, so that none of these stands alone at its end.
ROOM_BELOW = {"title": 50 * mm, "section": 40 * mm, "heading": 30 * mm, "label": 22 * mm,
              "lead": 18 * mm}  # fmt: skip


class Paper:
    """A document that is written from top to bottom, then drawn with `pdf`.

    `title` and `author` become its metadata; `running` stands at the foot of every page beside
    the page number. `log` says how far the log had come, below it.
    """

    def __init__(
        self, title: str, *, author: str, running: str, wide: bool = False, log: str = ""
    ) -> None:
        register_fonts()
        self.title = clean(title)
        self.author = clean(author)
        self.running = clean(running)
        self.log = clean(log)
        self.size = landscape(A4) if wide else A4
        self.story: list[Flowable] = []

    @property
    def width(self) -> float:
        """The room between the margins, in points."""
        return float(self.size[0]) - 2 * MARGIN

    def add(self, *flowables: Flowable) -> None:
        """Add parts that ReportLab can lay out."""
        self.story.extend(flowables)

    def text(self, text: str, style: str = "text", *, bold: str = "") -> None:
        """Add a paragraph in one of `STYLES`, after `bold` in heavier type."""
        before = f"<b>{marked_up(bold)}</b> " if bold else ""
        if style in ROOM_BELOW:
            self.add(CondPageBreak(ROOM_BELOW[style]))
        first, *more = portions(text)
        self.add(Paragraph(before + marked_up(first), STYLES[style]))
        self.add(*(Paragraph(marked_up(each), STYLES[style]) for each in more))

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Add lines of "Label: value"; those without a value are left out."""
        for label, value in pairs:
            if value:
                self.text(value, bold=f"{label}:")

    def choices(self, words: Sequence[str]) -> None:
        """Add boxes to tick, side by side."""
        gap = "\N{NO-BREAK SPACE}"
        boxes = [f"{BOX}{gap}{clean(word).replace(' ', gap)}" for word in words]
        self.text(f"{4 * gap} ".join(boxes), "answer")

    def lines(self, count: int) -> None:
        """Add ruled lines to write on; a few stay together with what goes before."""
        rules: list[Flowable] = []
        for _ in range(count):
            rules += [Spacer(1, 7.5 * mm), HRFlowable(width="100%", thickness=0.5, color=LINE)]
        if count <= FEW_LINES:
            self.add(KeepTogether(rules))
        else:
            self.add(*rules)
        self.space(3)

    def space(self, millimetres: float) -> None:
        """Leave room."""
        self.add(Spacer(1, millimetres * mm))

    def room(self, points: float) -> None:
        """Go on to a new page where less than this is left."""
        self.add(CondPageBreak(points))

    def rule(self) -> None:
        """Draw a line across the page."""
        self.add(HRFlowable(width="100%", thickness=0.8, color=INK, spaceAfter=3 * mm))

    def new_page(self) -> None:
        """Go on at the top of a new page."""
        self.add(PageBreak())

    def pdf(self) -> bytes:
        """Draw the document."""
        stream = BytesIO()
        document = SimpleDocTemplate(
            stream,
            pagesize=self.size,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=15 * mm,
            bottomMargin=18 * mm,
            title=self.title,
            author=self.author,
            subject=self.running,
            creator="s11audit",
            lang="en-GB",
            displayDocTitle=True,
        )
        running, log = self.running, self.log

        class Numbered(_NumberedCanvas):
            foot = running
            log_line = log

        document.build(self.story, canvasmaker=Numbered)
        return stream.getvalue()


class _NumberedCanvas(Canvas):
    """Keeps each page until the number of pages is known, then writes "Page 2 of 5" on it."""

    foot = ""
    log_line = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  # ReportLab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        count = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self._draw_foot(f"Page {number} of {count}")
            super().showPage()
        super().save()

    def _draw_foot(self, words: str) -> None:
        width = float(self._pagesize[0])  # type: ignore[attr-defined]
        self.setStrokeColor(LINE)
        self.setLineWidth(0.5)
        self.line(MARGIN, 13.5 * mm, width - MARGIN, 13.5 * mm)
        self.setFillColor(GREY)
        self.setFont(REGULAR, 8)
        self.drawRightString(width - MARGIN, 9.5 * mm, words)
        room = width - 2 * MARGIN - pdfmetrics.stringWidth(words, REGULAR, 8) - 6 * mm
        self.drawString(MARGIN, 9.5 * mm, _shortened(self.foot, room))
        self.setFont(REGULAR, 6)
        self.drawString(MARGIN, 6 * mm, self.log_line)


def _shortened(text: str, room: float) -> str:
    """Return as much of a line as there is room for."""
    if pdfmetrics.stringWidth(text, REGULAR, 8) <= room:
        return text
    while text and pdfmetrics.stringWidth(text + "…", REGULAR, 8) > room:
        text = text[:-1]
    return text.rstrip() + "…"
