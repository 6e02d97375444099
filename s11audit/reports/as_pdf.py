"""A report as a PDF for a board paper, by ReportLab. Imported only when one is drawn.

Every rating says its word and has a mark, so that it reads in black and white. ReportLab cannot
tag what it draws: the page and the HTML file are the accessible forms of the report.
"""

from collections.abc import Sequence

from reportlab.lib.units import mm

from s11audit.domain.enums import Compliance
from s11audit.reports.data import (
    COMPLIANCE_COLUMNS,
    DISPUTED,
    RATING_KEYS,
    RATING_WORDS,
    ComplianceReport,
    ComplianceRow,
    Report,
    StandardsReport,
    StandardsRow,
    cell_words,
    rating_words,
)
from s11audit.reports.paper import Paper
from s11audit.reports.paper_tables import Cell, PagedTable

MARKS = {"green": "✓", "amber": "◐", "red": "✕"}
LOOKS = {
    Compliance.FULLY: "green",
    Compliance.PARTIALLY: "amber",
    Compliance.NON: "red",
}
LETTERS = {"Green": "G", "Amber": "A", "Red": "R", "Not applicable": "N/A", "Not rated": "–"}
MOST_COLUMNS, MOST_WORDS = 30, 10


def draw(report: Report) -> bytes:
    """Return the report as a PDF."""
    about = report.about
    paper = Paper(
        f"{report.title}: {about.board_name}, {about.place}",
        author=about.board_name,
        running=f"{about.board_name} – {report.title} – {about.place} – as at {about.as_at_words}",
        wide=True,
        log=about.log,
    )
    paper.text(report.title, "title")
    paper.text(f"{about.board_name}: {about.place}", "heading")
    paper.facts([("As at", about.as_at_words), ("Audit tool", about.tool)])
    for heading, told in report.statements:
        paper.text("; ".join(told) + ".", bold=f"{heading}:")
    for note in report.notes:
        paper.text(note)
    if isinstance(report, ComplianceReport):
        _compliance(paper, report)
    else:
        _standards(paper, report)
    _not_counted(paper, report)
    return paper.pdf()


def _compliance(paper: Paper, report: ComplianceReport) -> None:
    widths = [68 * mm, 35 * mm, 21 * mm, 37 * mm, 20 * mm, 25 * mm, 20 * mm, 35 * mm]
    rows: list[Sequence[Cell]] = [
        (
            (_agency(row), ""),
            (row.category_words, ""),
            (cell_words(row.returned_cell), ""),
            (_marked(row.initial, row.initial_words), LOOKS.get(row.initial, "")),
            (cell_words(row.plan_returned), ""),
            (cell_words(row.actions_completed), ""),
            (cell_words(row.monitored), ""),
            (
                "\n".join(
                    filter(None, (_marked(row.current, row.current_words), row.disputed_words))
                ),
                LOOKS.get(row.current, ""),
            ),
        )
        for row in report.rows
    ]
    paper.space(2)
    paper.add(PagedTable(COMPLIANCE_COLUMNS, widths, rows))


def _agency(row: ComplianceRow | StandardsRow) -> str:
    """Return the agency's name; a note may be longer than a page, and stands below the table."""
    return f"{row.agency}\n(declined: see below)" if row.note else row.agency


def _marked(compliance: Compliance, words: str) -> str:
    mark = MARKS.get(LOOKS.get(compliance, ""), "")
    return f"{mark} {words}".strip()


def _standards(paper: Paper, report: StandardsReport) -> None:
    _totals(paper, report)
    everything = report.standards
    for name in ("Self ratings", "Agreed ratings"):
        for start in range(0, len(everything), MOST_COLUMNS):
            part = everything[start : start + MOST_COLUMNS]
            wordy = len(part) <= MOST_WORDS
            agency = 58 * mm
            width = min((paper.width - agency) / len(part), 34 * mm)
            heads = [f"{each.number} {each.title}" if wordy else str(each.number) for each in part]
            rows: list[Sequence[Cell]] = []
            for row in report.rows:
                ratings = row.self_ratings if name == "Self ratings" else row.agreed
                cells: list[Cell] = [(_agency(row), "")]
                for each in part:
                    word = rating_words(ratings, each.number)
                    look = word.lower() if word.lower() in MARKS else ""
                    mark = MARKS.get(look, "")
                    disputed = name != "Self ratings" and each.number in row.disputed
                    text = f"{mark} {word}".strip() if wordy else LETTERS.get(word, "")
                    cells.append((f"{text}\n{DISPUTED}" if disputed else text, look))
                rows.append(cells)
            table = PagedTable(["Agency", *heads], [agency, *[width] * len(part)], rows)
            paper.room(table.least_height + 30 * mm)
            paper.text(name, "heading")
            if not wordy:
                paper.text("G green, A amber, R red, N/A not applicable, – not rated", "small")
            paper.text("A blank cell: the standard does not apply to the agency.", "small")
            paper.add(table)


def _totals(paper: Paper, report: StandardsReport) -> None:
    """Draw how many agencies have which rating, for each standard."""
    heads = [f"{which}: {RATING_WORDS[key].lower()}" for which in ("Self", "Agreed")
             for key in RATING_KEYS]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            (f"{each.number} {each.title}", ""),
            *((str(each.self_counts[key]), "") for key in RATING_KEYS),
            *((str(each.agreed_counts[key]), "") for key in RATING_KEYS),
        )
        for each in report.standards
    ]
    paper.text("Agencies by rating", "heading")
    width = (paper.width - 66 * mm) / len(heads)
    paper.add(PagedTable(["Standard", *heads], [66 * mm, *[width] * len(heads)], rows))


def _not_counted(paper: Paper, report: Report) -> None:
    declined = [row for row in report.rows if row.note]
    if declined:
        paper.text("Declined, and counted as asked", "heading")
    for row in declined:
        paper.text(row.note, bold=f"{row.agency}.")
    paper.text("Not counted", "heading")
    if not report.not_counted:
        paper.text("Every agency of the stage is counted.")
    for each in report.not_counted:
        paper.text(each.words, bold=f"{each.agency}.")
