"""What is sent, drawn by hypothesis: texts that break programs, and files of every kind that the
service takes, right in most of their parts and wrong in some."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.support.fuzzing.forms import Found

STRANGE: tuple[str, ...] = (
    "", "\x00", "a\x00b", "9" * 5000, "9" * 20, "-1", "0", "1e9", "NaN", "٣٤", "²", "½",
    " \t\n\u3000", "\u202e<script>alert(1)</script>", "\x01\x07\x1b[0m", "'\"; --", "🙂" * 300,
    "=cmd|'/c calc'!A1", "a\r\nBcc: x@example.org", "9999", "0000", "31", "x" * 20_000,
    "//evil.example", "../../etc/passwd", "{{ 7*7 }}", "%s%n", "\ufeff", "\ud7ff\ue000", "İ",
    "a@b@c", "x@" + "a" * 300 + ".example", "null", "[]", "{}", "true", "2026-02-30", "0001-01-01",
    "99999999999999999999999", "-9223372036854775809", "2147483648", "1\u00a0000",
)  # fmt: skip
NOT_TEXT: tuple[bytes, ...] = (b"\xed\xa0\x80", b"\xff\xfe", b"\xc3\x28", b"%ED%A0%80")
COLUMNS = {
    "agencies": ("agency", "category", "participation", "duty"),
    "returns": (
        "agency", "standard", "self_rating", "statement", "submitted_on", "agreed_rating",
        "improvement", "rated_on",
    ),
    "people": ("agency", "email", "role", "name"),
}  # fmt: skip
CELLS = (
    "", "council", "police;council", "nhs_provider", "full", "advisory", "statutory", "invited",
    "1", "9", "10", "green", "amber", "red", "na", "Yes.", "2026-03-01", "2199-01-01", "lead",
    "office", "visitor", "Ann", "ann@example.org", "Yes", "No", "Fully", "Partial", "Non", "N/A",
    "Underway", "Advisory Role",
)  # fmt: skip
FILE_NAMES = (
    "a.csv", "a.xlsx", "a.pdf", "a.docx", "a.yaml", "a.png", "a.svg", "a.html", "A.CSV", "a", "",
    ".pdf", "../../a.pdf", "a\x00.pdf", "a.pdf.exe", "é" * 200 + ".pdf", "con.txt", "a\r\nb.txt",
)  # fmt: skip
HEADS = (
    b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\xff\xd8\xff",
    b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"MZ", b"\xd0\xcf\x11\xe0",
    b"\xef\xbb\xbf", b"",
)  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A file as a browser sends it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Case:
    """One try: which form, its fields in their order, and whether a script asks."""

    form: Found
    values: tuple[tuple[str, str | bytes | Upload], ...]
    by_script: bool = False

    def __str__(self) -> str:
        said = [(name, _short(value)) for name, value in self.values]
        return f"{self.form.role} {self.form.method} {self.form.action} {said}"


@dataclass
class Material:
    """Real things to start from: names, e-mail addresses, a workbook, the text of a tool."""

    names: Sequence[str]
    workbook: bytes = b""
    tool: str = ""
    table: bytes = b""
    ids: Sequence[str] = field(default_factory=list)


def texts() -> st.SearchStrategy[str | bytes]:
    """Draw what is typed into a field."""
    return st.one_of(
        st.sampled_from(STRANGE),
        st.sampled_from(NOT_TEXT),
        st.text(max_size=60),
        st.integers(-5, 40).map(str),
        st.dates().map(str),
        json_texts(),
    )


def json_texts() -> st.SearchStrategy[str]:
    """Draw JSON, as the hidden fields of saved pages hold."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    parts = st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
        ),
        max_leaves=6,
    )
    return parts.map(json.dumps)


@st.composite
def cases(draw: Any, forms: Sequence[Found], material: Material) -> Case:
    """Draw a form and what is sent by it: most fields as a browser would, one to all of them
    changed, doubled, left out or put beside them."""
    form = draw(st.sampled_from(forms))
    names = list(form.values)
    every = draw(st.sampled_from((0, 1, 1, 1, 2, 3, len(names))))
    wrong = set(draw(st.permutations(names))[:every])
    sent: list[tuple[str, str | bytes | Upload]] = []
    for name in names:
        if name in form.files:
            if draw(st.integers(0, 9)):
                sent.append((name, draw(uploads(form, material))))
            continue
        if name not in wrong:
            sent.append((name, draw(_fitting(form, name))))
            continue
        for _ in range(draw(st.sampled_from((0, 1, 1, 1, 1, 2)))):
            sent.append((name, draw(texts() | st.sampled_from(material.ids or ("1",)))))
    if draw(st.integers(0, 9)) == 0:
        sent.append((draw(st.text(max_size=12)), draw(texts())))
    return Case(form, tuple(sent), draw(st.integers(0, 3)) == 0)


def _fitting(form: Found, name: str) -> st.SearchStrategy[str]:
    """Draw what would fit: as it was, one of what is offered, or a few words."""
    offered = form.offered.get(name)
    if offered:
        return st.sampled_from(offered)
    was = form.values[name]
    if was:
        return st.just(was)
    return st.sampled_from(("Some words of it.", "3", "2027", "new@example.org", "Ann Bee", ""))


