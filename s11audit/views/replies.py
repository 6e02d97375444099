"""The agency's right of reply: its agreed ratings before they are final, accepting them, and
disputing one. The sub-group sees the same page."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from s11audit.domain.enums import EvidenceKind
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.replies import DisputeForm, dispute_form
from s11audit.forms.reviews import EmptyForm
from s11audit.models import Return, SharedRating, Sharing
from s11audit.queries.replies import (
    open_sharing,
    sharings_of,
    time_is_over,
    unanswered,
    undecided,
)
from s11audit.queries.responses import evidence_of
from s11audit.queries.returns import facts_of
from s11audit.queries.reviews import current_submission, part_of
from s11audit.queries.submitted_standards import submitted_standard
from s11audit.queries.tools import tool_of
from s11audit.services import replies
from s11audit.services.evidence import checked_url
from s11audit.services.replies import NewEvidence
from s11audit.transactions import writing
from s11audit.views.files import far_too_large, read_past_large_files, stored_file
from s11audit.views.guards import actor, now, return_
from s11audit.views.listing import number_of

bp = Blueprint("replies", __name__)
bp.url_value_preprocessor(read_past_large_files)
bp.register_error_handler(RequestEntityTooLarge, far_too_large)


@bp.get("/returns/<int:return_id>/reply")
@return_(Can.SEE_SHARED)
def page(return_: Return) -> str:
    """Show the agreed ratings that are shared and not final, and those shared before."""
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    sharings = sharings_of(db.session, return_.id)
    shared = next((each for each in sharings if each.publication_id is None), None)
    facts = facts_of(return_)
    over = shared is not None and time_is_over(shared, now())
    return render_template(
        "replies/page.html",
        return_=return_,
        tool=tool,
        shared=shared,
        own=_own_ratings(return_, shared),
        over=over,
        unanswered=unanswered(shared) if shared else [],
        undecided=undecided(shared) if shared else [],
        earlier=[each for each in sharings if each.publication_id is not None],
        form=EmptyForm(),
        may_reply=not over and can(actor(), Can.REPLY, facts),
        may_decide=can(actor(), Can.MODERATE, facts),
        sees_review=can(actor(), Can.SEE_UNPUBLISHED, facts),
    )


@bp.post("/returns/<int:return_id>/reply/accept")
@return_(Can.REPLY)
def accept(return_: Return) -> Response:
    """Accept the rating of one standard, or all that are not answered."""
    number = number_of(request.form.get("standard"))
    with writing() as session:
        replies.accept(
            session, actor(), return_.id, None if number is None else [number],
            seen=number_of(request.form.get("sharing")), now=now(),
        )  # fmt: skip
        final = open_sharing(session, return_.id) is None
    if final:
        flash("Every rating is answered. The ratings are now final.", "success")
        return redirect(url_for("reviews.published", return_id=return_.id))
    flash(
        "You accepted the ratings." if number is None else f"You accepted standard {number}.",
        "success",
    )
    return redirect(url_for(".page", return_id=return_.id))


@bp.route("/returns/<int:return_id>/reply/<int:number>", methods=["GET", "POST"])
@return_(Can.REPLY)
def dispute(return_: Return, number: int) -> Any:
    """Dispute the rating of one standard, with a reason and evidence."""
    try:
        shared = _to_answer(return_, number)
    except Refused as error:
        if request.method == "POST":  # what was typed is given back
            raise
        flash(str(error))
        return redirect(url_for(".page", return_id=return_.id))
    offered = [
        (each.id, f"{each.filename or each.url}: {each.description}")
        for each in evidence_of(db.session, return_.id)
    ]
    form = dispute_form(offered)
    if form.is_submitted():
        valid = form.validate()
        try:
            new = _new_evidence(form, return_)
            if valid:
                with writing() as session:
                    replies.dispute(
                        session, actor(), return_.id, number,
                        reason=form.reason.data or "", evidence_ids=form.evidence.data or [],
                        new=new, now=now(),
                    )  # fmt: skip
                flash(f"Your dispute of standard {number} is sent to the group.", "success")
                return redirect(url_for(".page", return_id=return_.id))
        except Invalid as error:
            form.refuse(error.problems)
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    page_ = render_template(
        "replies/dispute.html",
        return_=return_,
        form=form,
        shared=shared,
        offered=offered,
        tool=tool,
        title=tool.standard(number).title,
        types=current_app.config["EVIDENCE_TYPES"].replace(",", ", "),
        accept=",".join(f".{each}" for each in current_app.config["EVIDENCE_TYPES"].split(",")),
        most_mb=current_app.config["MAX_UPLOAD_MB"],
    )
    return (page_, 400) if form.errors else page_


def _to_answer(return_: Return, number: int) -> SharedRating:
    shared = open_sharing(db.session, return_.id)
    if shared is None:
        raise Refused(replies.NOTHING_SHARED)
    found = next((each for each in shared.ratings if each.standard == number), None)
    if found is None:
        abort(404)
    if found.reply is not None:
        raise Refused(f"The rating of standard {number} has been answered already.")
    replies.must_be_in_time(shared, now())
    return found


def _new_evidence(form: DisputeForm, return_: Return) -> NewEvidence | None:
    """Return the new link or file that the form holds, if any; a file is put into the store."""
    sent = form.file.data
    has_file = sent is not None and bool(getattr(sent, "filename", ""))
    url = form.url.data or ""
    if not has_file and not url:
        return None
    problems: dict[str, str] = {}
    if has_file and url:
        problems["url"] = "Add a link or a file, not both"
    if not (form.description.data or "").strip():
        problems["description"] = "Say what the new link or file is and what it shows"
    if form.kind.data is None:
        problems["kind"] = "Select what kind of evidence it is"
    if problems:
        raise Invalid("The dispute was not sent.", problems)
    source = stored_file(form, return_) if has_file else checked_url(url)
    return NewEvidence(source, form.description.data or "", EvidenceKind(form.kind.data))


def _own_ratings(return_: Return, shared: Sharing | None) -> dict[int, Any]:
    """Return how the agency rated itself, by standard, for what is shared."""
    if shared is None:
        return {}
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    submission = current_submission(db.session, return_.id, with_snapshot=True)
    found: dict[int, Any] = {}
    for each in shared.ratings:
        part = part_of(submission.snapshot, each.standard) if submission else None
        if part is not None:
            standard = tool.standard(each.standard)
            found[each.standard] = submitted_standard(tool, standard, part).self_choice
    return found
