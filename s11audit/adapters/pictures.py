"""Pictures are read to their last line: what does not decode is no picture, or is cut short.

They are kept as they were sent, so that what was offered as evidence stays what it was.
"""

import re
import struct
import warnings
from typing import IO

from PIL import Image, UnidentifiedImageError

from s11audit.adapters.refusals import NotWhatItSays, refused

# In memory a pixel takes up to four bytes; a common JPEG is decoded at an eighth of its size.
MOST_PIXELS = 24_000_000
MOST_PIXELS_OF_JPEG = 80_000_000
_TOO_MANY = "The picture has too many pixels. Save it at a smaller size and try again"
_MOST_SEGMENTS = 400  # of a JPEG: what cameras write beside it, and the scans, of which few have 10
_END, _SCAN = 0xD9, 0xDA
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_TRAILER = 64 * 1024
_HIDDEN = (b"<script", b"<html", b"<!doctype html", b"<svg", b"<?php", b"<iframe")
_WINDOW = 1024 * 1024
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def check(stream: IO[bytes], kind: str) -> None:
    """Check a picture ("png" or "jpg"). Raises NotWhatItSays and Invalid."""
    if kind == "jpg":
        _check_scans(stream)
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(stream, formats=["PNG" if kind == "png" else "JPEG"]) as picture:
                _decode(picture)
    except Image.DecompressionBombError:
        raise refused(_TOO_MANY) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error):
        raise NotWhatItSays from None
    except (MemoryError, OverflowError, IndexError, KeyError, TypeError):
        raise NotWhatItSays from None
    if kind == "png":
        stream.seek(-len(_PNG_END), 2)
        if stream.read() != _PNG_END:
            raise _two_at_once()
    _check_beside(stream)


def _decode(picture: Image.Image) -> None:
    width, height = picture.size
    pixels = width * height
    if picture.format == "JPEG" and "progressive" not in picture.info:
        if pixels > MOST_PIXELS_OF_JPEG:
            raise refused(_TOO_MANY)
        picture.draft(picture.mode, (max(1, width // 8), max(1, height // 8)))
    elif pixels > MOST_PIXELS:
        raise refused(_TOO_MANY)
    picture.load()


def _check_scans(stream: IO[bytes]) -> None:
    """A JPEG may not draw itself again and again: a small file could keep a process busy for hours.
    Its segments are walked over to its end."""
    stream.seek(2)
    for _ in range(_MOST_SEGMENTS):
        head = stream.read(2)
        if len(head) < 2 or head[0] != 0xFF or head[1] == _END:
            return  # the end, or nothing that the decoder would take for a picture
        if head[1] == 0xFF:
            stream.seek(-1, 1)
            continue
        length = stream.read(2)
        if len(length) < 2:
            return
        stream.seek(max(0, int.from_bytes(length, "big") - 2), 1)
        if head[1] == _SCAN:
            _pass_over_scan(stream)
    raise NotWhatItSays


def _pass_over_scan(stream: IO[bytes]) -> None:
    place, carried = stream.tell(), b""
    while piece := stream.read(_WINDOW):
        window = carried + piece
        if found := _MARKER.search(window):
            stream.seek(place - len(carried) + found.start())
            return
        place, carried = place + len(piece), window[-1:]


def _check_beside(stream: IO[bytes]) -> None:
    """A picture may not be a packed file or a web page at the same time."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _TRAILER))
    if b"PK\x05\x06" in stream.read():
        raise _two_at_once()
    stream.seek(0)
    carried = b""
    while piece := stream.read(_WINDOW):
        window = carried + piece.lower()
        if any(each in window for each in _HIDDEN):
            raise _two_at_once()
        carried = window[-20:]


def _two_at_once() -> Exception:
    return refused(
        "There is something else in the file beside the picture. Open it, save it as a new picture "
        "and try again"
    )
