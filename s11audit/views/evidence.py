"""Evidence: adding files and links, changing them, and downloading files."""

from collections.abc import Callable
from functools import partial
from typing import IO, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, default_stream_factory
from werkzeug.wrappers import Response as Answer

from s11audit.adapters import uploads
from s11audit.adapters.storage import storage_at
from s11audit.domain.enums import EvidenceKind
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.evidence import EvidenceForm, FileForm, LinkForm, RemoveForm, evidence_form
from s11audit.models import Blob, Return
from s11audit.queries.evidence import evidence_by_id, file_to_serve, standards_served
from s11audit.queries.returns import facts_of
from s11audit.queries.tools import standards_asked
from s11audit.services import evidence as service
from s11audit.services.evidence import EvidenceDetails, StoredFile
from s11audit.services.responses import why_not_editable
from s11audit.transactions import writing
from s11audit.views.guards import actor, now, return_

bp = Blueprint("evidence", __name__)

# A body may be this many times the limit before it is cut off: up to there a file that is too
# large is read past without being kept, so that the form can say so with all else still in it.
READ_PAST = 20


class Cut:
    """A stream that keeps no more than `most` bytes and says whether there were more."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.stream = stream
        self.most = most
        self.size = 0

    def write(self, chunk: bytes) -> int:
        """Keep what fits."""
        self.size += len(chunk)
        if self.size <= self.most:
            self.stream.write(chunk)
        return len(chunk)

    @property
    def was_cut(self) -> bool:
        """Whether more was sent than was kept."""
        return self.size > self.most

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@bp.url_value_preprocessor
def read_past_large_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Have a body over the limit answered by the form, not by a bare error. It runs before
    anything reads the body."""
    most = current_app.config["MAX_UPLOAD_MB"] * 1024 * 1024

    def factory(**given: Any) -> Any:
        return Cut(default_stream_factory(**given), most)

    request.max_content_length = most * READ_PAST
    parser: Callable[..., FormDataParser] = partial(_parser, factory)
    request.form_data_parser_class = parser  # type: ignore[assignment]


def _parser(factory: Any, **given: Any) -> FormDataParser:
    return FormDataParser(**given | {"stream_factory": factory})


@bp.errorhandler(RequestEntityTooLarge)
def far_too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """Even past the limit there is an end; the page says what to do."""
    most = current_app.config["MAX_UPLOAD_MB"]
    message = f"Files may be up to {most} MB. Go back and choose a smaller file."
    return render_template("errors/413.html", message=message), 413


