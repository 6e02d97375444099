"""What the board reads, on the page and in the files, as plain figures to compare."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from openpyxl import load_workbook
from pypdf import PdfReader

from tests.support.journeys.person import Person

Row = tuple[str, ...]
COLUMNS = (
    "Agency", "Return completed", "Self-assessed compliance", "Action plan returned",
    "Outstanding actions completed", "Being monitored", "Compliance now",
)  # fmt: skip
WORDS = {
    None: "", "yes": "Yes", "no": "No", "underway": "Underway", "na": "N/A", "fully": "Fully",
    "partially": "Partially", "non": "Non", "advisory": "Advisory role", "not_known": "Not known",
}  # fmt: skip


def open_compliance_table(person: Person, cycle: str) -> None:
    """Go to the compliance table of a cycle."""
    person.follow("Reports")
    person.follow(f"Compliance table of {cycle}")


def rows_on_page(person: Person) -> list[Row]:
    """Return the compliance table as a person sees it; of each cell the first line, without the
    agency's category or the counts below."""
    table = person.page.get_by_role("region", name="Compliance table", exact=True)
    heads = table.locator("thead th").all_inner_texts()
    assert tuple(heads) == COLUMNS
    return [
        tuple(
            text.strip().split("\n")[0].strip() for text in row.locator("th, td").all_inner_texts()
        )
        for row in table.locator("tbody tr").all()
    ]


def rows_of_csv(content: bytes) -> list[Row]:
    """Return the same rows out of the CSV file: the table ends at its blank line."""
    lines = list(csv.reader(io.StringIO(content.decode())))
    return _rows(lines[: lines.index([])])


def rows_of_xlsx(content: bytes) -> list[Row]:
    """Return the same rows out of the spreadsheet's first sheet, below its title."""
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    lines = [
        ["" if value is None else str(value) for value in row]
        for row in sheet.iter_rows(values_only=True)
    ]
    return _rows(lines[next(i for i, line in enumerate(lines) if line[0] == "Agency") :])


def rows_of_json(document: dict[str, Any]) -> list[Row]:
    """Return the same rows out of the JSON document."""
    names = (
        "returned", "initial", "plan_returned", "actions_completed", "monitored", "current",
    )  # fmt: skip
    return [(row["agency"], *(WORDS[row[name]] for name in names)) for row in document["rows"]]


def _rows(lines: list[list[str]]) -> list[Row]:
    heads, *body = lines
    places = [heads.index(name) for name in COLUMNS]
    return [tuple(line[place] for place in places) for line in body]


def text_of_pdf(content: bytes) -> str:
    """Return the text of a PDF's pages, with single spaces."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def document_of_json(content: bytes) -> dict[str, Any]:
    """Return the document of a JSON file."""
    found: dict[str, Any] = json.loads(content)
    return found
