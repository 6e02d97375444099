"""What may be uploaded as evidence, judged by what a file holds and not only by its name."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import IO

import filetype

from s11audit.adapters import office_files, pdf_files, pictures, plain_texts
from s11audit.adapters.refusals import NotWhatItSays, refused
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
INCOMING = "incoming"  # folder in the data folder, where files wait while they come in
_SAME = {"jpeg": "jpg"}
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

    The file is read in pieces, whatever its size. Raises Invalid, its problem under "file", where
    it is empty, larger than `most_bytes`, of a kind that is not `allowed`, not what its name says,
    or holds what can do harm (domain rule 73).
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    kind = kind_of_name(name)
    listed = ", ".join(each for each in TYPES if each in allowed)
    if kind not in TYPES or kind not in allowed:
        raise refused(f"The file must be one of these kinds: {listed}")
    if size == 0:
        raise refused("The file is empty")
    if size > most_bytes:
        raise too_large(most_bytes)
    try:
        _check_content(stream, kind)
    except NotWhatItSays:
        raise refused(_not_what_it_says(stream, kind)) from None
    finally:
        stream.seek(0)
    return TYPES[kind]


def too_large(most_bytes: int) -> Invalid:
    """Return the error for a file over the limit."""
    return refused(f"The file must be no larger than {most_bytes // (1024 * 1024)} MB")


def _check_content(stream: IO[bytes], kind: str) -> None:
    if kind in ("txt", "csv"):
        plain_texts.check(stream, kind)
    elif kind == "pdf":
        pdf_files.check(stream)
    elif kind in ("png", "jpg"):
        pictures.check(stream, kind)
    else:
        office_files.check(stream, kind)


def _not_what_it_says(stream: IO[bytes], kind: str) -> str:
    """Say so, and what the file seems to be where that can be told by its first bytes."""
    stream.seek(0)
    found = filetype.guess(stream.read(8192))
    seems = f" (it seems to be .{found.extension})" if found and found.extension != kind else ""
    return (
        f"The file’s name ends in .{kind}, but it is not such a file{seems}, or it is damaged or "
        "cut short. Open it, save it again as the kind that it is, and try again"
    )
