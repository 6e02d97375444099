"""A return as a workbook: written to be filled in offline, and read when it comes back.

Each standard has a sheet; a hidden column holds each cell's reference, so that rows may be moved
and columns widened. A hidden sheet says which return it is, and which version of each standard
it was written from.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from s11audit.domain.dates import in_words
from s11audit.exchange.reading import Faults
from s11audit.exchange.workbook_cells import DAY, LONG, NUMBER, Cell
from s11audit.tools.schema import unprintable

IDENTITY = "s11audit"
HEAD_ROW = 3  # the row of the columns' names; the cells to fill in stand below
COLUMNS = ("Reference", "No.", "What is asked", "Your answer")
ANSWER = 3
MOST_ROWS = 2_000
LONGEST_CELL = 32_767  # what a spreadsheet's cell takes
MOST_CELL = 100_000
MOST_UNPACKED = 40_000_000
DAYS = (
    "%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%d-%m-%y",
    "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
LONG_ELSEWHERE = (
    "What is stored here is too long for a spreadsheet. It is kept on the service as long as you "
    "leave this cell empty."
)
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Sheet:
    """One standard in a workbook: its number and title, its cells, what they hold, and the
    version of the response that this is (0: none yet)."""

    number: int
    title: str
    meaning: str
    cells: Sequence[Cell]
    texts: Mapping[str, str]
    version: int


@dataclass(frozen=True)
class Cover:
    """Which return a workbook is: shown on its first sheet, and told again by its hidden one."""

    return_id: int
    tool_sha256: str
    agency: str
    board: str
    stage: str
    due_on: date


@dataclass(frozen=True)
class Filled:
    """A workbook as it came back: for each standard the texts of the cells that hold anything,
    by reference, and the version that it was written from."""

    texts: dict[int, dict[str, str]]
    versions: dict[int, int]


def write(cover: Cover, sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook as XLSX."""
    from xlsxwriter import Workbook  # loaded when it is needed

    stream = BytesIO()
    with Workbook(stream, OPTIONS) as book:
        book.set_properties({"title": f"Section 11 return: {cover.agency}", "author": cover.board})
        formats = _Formats(book)
        _write_cover(book.add_worksheet("Read me first"), formats, cover)
        for sheet in sheets:
            _write_sheet(book.add_worksheet(_sheet_name(sheet.number)), formats, sheet)
        hidden = book.add_worksheet(IDENTITY)
        hidden.write_row(0, 0, ["return", cover.return_id])
        hidden.write_row(1, 0, ["tool", cover.tool_sha256])
        for row, sheet in enumerate(sheets, 2):
            hidden.write_row(row, 0, [f"standard {sheet.number}", sheet.version])
        hidden.very_hidden()
    return stream.getvalue()


class _Formats:
    """The looks of the cells."""

    def __init__(self, book: Any) -> None:
        box = {"border": 1, "border_color": "#8b879c", "valign": "top", "text_wrap": True}
        self.title = book.add_format({"bold": True, "font_size": 15})
        self.plain = book.add_format({"valign": "top", "text_wrap": True})
        self.head = book.add_format(
            {**box, "bold": True, "bg_color": "#2a2459", "font_color": "#ffffff"}
        )
        self.asked = book.add_format({**box, "bg_color": "#f3f2f1"})
        self.answer = book.add_format({**box, "locked": False, "num_format": "@"})


def _write_cover(sheet: Any, formats: _Formats, cover: Cover) -> None:
    sheet.set_column(0, 0, 100, formats.plain)
    lines = (
        (f"Section 11 return: {cover.agency}", formats.title),
        (f"{cover.board}. {cover.stage}. Due {in_words(cover.due_on)}.", formats.plain),
        ("There is a sheet for each standard. Fill in the white cells.", formats.plain),
        (
            "A cell that you leave empty changes nothing: to clear an answer, clear it on the "
            "service’s page.",
            formats.plain,
        ),
        ("Write dates as day/month/year, for example 30/9/2026.", formats.plain),
        (
            "Evidence is added, and the return is submitted, on the service. Then come back to "
            "the task list and choose “Fill in offline” to send this file in. You will see "
            "what it would change before anything is saved.",
            formats.plain,
        ),
    )
    for row, (text, look) in enumerate(lines):
        sheet.write_string(row, 0, text, look)


