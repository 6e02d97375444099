"""Notes who is reached over the network while requests are answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def reaching() -> Iterator[list[str]]:
    """Yield the list of whom this process looks up or connects to; nobody is reached."""
    reached: list[str] = []

    def refuse(*given: Any, **_: Any) -> Any:
        reached.append(repr(given[-2:])[:200])
        raise OSError("nobody is reached while requests are answered")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "connect_ex", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket, "create_connection", refuse)
        yield reached
