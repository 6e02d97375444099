"""What the file of returns says, row by row: `parse` turns text into values and checks what can be
checked without the database. See docs/formats.md."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from s11audit.domain.dates import in_words
from s11audit.domain.enums import Rag
from s11audit.exchange.agencies import check_name
from s11audit.exchange.reading import Faults, Line, quoted, read_day, read_lines
from s11audit.models import name_key
from s11audit.scoring.words import normalise_line_ends

COLUMNS = (
    "agency", "standard", "self_rating", "statement", "submitted_on", "agreed_rating",
    "improvement", "rated_on",
)  # fmt: skip
SHORTFALLS = (Rag.RED, Rag.AMBER)


@dataclass(frozen=True)
class StandardRow:
    """One row: an agency's part for one standard. `wrong` names the columns that could not be
    read, so that nothing further is concluded from them."""

    row: int
    agency: str
    standard: int | None
    self_rag: Rag | None
    statement: str
    submitted_on: date | None
    agreed: Rag | None
    improvement: str
    rated_on: date | None
    wrong: frozenset[str] = frozenset()


@dataclass
class AgencyRows:
    """All rows of one agency, in the order of the file."""

    name: str
    rows: list[StandardRow] = field(default_factory=list)

    @property
    def first(self) -> StandardRow:
        """The agency's first row."""
        return self.rows[0]

    @property
    def submitted_on(self) -> date | None:
        """The day the agency sent its return in; None while it is in progress."""
        return self.first.submitted_on

    def any_wrong(self, column: str) -> bool:
        """Return whether that cell could not be read in any of the rows."""
        return any(column in row.wrong for row in self.rows)


def parse(data: bytes, faults: Faults, today: date) -> dict[str, AgencyRows]:
    """Return the rows by the key of the agency's name; what is wrong with a row or between the
    rows of an agency is added to `faults`. Raises ImportRefused where the file is no such table."""
    _header, lines = read_lines(data, faults.file, COLUMNS)
    found: dict[str, AgencyRows] = {}
    for line in lines:
        row = _row(line, today, faults)
        if row is not None:
            key = name_key(row.agency)
            found.setdefault(key, AgencyRows(row.agency)).rows.append(row)
    for agency in found.values():
        _check_twice(agency, faults)
        _check_submitted_on(agency, faults)
        for row in agency.rows:
            _check_agreed(row, faults)
    return found


def _row(line: Line, today: date, faults: Faults) -> StandardRow | None:
    before = len(faults.found)
    agency = check_name(line, "agency", faults)
    standard = _standard(line, faults)
    self_rag = _rag(line, "self_rating", faults)
    submitted_on = read_day(line, "submitted_on", today, faults)
    agreed = _rag(line, "agreed_rating", faults)
    rated_on = read_day(line, "rated_on", today, faults)
    if agency is None:
        return None
    return StandardRow(
        row=line.row,
        agency=agency,
        standard=standard,
        self_rag=self_rag,
        statement=normalise_line_ends(line["statement"]),
        submitted_on=submitted_on,
        agreed=agreed,
        improvement=normalise_line_ends(line["improvement"]),
        rated_on=rated_on,
        wrong=frozenset(column for _, column, _ in faults.found[before:] if column),
    )


def _standard(line: Line, faults: Faults) -> int | None:
    cell = line["standard"]
    if re.fullmatch("[0-9]{1,6}", cell):
        return int(cell)
    reason = f"{quoted(cell)} is not the number of a standard." if cell else (
        "The number of the standard is missing."
    )  # fmt: skip
    faults.add(line.row, "standard", reason)
    return None


def _rag(line: Line, column: str, faults: Faults) -> Rag | None:
    cell = line[column]
    if not cell:
        return None
    if cell in list(Rag):
        return Rag(cell)
    faults.add(
        line.row,
        column,
        f"{quoted(cell)} is not a rating: write red, amber, green or na, or leave the cell empty.",
    )
    return None


def _check_twice(agency: AgencyRows, faults: Faults) -> None:
    first: dict[int, int] = {}
    for row in agency.rows:
        if row.standard is None:
            continue
        if row.standard in first:
            faults.add(
                row.row,
                "standard",
                f"Standard {row.standard} of {quoted(row.agency)} is in row "
                f"{first[row.standard]} already.",
            )
        first.setdefault(row.standard, row.row)


def _check_submitted_on(agency: AgencyRows, faults: Faults) -> None:
    readable = [row for row in agency.rows if "submitted_on" not in row.wrong]
    for row in readable:
        if row.submitted_on != readable[0].submitted_on:
            faults.add(
                row.row,
                "submitted_on",
                f"The rows of an agency must agree: this says {_day(row.submitted_on)} and row "
                f"{readable[0].row} says {_day(readable[0].submitted_on)}.",
            )


def _day(day: date | None) -> str:
    return in_words(day) if day else "nothing"


def _check_agreed(row: StandardRow, faults: Faults) -> None:
    """The rules between the cells of an agreed rating, its improvement and its date."""
    if "agreed_rating" in row.wrong:
        return
    if row.agreed is None:
        for column, given in (("improvement", row.improvement), ("rated_on", row.rated_on)):
            if given:
                faults.add(row.row, column, "This needs an agreed rating in the same row.")
        return
    if row.agreed in SHORTFALLS and not row.improvement:
        faults.add(
            row.row, "improvement", f"An agreed rating of {row.agreed} needs an improvement."
        )
    if row.agreed not in SHORTFALLS and row.improvement:
        faults.add(
            row.row, "improvement", f"An agreed rating of {row.agreed} takes no improvement."
        )
    if "submitted_on" in row.wrong or "rated_on" in row.wrong:
        return
    if row.submitted_on is None:
        faults.add(
            row.row,
            "agreed_rating",
            "Only a submitted return can be rated: submitted_on is empty.",
        )
    if row.rated_on is None:
        faults.add(row.row, "rated_on", "An agreed rating needs the date it was given.")
    elif row.submitted_on is not None and row.rated_on < row.submitted_on:
        faults.add(
            row.row,
            "rated_on",
            f"{in_words(row.rated_on)} is before the return was submitted on "
            f"{in_words(row.submitted_on)}.",
        )


def listed_numbers(numbers: Collection[int]) -> str:
    """Return "standard 3" or "standards 1, 2 and 4"."""
    texts = [str(number) for number in sorted(numbers)]
    if len(texts) == 1:
        return f"standard {texts[0]}"
    return f"standards {', '.join(texts[:-1])} and {texts[-1]}"
