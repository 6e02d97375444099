"""The evidence store: files named by the SHA-256 of their bytes, in a folder or an S3 bucket.

The same code serves both; the URL says which (`file:///...`, `s3://bucket/path`). A file is
written whole or not at all, and never changed afterwards. Bytes pass through in pieces, both ways.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from s11audit.domain.errors import Refused

CHUNK = 1024 * 1024
PART = 8 * CHUNK  # a larger file goes to a bucket in parts of this size ...
PARTS_AT_ONCE = 2  # ... so many at a time: what an upload takes of memory beside the file

_NAME = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})")
_HALF = re.compile(r"[0-9a-f]{64}#\d+")  # what a killed process leaves of a file it was writing


class StorageFailed(Refused):
    """The store cannot be used now. Its text says so to people, `reason` to those who run it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The store for files does not take or give files at the moment. Nothing was changed. "
            "Try again in a few minutes; if it goes on, tell the people who run the service."
        )
        self.reason = reason


@dataclass(frozen=True)
class Stored:
    """A file: its name in the store and how many bytes it has."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Listed:
    """A file that was found in the store. `sha256` is empty for one that the service never puts
    there."""

    path: str
    sha256: str
    size: int
    changed_at: datetime


class Storage:
    """The store at `url`. Every method raises StorageFailed where the store cannot be used."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        with _told():
            self.store: Any = LocalStore(self.folder, mkdir=True) if self.folder else _bucket(url)

    def put(self, stream: IO[bytes], known: Stored | None = None) -> Stored:
        """Store what `stream` holds from where it stands, and return its name and size.

        The stream is read twice: once for its name (not where that is `known` from `digest`), and
        again where no file of that name and size is there yet. Two uploads of the same file at
        once both write it, each whole; the second takes the place of the first.
        """
        start = stream.tell()
        stored = known or digest(stream)
        stream.seek(start)
        with _told():
            if self._size(stored.sha256) != stored.size:
                path = path_of(stored.sha256)
                if stored.size <= PART:
                    obstore.put(self.store, path, stream.read(), use_multipart=False)
                else:
                    obstore.put(
                        self.store, path, _pieces(stream), chunk_size=PART,
                        max_concurrency=PARTS_AT_ONCE,
                    )  # fmt: skip
                self._make_durable(stored.sha256)
        return stored

    def open(self, name: str) -> Iterator[bytes]:
        """Return the bytes of the file of that name, piece by piece; FileNotFoundError where it
        is not there."""
        with _told():
            try:
                result = obstore.get(self.store, path_of(name))
            except (NotFoundError, FileNotFoundError) as error:
                raise FileNotFoundError(name) from error
        return _chunks(result)

    def size_of(self, name: str) -> int | None:
        """Return how many bytes the file of that name has; None where it is not there."""
        with _told():
            return self._size(name)

    def hash_of(self, name: str) -> str:
        """Return the SHA-256 of what is stored under that name, by reading all of it;
        FileNotFoundError where it is not there."""
        found = sha256()
        for chunk in self.open(name):
            found.update(chunk)
        return found.hexdigest()

    def remove(self, name: str) -> None:
        """Take the file of that name out of the store, and what a killed process left of it.
        Nothing happens where it is not there."""
        with _told():
            with suppress(NotFoundError, FileNotFoundError):
                obstore.delete(self.store, path_of(name))
            if self.folder is not None:
                for half in (self.folder / name[:2]).glob(f"{name}#*"):
                    half.unlink(missing_ok=True)
                _sync(self.folder / name[:2])

    def listing(self) -> Iterator[Listed]:
        """Return every file in the store, in no order. Half written ones are left out, since
        nothing can read them."""
        with _told():
            for batch in obstore.list(self.store, chunk_size=1000):
                for item in batch:
                    match = _NAME.fullmatch(item["path"])
                    name = match[1] if match and item["path"] == path_of(match[1]) else ""
                    yield Listed(item["path"], name, item["size"], item["last_modified"])

    def half_written(self) -> list[Path]:
        """Return what killed processes left of files they were writing, where the store is a
        folder. A bucket is cleared of them by a rule of its own (docs/production.md)."""
        if self.folder is None:
            return []
        return sorted(
            each for each in self.folder.glob("??/*#*") if _HALF.fullmatch(each.name)
        )  # fmt: skip

    def _size(self, name: str) -> int | None:
        try:
            return int(obstore.head(self.store, path_of(name))["size"])
        except (NotFoundError, FileNotFoundError):
            return None

    def _make_durable(self, name: str) -> None:
        """Have a local file, and the folders that name it, reach the disk before its row is
        committed."""
        if self.folder is None:
            return
        file = self.folder / path_of(name)
        for path in (file, file.parent, self.folder):
            _sync(path)


def digest(stream: IO[bytes]) -> Stored:
    """Return the name and size of what `stream` holds from where it stands."""
    found, size = sha256(), 0
    while chunk := stream.read(CHUNK):
        found.update(chunk)
        size += len(chunk)
    return Stored(found.hexdigest(), size)


def _chunks(result: Any) -> Iterator[bytes]:
    with _told():
        for chunk in result.stream(min_chunk_size=CHUNK):
            yield bytes(chunk)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(CHUNK):
        yield piece


def path_of(name: str) -> str:
    """Return where a file of that name lies in the store: "ab/abcdef..."."""
    return f"{name[:2]}/{name}"


@cache
def storage_at(url: str) -> Storage:
    """Return the store at `url`, made once a process."""
    return Storage(url)


def _bucket(url: str) -> Any:
    """Return the store in a bucket: "s3://bucket/path?region=eu-west-2&endpoint=https://...". Keys,
    and what the URL leaves out, come from the AWS_... variables. Raises ValueError for a URL that
    says anything else."""
    parts = urlsplit(url)
    says = dict(parse_qsl(parts.query))
    unknown = sorted(set(says) - {"endpoint", "region", "path_style"})
    if parts.scheme != "s3" or not parts.netloc or parts.username or unknown:
        raise ValueError(
            "S11AUDIT_EVIDENCE_URL: it must be file:///folder or s3://bucket/path, after “?” only "
            "endpoint, region and path_style."
        )
    options: dict[str, Any] = {
        name: says[name] for name in ("endpoint", "region") if says.get(name)
    }
    if says.get("path_style"):
        options["virtual_hosted_style_request"] = says["path_style"].lower() not in ("yes", "true")
    endpoint = options.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL", "")
    return from_url(
        f"s3://{parts.netloc}{parts.path}",
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=60),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
        **options,
    )


def _sync(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what the store's library says in its own."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise StorageFailed((str(error).splitlines() or [type(error).__name__])[0]) from error
