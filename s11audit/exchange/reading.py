"""Reads the CSV files that are imported: every fault with its row and column, none of them silent.

UTF-8 with or without a byte order mark; the header is row 1; columns in any order, unknown and
missing ones refused by name; cells are trimmed. A row's number is the one a spreadsheet shows.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from s11audit.domain.dates import in_words, iso_day
from s11audit.domain.errors import ImportRefused
from s11audit.tools.schema import unprintable

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
MOST_CELL = 100_000
MOST_FAULTS = 200

Fault = tuple[int | None, str | None, str]
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


def no_progress(_done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Line:
    """One row below the header: its number and its trimmed cells by column."""

    row: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass
class Faults:
    """Collects what is wrong with a file, so that all of it can be told at once."""

    file: str
    found: list[Fault] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, reason: str) -> None:
        """Note a fault; row and column are None where it has none."""
        self.found.append((row, column, reason))

    def raise_any(self) -> None:
        """Raise ImportRefused with every fault in the order of the rows, where there is one."""
        if not self.found:
            return
        faults = sorted(dict.fromkeys(self.found), key=lambda fault: fault[0] or 0)
        more = len(faults) - MOST_FAULTS
        if more > 0:
            rest = "fault" if more == 1 else "faults"
            faults = [
                *faults[:MOST_FAULTS],
                (None, None, f"There are {more:,} more {rest}: put these right first."),
            ]
        raise ImportRefused(self.file, faults)


def read_lines(
    data: bytes, file: str, columns: Sequence[str], optional: Sequence[str] = ()
) -> tuple[tuple[str, ...], list[Line]]:
    """Return the header and the rows of a CSV file; rows without anything in them are left out.

    `columns` must all be there, those of `optional` may be. Raises ImportRefused with everything
    that is wrong with the file as a table.
    """
    faults = Faults(file)
    text = _decoded(data, faults)
    faults.raise_any()
    records = _records(text or "", faults)
    header = _header(next(records, (1, []))[1], columns, optional, faults)
    faults.raise_any()
    lines = [line for line in _lines(records, header, faults) if any(line.cells.values())]
    if not lines and not faults.found:
        faults.add(None, None, "The file has a header but no rows below it.")
    faults.raise_any()
    return header, lines


def _decoded(data: bytes, faults: Faults) -> str | None:
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1_000_000
        faults.add(None, None, f"The file is larger than {limit} MB. Import it in parts.")
        return None
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        faults.add(None, None, "The file is empty.")
        return None
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        row, column = _place(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        faults.add(
            row,
            column,
            f"This is not UTF-8: byte {error.start + 1} of the file is "
            f"0x{data[error.start]:02x}. Save the file as CSV in UTF-8 and try again.",
        )
        return None


def _place(before: str) -> tuple[int, str | None]:
    """Return the row and the column of the cell at which the text `before` breaks off."""
    try:
        rows = list(csv.reader(io.StringIO(before, newline="")))
    except csv.Error:
        return before.count("\n") + 1, None
    if not rows or before.endswith(("\n", "\r")):
        return len(rows) + 1, rows[0][0].strip() if rows and rows[0] else None
    at = len(rows[-1]) - 1
    named = len(rows) > 1 and at < len(rows[0])
    return len(rows), rows[0][at].strip() if named else None


def _records(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with its row number; a fault ends the reading."""
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(row + 1, None, _csv_reason(str(error)))
            return
        row += 1
        if row > MOST_ROWS:
            faults.add(row, None, f"The file has more than {MOST_ROWS:,} rows.")
            return
        yield row, record


def _csv_reason(error: str) -> str:
    if "field limit" in error:
        return f"A cell holds more than {MOST_CELL:,} characters."
    if "unexpected end" in error:
        return "A quotation mark is opened here and never closed."
    if "expected after" in error:
        return (
            "A quotation mark inside a cell must be doubled, and the cell must begin and end with "
            "one."
        )
    return "This row cannot be read as CSV."


def _header(
    cells: list[str], columns: Sequence[str], optional: Sequence[str], faults: Faults
) -> tuple[str, ...]:
    header = tuple(cell.strip() for cell in cells)
    known = (*columns, *optional)
    seen: set[str] = set()
    for number, name in enumerate(header, 1):
        if not name:
            faults.add(1, str(number), "This column has no name.")
        elif name in seen:
            faults.add(1, _shown(name), "This column is there twice.")
        elif name not in known:
            faults.add(1, _shown(name), _unknown(name, header, known))
        seen.add(name)
    for name in columns:
        if name not in seen:
            faults.add(1, name, "This column is missing.")
    return header


def _unknown(name: str, header: tuple[str, ...], known: tuple[str, ...]) -> str:
    if len(header) == 1 and any(mark in name for mark in ";\t"):
        return "The columns must be separated by commas."
    alike = next((each for each in known if each.casefold() == name.casefold()), None)
    if alike:
        return f"There is no such column: write “{alike}”, in capitals and small letters as here."
    return f"There is no such column. The columns are {', '.join(known)}."


def _lines(
    records: Iterator[tuple[int, list[str]]], header: tuple[str, ...], faults: Faults
) -> Iterator[Line]:
    for row, record in records:
        cells = [cell.strip() for cell in record]
        if not any(cells):
            continue
        if len(cells) != len(header):
            faults.add(
                row,
                None,
                f"This row has {len(cells)} cells and the header has {len(header)}. "
                "A comma inside a cell needs quotation marks around the cell.",
            )
            continue
        clean = True
        for name, cell in zip(header, cells, strict=True):
            found = unprintable(cell.replace("\r\n", "\n").replace("\r", "\n"))
            if found is not None:
                faults.add(
                    row, name, f"This holds a character that cannot be shown (U+{ord(found):04X})."
                )
                clean = False
        if clean:
            yield Line(row, dict(zip(header, cells, strict=True)))


def _shown(text: str) -> str:
    """Return a cell as a message can show it: on one line, short, and printable."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    return shown if len(shown) <= 60 else f"{shown[:60]}…"


def quoted(text: str) -> str:
    """Return a cell in quotation marks, as a message shows it."""
    return f"“{_shown(text)}”"


EARLIEST = date(1900, 1, 1)


def read_day(line: Line, column: str, today: date, faults: Faults) -> date | None:
    """Return the date in a cell, written YYYY-MM-DD and not in the future; None for an empty cell
    or, with a fault noted, for anything else."""
    cell = line[column]
    if not cell:
        return None
    try:
        day = iso_day(cell)
    except ValueError:
        faults.add(
            line.row, column, f"{quoted(cell)} is not a date: write it as 2026-03-04 (YYYY-MM-DD)."
        )
        return None
    if day > today:
        faults.add(line.row, column, f"{in_words(day)} is in the future.")
        return None
    if day < EARLIEST:
        faults.add(line.row, column, f"{cell} is too long ago to be right.")
        return None
    return day
