"""The board office enters a return that came on paper or in Word."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from s11audit.domain.enums import EntryForm
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.paper_entries import PaperEntryForm
from s11audit.forms.problems import show_problems
from s11audit.models import Return
from s11audit.queries.evidence import CannotBeOpened
from s11audit.queries.paper_entries import entry_of, open_entry
from s11audit.queries.redactions import check_not_redacted
from s11audit.queries.submissions import submission_by_number
from s11audit.services import paper_entries as service
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

bp = Blueprint("paper_entries", __name__, url_prefix="/returns/<int:return_id>")
bp.url_value_preprocessor(read_past_large_files)
bp.errorhandler(RequestEntityTooLarge)(far_too_large)
bp.errorhandler(CannotBeOpened)(cannot_be_opened)


@bp.route("/enter", methods=["GET", "POST"])
@return_(Can.MANAGE_RETURNS)
def start(return_: Return) -> Any:
    """Say how the return came, attach the original, and begin."""
    form = PaperEntryForm()
    if form.is_submitted():
        valid = form.validate()
        try:
            original = stored_file(form, return_) if form.file.data else None
            if valid and original is not None:
                with writing() as session:
                    service.start_entry(
                        session, actor(), return_.id, EntryForm(form.form.data),
                        form.received_on.data, original, now=now(),
                    )  # fmt: skip
                told = "The original is kept. Enter the answers, then submit."
                flash(added_in_words(original, told), "success")
                return redirect(url_for("responses.tasks", return_id=return_.id))
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.form_errors.append(str(error))
    page = render_template(
        "paper_entries/start.html",
        return_=return_,
        form=form,
        entry=open_entry(db.session, return_.id),
        blocked=why_not_editable(return_, now()),
    )
    return page, 422 if form.errors else 200


@bp.post("/enter/stop")
@return_(Can.MANAGE_RETURNS)
def stop(return_: Return) -> Any:
    """Stop entering; what was typed stays as a draft."""
    with writing() as session:
        service.stop_entry(session, actor(), return_.id, now=now())
    flash("You have stopped entering this return. What was typed is kept as a draft.")
    return redirect(url_for("returns.show", return_id=return_.id))


@bp.get("/submissions/<int:number>/original")
@return_(Can.SEE_SUBMISSION)
def original(return_: Return, number: int) -> Answer:
    """The original that a submission was entered from."""
    entry = entry_of(db.session, submission_by_number(db.session, return_.id, number))
    if entry is None:
        raise NotFound("There is no original: the agency sent this in itself.")
    check_not_redacted(db.session, return_.id, entry.blob_sha256)
    return served(entry.blob, entry.filename)
