"""What may be uploaded as evidence, judged by what a file holds and not only by its name."""

import lzma
import re
import zipfile
import zlib
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import IO

import filetype

from s11audit.domain.errors import Invalid

TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "txt": "text/plain",
    "csv": "text/csv",
    "png": "image/png",
    "jpg": "image/jpeg",
}
_SAME = {"jpeg": "jpg"}
_OOXML_MAIN = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
}
_MAGIC = {"pdf": "pdf", "png": "png", "jpg": "jpg"}
_MOST_MEMBERS = 5000
_DIRECTORY_ENTRY = b"PK\x01\x02"
# What reading a damaged or hostile ZIP file may end in.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, EOFError, OSError, RuntimeError,
    NotImplementedError, ValueError,
)  # fmt: skip
_LONGEST_NAME = 150
_MOST_NAME_BYTES = 240  # file systems take 255


def safe_name(name: str) -> str:
    """Return a file's name without folders, control characters and what systems refuse."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if not character.isprintable() else character for character in name)
    name = re.sub(r'[<>:"|?*]', "-", " ".join(name.split())).strip(". ")
    path = PurePosixPath(name or "file")
    if len(name) > _LONGEST_NAME or len(name.encode()) > _MOST_NAME_BYTES:
        suffix = path.suffix[:20]
        room = _MOST_NAME_BYTES - len(suffix.encode())
        stem = path.stem[: _LONGEST_NAME - len(suffix)].encode()[:room].decode(errors="ignore")
        name = stem + suffix
    return name or "file"


def kind_of_name(name: str) -> str:
    """Return the ending of a file's name that says what it is: "jpg" for "Photo.JPEG"."""
    ending = PurePosixPath(name).suffix.removeprefix(".").lower()
    return _SAME.get(ending, ending)


def check(stream: IO[bytes], name: str, *, allowed: Collection[str], most_bytes: int) -> str:
    """Return the media type of an upload; the stream stands at its start afterwards.

    Raises Invalid, its problem under "file", where the file is empty, larger than `most_bytes`,
    of a kind that is not `allowed`, or not what its name says.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    kind = kind_of_name(name)
    listed = ", ".join(each for each in TYPES if each in allowed)
    if kind not in TYPES or kind not in allowed:
        raise _refusal(f"The file must be one of these kinds: {listed}")
    if size == 0:
        raise _refusal("The file is empty")
    if size > most_bytes:
        raise too_large(most_bytes)
    try:
        _check_content(stream, kind)
    finally:
        stream.seek(0)
    return TYPES[kind]


def too_large(most_bytes: int) -> Invalid:
    """Return the error for a file over the limit."""
    return _refusal(f"The file must be no larger than {most_bytes // (1024 * 1024)} MB")


def _check_content(stream: IO[bytes], kind: str) -> None:
    if kind in ("txt", "csv"):
        if not _is_text(stream.read()):
            raise _not_what_it_says(kind)
    elif kind in _MAGIC:
        found = filetype.guess(stream.read(8192))
        if found is None or found.extension != _MAGIC[kind]:
            raise _not_what_it_says(kind)
    else:
        _check_office(stream, kind)


def _is_text(content: bytes) -> bool:
    """Text in UTF-8 or, where it is not that, in Windows-1252, without control characters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            return False
    return not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text)


def _check_office(stream: IO[bytes], kind: str) -> None:
    """An office file is a ZIP file with the members of its kind, and no macros."""
    if stream.read().count(_DIRECTORY_ENTRY) > _MOST_MEMBERS:  # before they fill the memory
        raise _not_what_it_says(kind)
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.namelist()
            if len(members) > _MOST_MEMBERS or any(_is_encrypted(archive)):
                raise _not_what_it_says(kind)
            if kind in _OOXML_MAIN:
                right = _is_ooxml(archive, members, kind)
            else:
                right = _is_open_document(archive, members, kind)
    except _DAMAGED:
        raise _not_what_it_says(kind) from None
    if not right:
        raise _not_what_it_says(kind)
    if any(_is_macro(member) for member in members):
        raise _refusal("The file holds macros. Save it without macros and try again")


def _is_encrypted(archive: zipfile.ZipFile) -> list[bool]:
    return [bool(member.flag_bits & 0x1) for member in archive.infolist()]


def _is_ooxml(archive: zipfile.ZipFile, members: Collection[str], kind: str) -> bool:
    if "[Content_Types].xml" not in members or _OOXML_MAIN[kind] not in members:
        return False
    with archive.open("[Content_Types].xml") as opened:
        types = opened.read(1024 * 1024)
    if b"macroEnabled" in types:
        raise _refusal("The file holds macros. Save it without macros and try again")
    return True


def _is_open_document(archive: zipfile.ZipFile, members: Collection[str], kind: str) -> bool:
    if "mimetype" not in members or "content.xml" not in members:
        return False
    with archive.open("mimetype") as opened:
        return opened.read(200).strip() == TYPES[kind].encode()


def _is_macro(member: str) -> bool:
    lower = member.lower()
    return lower.endswith("vbaproject.bin") or (
        lower.startswith(("basic/", "scripts/")) and not lower.endswith("/")
    )


def _not_what_it_says(kind: str) -> Invalid:
    return _refusal(
        f"The file’s name ends in .{kind}, but it is not such a file, or it is damaged or "
        "protected by a password"
    )


def _refusal(message: str) -> Invalid:
    return Invalid(message + ".", {"file": message})
