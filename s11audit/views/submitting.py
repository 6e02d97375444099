"""Checking and sending a return in, and what was sent: more routes of the blueprint `responses`."""

import json
import re
from typing import Any

from flask import Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Can, can, role_for
from s11audit.extensions import db
from s11audit.forms.responses import SubmitForm
from s11audit.models import Return, Submission
from s11audit.queries.carrying import draft_of
from s11audit.queries.log import head_line
from s11audit.queries.progress import lacks
from s11audit.queries.returns import facts_of
from s11audit.queries.submissions import submission_by_number, submissions_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.reports.return_pdf import return_pdf
from s11audit.services.responses import why_not_editable
from s11audit.services.submissions import DECLARATION, Signatory, standard_part
from s11audit.services.submitting import submit as submit_return
from s11audit.transactions import writing
from s11audit.views.downloads import sealed
from s11audit.views.guards import actor, now, return_
from s11audit.views.responses import bp


@bp.get("/returns/<int:return_id>/check")
@return_(Can.SEE_DRAFT)
def check(return_: Return) -> str:
    """Every answer on one page, and everything that is missing with a link to it."""
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    standards = standards_asked(db.session, return_)
    draft = draft_of(db.session, return_)
    found, evidence = draft.responses, draft.evidence
    return render_template(
        "responses/check.html",
        return_=return_,
        tool=tool,
        missing=lacks(tool, standards, return_.categories, found, london_today(now())),
        titles={each.number: each.title for each in standards},
        parts=[
            standard_part(each, found.get(each.number), evidence, return_) for each in standards
        ],
        blocked=why_not_editable(return_, now(), Change.SUBMIT),
        may_submit=can(actor(), Can.SUBMIT, facts_of(return_)),
        may_fill_in=can(actor(), Can.FILL_IN, facts_of(return_)),
        anchor=anchor,
    )


@bp.route("/returns/<int:return_id>/submit", methods=["GET", "POST"])
@return_(Can.SUBMIT)
def submit(return_: Return) -> Any:
    """The declaration, and sending in."""
    form = SubmitForm()
    for_agency = role_for(actor(), Can.SUBMIT, facts_of(return_)) is Role.OFFICE
    if for_agency:
        form.declared.label.text = "The original carries this person’s declaration"
    if form.validate_on_submit():
        signatory = Signatory(
            form.name.data or "", form.designation.data or "", form.email.data or ""
        )
        try:
            with writing() as session:
                submission = submit_return(
                    session, actor(), return_.id, signatory, form.declared.data, now=now()
                )
        except Invalid as error:
            for name, message in error.problems.items():
                if name in form:
                    form[name].errors = [message]
            if not form.errors:
                form.form_errors.append(str(error))
        else:
            return redirect(
                url_for("responses.submitted", return_id=return_.id, number=submission.number)
            )
    return render_template(
        "responses/submit.html",
        return_=return_,
        form=form,
        missing=_missing(return_),
        declaration=DECLARATION,
        blocked=why_not_editable(return_, now(), Change.SUBMIT),
        late=return_.due_on < london_today(now()),
        for_agency=for_agency,
    )


def _missing(return_: Return) -> int:
    """Return how many things a return still lacks."""
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    found = draft_of(db.session, return_).responses
    standards = standards_asked(db.session, return_)
    return len(lacks(tool, standards, return_.categories, found, london_today(now())))


@bp.get("/returns/<int:return_id>/submissions/<int:number>/submitted")
@return_(Can.SEE_RETURN)
def submitted(return_: Return, number: int) -> str:
    """The confirmation: reference, date, downloads, what happens next."""
    return render_template(
        "responses/submitted.html",
        return_=return_,
        submission=submission_by_number(db.session, return_.id, number),
    )


@bp.get("/returns/<int:return_id>/submissions/<int:number>")
@return_(Can.SEE_SUBMISSION)
def submission(return_: Return, number: int) -> str:
    """A submission as it was sent in, to read."""
    sent = submissions_of(db.session, return_.id)
    return render_template(
        "responses/submission.html",
        return_=return_,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        submission=submission_by_number(db.session, return_.id, number),
        sent={each.submission.number: each for each in sent},
        is_latest=bool(sent) and sent[-1].submission.number == number,
        visitor=not can(actor(), Can.SEE_RETURN, facts_of(return_)),
    )


@bp.get("/returns/<int:return_id>/submissions/<int:number>/return.json")
@return_(Can.SEE_SUBMISSION)
def submission_json(return_: Return, number: int) -> Answer:
    """A submission in the open format."""
    found = submission_by_number(db.session, return_.id, number)
    text = json.dumps(found.snapshot, ensure_ascii=False, indent=2) + "\n"
    line = head_line(db.session, return_.membership.board)
    return sealed(_download(text.encode(), "application/json", found, return_, "json"), line)


@bp.get("/returns/<int:return_id>/submissions/<int:number>/return.pdf")
@return_(Can.SEE_SUBMISSION)
def submission_pdf(return_: Return, number: int) -> Answer:
    """A submission as a PDF."""
    found = submission_by_number(db.session, return_.id, number)
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    line = head_line(db.session, return_.membership.board)
    content = return_pdf(found.snapshot, tool, log=line)
    return sealed(_download(content, "application/pdf", found, return_, "pdf"), line)


@bp.get("/returns/<int:return_id>/submission")
@return_(Can.SEE_SUBMISSION)
def latest_submission(return_: Return) -> Answer:
    """Lead to the latest submission; NotFound where nothing was sent in yet."""
    sent = submissions_of(db.session, return_.id)
    if not sent:
        raise NotFound("This return has not been submitted yet.")
    number = sent[-1].submission.number
    return redirect(url_for("responses.submission", return_id=return_.id, number=number))


def anchor(part: str) -> str:
    """Return the id, on a standard's page, of what `completeness.Missing` names."""
    kind, _, key = part.partition(":")
    if kind == "requirement":
        return f"question-{key}"
    return {"self_rating": "self-rating", "progress": "progress-part"}.get(kind, kind)


def _download(
    content: bytes, media_type: str, found: Submission, return_: Return, ending: str
) -> Response:
    agency = re.sub(r"[^a-z0-9]+", "-", return_.membership.name.casefold()).strip("-")[:60]
    name = f"{found.reference}-{agency}.{ending}".replace("-.", ".")
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