@bp.route("/returns/<int:return_id>/standards/<int:number>/evidence/file", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def add_file(return_: Return, number: int) -> Any:
    """Add a file."""
    _check_asked(return_, number)
    form = evidence_form(FileForm, _offered(return_), standards=[number])
    if form.is_submitted():
        valid = form.validate()
        try:
            file = stored_file(form)
            if valid:
                with writing() as session:
                    service.add_file(
                        session, actor(), return_.id, file, details_of(form), now=now()
                    )
                return _done(return_, number, f"{file.filename} is added.")
        except Invalid as error:
            _show(form, error)
    return _page(return_, form, "Add a file", number)


@bp.route("/returns/<int:return_id>/standards/<int:number>/evidence/link", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def add_link(return_: Return, number: int) -> Any:
    """Add a link."""
    _check_asked(return_, number)
    form = evidence_form(LinkForm, _offered(return_), standards=[number])
    if form.is_submitted():
        valid = form.validate()
        try:
            url = service.checked_url(form.url.data or "")
            if valid:
                with writing() as session:
                    service.add_link(session, actor(), return_.id, url, details_of(form), now=now())
                return _done(return_, number, "The link is added.")
        except Invalid as error:
            _show(form, error)
    return _page(return_, form, "Add a link", number)


@bp.route("/returns/<int:return_id>/evidence/<int:evidence_id>", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def change(return_: Return, evidence_id: int) -> Any:
    """Change what is said of a piece of evidence, and which standards it serves."""
    found = evidence_by_id(db.session, return_.id, evidence_id)
    served = standards_served(db.session, found)
    form = evidence_form(
        LinkForm if found.url else EvidenceForm,
        _offered(return_),
        description=found.description,
        kind=found.kind.value,
        made_on=found.made_on,
        review_on=found.review_on,
        standards=served,
        url=found.url,
    )
    if form.validate_on_submit():
        try:
            with writing() as session:
                service.change(
                    session, actor(), return_.id, evidence_id, details_of(form),
                    url=form.url.data or "" if found.url else None, now=now(),
                )  # fmt: skip
            return _done(return_, form.standards.data[0], "The evidence is changed.")
        except Invalid as error:
            _show(form, error)
    title = f"Change {found.filename or 'the link'}"
    return _page(return_, form, title, served[0] if served else None)


@bp.route("/returns/<int:return_id>/evidence/<int:evidence_id>/remove", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def remove(return_: Return, evidence_id: int) -> Any:
    """Take a piece of evidence away, after asking."""
    found = evidence_by_id(db.session, return_.id, evidence_id)
    served = standards_served(db.session, found)
    number = served[0] if served else None
    form = RemoveForm()
    if form.validate_on_submit():
        with writing() as session:
            service.remove(session, actor(), return_.id, evidence_id, now=now())
        return _done(return_, number, "The evidence is removed.")
    return render_template(
        "evidence/remove.html", return_=return_, form=form, evidence=found, served=served,
        number=number, blocked=why_not_editable(return_, now()),
    )  # fmt: skip


@bp.get("/returns/<int:return_id>/evidence/<int:evidence_id>/file")
@return_(Can.SEE_SUBMISSION)
def download(return_: Return, evidence_id: int) -> Answer:
    """Download a file; who may not see drafts, only those of what was submitted."""
    drafts = can(actor(), Can.SEE_DRAFT, facts_of(return_))
    found = file_to_serve(db.session, return_.id, evidence_id, drafts=drafts)
    assert found.blob is not None and found.filename is not None
    return served(found.blob, found.filename)


def details_of(form: Any) -> EvidenceDetails:
    """Return what was filled in, as plain values."""
    return EvidenceDetails(
        description=form.description.data or "",
        kind=EvidenceKind(form.kind.data),
        standards=form.standards.data,
        made_on=form.made_on.data,
        review_on=form.review_on.data,
    )


def stored_file(form: Any) -> StoredFile:
    """Check the sent file and, where all else is right, put it into the store."""
    sent = form.file.data
    if sent is None or not sent.filename:
        raise Invalid("There is no file.", {"file": "Select a file"})
    most = current_app.config["MAX_UPLOAD_MB"] * 1024 * 1024
    if getattr(sent.stream, "was_cut", False):
        raise uploads.too_large(most)
    name = uploads.safe_name(sent.filename)
    allowed = [each.strip() for each in current_app.config["EVIDENCE_TYPES"].split(",")]
    media_type = uploads.check(sent.stream, name, allowed=allowed, most_bytes=most)
    if form.errors:
        return StoredFile("", 0, media_type, name)
    stored = storage_at(current_app.config["EVIDENCE_URL"]).put(sent.stream)
    return StoredFile(stored.sha256, stored.size, media_type, name)


def served(blob: Blob, filename: str) -> Answer:
    """Answer with a stored file, to be saved under its name."""
    try:
        pieces = storage_at(current_app.config["EVIDENCE_URL"]).open(blob.sha256)
    except FileNotFoundError:
        current_app.logger.error("Evidence %s is not in the store.", blob.sha256)
        raise NotFound("There is no such file.") from None
    response = Answer(pieces, mimetype=blob.media_type)
    response.content_length = blob.size
    response.headers.set("Content-Disposition", "attachment", filename=uploads.safe_name(filename))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _check_asked(return_: Return, number: int) -> None:
    if number not in {each.number for each in standards_asked(db.session, return_)}:
        raise NotFound("There is no such standard in this return.")


def _offered(return_: Return) -> list[tuple[int, str]]:
    return [(each.number, each.title) for each in standards_asked(db.session, return_)]


def _show(form: Any, error: Invalid) -> None:
    for name, message in error.problems.items():
        form[name].errors = [message]


def _done(return_: Return, number: int | None, message: str) -> Answer:
    flash(message, "success")
    if number is None:
        return redirect(url_for("responses.tasks", return_id=return_.id))
    return redirect(
        url_for("responses.standard", return_id=return_.id, number=number, _anchor="evidence")
    )


def _page(return_: Return, form: Any, title: str, number: int | None) -> Any:
    page = render_template(
        "evidence/form.html",
        return_=return_,
        form=form,
        title=title,
        number=number,
        types=current_app.config["EVIDENCE_TYPES"].replace(",", ", "),
        accept=",".join(f".{each}" for each in current_app.config["EVIDENCE_TYPES"].split(",")),
        most_mb=current_app.config["MAX_UPLOAD_MB"],
        blocked=why_not_editable(return_, now()),
    )
    return (page, 400) if form.errors else page
