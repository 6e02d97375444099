"""Files that people send and get: taken in pieces, checked, scanned, stored; served as downloads.

A body is read before the database is: a slow upload holds no transaction open.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Response, current_app, g, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from s11audit import sessions
from s11audit.adapters import scanner, uploads
from s11audit.adapters.refusals import refused
from s11audit.adapters.storage import CHUNK, StorageFailed, digest, storage_at
from s11audit.domain.enums import ScanState
from s11audit.domain.errors import NotFound
from s11audit.extensions import db
from s11audit.models import Blob, Return
from s11audit.queries.evidence import CannotBeOpened, check_may_be_opened, notes_on_files
from s11audit.services import scanning
from s11audit.services.evidence import StoredFile, infected
from s11audit.transactions import writing
from s11audit.views.guards import actor, now

# A body may be this many times the limit before it is cut off: up to there a file that is too
# large is read past without being kept, so that the form can say so with all else still in it.
READ_PAST = 20
IN_MEMORY = 512 * 1024  # a larger file waits on disk while it comes in
SCAN_SECONDS = 3.0  # what an upload waits for the scanner; after that the worker asks it

NO_ROOM = (
    "The service has no room to take files at the moment. Nothing of what you typed is lost: tell "
    "the people who run the service, and try again later"
)


class Download(Response):
    """A file as an answer, with a content policy of its own: should a browser show it after all,
    nothing in it runs or is fetched."""

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """Return the headers as they are sent, the policy of pages replaced."""
        headers = super().get_wsgi_headers(environ)
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return headers


class Cut:
    """A stream that keeps no more than `most` bytes and says whether there were more, or whether
    there was no room for them."""

    def __init__(self, stream: Any, most: int) -> None:
        self.stream = stream
        self.most = most
        self.size = 0
        self.had_room = True

    def write(self, chunk: bytes) -> int:
        """Keep what fits."""
        self.size += len(chunk)
        if self.size <= self.most and self.had_room:
            try:
                self.stream.write(chunk)
            except OSError:
                self.had_room = False
        return len(chunk)

    @property
    def was_cut(self) -> bool:
        """Whether more was sent than was kept."""
        return self.size > self.most

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def read_past_large_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Have a body over the limit answered by the form, not by a bare error, and read it before
    anything reads the database. Who is not signed in is not listened to for so long."""
    if request.method != "POST" or not sessions.goes_on():
        return
    most = current_app.config["MAX_UPLOAD_MB"] * 1024 * 1024
    folder = incoming()

    def factory(**_given: Any) -> Any:
        return Cut(SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b", dir=str(folder)), most)

    request.max_content_length = most * READ_PAST
    parser: Callable[..., FormDataParser] = partial(_parser, factory)
    request.form_data_parser_class = parser  # type: ignore[assignment]
    _ = request.form


def _parser(factory: Any, **given: Any) -> FormDataParser:
    return FormDataParser(**given | {"stream_factory": factory})


def incoming() -> Path:
    """Return the folder in which files wait while they come in. They have no name there, so that
    the system lets go of them with the process that reads them."""
    folder = Path(current_app.config["DATA"]) / uploads.INCOMING
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def far_too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """Even past the limit there is an end; the page says what to do."""
    most = current_app.config["MAX_UPLOAD_MB"]
    message = f"Files may be up to {most} MB. Go back and choose a smaller file."
    return render_template("errors/413.html", message=message), 413


def cannot_be_opened(error: CannotBeOpened) -> tuple[str, int]:
    """Say why a file cannot be opened."""
    return_id = (request.view_args or {}).get("return_id")
    return render_template("evidence/held.html", message=str(error), return_id=return_id), 409


def stored_file(form: Any, return_: Return) -> StoredFile:
    """Check the file that the form holds for a return and, where all else is right, scan it and
    put it into the store. Raises Invalid, its problem under "file"."""
    sent = form.file.data
    if sent is None or not sent.filename:
        raise refused("Select a file")
    most = current_app.config["MAX_UPLOAD_MB"] * 1024 * 1024
    if not getattr(sent.stream, "had_room", True):
        raise refused(NO_ROOM)
    if getattr(sent.stream, "was_cut", False):
        raise uploads.too_large(most)
    name = uploads.safe_name(sent.filename)
    allowed = [each.strip() for each in current_app.config["EVIDENCE_TYPES"].split(",")]
    media_type = uploads.check(sent.stream, name, allowed=allowed, most_bytes=most)
    if form.errors:
        return StoredFile("", 0, media_type, name)
    return _kept(sent.stream, name, media_type, return_.id)


def added_in_words(file: StoredFile, added: str) -> str:
    """Return what is said once a file has been added, and that it is held where it is."""
    if file.scan_state is not ScanState.WAITING:
        return added
    return f"{added} It is held until it has been checked for viruses; you need not wait for that."


def served(blob: Blob, filename: str) -> Response:
    """Answer with a stored file, to be saved under its name. Raises NotFound where the store has
    lost it, and Refused for one that nobody may open."""
    check_may_be_opened(blob)
    try:
        pieces = storage_at(current_app.config["EVIDENCE_URL"]).open(blob.sha256)
    except FileNotFoundError:
        current_app.logger.error("Evidence %s is not in the store.", blob.sha256)
        raise NotFound("There is no such file.") from None
    response = Download(pieces, mimetype=blob.media_type)
    response.content_length = blob.size
    response.headers.set("Content-Disposition", "attachment", filename=uploads.safe_name(filename))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def file_note(return_id: int, sha256: str | None) -> str:
    """Return why nobody may open a file of a return, in words; "" where it may be opened, and
    where there is no file. For templates: a page asks the database once, however many it lists."""
    if not sha256:
        return ""
    notes: dict[int, dict[str, str]] = g.setdefault("file_notes", {})
    if return_id not in notes:
        notes[return_id] = notes_on_files(db.session, return_id)
    return notes[return_id].get(sha256, "")


def _kept(stream: IO[bytes], name: str, media_type: str, return_id: int) -> StoredFile:
    file = digest(stream)
    with writing() as database:
        scanning.begin_upload(database, file.sha256, now=now())
    state, found = _scanned(stream)
    if found:
        with writing() as database:
            scanning.refuse_infected(
                database, actor(), return_id, sha256=file.sha256, size=file.size,
                media_type=media_type, filename=name, found=found, now=now(),
            )  # fmt: skip
        raise infected(found)
    stream.seek(0)
    try:
        storage_at(current_app.config["EVIDENCE_URL"]).put(stream, file)
    except StorageFailed as error:
        current_app.logger.error("The evidence store failed: %s", error.reason)
        raise refused(str(error).removesuffix(".")) from None
    return StoredFile(file.sha256, file.size, media_type, name, state)


def _scanned(stream: IO[bytes]) -> tuple[ScanState, str]:
    """Return the state of a file once the scanner was asked, and what it found in it. A scanner
    that is slow or down leaves the file waiting: the worker asks it again."""
    address = current_app.config["CLAMD"]
    if not address:
        return ScanState.NOT_SCANNED, ""
    stream.seek(0)
    try:
        verdict = scanner.scan(address, _pieces(stream), seconds=SCAN_SECONDS)
    except scanner.NotScanned:
        return ScanState.WAITING, ""
    return ScanState.CLEAN, verdict.found


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(CHUNK):
        yield piece
