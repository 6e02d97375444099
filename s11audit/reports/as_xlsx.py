"""A report as a spreadsheet, by XlsxWriter: the table, its totals, and who is not counted."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from s11audit.domain.enums import Compliance
from s11audit.reports.data import (
    COMPLIANCE_COLUMNS,
    RATING_KEYS,
    RATING_WORDS,
    ComplianceReport,
    Report,
    StandardsReport,
    cell_words,
    compliance_words,
    rating_words,
)

FILLS = {"green": "#d3ecd9", "amber": "#ffe4b0", "red": "#f8d3d0", "plain": "#ffffff"}
COMPLIANCE_FILLS = {
    Compliance.FULLY: "green",
    Compliance.PARTIALLY: "amber",
    Compliance.NON: "red",
}
COUNTS = ("Red", "Amber", "Green")
HEAD_ROW = 4
WIDTHS = (44, 24, 12, 16, 7, 7, 7, 14, 16, 12, 16, 7, 7, 7, 40)
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def draw(report: Report) -> bytes:
    """Return the report as an XLSX file."""
    from xlsxwriter import Workbook  # loaded when it is needed

    stream = BytesIO()
    with Workbook(stream, OPTIONS) as workbook:
        workbook.set_properties(
            {
                "title": report.title,
                "subject": f"{report.about.place}, as at {report.about.as_at_words}",
                "author": report.about.board_name,
            }
        )
        book = _Book(workbook, report)
        if isinstance(report, ComplianceReport):
            _compliance(book, report)
        else:
            _standards(book, report)
        _not_counted(book, report)
    return stream.getvalue()


class _Book:
    """The workbook with the looks of its cells."""

    def __init__(self, workbook: Any, report: Report) -> None:
        self.workbook = workbook
        self.report = report
        cell = {"border": 1, "border_color": "#8b879c", "valign": "top", "text_wrap": True}
        self.title = workbook.add_format({"bold": True, "font_size": 15})
        self.plain = workbook.add_format({"valign": "top", "text_wrap": True})
        self.line = workbook.add_format({})
        self.head = workbook.add_format(
            {**cell, "bold": True, "bg_color": "#2a2459", "font_color": "#ffffff"}
        )
        self.fills = {
            name: workbook.add_format({**cell, "bg_color": colour})
            for name, colour in FILLS.items()
        }
        self.bold = workbook.add_format({**cell, "bold": True})

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Any:
        """Return a sheet with the report's title, and a head that stays in sight and on every
        printed page."""
        sheet = self.workbook.add_worksheet(name)
        about = self.report.about
        sheet.write_string(0, 0, f"{self.report.title}: {about.board_name}", self.title)
        sheet.write_string(1, 0, f"{about.place}, as at {about.as_at_words}", self.line)
        told = "; ".join(words[0] for _heading, words in self.report.statements if words)
        sheet.write_string(2, 0, told, self.line)
        for column, head in enumerate(heads):
            sheet.write_string(HEAD_ROW, column, head, self.head)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(HEAD_ROW + 1, 1)
        sheet.repeat_rows(HEAD_ROW)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def row(self, sheet: Any, row: int, cells: Sequence[tuple[Any, str]]) -> None:
        """Write a row of (value, fill); texts are texts, whatever they begin with."""
        for column, (value, fill) in enumerate(cells):
            look = self.bold if fill == "bold" else self.fills[fill]
            if isinstance(value, int):
                sheet.write_number(row, column, value, look)
            elif value:
                sheet.write_string(row, column, value, look)
            else:
                sheet.write_blank(row, column, None, look)


def _compliance(book: _Book, report: ComplianceReport) -> None:
    c = COMPLIANCE_COLUMNS
    initial, current = [f"{c[3]}: {w}" for w in COUNTS], [f"{c[7]}: {w}" for w in COUNTS]
    heads = (*c[:4], *initial, *c[4:], *current, "Note")
    sheet = book.sheet("Compliance", heads, WIDTHS)
    for number, row in enumerate(report.rows, start=HEAD_ROW + 1):
        cells: list[tuple[Any, str]] = [
            (row.agency, "bold"),
            (row.category_words, "plain"),
            (cell_words(row.returned_cell), "plain"),
            (compliance_words(row.initial), COMPLIANCE_FILLS.get(row.initial, "plain")),
            *_counted(row.initial_counts),
            (cell_words(row.plan_returned), "plain"),
            (cell_words(row.actions_completed), "plain"),
            (cell_words(row.monitored), "plain"),
            (compliance_words(row.current), COMPLIANCE_FILLS.get(row.current, "plain")),
            *_counted(row.current_counts),
            ("; ".join(filter(None, (row.note, row.disputed_words))), "plain"),
        ]
        book.row(sheet, number, cells)
    sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + max(1, len(report.rows)), len(heads) - 1)
    heads = ("", "Self-assessed", "Compliance now", "In words")
    totals = book.sheet("Totals", heads, (30, 18, 18, 90))
    lines: list[tuple[str, int, int]] = [
        (compliance_words(word), report.initial[word], report.current[word]) for word in Compliance
    ]
    lines.append(("Counted over", report.returned, report.asked))
    for number, (word, initial_count, current_count) in enumerate(lines, start=HEAD_ROW + 1):
        values = [(word, "bold"), (initial_count, "plain"), (current_count, "plain")]
        book.row(totals, number, values)
    _statements(book, totals, report, 3)


def _counted(counts: Any) -> list[tuple[Any, str]]:
    values = ("", "", "") if counts is None else (counts.red, counts.amber, counts.green)
    return [(value, "plain") for value in values]


def _standards(book: _Book, report: StandardsReport) -> None:
    heads = [f"{each.number} {each.title}" for each in report.standards]
    for name in ("Self ratings", "Agreed ratings"):
        widths = (44, 10, *[14] * len(heads), 40)
        sheet = book.sheet(name, ("Agency", "Returned", *heads, "Note"), widths)
        for number, row in enumerate(report.rows, start=HEAD_ROW + 1):
            own = name == "Self ratings"
            ratings = row.self_ratings if own else row.agreed
            cells: list[tuple[Any, str]] = [
                (row.agency, "bold"),
                ("Yes" if row.returned else "No", "plain"),
            ]
            for each in report.standards:
                rag = ratings.get(each.number)
                fill = rag.value if rag is not None and rag.value in FILLS else "plain"
                word = rating_words(ratings, each.number)
                cells.append((word if own else row.agreed_words(each.number), fill))
            book.row(sheet, number, [*cells, (row.note, "plain")])
        last = HEAD_ROW + max(1, len(report.rows))
        sheet.autofilter(HEAD_ROW, 0, last, len(heads) + 2)
    columns = [f"{which}: {RATING_WORDS[k]}" for which in ("Self", "Agreed") for k in RATING_KEYS]
    totals = book.sheet("Totals", ("Standard", *columns), (54, *[12] * len(columns)))
    for number, each in enumerate(report.standards, start=HEAD_ROW + 1):
        counts = [
            (counted[key], "plain")
            for counted in (each.self_counts, each.agreed_counts)
            for key in RATING_KEYS
        ]
        book.row(totals, number, [(f"{each.number} {each.title}", "bold"), *counts])


def _statements(book: _Book, sheet: Any, report: Report, column: int) -> None:
    row = HEAD_ROW + 1
    for heading, told in report.statements:
        for words in told:
            sheet.write_string(row, column, f"{heading}: {words}", book.plain)
            row += 1


def _not_counted(book: _Book, report: Report) -> None:
    sheet = book.sheet("Not counted and notes", ("Agency", "Standing"), (44, 100))
    row = HEAD_ROW + 1
    for each in report.not_counted:
        book.row(sheet, row, [(each.agency, "bold"), (each.words, "plain")])
        row += 1
    if not report.not_counted:
        book.row(
            sheet, row, [("None", "plain"), ("Every agency of the stage is counted.", "plain")]
        )
        row += 1
    for note in report.notes:
        sheet.write_string(row + 1, 0, note, book.line)
        row += 1
    if report.about.log:
        sheet.write_string(row + 2, 0, report.about.log, book.line)
