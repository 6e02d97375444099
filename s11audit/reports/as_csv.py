"""A report as CSV: the table from row 1 on, a blank line, then totals and notes.

UTF-8 without a byte order mark, lines ended by CRLF. In what stands below the blank line the
first cell is empty, so that a program can tell it from the table. A text that a spreadsheet
would take for a formula gets an apostrophe before it.
"""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from s11audit.reports.data import (
    COMPLIANCE_COLUMNS,
    RATING_KEYS,
    RATING_WORDS,
    ComplianceReport,
    Report,
    StandardsReport,
    compliance_cells,
    compliance_words,
    rating_words,
)
from s11audit.scoring.compliance import Overall

Cells = Sequence[str | int]
# The wide signs begin a formula where Chinese, Japanese or Korean is written.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
COUNT_COLUMNS = (
    "Self-assessed red", "Self-assessed amber", "Self-assessed green",
    "Now red", "Now amber", "Now green",
)  # fmt: skip


def draw(report: Report) -> bytes:
    """Return the report as CSV."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    lines = _compliance(report) if isinstance(report, ComplianceReport) else _standards(report)
    for cells in lines:
        writer.writerow([defused(cell) for cell in cells])
    return stream.getvalue().encode()


def defused(cell: str | int) -> str | int:
    """Return the cell so that no spreadsheet runs it."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return "'" + cell
    return cell


def _compliance(report: ComplianceReport) -> Iterator[Cells]:
    yield (*COMPLIANCE_COLUMNS, *COUNT_COLUMNS, "Note")
    for row in report.rows:
        cells = list(compliance_cells(row))
        cells[3], cells[7] = compliance_words(row.initial), compliance_words(row.current)
        yield (*cells, *_counted(row.initial_counts), *_counted(row.current_counts), row.note)
    yield from _below(report)


def _counted(counts: Overall | None) -> tuple[str | int, ...]:
    return ("", "", "") if counts is None else (counts.red, counts.amber, counts.green)


def _standards(report: StandardsReport) -> Iterator[Cells]:
    heads = [
        f"{each.number} {each.title}: {which}"
        for each in report.standards
        for which in ("self", "agreed")
    ]
    yield ("Agency", "Returned", *heads, "Note")
    for row in report.rows:
        words = [
            rating_words(ratings, each.number)
            for each in report.standards
            for ratings in (row.self_ratings, row.agreed)
        ]
        yield (row.agency, "Yes" if row.returned else "No", *words, row.note)
    yield ()
    for key in RATING_KEYS:
        counts = [
            counted[key]
            for each in report.standards
            for counted in (each.self_counts, each.agreed_counts)
        ]
        yield ("", RATING_WORDS[key], *counts)
    yield from _below(report)


def _below(report: Report) -> Iterator[Cells]:
    about = report.about
    yield ()
    yield ("", "Report", f"{report.title}: {about.board_name}, {about.place}")
    yield ("", "As at", about.as_at_words)
    for heading, told in report.statements:
        for words in told:
            yield ("", heading, words)
    for note in report.notes:
        yield ("", "Note", note)
    for left_out in report.not_counted:
        yield ("", "Not counted", left_out.agency, left_out.words)