def _write_sheet(sheet: Any, formats: _Formats, standard: Sheet) -> None:
    sheet.set_column(0, 0, None, None, {"hidden": True})
    sheet.set_column(1, 1, 7)
    sheet.set_column(2, 2, 60)
    sheet.set_column(3, 3, 70)
    sheet.write_string(0, 1, f"{standard.number}. {standard.title}", formats.title)
    sheet.merge_range(1, 1, 1, 3, standard.meaning, formats.plain)
    sheet.set_row(1, 45)
    for column, name in enumerate(COLUMNS):
        sheet.write_string(HEAD_ROW - 1, column, name, formats.head)
    for row, cell in enumerate(standard.cells, HEAD_ROW):
        sheet.write_string(row, 0, cell.ref)
        sheet.write_string(row, 1, cell.number, formats.asked)
        told = _shown(cell, standard.texts)
        kept = LONG_ELSEWHERE if len(told) > LONGEST_CELL else ""
        asked = "\n".join(filter(None, (cell.asks, cell.help, kept)))
        sheet.write_string(row, 2, asked, formats.asked)
        sheet.write_string(row, ANSWER, "" if kept else told, formats.answer)
        if cell.kind == LONG:
            sheet.set_row(row, 160)
        _offer_choices(sheet, row, cell)
    sheet.freeze_panes(HEAD_ROW, 0)
    sheet.protect("", {"format_rows": True, "format_columns": True})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _offer_choices(sheet: Any, row: int, cell: Cell) -> None:
    if cell.choices and len(",".join(cell.choices)) <= 255:
        sheet.data_validation(
            row, ANSWER, row, ANSWER,
            {"validate": "list", "source": list(cell.choices), "error_type": "warning",
             "error_message": "Choose one from the list."},
        )  # fmt: skip


def _shown(cell: Cell, texts: Mapping[str, str]) -> str:
    text = texts.get(cell.ref, "")
    if cell.choices:
        return next((words for words, code in cell.choices.items() if code == text), "")
    if cell.kind == DAY and text:
        try:
            return f"{date.fromisoformat(text):%d/%m/%Y}"
        except ValueError:
            return text
    return text


def _sheet_name(number: int) -> str:
    return f"Standard {number}"


def read(data: bytes, file: str, cover: Cover, sheets: Sequence[Sheet]) -> Filled:
    """Return what a workbook holds that was written for this return; `sheets` are its standards
    now. Raises ImportRefused with every fault: the sheet and column, and the row where there is
    one."""
    faults = Faults(file)
    try:
        filled = _filled(data, cover, sheets, faults)
    except Exception:  # a damaged file may end in anything that the libraries let through
        faults = Faults(file)
        faults.add(None, None, "This is no workbook that can be opened. Choose the .xlsx file.")
        filled = None
    faults.raise_any()
    if filled is None:
        raise AssertionError("a workbook that was not read has a fault")
    return filled


