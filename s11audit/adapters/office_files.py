"""What an office file may hold: text, tables, pictures and charts; nothing that runs.

Taken are Word, Excel and PowerPoint files without macros (Office Open XML) and OpenDocument files.
Domain rule 73 and `docs/security.md` say what is refused.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO

from s11audit.adapters.refusals import NotWhatItSays, refused
from s11audit.adapters.zip_members import MOST_INFLATED, PROTECTED, inflated, opened

OOXML_MAIN = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
}
OPEN_DOCUMENTS = {
    "odt": b"application/vnd.oasis.opendocument.text",
    "ods": b"application/vnd.oasis.opendocument.spreadsheet",
    "odp": b"application/vnd.oasis.opendocument.presentation",
}
MACROS = "The file holds macros. Save it without macros and try again"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_RUNS = (
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"L\x00\x00\x00\x01\x14\x02\x00", b"#!/",
)  # fmt: skip
_PROGRAM_ENDINGS = (
    ".exe", ".dll", ".com", ".scr", ".pif", ".msi", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js",
    ".jse", ".wsf", ".hta", ".lnk", ".jar", ".sh", ".cpl", ".reg", ".scf", ".url",
)  # fmt: skip
_ARCHIVES = (
    b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"BZh", b"\xfd7zXZ\x00",
    b"MSCF", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
_GZIP = b"\x1f\x8b"
_PACKED_PICTURES = (".emz", ".wmz", ".svgz")
_MACRO_PARTS = ("xl/macrosheets/", "xl/dialogsheets/", "basic/", "scripts/", "dialogs/")
_DOCUMENT_TEXT = (".xml", ".rels")
_CARRY = 4096  # characters kept of a piece, so that nothing is missed where two pieces meet

# What the XML of an office file must not say, and what is told of it. A part is searched as bytes:
# the names are ASCII in every coding that office programs write.
_DDE = (
    "The file fetches its contents from another program (DDE). Break its links, or save it as a "
    "PDF, and try again"
)
_SAYS: tuple[tuple[bytes, str], ...] = (
    (b"<!ENTITY", ""),
    (b"macroEnabled", MACROS),
    (b"ms-office.vbaProject", MACROS),
    (b"ms-excel.macrosheet", MACROS),
    (b"ms-excel.intlmacrosheet", MACROS),
    (b"vnd.sun.star.script:", MACROS),
    (b"<script:module", MACROS),
    (b":encryption-data", PROTECTED),
    (b"<encryption-data", PROTECTED),
    (b"ddeLink", _DDE),
    (b"DDEAUTO", _DDE),
    (b"<office:dde-source", _DDE),
    (b"<text:dde-connection", _DDE),
)
_RELATION = re.compile(rb"<Relationship\s[^<>]{0,4000}>")
_FETCHES = re.compile(rb"/(?:oleObject|frame|subDocument)[\"']")
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External")
_FROM_ELSEWHERE = (
    "The file fetches a part of itself from elsewhere. Break its links, or save it as a PDF, and "
    "try again"
)


def check(stream: IO[bytes], kind: str, *, most: int = MOST_INFLATED, nested: bool = False) -> int:
    """Check an office file of that kind ("docx"), and return how many bytes it unpacks to, which
    may be `most` at the most. `nested` for one that lies within another, as the table behind a
    chart does; it may hold no further one.

    Raises NotWhatItSays where it is not of that kind or damaged, Invalid for what it must not hold.
    """
    stream.seek(0)
    if stream.read(8) == OLE:
        raise refused(
            "The file is protected by a password, or is of an old kind. Save it without a password "
            f"as .{kind} and try again"
        )
    with opened(stream, most) as archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        names = {each.filename for each in members}
        _check_kind(stream, archive, names, kind)
        size = sum(member.file_size for member in members)
        for member in members:
            size += _check_member(stream, member, most - size, nested=nested)
    return size


def _check_kind(stream: IO[bytes], archive: zipfile.ZipFile, names: set[str], kind: str) -> None:
    if kind in OOXML_MAIN:
        if "[Content_Types].xml" not in names or OOXML_MAIN[kind] not in names:
            raise NotWhatItSays
        return
    if "mimetype" not in names or "content.xml" not in names:
        raise NotWhatItSays
    said = b"".join(_first(200, inflated(stream, archive.getinfo("mimetype"))))
    if said.strip() != OPEN_DOCUMENTS[kind]:
        raise NotWhatItSays


def _check_member(stream: IO[bytes], member: zipfile.ZipInfo, most: int, *, nested: bool) -> int:
    """Check one member, and return how much an office file within it unpacks to."""
    name = member.filename.lower()
    if name.endswith(("vbaproject.bin", "vbadata.xml")) or name.startswith(_MACRO_PARTS):
        raise refused(MACROS)
    if "/activex/" in f"/{name}":
        raise _holds("a control (ActiveX)", member)
    if PurePosixPath(name).suffix in _PROGRAM_ENDINGS:
        raise _holds("a program", member)
    searched = _Searched() if name.endswith(_DOCUMENT_TEXT) or name == "mimetype" else None
    is_first, inner = True, None
    with tempfile.SpooledTemporaryFile(max_size=1024 * 1024) as copy:
        for piece in inflated(stream, member):
            if is_first:
                inner, is_first = _judge_beginning(piece, member, nested=nested), False
            if searched:
                searched.take(piece)
            if inner:
                copy.write(piece)
        if inner:
            try:
                return check(copy, inner, most=most, nested=True)
            except NotWhatItSays:
                raise _holds("another packed file", member) from None
    return 0


def _judge_beginning(piece: bytes, member: zipfile.ZipInfo, *, nested: bool) -> str | None:
    """Return the kind of an office file within this one, which is to be checked as well."""
    name = member.filename.lower()
    if piece.startswith(_RUNS):
        raise _holds("a program", member)
    if piece.startswith(OLE):
        raise _holds("an embedded object", member)
    if piece.startswith(_GZIP) and not name.endswith(_PACKED_PICTURES):
        raise _holds("another packed file", member)
    if not piece.startswith(_ARCHIVES):
        return None
    ending = PurePosixPath(name).suffix.removeprefix(".")
    if nested or "embeddings/" not in name or ending not in OOXML_MAIN:
        raise _holds("another packed file", member)
    return ending


class _Searched:
    """Looks through the XML of a member, piece by piece, for what must not be in it."""

    def __init__(self) -> None:
        self.carried = b""

    def take(self, piece: bytes) -> None:
        """Look through the next piece. Raises NotWhatItSays and Invalid."""
        text = self.carried + piece.replace(b"\0", b"")  # UTF-16 becomes ASCII so
        for words, message in _SAYS:
            if words in text:
                raise refused(message) if message else NotWhatItSays
        for relation in _RELATION.findall(text):
            if _FETCHES.search(relation) and _EXTERNAL.search(relation):
                raise refused(_FROM_ELSEWHERE)
        self.carried = text[-_CARRY:]


def _holds(what: str, member: zipfile.ZipInfo) -> Exception:
    name = member.filename.rsplit("/", 1)[-1][:60]
    return refused(
        f"The file has {what} within it (“{name}”). Take it out, or save the file as a PDF, and "
        "try again"
    )


def _first(most: int, pieces: Iterable[bytes]) -> Iterable[bytes]:
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return
