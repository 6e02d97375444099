"""What the board reads, on the page and in the files, as plain figures to compare."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from openpyxl import load_workbook
from pypdf import PdfReader

from tests.support.journeys.person import Person

Table = list[list[str]]


def open_compliance_table(person: Person, cycle: str) -> None:
    """Go to the compliance table of a cycle."""
    person.follow("Reports")
    person.follow(f"Compliance table of {cycle}")


def table_on_page(person: Person, name: str) -> Table:
    """Return a table's body as a person sees it, cell by cell."""
    region = person.page.get_by_role("region", name=name, exact=True)
    rows = region.locator("tbody tr").all()
    return [
        [" ".join(cell.inner_text().split()) for cell in row.locator("th, td").all()]
        for row in rows
    ]


def rows_of_csv(content: bytes) -> Table:
    """Return the rows of a CSV file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def rows_of_xlsx(content: bytes) -> Table:
    """Return every row of every sheet that is not empty, as texts."""
    book = load_workbook(io.BytesIO(content))
    return [
        [str(value) if value is not None else "" for value in row]
        for sheet in book.worksheets
        for row in sheet.iter_rows(values_only=True)
        if any(value is not None for value in row)
    ]


def text_of_pdf(content: bytes) -> str:
    """Return the text of a PDF's pages, with single spaces."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def document_of_json(content: bytes) -> dict[str, Any]:
    """Return the document of a JSON file."""
    found: dict[str, Any] = json.loads(content)
    return found
