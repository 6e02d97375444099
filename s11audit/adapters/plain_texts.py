"""Text files and CSV files: text throughout, and neither a web page nor a formula in disguise."""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import IO

from s11audit.adapters.refusals import NotWhatItSays, refused

_PIECE = 1024 * 1024
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKUP = re.compile(
    r"<(?:!doctype|html|head|body|script|iframe|svg|style|title|table|div|img|a|p|br|h1|font|b"
    r"|meta|link|object|embed|form)[\s/>:]",
    re.IGNORECASE,
)
_BEGINNING = 4096
_OTHERS = ("%PDF-", "%!PS", "{\\rtf", "MIME-Version:", "PK\x03\x04")


def check(stream: IO[bytes], kind: str) -> None:
    """Check a text ("txt" or "csv") in UTF-8 or Windows-1252. Raises NotWhatItSays and Invalid."""
    coding = _coding(stream)
    stream.seek(0)
    beginning = stream.read(_BEGINNING).decode(coding, errors="ignore").lstrip("\ufeff \t\r\n\f")
    if beginning.startswith(_OTHERS):
        raise NotWhatItSays
    if beginning.startswith("<") and (
        _MARKUP.search(beginning) or beginning.startswith("<?xml") or beginning.startswith("<!--")
    ):
        raise refused(
            "The file is a web page or a drawing (HTML, SVG or XML), not plain text. Save it as a "
            "PDF and try again"
        )
    if kind == "csv":
        _check_cells(stream, coding)


def _coding(stream: IO[bytes]) -> str:
    for coding in ("utf-8-sig", "cp1252"):
        try:
            for piece in _decoded(stream, coding):
                if _CONTROLS.search(piece):
                    raise NotWhatItSays
        except UnicodeDecodeError:
            continue
        return coding
    raise NotWhatItSays


def _decoded(stream: IO[bytes], coding: str) -> Iterator[str]:
    stream.seek(0)
    head = stream.read(2)
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise refused("The file is text in UTF-16. Save it as text in UTF-8 and try again")
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(coding)()
    while piece := stream.read(_PIECE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _lines(stream: IO[bytes], coding: str) -> Iterator[str]:
    """Yield the lines; one of more than a piece comes in several."""
    rest = ""
    for piece in _decoded(stream, coding):
        *lines, rest = (rest + piece).splitlines(keepends=True) or [""]
        yield from lines
        if len(rest) > _PIECE:
            yield rest
            rest = ""
    yield rest


def _check_cells(stream: IO[bytes], coding: str) -> None:
    """A cell of a CSV file must not be a formula: a spreadsheet would run it when it is opened."""
    first = next((line for line in _lines(stream, coding) if line.strip()), "")
    mark = max(",;\t", key=first.count)
    try:
        for number, row in enumerate(csv.reader(_lines(stream, coding), delimiter=mark), start=1):
            if any(_is_formula(cell) for cell in row):
                raise refused(
                    f"Row {number:,} has a cell that a spreadsheet would run as a formula. Save "
                    "the values instead of the formulas and try again"
                )
    except csv.Error:
        raise NotWhatItSays from None


def _is_formula(cell: str) -> bool:
    """A cell that begins with "=", or one like "+cmd|' /C calc'!A0", which calls a program."""
    text = cell.lstrip()
    if text.startswith(("+", "-", "@")):
        return "!" in text.partition("|")[2]
    return text.startswith("=")
