"""What a PDF may hold: pages. Scripts, attached files and commands to start programs are refused.

The file is searched, not rendered: its objects as they stand, and those in its packed object
streams. Domain rule 73 and `docs/security.md` say how far that goes.
"""

import re
import zlib
from collections.abc import Iterator
from typing import IO

from s11audit.adapters.refusals import NotWhatItSays, refused

_WINDOW = 1024 * 1024
_OVERLAP = 8 * 1024
_MOST_STREAMS = 20_000  # packed object streams
_MOST_UNPACKED = 64 * 1024 * 1024
_MOST_OF_ONE = 8 * 1024 * 1024
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|svg|meta|object|embed)\b", re.IGNORECASE
)
_EDGE = 4096


_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_GAP = rb"(?:[\s\0]|%[^\r\n]{0,200}[\r\n])*+"
_NUMBERED = rb"(?<=[\s\0])\d{1,10}[\s\0]{1,9}\d{1,5}[\s\0]{1,9}R\b"
_VALUE = _GAP + rb"(?:<<|" + _NUMBERED + rb")"
_SCRIPT = "The PDF holds a script, as forms to be filled in do. Print it to a new PDF and try again"
_ATTACHED = (
    "The PDF has other files attached within it. Take them out, or print it to a new PDF, and add "
    "the others by themselves"
)

# A name that must not stand in a PDF, what must stand around it so that it is more than a word of
# a text or a link, and what is told of it.
_SAYS: tuple[tuple[bytes, re.Pattern[bytes], str], ...] = (
    (
        b"/Encrypt",
        re.compile(rb"/Encrypt" + _VALUE),
        "The PDF is protected. Save or print it to a new PDF without protection and try again",
    ),
    (b"/JavaScript", re.compile(rb"(?:/S|[\s\0<>\[\]])/JavaScript(?![A-Za-z0-9])"), _SCRIPT),
    (b"/XFA", re.compile(rb"/XFA" + _GAP + rb"(?:\[|" + _NUMBERED + rb")"), _SCRIPT),
    (
        b"/Launch",
        re.compile(rb"(?:/S|[\s\0<>\[\]])/Launch(?![A-Za-z0-9])"),
        "The PDF tries to start a program. Print it to a new PDF and try again",
    ),
    (
        b"/EmbeddedFile",
        re.compile(rb"/EmbeddedFiles?(?![A-Za-z0-9])" + _GAP + rb"[</\[\d]"),
        _ATTACHED,
    ),
    (b"/EF", re.compile(rb"/EF" + _VALUE), _ATTACHED),
    (b"/RichMedia", re.compile(rb"/RichMedia\w{0,20}" + _GAP + rb"[</\[\d]"), _ATTACHED),
)
_PACKED = re.compile(rb"/ObjStm.{0,400}?stream\r?\n", re.DOTALL)


def check(stream: IO[bytes]) -> None:
    """Check a PDF. Raises NotWhatItSays and Invalid."""
    size = stream.seek(0, 2)
    stream.seek(0)
    beginning = stream.read(_EDGE)
    if not beginning.startswith(b"%PDF-"):
        raise NotWhatItSays
    stream.seek(max(0, size - _EDGE))
    ending = stream.read().rpartition(b"%%EOF")[2] if size > _EDGE else b""
    if _MARKUP.search(beginning) or _MARKUP.search(ending):
        raise refused("The PDF is a web page at the same time. Print it to a new PDF and try again")
    packed: list[int] = []
    for offset, window in _windows(stream):
        _search(window)
        packed += [offset + each.end() for each in _PACKED.finditer(window)]
        if len(packed) > _MOST_STREAMS:
            raise NotWhatItSays
    budget = _MOST_UNPACKED
    for place in sorted(set(packed)):
        budget -= _search_packed(stream, place)
        if budget < 0:
            raise refused(
                "The PDF unpacks to far more than it should. Print it to a new PDF and try again"
            )


def _search(raw: bytes) -> None:
    """Look for what must not be there. Any letter of a name may be written as # and its number."""
    text = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), raw)
    if text.count(b"/ObjStm") != raw.count(b"/ObjStm"):
        raise NotWhatItSays  # no program hides it; its contents would not be found
    for name, pattern, message in _SAYS:
        if name in text and pattern.search(text):
            raise refused(message)


def _search_packed(stream: IO[bytes], place: int) -> int:
    """Search what is packed from `place` on, and return how much that was. What is packed in
    another way than readers of PDF commonly write is left to the virus scanner."""
    stream.seek(place)
    inflater, text, size = zlib.decompressobj(), b"", 0
    while not inflater.eof and size < _MOST_OF_ONE:
        raw = inflater.unconsumed_tail or stream.read(64 * 1024)
        if not raw:
            break
        try:
            piece = inflater.decompress(raw, 256 * 1024)
        except zlib.error:
            break
        if not piece:
            continue
        size += len(piece)
        text = text[-_OVERLAP:] + piece
        _search(text)
    return size


def _windows(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the file in pieces that overlap, each with where it begins."""
    stream.seek(0)
    offset, carried = 0, b""
    while piece := stream.read(_WINDOW):
        window = carried + piece
        yield offset, window
        carried = window[-_OVERLAP:]
        offset += len(window) - len(carried)
