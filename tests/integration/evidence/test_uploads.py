"""What is taken as evidence: judged by content, kept once, served only as a download."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from pathlib import Path

import pytest

from s11audit.adapters.storage import Storage
from s11audit.adapters.uploads import TYPES, check, safe_name
from s11audit.domain.errors import Invalid

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(20)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def office(kind: str, *extra: str, types: str = "<Types/>", mimetype: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        if kind in MAIN:
            archive.writestr("[Content_Types].xml", types)
            archive.writestr(MAIN[kind], "<x/>")
        else:
            archive.writestr("mimetype", mimetype or TYPES[kind])
            archive.writestr("content.xml", "<x/>")
        for name in extra:
            archive.writestr(name, "x")
    return packed.getvalue()


GOOD = {
    "pdf": PDF,
    "png": PNG,
    "jpg": JPG,
    "txt": "Grüße – a note".encode(),
    "csv": "name,ﬁgure\nA,1\n".encode(),
    **{kind: office(kind) for kind in ("docx", "xlsx", "pptx", "odt", "ods", "odp")},
}


def judge(content: bytes, name: str, most: int = 20 * 1024 * 1024) -> str:
    return check(io.BytesIO(content), name, allowed=TYPES, most_bytes=most)


def test_every_kind_on_the_list_is_taken() -> None:
    assert set(GOOD) == set(TYPES)
    for kind, content in GOOD.items():
        assert judge(content, f"A policy.{kind.upper()}") == TYPES[kind]
    assert judge(JPG, "photo.jpeg") == "image/jpeg"
    assert judge("Café".encode("cp1252"), "old.txt") == "text/plain"
    assert judge(b"\xef\xbb\xbfa,b\n", "with-bom.csv") == "text/csv"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "empty"),
        (b"MZ\x90\x00", "tool.exe", "one of these kinds"),
        (PDF, "policy", "one of these kinds"),
        (b"MZ\x90\x00" + bytes(99), "policy.pdf", "not such a file"),
        (b"<html>hello</html>", "photo.png", "not such a file"),
        (PNG, "photo.jpg", "not such a file"),
        (GOOD["docx"], "table.xlsx", "not such a file"),
        (GOOD["odt"], "table.ods", "not such a file"),
        (b"PK\x03\x04broken", "table.xlsx", "not such a file"),
        (office("docx", "word/vbaProject.bin"), "letter.docx", "macros"),
        (office("xlsx", types="<x macroEnabled/>"), "table.xlsx", "macros"),
        (office("odt", "Basic/Standard/Module1.xml"), "letter.odt", "macros"),
        (b"a\x00b", "note.txt", "not such a file"),
        (PNG, "note.txt", "not such a file"),
        ("hi".encode("utf-16"), "note.txt", "not such a file"),
        (b"\x81\x8d", "note.txt", "not such a file"),
    ],
)
def test_what_is_refused_and_why(content: bytes, name: str, words: str) -> None:
    with pytest.raises(Invalid) as raised:
        judge(content, name)
    assert words in raised.value.problems["file"]


def test_the_limit_itself_is_taken() -> None:
    assert judge(b"x" * 1024 * 1024, "a.txt", most=1024 * 1024)
    with pytest.raises(Invalid, match="1 MB"):
        judge(b"x" * (1024 * 1024 + 1), "a.txt", most=1024 * 1024)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\policy.pdf", "policy.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie- x.pdf"),
        ('say "hi".pdf', "say -hi-.pdf"),
        ("...", "file"),
        ("Łódź raport.pdf", "Łódź raport.pdf"),
        ("\u202egpj.exe", "gpj.exe"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("x" * 400 + ".docx").endswith("x.docx")
    assert len(safe_name("x" * 400 + ".docx")) <= 150


def test_a_file_is_kept_once_by_its_hash(tmp_path: Path) -> None:
    storage = Storage((tmp_path / "store").as_uri())
    first = storage.put(io.BytesIO(b"hello" * 500_000))
    again = storage.put(io.BytesIO(b"hello" * 500_000))
    assert first == again and first.size == 2_500_000
    assert b"".join(storage.open(first.sha256)) == b"hello" * 500_000
    files = [each for each in (tmp_path / "store").rglob("*") if each.is_file()]
    assert [each.name for each in files] == [first.sha256]
    with pytest.raises(FileNotFoundError):
        storage.open("0" * 64)


def test_a_damaged_office_file_is_refused_and_never_a_failure() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types>" + "abc" * 300 + "</Types>")
        archive.writestr("word/document.xml", "<x/>")
        archive.writestr("wörter.xml", "x")
    whole = packed.getvalue()
    chance = random.Random(20)
    for _ in range(3000):
        damaged = bytearray(whole)
        for _each in range(chance.choice((1, 3))):
            damaged[chance.randrange(len(damaged))] = chance.choice((0, 255, 12, 14, 99))
        with contextlib.suppress(Invalid):
            judge(bytes(damaged), "letter.docx")


def test_a_zip_file_of_very_many_members_is_refused_before_it_is_listed() -> None:
    many = GOOD["docx"] + b"PK\x01\x02" * 5001
    with pytest.raises(Invalid, match="not such a file"):
        judge(many, "letter.docx")


@pytest.mark.parametrize("name", ["é" * 300 + ".pdf", "🙂" * 200 + ".docx", "a." + "x" * 300])
def test_a_long_name_is_cut_to_what_file_systems_take(name: str) -> None:
    safe = safe_name(name)
    assert len(safe) <= 150 and len(safe.encode()) <= 255
    assert safe[-4:] == name[-4:]
