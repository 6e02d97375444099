"""Evidence: adding files and links, changing them, and downloading files."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from s11audit.domain.enums import EvidenceKind
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.evidence import EvidenceForm, FileForm, LinkForm, RemoveForm, evidence_form
from s11audit.models import Return
from s11audit.queries.evidence import (
    CannotBeOpened,
    evidence_by_id,
    file_to_serve,
    standards_served,
)
from s11audit.queries.returns import facts_of
from s11audit.queries.tools import standards_asked
from s11audit.services import evidence as service
from s11audit.services.evidence import EvidenceDetails
from s11audit.services.responses import why_not_editable
from s11audit.transactions import writing
from s11audit.views.files import (
    added_in_words,
    cannot_be_opened,
    far_too_large,
    read_past_large_files,
    served,
    stored_file,
)
from s11audit.views.guards import actor, now, return_
from s11audit.views.pointing_out import point_at
from s11audit.views.same_files import tell_again

bp = Blueprint("evidence", __name__)

bp.url_value_preprocessor(read_past_large_files)
bp.errorhandler(RequestEntityTooLarge)(far_too_large)
bp.errorhandler(CannotBeOpened)(cannot_be_opened)


@bp.route("/returns/<int:return_id>/standards/<int:number>/evidence/file", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def add_file(return_: Return, number: int) -> Any:
    """Add a file."""
    _check_asked(return_, number)
    form = evidence_form(FileForm, _offered(return_), standards=[number])
    if form.is_submitted():
        valid = form.validate()
        try:
            file = stored_file(form, return_)
            if valid:
                with writing() as session:
                    evidence = service.add_file(
                        session, actor(), return_.id, file, details_of(form), now=now()
                    )
                    evidence_id = evidence.id
                tell_again(return_, evidence_id, file.sha256)
                _point_at(return_, evidence_id)
                added = added_in_words(file, f"{file.filename} is added.")
                return _done(return_, number, added)
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
                    evidence = service.add_link(
                        session, actor(), return_.id, url, details_of(form), now=now()
                    )
                    evidence_id = evidence.id
                _point_at(return_, evidence_id)
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


def _check_asked(return_: Return, number: int) -> None:
    if number not in {each.number for each in standards_asked(db.session, return_)}:
        raise NotFound("There is no such standard in this return.")


def _point_at(return_: Return, evidence_id: int) -> None:
    """What is pointed out of new evidence is changed on its own page."""
    point_at(url_for("evidence.change", return_id=return_.id, evidence_id=evidence_id))


def _offered(return_: Return) -> list[tuple[int, str]]:
    return [(each.number, each.title) for each in standards_asked(db.session, return_)]


def _show(form: Any, error: Invalid) -> None:
    for name, message in error.problems.items():
        form[name].errors = [message]


def to_evidence(return_: Return, number: int) -> str:
    """Return the address of the evidence on a standard's page, where messages are shown then."""
    return url_for(
        "responses.standard", return_id=return_.id, number=number, back="evidence",
        _anchor="evidence",
    )  # fmt: skip


def _done(return_: Return, number: int | None, message: str) -> Answer:
    flash(message, "success")
    if number is None:
        return redirect(url_for("responses.tasks", return_id=return_.id))
    return redirect(to_evidence(return_, number))


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
