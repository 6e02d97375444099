"""Asks clamd whether a file holds a virus, by its INSTREAM command.

The address is `host:port`, `[::1]:port`, or the path of a Unix socket. One connection serves one
file. A scan has a time within which it must be done, whatever the scanner does or leaves undone.
"""

import re
import select
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass

CONNECT_SECONDS = 2.0
PIECE = 256 * 1024
_LONGEST_REPLY = 4096
# clamd passes for clean what is over its own limits, unless it is told to say so, by these names.
_OVER_LIMITS = "Heuristics.Limits.Exceeded"


@dataclass(frozen=True)
class Verdict:
    """What the scanner says of a file: the name of what it found; empty where it is clean."""

    found: str

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.found


class NotScanned(Exception):
    """The scanner gave no verdict. Its text says in words why, for people to read."""


class ScannerDown(NotScanned):
    """No verdict, and there is none to be had for any other file at the moment."""


class TooLargeToScan(NotScanned):
    """The scanner takes no file of this size; others it may well take."""


def parse_address(text: str) -> tuple[str, int] | str:
    """Return (host, port), or the path of a Unix socket. Raises ValueError for anything else."""
    text = text.strip()
    if text.startswith("/"):
        return text
    if text.startswith("unix:/"):
        return text.removeprefix("unix:")
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):(\d{1,5})", text)
    if match is None or not 0 < int(match[3]) < 65536:
        raise ValueError("say host:port, or the path of clamd's socket")
    return match[1] or match[2], int(match[3])


def scan(address: str, pieces: Iterable[bytes], *, seconds: float) -> Verdict:
    """Return what the clamd at `address` says of a file, given in pieces.

    Raises ScannerDown where it does not answer within `seconds`, ends the connection or says that
    it cannot scan, and TooLargeToScan where the file is over one of its limits.
    """
    until = time.monotonic() + seconds
    with _connected(address, until) as connection:
        try:
            _send(connection, b"zINSTREAM\0", until)
            for piece in _at_most(PIECE, pieces):
                if _has_answered(connection):
                    break  # before the end of the file: it is over a limit
                _send(connection, struct.pack(">I", len(piece)) + piece, until)
            else:
                _send(connection, struct.pack(">I", 0), until)
        except (BrokenPipeError, ConnectionError):
            pass  # it may have said why before it ended the connection
        return _verdict(_reply(connection, until))


def version(address: str, *, seconds: float = CONNECT_SECONDS) -> str:
    """Return what the clamd at `address` says of itself: its version and that of its signatures.
    Raises ScannerDown."""
    until = time.monotonic() + seconds
    with _connected(address, until) as connection:
        _send(connection, b"zVERSION\0", until)
        return _reply(connection, until)


def _connected(address: str, until: float) -> socket.socket:
    where = parse_address(address)
    try:
        if isinstance(where, str):
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            made.settimeout(min(CONNECT_SECONDS, _left(until)))
            try:
                made.connect(where)
            except OSError:
                made.close()
                raise
            return made
        return socket.create_connection(where, min(CONNECT_SECONDS, _left(until)))
    except OSError:
        raise ScannerDown("The virus scanner does not answer.") from None


def _send(connection: socket.socket, data: bytes, until: float) -> None:
    connection.settimeout(_left(until))
    try:
        connection.sendall(data)
    except TimeoutError:
        raise ScannerDown("The virus scanner takes too long.") from None


def _has_answered(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def _reply(connection: socket.socket, until: float) -> str:
    """Return the answer, up to its NUL."""
    reply = b""
    try:
        while b"\0" not in reply and len(reply) < _LONGEST_REPLY:
            connection.settimeout(_left(until))
            piece = connection.recv(1024)
            if not piece:
                break
            reply += piece
    except TimeoutError:
        raise ScannerDown("The virus scanner takes too long.") from None
    except OSError:
        pass  # what came before it ended the connection counts
    text, end, _rest = reply.partition(b"\0")
    if not end:
        raise ScannerDown("The virus scanner ended the connection.")
    return text.decode(errors="replace").strip()


def _verdict(reply: str) -> Verdict:
    """Read "stream: OK", "stream: Some.Name FOUND" or "... ERROR"."""
    said = reply.removeprefix("stream:").strip()
    if said == "OK":
        return Verdict("")
    if said.endswith(" FOUND"):
        found = said.removesuffix(" FOUND").strip()[:200]
        if found.startswith(_OVER_LIMITS):
            raise TooLargeToScan("The file is larger than the virus scanner looks into.")
        return Verdict(found or "not named")
    if "size limit exceeded" in said.lower():
        raise TooLargeToScan("The file is larger than the virus scanner takes.")
    raise ScannerDown("The virus scanner says that it cannot scan.")


def _at_most(size: int, pieces: Iterable[bytes]) -> Iterable[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise ScannerDown("The virus scanner takes too long.")
    return left
