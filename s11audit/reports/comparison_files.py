"""The comparison as CSV and as XLSX: the same tables, of standards and of agencies."""

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO

from s11audit.domain.enums import Rag
from s11audit.reports.as_csv import defused
from s11audit.reports.as_xlsx import FILLS, OPTIONS
from s11audit.reports.comparison_data import ComparedStandard, ComparisonReport, Counts
from s11audit.reports.data import RATING_KEYS, RATING_WORDS
from s11audit.scoring.comparison import change

Cells = Sequence[str | int]
SIDES = ("Self then", "Self now", "Agreed then", "Agreed now")
STANDARD_HEADS = (
    "Standard",
    "Title",
    "How it compares",
    "Was standard",
    *(f"{side}: {RATING_WORDS[key].lower()}" for side in SIDES for key in RATING_KEYS),
)
AGENCY_HEADS = ("Agency", "Standard", *SIDES, "Agreed rating", "Note")


def as_csv(report: ComparisonReport) -> bytes:
    """Return the comparison as CSV: agencies and standards from row 1 on, then below a blank line
    the counts by standard and what the figures are of."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    below: list[Cells] = [
        (),
        ("", *STANDARD_HEADS),
        *(("", *_standard(each)) for each in report.standards),
        (),
        *(("", line) for line in (*report.statements, report.lineage)),
        *(
            ("", f"No longer asked: {number}. {title}", reason)
            for number, title, reason in report.dropped
        ),
    ]
    for cells in (AGENCY_HEADS, *_agencies(report), *below):
        writer.writerow([defused(cell) for cell in cells])
    return stream.getvalue().encode()


def as_xlsx(report: ComparisonReport) -> bytes:
    """Return the comparison as a spreadsheet with a sheet for standards, agencies and notes."""
    from xlsxwriter import Workbook

    stream = BytesIO()
    with Workbook(stream, OPTIONS) as workbook:
        plain = workbook.add_format({"valign": "top", "text_wrap": True, "border": 1})
        head = workbook.add_format({"bold": True, "text_wrap": True, "border": 1})
        fills = {
            RATING_WORDS[key]: workbook.add_format({"bg_color": colour, "border": 1})
            for key, colour in FILLS.items()
            if key in RATING_WORDS
        }
        for name, heads, rows in (
            ("Standards", STANDARD_HEADS, [_standard(each) for each in report.standards]),
            ("Agencies", AGENCY_HEADS, list(_agencies(report))),
        ):
            sheet = workbook.add_worksheet(name)
            sheet.set_column(0, 0, 40 if name == "Agencies" else 10)
            sheet.set_column(1, 2, 30 if name == "Standards" else 14)
            sheet.set_column(3, len(heads) - 1, 14)
            sheet.freeze_panes(1, 1)
            sheet.write_row(0, 0, heads, head)
            for number, cells in enumerate(rows, start=1):
                for column, cell in enumerate(cells):
                    look = fills.get(str(cell), plain)
                    if isinstance(cell, int):
                        sheet.write_number(number, column, cell, look)
                    else:
                        sheet.write_string(number, column, cell, look)
        notes = workbook.add_worksheet("Notes")
        notes.set_column(0, 0, 110)
        lines = [
            f"Comparison: {report.about.board_name}, {report.about.place}",
            f"As at {report.about.as_at_words}",
            *report.statements,
            report.lineage,
            *(f"No longer asked: {n}. {title}. {why}" for n, title, why in report.dropped),
            *((report.about.log,) if report.about.log else ()),
        ]
        for number, line in enumerate(lines):
            notes.write_string(number, 0, line, plain)
    return stream.getvalue()


def _standard(each: ComparedStandard) -> Cells:
    def counted(counts: Counts | None) -> Cells:
        return [""] * len(RATING_KEYS) if counts is None else [counts[key] for key in RATING_KEYS]

    return (
        each.number,
        each.title,
        each.words,
        "" if each.then is None else each.then,
        *counted(each.self_then),
        *counted(each.self_now),
        *counted(each.agreed_then),
        *counted(each.agreed_now),
    )


def _agencies(report: ComparisonReport) -> Iterator[Cells]:
    for each in report.agencies:
        if each.note or not each.agreed:
            yield (each.agency, "", "", "", "", "", "", each.note or "No standard is compared")
        for number, (then, now) in each.agreed.items():
            own_then, own_now = each.own[number]
            changed = change(then, now)
            yield (
                each.agency, number, _words(own_then), _words(own_now), _words(then), _words(now),
                changed.value.capitalize() if changed else "Not rated both times", "",
            )  # fmt: skip


def _words(rag: Rag | None) -> str:
    return RATING_WORDS["not_rated" if rag is None else rag.value]
