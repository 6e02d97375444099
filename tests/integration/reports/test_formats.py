"""The five formats say the same figures: each is read back and compared."""

from __future__ import annotations

import csv
import json
import re
import sys
from html.parser import HTMLParser
from io import BytesIO, StringIO
from subprocess import run
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy.orm import Session

from s11audit.domain.enums import Standing
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import OPERATOR
from s11audit.reports.build import build_compliance, build_standards
from s11audit.reports.data import ComplianceReport, StandardsReport, compliance_cells, rating_words
from s11audit.reports.render import FORMATS, file_name, render
from tests import factories
from tests.integration.reports.story import DAY, EXPECTED, NOW, small_cycle, tell
from tests.support.reporting import Asked, at, ratings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LONG = "Cheshire & Wirral Partnership NHS Foundation Trust <Łódź & Llŵyd> " + "Wwwww" * 20


@pytest.fixture
def compliance(session: Session) -> ComplianceReport:
    return build_compliance(session, OPERATOR, tell(session).cycle.id, 1, DAY, now=NOW)


@pytest.fixture
def standards(session: Session) -> StandardsReport:
    return build_standards(session, OPERATOR, tell(session).cycle.id, 1, DAY, now=NOW)


class _Tables(HTMLParser):
    """Reads the text of every cell, table by table, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.cell: list[str] | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.cell is not None:
            self.tables[-1][-1].append(" ".join(" ".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cell is not None:
            self.cell.append(data)


def html(drawn: bytes) -> _Tables:
    parser = _Tables()
    parser.feed(drawn.decode())
    return parser


def pdf_text(drawn: bytes) -> str:
    pages = PdfReader(BytesIO(drawn)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def without_counts(words: str) -> str:
    return re.sub(r" \(.*\)", "", words)


def test_csv_holds_the_table_and_below_it_the_totals(compliance: ComplianceReport) -> None:
    drawn = render(compliance, "csv")
    assert drawn.startswith(b"Agency,")
    assert b"\r\n" in drawn
    lines = list(csv.reader(StringIO(drawn.decode(), newline="")))
    table, below = lines[1 : lines.index([])], lines[lines.index([]) + 1 :]
    assert [line[:8] for line in table] == [
        [without_counts(cell) for cell in compliance_cells(row)] for row in compliance.rows
    ]
    brook = next(line for line in table if line[0] == "Brook Police")
    assert dict(zip(lines[0], brook, strict=True))["Now red"] == "1"
    assert all(line[0] == "" for line in below)
    assert ["", "Compliance now", "3 fully compliant of 13 asked (10 returned)"] in below
    assert [
        "", "Not counted", "Elm Council", "Excused on 15 March 2026: Merged with Ashdale Council.",
    ] in below  # fmt: skip


def test_xlsx_holds_the_table_its_totals_and_who_is_left_out(compliance: ComplianceReport) -> None:
    book = load_workbook(BytesIO(render(compliance, "xlsx")))
    assert book.sheetnames == ["Compliance", "Totals", "Not counted and notes"]
    sheet = book["Compliance"]
    assert sheet["A1"].value == "Compliance table: Meadow Safeguarding Partnership"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B6", "A5:O18")
    heads = [cell.value for cell in sheet[5]]
    found = [
        tuple(dict(zip(heads, line, strict=True))[head] or "" for head in heads if head in NAMED)
        for line in sheet.iter_rows(min_row=6, values_only=True)
    ]
    assert found == [
        tuple(without_counts(cell) for cell in compliance_cells(row)) for row in compliance.rows
    ]
    totals = {line[0]: line[1:3] for line in book["Totals"].iter_rows(min_row=6, values_only=True)}
    assert totals["Fully"] == (4, 3)
    assert totals["Not known"] == (1, 7)
    assert totals["Counted over"] == (10, 13)
    left_out = [line[0] for line in book["Not counted and notes"].values]
    assert {"Elm Council", "Fen Parish"} <= set(left_out)


NAMED = (
    "Agency", "Category", "Return completed", "Self-assessed compliance", "Action plan returned",
    "Outstanding actions completed", "Being monitored", "Compliance now",
)  # fmt: skip


def test_html_holds_the_table_and_needs_nothing_else(compliance: ComplianceReport) -> None:
    drawn = render(compliance, "html")
    assert b'<html lang="en-GB">' in drawn
    assert not re.search(rb"<(script|link|img)|https?:", drawn)
    read = html(drawn)
    found = {line[0].rsplit(" ", 0)[0]: line for line in read.tables[0][1:]}
    for row in compliance.rows:
        line = next(line for name, line in found.items() if name.startswith(row.agency))
        words = [without_counts(cell) for cell in compliance_cells(row)][2:]
        assert [re.sub(r" \d.*", "", cell) for cell in line[1:]] == words
    totals = {line[0]: line[1:] for line in read.tables[1][1:]}
    assert (totals["Fully"], totals["Not known"]) == (["4", "3"], ["1", "7"])
    for told in ("3 fully compliant of 13 asked (10 returned)", "Merged with Ashdale Council."):
        assert told in read.text


def test_pdf_holds_the_table_and_its_statements(compliance: ComplianceReport) -> None:
    drawn = render(compliance, "pdf")
    text = pdf_text(drawn)
    for row in compliance.rows:
        assert row.agency in text
    for _heading, told in compliance.statements:
        for words in told:
            assert words in text
    assert "Partially (1 red, 1 amber, 1 green)" in text
    assert "Hill School. Declined on 15 March 2026: It answers to another board." in text
    assert "Elm Council. Excused on 15 March 2026: Merged with Ashdale Council." in text
    assert text.count("✓ Fully") == 4 + 3
    assert text.count("Not known") == 4 + 7  # three not returned, one all not applicable
    reader = PdfReader(BytesIO(drawn))
    assert reader.metadata is not None
    assert reader.metadata.title == (
        "Compliance table: Meadow Safeguarding Partnership, Audit 2026, stage 1"
    )
    assert reader.root_object["/Lang"] == "en-GB"


def test_long_names_and_tables_are_whole_on_paper(session: Session) -> None:
    board = factories.board(session, name="Łódź & Llŵyd Safeguarding <Partnership>")
    cycle = small_cycle(session, board)
    for number in range(120):
        asked = Asked(session, board, cycle, f"{LONG} {number:03}")
        asked.submit(at("2026-03-05"), ratings("ga"))
    session.commit()
    for build in (build_compliance, build_standards):
        report = build(session, OPERATOR, cycle.id, 1, now=NOW)
        drawn = render(report, "pdf")  # type: ignore[arg-type]
        pages = PdfReader(BytesIO(drawn)).pages
        text = pdf_text(drawn)
        assert "Łódź & Llŵyd Safeguarding <Partnership>" in text
        assert text.count("W" + "w" * 4) >= 120
        for number in range(120):
            assert f"{number:03}" in text
        for number, page in enumerate(pages, start=1):
            words = page.extract_text()
            assert f"Page {number} of {len(pages)}" in words
            if f"{LONG[:8]}" in words:
                assert "Agency" in words  # the head is repeated
    for file_format in FORMATS:
        assert render(report, file_format)  # type: ignore[arg-type]


def test_the_formats_of_the_standards_agree(standards: StandardsReport) -> None:
    expected = {
        row.agency: [
            [rating_words(ratings, each.number) for each in standards.standards]
            for ratings in (row.self_ratings, row.agreed)
        ]
        for row in standards.rows
    }
    read = json.loads(render(standards, "json"))
    assert len(read["rows"]) == standards.asked == 12
    lines = list(csv.reader(StringIO(render(standards, "csv").decode(), newline="")))
    for line in lines[1 : lines.index([])]:
        assert [line[2:8:2], line[3:8:2]] == expected[line[0]]
    green = next(line for line in lines if line[:2] == ["", "Green"])
    assert green[2:8] == ["6", "6", "2", "2", "0", "0"]
    book = load_workbook(BytesIO(render(standards, "xlsx")))
    page = html(render(standards, "html"))
    for index, name in enumerate(("Self ratings", "Agreed ratings")):
        for line in book[name].iter_rows(min_row=6, values_only=True):
            assert [cell or "" for cell in line[2:5]] == expected[str(line[0])][index]
        for cells in page.tables[1 + index][1:]:
            agency = next(agency for agency in expected if cells[0].startswith(agency))
            assert [cell.replace("Does not apply", "") for cell in cells[1:]] == expected[agency][
                index
            ]
    totals = [line[1:] for line in book["Totals"].iter_rows(min_row=6, values_only=True)]
    assert totals[0] == (6, 0, 2, 1, 3, 6, 1, 0, 0, 5)
    assert page.tables[0][2][1:] == [str(count) for count in totals[0]]
    text = pdf_text(render(standards, "pdf"))
    assert "1 Leadership 6 0 2 1 3 6 1 0 0 5" in text
    assert "9 returned of 12 asked" in text
    assert "1 agency in an advisory role is left out" in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_spreadsheet_runs_what_an_agency_is_called(session: Session, start: str) -> None:
    name = f"{start}cmd|' /C calc'!A0"
    board = factories.board(session)
    cycle = small_cycle(session, board)
    Asked(session, board, cycle, name).stand(at("2026-03-05"), Standing.DECLINED, name)
    session.commit()
    report = build_compliance(session, OPERATOR, cycle.id, 1, now=NOW)
    line = list(csv.reader(StringIO(render(report, "csv").decode(), newline="")))[1]
    assert line[0] == "'" + name
    cell = load_workbook(BytesIO(render(report, "xlsx")))["Compliance"]["A6"]
    assert cell.data_type != "f"
    assert render(report, "pdf")


def test_files_are_named_and_unknown_formats_refused(compliance: ComplianceReport) -> None:
    assert file_name(compliance, "pdf") == "compliance-meadow-audit-2026-stage-1-2026-03-31.pdf"
    with pytest.raises(Invalid, match="Choose one of pdf, xlsx, csv, html, json"):
        render(compliance, "docx")
    assert set(EXPECTED) == {row.agency for row in compliance.rows}


def test_the_libraries_are_loaded_only_when_a_file_is_drawn(compliance: ComplianceReport) -> None:
    assert compliance
    code = (
        "import s11audit.views, s11audit.reports.render, s11audit.reports.build, sys;"
        "sys.exit(any(n in sys.modules for n in ('reportlab', 'xlsxwriter', 'openpyxl')))"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