def uploads(form: Found, material: Material) -> st.SearchStrategy[Upload]:
    """Draw a file for the form: of the kind that it takes, mostly, else anything."""
    path = form.action
    fitting: st.SearchStrategy[Upload] | None = None
    if "/imports/compliance-table" in path:
        fitting = _named("t.csv", damaged(material.table))
    elif "/imports/agencies" in path:
        fitting = _named("a.csv", tables("agencies", material))
    elif "/imports/returns" in path:
        fitting = _named("r.csv", tables("returns", material))
    elif "/people/import" in path:
        fitting = _named("p.csv", tables("people", material))
    elif "/workbook" in path:
        fitting = _named("w.xlsx", workbooks(material.workbook))
    elif "/tools" in path or "/lineage" in path:
        fitting = _named("t.yaml", tools(material.tool))
    anything = st.builds(Upload, st.sampled_from(FILE_NAMES), rubbish())
    return anything if fitting is None else st.one_of(fitting, fitting, fitting, anything)


def _named(name: str, data: st.SearchStrategy[bytes]) -> st.SearchStrategy[Upload]:
    return data.map(lambda given: Upload(name, given))


def rubbish() -> st.SearchStrategy[bytes]:
    """Draw bytes that begin as some kind of file does."""
    return st.builds(lambda head, rest: head + rest, st.sampled_from(HEADS), st.binary(max_size=80))


@st.composite
def tables(draw: Any, kind: str, material: Material) -> bytes:
    """Draw a CSV file: the columns in some order, one perhaps missing, doubled or unknown; cells
    that are known, strange or any."""
    columns = list(draw(st.permutations(COLUMNS[kind])))
    match draw(st.integers(0, 9)):
        case 0:
            columns = columns[1:]
        case 1:
            columns.append(columns[0])
        case 2:
            columns.append(draw(st.text(max_size=8)))
        case _:
            pass
    cell = st.one_of(
        st.sampled_from(CELLS),
        st.sampled_from(material.names or ("A",)),
        st.sampled_from(STRANGE[:24]),
        st.text(max_size=12),
    )
    length = st.sampled_from((len(columns), len(columns), len(columns), len(columns) + 1, 1))
    rows = draw(
        st.lists(length.flatmap(lambda n: st.lists(cell, min_size=n, max_size=n)), max_size=6)
    )
    written = StringIO()
    csv.writer(written).writerows([columns, *rows])
    return draw(encoded(written.getvalue()))


def encoded(text: str) -> st.SearchStrategy[bytes]:
    """Draw an encoding of the text: nearly always the right one, with or without a mark."""
    return st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")).map(
        lambda name: text.encode(name, errors="replace")
    )


@st.composite
def damaged(draw: Any, data: bytes) -> bytes:
    """Draw the file with a few places overwritten, cut out or cut off."""
    found = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(found) - 1, 0)))
        match draw(st.integers(0, 3)):
            case 0:
                found[at : at + 1] = draw(st.binary(max_size=3))
            case 1:
                del found[at : at + draw(st.integers(1, 40))]
            case 2:
                found[at:at] = found[: draw(st.integers(0, 60))]
            case _:
                found[at:at] = draw(st.sampled_from(STRANGE[:20])).encode()
    return bytes(found)


@st.composite
def workbooks(draw: Any, data: bytes) -> bytes:
    """Draw the workbook with the texts of a part or two changed, a part left out or damaged, or
    the whole file damaged."""
    if not data or draw(st.integers(0, 4)) == 0:
        return draw(damaged(data))
    with zipfile.ZipFile(BytesIO(data)) as parts:
        kept = {name: parts.read(name) for name in parts.namelist()}
    for name in draw(st.lists(st.sampled_from(sorted(kept)), max_size=2)):
        match draw(st.integers(0, 4)):
            case 0:
                kept.pop(name, None)
            case _:
                kept[name] = draw(damaged(kept.get(name, b"")))
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as parts:
        for name, part in kept.items():
            parts.writestr(name, part)
    return written.getvalue()


@st.composite
def tools(draw: Any, text: str) -> bytes:
    """Draw the tool's text damaged, or its document with a few nodes replaced or left out."""
    if draw(st.booleans()):
        return draw(damaged(text.encode()))
    document = deepcopy(_document(text))
    for _ in range(draw(st.integers(1, 3))):
        node: Any = document
        while isinstance(node, dict | list) and node:
            keys = sorted(node, key=str) if isinstance(node, dict) else range(len(node))
            key = draw(st.sampled_from(list(keys)))
            inner = node[key]
            if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
                _replace(draw, node, key)
                break
            node = inner
    # JSON is YAML too, and written sooner.
    return json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", errors="replace")


@cache
def _document(text: str) -> Any:
    return yaml.safe_load(text)


def _replace(draw: Any, node: Any, key: Any) -> None:
    if draw(st.integers(0, 3)) == 0:
        del node[key]
        return
    node[key] = draw(
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(STRANGE[1:20]),
            st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.none()),
        )
    )  # fmt: skip


def _short(value: str | bytes | Upload) -> str:
    text = repr(value)
    return text if len(text) < 400 else f"{text[:400]}..."
