"""Documents as files: HTML that needs nothing else, PDF and XLSX. Renderers only."""

import re
from collections.abc import Sequence
from functools import cache
from io import BytesIO

from jinja2 import Environment, FileSystemLoader, Template

from s11audit import paths
from s11audit.domain import dates
from s11audit.domain.errors import Invalid
from s11audit.reports.documents import Cell, Document, Table

DOCUMENT_FORMATS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}
_LOOKS = {"Green": ("✓", "green"), "Amber": ("◐", "amber"), "Red": ("✕", "red")}
MOST_LETTERS = 900
INSIDE = 12  # points between the margins and what ReportLab’s frame holds
_FILLS = {"green": "#d3ecd9", "amber": "#ffe4b0", "red": "#f8d3d0"}


def draw_document(document: Document, file_format: str) -> bytes:
    """Return the document as a file of that format. Raises Invalid for one that there is not."""
    drawing = {"pdf": _pdf, "xlsx": _xlsx, "html": _html}.get(file_format)
    if drawing is None:
        raise Invalid(f"There is no format {file_format!r}.")
    return drawing(document)


def document_name(document: Document, file_format: str) -> str:
    """Return a name for the file: "exceptions-north-vale-2026-09-30.pdf"."""
    about = re.sub(r"[^a-z0-9]+", "-", document.about.lower()).strip("-")[:60].strip("-")
    parts = (document.kind, document.board, about, document.as_at.isoformat())
    return "-".join(part for part in parts if part) + f".{file_format}"


def _html(document: Document) -> bytes:
    return _template().render(document=document).encode()


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(paths.top("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["date"] = dates.in_words
    return environment.get_template("documents/standalone.html")


def _pdf(document: Document) -> bytes:
    # ReportLab is loaded when it is needed.
    from reportlab.lib.units import mm

    from s11audit.reports.paper import Paper
    from s11audit.reports.paper_tables import PagedTable

    paper = Paper(
        f"{document.title}: {document.board_name}",
        author=document.board_name,
        running=f"{document.board_name} – {document.title} – as at {document.as_at_words}",
        wide=document.wide,
        log=document.log,
    )
    paper.text(document.title, "title")
    paper.text(document.board_name, "heading")
    if document.about:
        paper.text(document.about)
    paper.facts([("As at", document.as_at_words)])
    for told in document.statements:
        paper.text(told)
    for part in document.parts:
        if part.heading:
            paper.text(part.heading, "section")
        for text in part.texts:
            paper.text(text)
        for item in part.items:
            paper.text(f"•\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{item}", "answer")
        table = part.table
        if table is None:
            continue
        if not table.rows:
            if not part.heading:
                paper.text(table.caption, "label")
            paper.text(table.empty)
            continue
        drawn = PagedTable(
            table.heads,
            [(paper.width - INSIDE) * share for share in table.shares],
            [[_paper_cell(cell) for cell in row] for row in _printable(table)],
        )
        paper.room(drawn.least_height + 12 * mm)
        if not part.heading:
            paper.text(table.caption, "label")
        paper.add(drawn)
    for note in document.notes:
        paper.text(note, "small")
    return paper.pdf()


def _printable(table: Table) -> list[list[Cell]]:
    """Return the rows with cells too long for a page dealt out over several rows."""
    rows: list[list[Cell]] = []
    for row in table.rows:
        pieces = [_pieces(str(cell)) if isinstance(cell, str) else [cell] for cell in row]
        for number in range(max(len(each) for each in pieces)):
            rows.append([each[number] if number < len(each) else "" for each in pieces])
    return rows


def _pieces(text: str) -> list[Cell]:
    """Cut a long text at spaces into pieces that surely fit on a page."""
    pieces: list[Cell] = []
    while len(text) > MOST_LETTERS:
        cut = text.rfind(" ", MOST_LETTERS // 2, MOST_LETTERS)
        cut = MOST_LETTERS if cut < 0 else cut
        pieces.append(text[:cut])
        text = text[cut:].lstrip()
    return [*pieces, text]


def _paper_cell(cell: Cell) -> tuple[str, str]:
    text = f"{cell:,}" if isinstance(cell, int) else cell
    mark, look = _LOOKS.get(text, ("", ""))
    return f"{mark} {text}".strip(), look


def _xlsx(document: Document) -> bytes:
    from xlsxwriter import Workbook

    stream = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(stream, options) as workbook:
        workbook.set_properties(
            {"title": document.title, "subject": document.about, "author": document.board_name}
        )
        title = workbook.add_format({"bold": True, "font_size": 15})
        line = workbook.add_format({})
        cell = {"border": 1, "border_color": "#8b879c", "valign": "top", "text_wrap": True}
        head = workbook.add_format(
            {**cell, "bold": True, "bg_color": "#2a2459", "font_color": "#ffffff"}
        )
        plain = workbook.add_format(cell)
        fills = {name: workbook.add_format({**cell, "bg_color": of}) for name, of in _FILLS.items()}

        def heading(sheet: object, extra: Sequence[str]) -> int:
            texts = (f"{document.title}: {document.board_name}",
                     f"{document.about}, as at {document.as_at_words}", *extra)  # fmt: skip
            for row, text in enumerate(texts):
                sheet.write_string(row, 0, text, line if row else title)  # type: ignore[attr-defined]
            return len(texts) + 1

        told = workbook.add_worksheet("Summary")
        told.set_column(0, 0, 110)
        row = heading(told, document.statements)
        for part in document.parts:
            for text in (part.heading, *part.texts, *part.items):
                if text:
                    told.write_string(row, 0, text, line)
                    row += 1
        for note in document.notes:
            row += 1
            told.write_string(row, 0, note, line)
        if document.log:
            told.write_string(row + 2, 0, document.log, line)
        names: set[str] = {"summary"}
        for table in (part.table for part in document.parts if part.table):
            sheet = workbook.add_worksheet(_sheet_name(table.caption, names))
            top = heading(sheet, (table.caption,))
            for column, (text, share) in enumerate(zip(table.heads, table.shares, strict=True)):
                sheet.write_string(top, column, text, head)
                sheet.set_column(column, column, max(10, round(share * 130)))
            sheet.freeze_panes(top + 1, 1)
            sheet.repeat_rows(top)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.set_footer("&L&A&RPage &P of &N")
            for number, values in enumerate(table.rows, start=top + 1):
                for column, value in enumerate(values):
                    look = fills.get(_LOOKS.get(str(value), ("", ""))[1], plain)
                    if isinstance(value, int):
                        sheet.write_number(number, column, value, look)
                    else:
                        sheet.write_string(number, column, value, look)
            if not table.rows:
                sheet.write_string(top + 1, 0, table.empty, plain)
    return stream.getvalue()


def _sheet_name(caption: str, taken: set[str]) -> str:
    """Return a name that a spreadsheet takes: 31 characters, without []:*?/\\, each once."""
    base = re.sub(r"[\[\]:*?/\\']", " ", caption).strip()[:31].strip() or "Table"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base[:27]} {number}"
    taken.add(name.lower())
    return name
