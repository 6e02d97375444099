"""The file of a backup: a ZIP file with the tables as JSON lines, the evidence, and a manifest.

It is written beside its place, read back whole, and given its name only then. It is read with
suspicion: every member must be one that the manifest names, of the length and hash it names; no
member's name is ever used as a path.
"""

import fcntl
import json
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from struct import error as struct_error
from typing import IO, Any, Self

from s11audit.domain.errors import Invalid, Refused

KIND = "s11audit backup"
FORMAT = 1
MANIFEST = "manifest.json"
LEDGER = "redactions.jsonl"
CHUNK = 1024 * 1024
LONGEST_MANIFEST = 16 * CHUNK
LONGEST_LINE = 64 * CHUNK
MOST_PACKED = 300  # a member that unpacks to more times its size is a bomb, not a table
_SMALL = 4 * CHUNK  # ... unless it is this small
_WHEN = (1980, 1, 1, 0, 0, 0)
_TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.jsonl")
_EVIDENCE = re.compile(r"evidence/([0-9a-f]{64})")
# What reading a damaged or hostile ZIP file may end in.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct_error, EOFError, KeyError,
    NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A member as the manifest names it."""

    name: str
    bytes: int
    sha256: str


class Writer:
    """Writes an archive at `path`. Used as a context: left by an error, nothing stays behind.

    Raises Refused where the file is there already or another backup is writing it, OSError where
    it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path.with_name(f"{path.name}.partial")
        self.sha256 = ""

    def __enter__(self) -> Self:
        self._refuse_existing()
        # Only its owner may read what it holds. What a killed backup left is written over.
        descriptor = os.open(self.partial, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Refused(f"{self.path}: another backup is being written there.") from None
        self.start_again()
        return self

    def start_again(self) -> None:
        """Throw away what was written and begin anew."""
        self._file.seek(0)
        self._file.truncate()
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    def add(self, name: str, pieces: Iterable[bytes], *, packed: bool = True) -> Part:
        """Write a member from its pieces and return what is to be said of it."""
        member = zipfile.ZipInfo(name, _WHEN)
        member.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        member.external_attr = 0o600 << 16
        digest, size = sha256(), 0
        with self._zip.open(member, "w", force_zip64=True) as opened:
            for piece in pieces:
                opened.write(piece)
                digest.update(piece)
                size += len(piece)
        return Part(name, size, digest.hexdigest())

    def finish(self, manifest: dict[str, Any]) -> int:
        """Write the manifest, bring the file to the disk, read it back whole, and give it its
        name. Returns its size; its hash is in `sha256` then."""
        text = json.dumps(manifest, indent=1, ensure_ascii=True, sort_keys=True)
        self.add(MANIFEST, [text.encode()])
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        with Archive(self.partial) as written:
            written.check()
            self.sha256 = written.hash()
        self._refuse_existing()
        self.partial.rename(self.path)
        _sync_folder(self.path.parent)
        return self.path.stat().st_size

    def _refuse_existing(self) -> None:
        if self.path.exists():
            raise Refused(f"{self.path} is there already. A backup never writes over a file.")

    def __exit__(self, failed: Any, *_: Any) -> None:
        if failed:
            with suppress(OSError):
                self.partial.unlink()
            with suppress(OSError, ValueError):  # what it has not written yet has no room either
                self._zip.close()
        with suppress(OSError):
            self._file.close()


class Archive:
    """An archive to be read. Opening it reads its directory and its manifest.

    Every method raises Invalid, in one sentence that names the file, for what is no archive of
    ours, is damaged or cut short, or is of a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._file)
            self.manifest = self._manifest()
            self._members = self._listed()
        except _DAMAGED:
            self._file.close()
            raise Invalid(
                f"{path}: this is not a backup of s11audit, or it is damaged or its end is missing."
            ) from None
        except Invalid:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self._zip.close()
        self._file.close()

    def check(self) -> None:
        """Read the whole archive and compare it with its manifest."""
        named = {part.name: part for part in self.parts()}
        evidence = {name: each for name, each in self._members.items() if _EVIDENCE.fullmatch(name)}
        if set(self._members) != {MANIFEST, *named, *evidence}:
            raise self.damaged("it does not hold the parts that its manifest names")
        for part in named.values():
            if self._sum(part.name) != (part.bytes, part.sha256):
                raise self.damaged(f"{part.name} is not as it was written")
        said = self.manifest["evidence"]
        names = sorted(name.removeprefix("evidence/") for name in evidence)
        total = sum(each.file_size for each in evidence.values())
        if (said["files"], said["bytes"], said["sha256"]) != (len(names), total, list_hash(names)):
            raise self.damaged("it does not hold the evidence that its manifest names")
        for name in evidence:
            if f"evidence/{self._sum(name)[1]}" != name:
                raise self.damaged(f"{name} is not as it was written")

    def parts(self) -> list[Part]:
        """Return the members that the manifest names: the tables and the ledger."""
        try:
            found = [
                Part(each["name"], each["bytes"], each["sha256"]) for each in self.manifest["parts"]
            ]
            names = [part.name for part in found]
            if len(set(names)) != len(names) or not all(
                name == LEDGER or _TABLE.fullmatch(name) for name in names
            ):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise self.damaged("its manifest cannot be read") from None
        return found

    def tables(self) -> list[str]:
        """Return the names of the tables, in the order in which they were written."""
        found = (_TABLE.fullmatch(part.name) for part in self.parts())
        return [match[1] for match in found if match]

    def evidence(self) -> list[tuple[str, int]]:
        """Return the name and size of each evidence file."""
        return sorted(
            (match[1], self._members[name].file_size)
            for name in self._members
            if (match := _EVIDENCE.fullmatch(name))
        )

    def lines(self, name: str) -> Iterator[bytes]:
        """Return the lines of a member, without their ends."""
        try:
            with self._zip.open(self._members[name]) as opened:
                while line := opened.readline(LONGEST_LINE):
                    if not line.endswith(b"\n"):
                        raise ValueError(name)
                    yield line[:-1]
        except _DAMAGED:
            raise self.damaged(f"{name} cannot be read") from None

    def open_evidence(self, name: str) -> IO[bytes]:
        """Return an evidence file to read."""
        return self._zip.open(self._members[f"evidence/{name}"])

    def hash(self) -> str:
        """Return the SHA-256 of the archive file itself."""
        digest = sha256()
        self._file.seek(0)
        while chunk := self._file.read(CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def later(self) -> Invalid:
        """Return the error for an archive of a later version of this program."""
        return Invalid(
            f"{self.path}: this backup was made by a later version of s11audit than this one. "
            "Restore it with that version or a later one. Nothing was restored."
        )

    def damaged(self, what: str) -> Invalid:
        """Return the error for an archive with that fault."""
        return Invalid(f"{self.path}: the backup is damaged: {what}. Nothing was restored.")

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            name = member.filename
            ours = name in (MANIFEST, LEDGER) or _TABLE.fullmatch(name) or _EVIDENCE.fullmatch(name)
            plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            bomb = member.file_size > max(_SMALL, MOST_PACKED * member.compress_size)
            # A name that is cut at a NUL, or given a slash, is not what the file says.
            if not ours or not plain or bomb or name in found or member.orig_filename != name:
                raise ValueError(name)
            if member.flag_bits & 0x1:
                raise ValueError(name)
            found[name] = member
        return found

    def _manifest(self) -> dict[str, Any]:
        member = self._zip.getinfo(MANIFEST)
        if member.file_size > LONGEST_MANIFEST:
            raise ValueError(MANIFEST)
        with self._zip.open(member) as opened:
            manifest = json.loads(opened.read(LONGEST_MANIFEST))
        if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
            raise ValueError(MANIFEST)
        if isinstance(manifest["format"], int) and manifest["format"] > FORMAT:
            raise self.later()
        if not _is_whole(manifest):
            raise ValueError(MANIFEST)
        return manifest

    def _sum(self, name: str) -> tuple[int, str]:
        digest, size = sha256(), 0
        try:
            with self._zip.open(self._members[name]) as opened:
                while chunk := opened.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except _DAMAGED:
            raise self.damaged(f"{name} cannot be read") from None
        return size, digest.hexdigest()


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Return whether a manifest of this format has all that it must have."""
    try:
        datetime.fromisoformat(manifest["made_at"])
        evidence = manifest["evidence"]
        return (
            manifest["format"] == FORMAT
            and all(isinstance(manifest[name], str) for name in ("s11audit", "revision", "engine"))
            and all(isinstance(evidence[name], int) for name in ("files", "bytes"))
            and all(isinstance(count, int) for count in manifest["rows"].values())
            and all(isinstance(name, str) for name in manifest["missing"])
            and all(isinstance(each["hash"], str) for each in manifest["log"])
            and all(isinstance(each["chain"], str) for each in manifest["log"])
            and all(isinstance(each["entry"], int) for each in manifest["log"])
            and isinstance(evidence["sha256"], str)
            and isinstance(manifest["parts"], list)
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def list_hash(names: Iterable[str]) -> str:
    """Return the SHA-256 of sorted names, a line each."""
    return sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
