"""Reads ZIP files of strangers: what is in them, without ever inflating more than was agreed.

Everything is checked against the list at the file's end before a byte is inflated. Then each
member is inflated once, piece by piece, and has to come out at exactly the size that was listed.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from s11audit.adapters.refusals import NotWhatItSays, refused

MOST_MEMBERS = 5000
MOST_INFLATED = 250 * 1024 * 1024  # of all members together
MOST_RATIO = 200  # how many times larger than what is stored of it a file may become ...
RATIO_FROM = 30 * 1024 * 1024  # ... once it is larger than this
PIECE = 256 * 1024

_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65535
_LOCAL = b"PK\x03\x04"
_LOCAL_SIZE = 30
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_LONGEST_LISTING = 4 * 1024 * 1024
_LONGEST_NAME = 300
# What reading the list of a damaged or hostile ZIP file may end in.
_DAMAGED = (
    zipfile.BadZipFile, struct.error, KeyError, EOFError, OSError, RuntimeError,
    NotImplementedError, ValueError,
)  # fmt: skip

PROTECTED = (
    "The file, or a part of it, is protected by a password. Save it without a password and try "
    "again"
)
TOO_MUCH = (
    "The file unpacks to far more than it should, as files made to do harm do. Save it again in "
    "the program that made it, or save it as a PDF, and try again"
)
TOO_MANY = (
    f"The file is made up of more than {MOST_MEMBERS:,} parts. Save it as a PDF, or split it, and "
    "try again"
)


def opened(stream: IO[bytes], most: int = MOST_INFLATED) -> zipfile.ZipFile:
    """Return the ZIP file in `stream` with its members checked: their number, names, places, that
    none is protected, and that they unpack to `most` bytes together at the most. Raises
    NotWhatItSays and Invalid."""
    stream.seek(0)
    if stream.read(4) != _LOCAL:
        raise NotWhatItSays
    _check_end(stream)
    try:
        archive = zipfile.ZipFile(stream)
        members = archive.infolist()
    except _DAMAGED:
        raise NotWhatItSays from None
    _check_names(members)
    if any(each.flag_bits & _ENCRYPTED for each in members):
        raise refused(PROTECTED)
    _check_sizes(members, most)
    _check_places(stream, members)
    return archive


def inflated(stream: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a member holds, piece by piece. Raises NotWhatItSays where it is damaged or comes
    out larger or smaller than it was listed."""
    place, left = _data_at(stream, member), member.compress_size
    packed = member.compress_type == zipfile.ZIP_DEFLATED
    inflater = zlib.decompressobj(-15)
    size, check = 0, 0
    while left or (packed and inflater.unconsumed_tail):
        if packed and inflater.unconsumed_tail:
            raw = inflater.unconsumed_tail
        else:
            stream.seek(place)
            raw = stream.read(min(PIECE, left))
            if not raw:
                raise NotWhatItSays
            place, left = place + len(raw), left - len(raw)
        try:
            piece = inflater.decompress(raw, PIECE) if packed else raw
        except zlib.error:
            raise NotWhatItSays from None
        size += len(piece)
        check = zlib.crc32(piece, check)
        if size > member.file_size:
            raise refused(TOO_MUCH)
        if piece:
            yield piece
        if packed and inflater.eof:
            break
    rest = inflater.flush() if packed else b""  # a last match at most: all input is consumed
    size, check = size + len(rest), zlib.crc32(rest, check)
    if rest:
        yield rest
    if size != member.file_size or check != member.CRC or (packed and not inflater.eof):
        raise NotWhatItSays


def _check_end(stream: IO[bytes]) -> None:
    """The list of members is at the end, with nothing after it, and is of a bearable length."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise NotWhatItSays
    _disk, _first, _here, members, length, start, comment = struct.unpack(
        "<HHHHIIH", tail[at + 4 : at + _END_SIZE]
    )
    ends_at = size - len(tail) + at
    if comment != len(tail) - at - _END_SIZE or start + length != ends_at:
        raise NotWhatItSays  # something before the list, or after it
    if members > MOST_MEMBERS or length > _LONGEST_LISTING:
        raise refused(TOO_MANY)


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise refused(TOO_MANY)
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        parts = name.removesuffix("/").split("/")
        if (
            len(name) > _LONGEST_NAME
            or not name.isprintable()
            or "\\" in name
            or ":" in parts[0]
            or any(part in ("", ".", "..") for part in parts)
            or name.casefold() in seen
            or stat.S_ISLNK(member.external_attr >> 16)
        ):
            raise refused(
                "The file has parts with names that no office program gives them. Save it again "
                "in the program that made it and try again"
            )
        seen.add(name.casefold())


def _check_sizes(members: list[zipfile.ZipInfo], most: int) -> None:
    if any(
        each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for each in members
    ):
        raise NotWhatItSays
    becomes = sum(each.file_size for each in members)
    stored = sum(each.compress_size for each in members)
    if becomes > most or (becomes > RATIO_FROM and becomes > stored * MOST_RATIO):
        raise refused(TOO_MUCH)


def _check_places(stream: IO[bytes], members: list[zipfile.ZipInfo]) -> None:
    """Members lie one behind the other, and each says its name where it lies."""
    free = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < free:
            raise refused(TOO_MUCH)  # the same bytes are listed twice
        free = _data_at(stream, member) + member.compress_size


def _data_at(stream: IO[bytes], member: zipfile.ZipInfo) -> int:
    stream.seek(member.header_offset)
    header = stream.read(_LOCAL_SIZE)
    if len(header) != _LOCAL_SIZE or header[:4] != _LOCAL:
        raise NotWhatItSays
    flags = struct.unpack("<H", header[6:8])[0]
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    name = stream.read(name_length)
    coding = "utf-8" if flags & 0x800 else "cp437"
    try:
        same = name.decode(coding) == member.orig_filename
    except UnicodeDecodeError:
        same = False
    if not same:
        raise NotWhatItSays
    return member.header_offset + _LOCAL_SIZE + name_length + int(extra_length)
