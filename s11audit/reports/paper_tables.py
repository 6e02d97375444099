"""Long tables on paper: cells are wrapped beforehand and rows dealt out page by page.

ReportLab's own table copies all the rows that are left at each page it breaks, and a paragraph a
cell costs as much again; this one takes time in proportion to its rows.
"""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable

from s11audit.reports.paper import BOLD, INK, LINE, REGULAR, clean

Cell = tuple[str, str]
"""A cell's text, and its look: green, amber, red or nothing."""

SIZE = 8.0
LEADING = 10.2
LEAST_HEAD = 6.0
PADDING = 1.3 * mm
FILLS = {"green": HexColor("#d9efdf"), "amber": HexColor("#ffe9bf"), "red": HexColor("#f6cfcc")}
LEAST_ROWS = 2  # a head is not left at the end of a page with fewer rows than these below it


@lru_cache(maxsize=20_000)
def wrapped(text: str, font: str, width: float, size: float = SIZE) -> tuple[str, ...]:
    """Return the lines that a text takes in a column; a word that is too long is broken."""
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if pdfmetrics.stringWidth(longer, font, size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, font, width, size)
            lines += full
        lines.append(line)
    return tuple(lines)


def _broken(word: str, font: str, width: float, size: float) -> list[str]:
    parts = [""]
    for character in word:
        if parts[-1] and pdfmetrics.stringWidth(parts[-1] + character, font, size) > width:
            parts.append("")
        parts[-1] += character
    return parts


class PagedTable(Flowable):
    """A table with a head on every page. `rows` hold (text, look); the first cell is heavier."""

    def __init__(
        self,
        heads: Sequence[str],
        widths: Sequence[float],
        rows: Sequence[Sequence[Cell]],
    ) -> None:
        super().__init__()
        self.widths = list(widths)
        rooms = [width - 2 * PADDING for width in self.widths]
        self.head_size = _head_size(heads, rooms)
        self.head = [
            wrapped(text, BOLD, room, self.head_size)
            for text, room in zip(heads, rooms, strict=True)
        ]
        self.lines = [
            [
                (wrapped(text, BOLD if column == 0 else REGULAR, rooms[column]), look)
                for column, (text, look) in enumerate(row)
            ]
            for row in rows
        ]
        self.heights = [_height(max(len(lines) for lines, _look in row)) for row in self.lines]
        self.start, self.stop = 0, len(self.lines)
        self.spaceAfter = 5 * mm

    @property
    def head_height(self) -> float:
        return _height(max(len(lines) for lines in self.head))

    @property
    def least_height(self) -> float:
        """The room that its beginning needs: the head and the first rows."""
        return self.head_height + sum(self.heights[:LEAST_ROWS])

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Say how large it is: ReportLab asks before it draws or splits."""
        body = sum(self.heights[self.start : self.stop])
        return sum(self.widths), self.head_height + body

    def split(self, _width: float, height: float) -> list[Flowable]:
        """Return what fits and the rest; nothing where too little fits here."""
        room, stop = height - self.head_height, self.start
        while stop < self.stop and self.heights[stop] <= room:
            room -= self.heights[stop]
            stop += 1
        if stop - self.start < min(LEAST_ROWS, self.stop - self.start):
            return []
        parts = [(self.start, stop), (stop, self.stop)]
        return [self._part(first, last) for first, last in parts if first < last]

    def _part(self, start: int, stop: int) -> "PagedTable":
        part = copy(self)
        part.__dict__.pop("_postponed", None)  # ReportLab's mark of what has already been put off
        part.start, part.stop = start, stop
        return part

    def draw(self) -> None:
        """Draw the head and this part's rows from the top."""
        width, top = self.wrap(0, 0)
        canvas = self.canv
        canvas.setLineWidth(0.5)
        canvas.setStrokeColor(LINE)
        canvas.setFillColor(INK)
        canvas.rect(0, top - self.head_height, width, self.head_height, stroke=0, fill=1)
        left = 0.0
        for lines, column in zip(self.head, self.widths, strict=True):
            self._write(lines, left, top, BOLD, white, self.head_size)
            left += column
        top -= self.head_height
        for row, height in zip(
            self.lines[self.start : self.stop], self.heights[self.start : self.stop], strict=True
        ):
            left = 0.0
            for number, ((lines, look), column) in enumerate(zip(row, self.widths, strict=True)):
                if look:
                    canvas.setFillColor(FILLS[look])
                    canvas.rect(left, top - height, column, height, stroke=0, fill=1)
                self._write(lines, left, top, REGULAR if number else BOLD, INK)
                left += column
            top -= height
            canvas.line(0, top, width, top)
        left = 0.0
        for column in (0.0, *self.widths):
            left += column
            canvas.line(left, 0, left, self.wrap(0, 0)[1])

    def _write(
        self,
        lines: Sequence[str],
        left: float,
        top: float,
        font: str,
        colour: Color,
        size: float = SIZE,
    ) -> None:
        if not any(lines):
            return
        text = self.canv.beginText(left + PADDING, top - PADDING - SIZE)
        text.setFont(font, size, LEADING)
        text.setFillColor(colour)
        for line in lines:
            text.textLine(line)
        self.canv.drawText(text)


def _head_size(heads: Sequence[str], rooms: Sequence[float]) -> float:
    """Return the size of type in which no word of the head has to be broken, if there is one."""
    size = SIZE
    while size > LEAST_HEAD and any(
        pdfmetrics.stringWidth(word, BOLD, size) > room
        for head, room in zip(heads, rooms, strict=True)
        for word in head.split()
    ):
        size -= 0.25
    return size


def _height(lines: int) -> float:
    return lines * LEADING + 2 * PADDING