def _filled(data: bytes, cover: Cover, sheets: Sequence[Sheet], faults: Faults) -> Filled:
    """Return what a workbook holds, its faults noted. The sheets are parsed while they are read,
    so that a damaged one shows only here."""
    from openpyxl import load_workbook

    with zipfile.ZipFile(BytesIO(data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED:
            raise ValueError("too large")
    book = load_workbook(BytesIO(data), read_only=True, data_only=True)
    versions = _versions(book, cover, faults)
    texts: dict[int, dict[str, str]] = {}
    for sheet in () if faults.found else sheets:
        name = _sheet_name(sheet.number)
        if name in book.sheetnames:
            texts[sheet.number] = _read_sheet(book[name], sheet, faults)
        elif sheet.number in versions:
            faults.add(
                None, None,
                f"The sheet “{name}” is missing or has another name. Give it its name again, or "
                "download a new workbook.",
            )  # fmt: skip
    return Filled(texts, versions)


def _versions(book: Any, cover: Cover, faults: Faults) -> dict[int, int]:
    """Return each standard's version when the workbook was written; a fault where it is another
    return's."""
    if IDENTITY not in book.sheetnames:
        faults.add(None, None, "This is not a workbook that was downloaded from the task list.")
        return {}
    told = {
        str(row[0]): row[1] for row in _rows(book[IDENTITY]) if len(row) >= 2 and row[0] is not None
    }
    if told.get("return") != cover.return_id:
        faults.add(
            None, None,
            "This workbook was made for another return. Download the one of this return.",
        )  # fmt: skip
    elif told.get("tool") != cover.tool_sha256:
        faults.add(None, None, "This workbook asks the questions of another audit tool.")
    return {
        int(name.removeprefix("standard ")): version
        for name, version in told.items()
        if name.startswith("standard ")
        and name[9:12].isdecimal()
        and len(name) <= 12
        and isinstance(version, int)
    }


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a sheet, no wider and no longer than one of ours is."""
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(
        min_row=1, max_row=MOST_ROWS, min_col=1, max_col=ANSWER + 1, values_only=True
    )
    return rows


def _read_sheet(rows: Any, sheet: Sheet, faults: Faults) -> dict[str, str]:
    cells = {cell.ref: cell for cell in sheet.cells}
    found: dict[str, str] = {}
    lost = True
    for number, row in enumerate(_rows(rows), 1):
        cell = cells.get(str(row[0])) if row and row[0] is not None else None
        if cell is None:
            continue
        lost = False
        if len(row) <= ANSWER:
            continue
        if _plain(row[ANSWER]) == _shown(cell, sheet.texts).strip():
            continue  # as it is stored, even where that is no date or number
        text, fault = _text(cell, row[ANSWER])
        if fault:
            faults.add(number, f"“{COLUMNS[ANSWER]}” of sheet “{_sheet_name(sheet.number)}”", fault)
        elif text:
            found[cell.ref] = text
    if lost and cells:
        faults.add(
            None, None,
            f"The hidden first column of the sheet “{_sheet_name(sheet.number)}” was lost, so that "
            "nobody can tell which answer is which. Download a new workbook and copy the answers "
            "into it.",
        )  # fmt: skip
    return found


def _plain(value: Any) -> str:
    """Return what a cell shows as a text, without white space around it."""
    if isinstance(value, datetime | date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _text(cell: Cell, value: Any) -> tuple[str, str]:
    """Return a cell's text as it is kept, and what is wrong with it."""
    text = _plain(value)
    if len(text) > MOST_CELL:
        return "", f"This is longer than {MOST_CELL:,} characters."
    if (strange := unprintable(text.replace("\r\n", "\n").replace("\r", "\n"))) is not None:
        return "", f"This holds a character that cannot be kept (U+{ord(strange):04X})."
    if not text:
        return "", ""
    if cell.choices:
        return _code(cell.choices, text)
    if cell.kind == DAY:
        day = _day(text)
        return (day.isoformat(), "") if day else ("", f"“{text}” is no date such as 30/9/2026.")
    if cell.kind == NUMBER and not text.replace(",", "").isdecimal():
        return "", f"“{text}” is no whole number such as 45."
    return text, ""


def _code(choices: Mapping[str, str], text: str) -> tuple[str, str]:
    for words, code in choices.items():
        if text.casefold() in (words.casefold(), code.casefold()):
            return code, ""
    return "", f"“{text}” is not one of: {', '.join(choices)}."


def _day(text: str) -> date | None:
    plain = " ".join(text.replace(",", " ").removesuffix(" 00:00:00").split())
    for form in DAYS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
