"""The evidence store: files named by the SHA-256 of their bytes, in a folder or an S3 bucket.

The same code serves both; the URL says which (`file:///...`, `s3://bucket/path`). A file is
written whole or not at all, and never changed afterwards.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, from_url

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """A file in the store: its name there and how many bytes it has."""

    sha256: str
    size: int


class Storage:
    """The store at `url`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self.store: Any = LocalStore(self.folder, mkdir=True) if self.folder else from_url(url)

    def put(self, stream: IO[bytes]) -> Stored:
        """Store what `stream` holds from where it stands, and return its name and size.

        It is copied to a temporary file first, so that its name is known before it is stored; a
        file that is there already is not written again.
        """
        digest, size = sha256(), 0
        with tempfile.TemporaryFile() as copy:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
            copy.seek(0)
            name = digest.hexdigest()
            if not self._has(name):
                obstore.put(self.store, path_of(name), copy)
                self._make_durable(name)
        return Stored(name, size)

    def open(self, name: str) -> Iterator[bytes]:
        """Return the bytes of the file of that name, piece by piece; FileNotFoundError where it
        is not there."""
        try:
            result = obstore.get(self.store, path_of(name))
        except (NotFoundError, FileNotFoundError) as error:
            raise FileNotFoundError(name) from error
        return (bytes(chunk) for chunk in result.stream(min_chunk_size=CHUNK))

    def _has(self, name: str) -> bool:
        try:
            obstore.head(self.store, path_of(name))
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def _make_durable(self, name: str) -> None:
        """Have a local file reach the disk before its row is committed."""
        if self.folder is None:
            return
        file = self.folder / path_of(name)
        for path in (file, file.parent):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def path_of(name: str) -> str:
    """Return where a file of that name lies in the store: "ab/abcdef..."."""
    return f"{name[:2]}/{name}"


@cache
def storage_at(url: str) -> Storage:
    """Return the store at `url`, made once a process."""
    return Storage(url)
