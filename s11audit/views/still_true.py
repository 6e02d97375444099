"""Saying what is still true, and the return that is one page: more routes of the blueprint
`responses`."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from s11audit.domain.dates import london_today
from s11audit.domain.enums import ReturnKind
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.still_true import StillTrueForm, confirmation_form, still_true_form
from s11audit.models import Return
from s11audit.queries.returns import facts_of
from s11audit.queries.still_true import Row, rows_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.services.responses import why_not_editable
from s11audit.services.still_true import confirm_return, say_still_true
from s11audit.services.submissions import DECLARATION, Signatory
from s11audit.transactions import writing
from s11audit.views.guards import actor, now, return_
from s11audit.views.responses import bp


@bp.get("/returns/<int:return_id>/still-true")
@return_(Can.SEE_DRAFT)
def still_true(return_: Return) -> str:
    """What was green or not applicable, on one page."""
    rows = rows_of(db.session, return_)
    form = None
    if not why_not_editable(return_, now()) and can(actor(), Can.FILL_IN, facts_of(return_)):
        name = next((row.confirmed_by for row in rows if row.confirmed_by), actor().name)
        form = still_true_form(_numbers(rows), _said(rows), name)
    return _still_true_page(return_, rows, form)


@bp.post("/returns/<int:return_id>/still-true")
@return_(Can.FILL_IN)
def say(return_: Return) -> Any:
    """Keep what the agency says of these standards."""
    rows = rows_of(db.session, return_)
    form = still_true_form(_numbers(rows), {})
    valid = form.validate()
    for field in form.unsaid()[:1] if not form.said() else ():
        field.errors = ["Say of at least one standard whether it is still true"]
        valid = False
    if valid:
        try:
            with writing() as session:
                say_still_true(
                    session, actor(), return_.id, form.said(), form["name"].data or "", now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            return _onward(return_, form)
    return _still_true_page(return_, rows, form), 400


@bp.route("/returns/<int:return_id>/confirm", methods=["GET", "POST"])
@return_(Can.SUBMIT)
def confirm(return_: Return) -> Any:
    """The whole return on one page, where every standard was green or not applicable."""
    rows = rows_of(db.session, return_)
    if len(rows) != len(standards_asked(db.session, return_)) or any(row.changed for row in rows):
        return redirect(url_for("responses.tasks", return_id=return_.id))
    form = confirmation_form(_numbers(rows), _said(rows))
    status = 200
    if form.is_submitted():
        status = 400
        if form.validate():
            try:
                return _confirm(return_, form)
            except Invalid as error:
                show_problems(form, error)
            except Refused as error:
                form.form_errors.append(str(error))
    return render_template(
        "responses/confirm.html",
        return_=return_,
        rows=rows,
        form=form,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        declaration=DECLARATION,
        today=london_today(now()),
        late=return_.due_on < london_today(now()),
        blocked=why_not_editable(return_, now(), Change.SUBMIT),
    ), status


def _confirm(return_: Return, form: Any) -> Answer:
    signatory = Signatory(
        form["name"].data or "", form.designation.data or "", form.email.data or ""
    )
    with writing() as session:
        sent = confirm_return(
            session, actor(), return_.id, form.said(), signatory, form.declared.data, now=now()
        )
        number = sent.number if sent is not None else None
    if number is None:
        flash("Fill in what has changed, then submit the return.")
        return redirect(url_for("responses.tasks", return_id=return_.id))
    return redirect(url_for("responses.submitted", return_id=return_.id, number=number))


def _onward(return_: Return, form: StillTrueForm) -> Answer:
    left = len(form.unsaid())
    changed = sum(not each for each in form.said().values())
    told = "What you said is saved."
    if left:
        told += f" {left} {'standard is' if left == 1 else 'standards are'} still to be looked at."
    if changed:
        told += " What has changed is in the list to fill in."
    flash(told, "success")
    return redirect(url_for("responses.tasks", return_id=return_.id))


def _still_true_page(return_: Return, rows: list[Row], form: StillTrueForm | None) -> str:
    return render_template(
        "responses/still_true.html",
        return_=return_,
        rows=rows,
        form=form,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        today=london_today(now()),
        blocked=why_not_editable(return_, now()),
        is_confirmation=return_.kind is ReturnKind.CONFIRMATION,
    )


def _numbers(rows: list[Row]) -> list[int]:
    return [row.standard.number for row in rows]


def _said(rows: list[Row]) -> dict[int, bool]:
    return {row.standard.number: row.said for row in rows if row.said is not None}
