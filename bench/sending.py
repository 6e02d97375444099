"""Sends a file with a form as a browser does, in pieces, so that neither side need hold it."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.http_client import Browser

BOUNDARY = "----s11audit-boundary-0f3a"
PIECE = 256 * 1024


@dataclass(frozen=True)
class Body:
    """The body of a form with a file: what comes before the file's bytes, how many these are, and
    what comes after them."""

    head: bytes
    size: int
    tail: bytes

    @property
    def length(self) -> int:
        """Return how many bytes there are in all."""
        return len(self.head) + self.size + len(self.tail)


def body(values: Sequence[tuple[str, str]], field: str, filename: str, size: int) -> Body:
    """Return the body for these values and a file of that size."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"'
        "\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    return Body("".join(parts).encode(), size, f"\r\n--{BOUNDARY}--\r\n".encode())


def begin(browser: Browser, path: str, whole: Body) -> socket.socket:
    """Connect and send the head of the request and of the body; the file's bytes come next."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{browser.port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {whole.length}\r\nConnection: close\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", browser.port), timeout=300)
    connection.sendall(head.encode() + whole.head)
    return connection


def send_file(browser: Browser, path: str, whole: Body, pieces: Iterable[bytes]) -> int:
    """Send the form and return the status of the answer."""
    with begin(browser, path, whole) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.sendall(whole.tail)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1])


def fetched(browser: Browser, path: str) -> Iterator[bytes]:
    """Fetch a file in pieces, without its headers. Raises RuntimeError where it is refused."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with socket.create_connection(("127.0.0.1", browser.port), timeout=300) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{browser.port}\r\nCookie: {cookies}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        read = b""
        while b"\r\n\r\n" not in read:
            read += connection.recv(PIECE)
        head, _, rest = read.partition(b"\r\n\r\n")
        if b" 200 " not in head.splitlines()[0]:
            raise RuntimeError(head.splitlines()[0].decode())
        yield rest
        while piece := connection.recv(PIECE):
            yield piece
