"""Pictures are read to their last line: what does not decode is no picture, or is cut short.

They are kept as they were sent, so that what was offered as evidence stays what it was.
"""

import struct
import warnings
from typing import IO

from PIL import Image, UnidentifiedImageError

from s11audit.adapters.refusals import NotWhatItSays, refused

# In memory a pixel takes up to four bytes; a common JPEG is decoded at an eighth of its size.
MOST_PIXELS = 24_000_000
MOST_PIXELS_OF_JPEG = 80_000_000
_TOO_MANY = "The picture has too many pixels. Save it at a smaller size and try again"
_TRAILER = 64 * 1024
_HIDDEN = (b"<script", b"<html", b"<!doctype html", b"<svg", b"<?php", b"<iframe")
_WINDOW = 1024 * 1024
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def check(stream: IO[bytes], kind: str) -> None:
    """Check a picture ("png" or "jpg"). Raises NotWhatItSays and Invalid."""
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
    _check_nothing_hidden(stream)


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


def _check_nothing_hidden(stream: IO[bytes]) -> None:
    """A picture may not be a packed file, a program or a web page at the same time."""
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
