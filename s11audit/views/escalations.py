"""Escalation of an agency that does not answer: a return's steps and the board's list."""

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.enums import EscalationKind, Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.escalations import LetterForm, StepForm
from s11audit.forms.problems import show_problems
from s11audit.forms.reviews import EmptyForm
from s11audit.models import Board, EscalationStep, Return
from s11audit.queries import escalations as read
from s11audit.queries.responses import board_people
from s11audit.queries.returns import facts_of
from s11audit.reports.letter_pdf import Letter, letter_pdf
from s11audit.scoring.as_at import due_passed
from s11audit.scoring.escalation import WHAT
from s11audit.services import escalations
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now, return_
from s11audit.views.listing import page_number, page_url

bp = Blueprint("escalations", __name__)


@bp.get("/boards/<slug:board>/escalations")
@board(Can.SEE_ESCALATION)
def index(board: Board) -> str:
    """The board's escalations: those that run, or those that are stopped."""
    stopped = request.args.get("show") == "stopped"
    return render_template(
        "escalations/index.html",
        board=board,
        stopped=stopped,
        found=read.escalations_of_board(db.session, board.id, stopped=stopped, page=page_number()),
        without=read.late_without(db.session, board.id, london_today(now())),
        today=london_today(now()),
        page_url=page_url(),
    )


@bp.get("/returns/<int:return_id>/escalation")
@return_(Can.SEE_ESCALATION)
def show(return_: Return) -> str:
    """A return's steps, taken and to be taken."""
    found = read.escalation_of(db.session, return_)
    return render_template(
        "escalations/show.html",
        return_=return_,
        found=found,
        what=WHAT,
        late=due_passed(return_.due_on, now()),
        today=london_today(now()),
        may_escalate=can(actor(), Can.ESCALATE, facts_of(return_)),
    )


@bp.post("/returns/<int:return_id>/escalation/begin")
@return_(Can.ESCALATE)
def begin(return_: Return) -> Any:
    """Begin the escalation."""
    form = EmptyForm()
    if form.validate_on_submit():
        with writing() as session:
            escalations.begin(session, actor(), return_.id, now=now())
        flash("The escalation is begun. Check the days and letters of its steps.", "success")
    return redirect(url_for("escalations.show", return_id=return_.id))


@bp.route("/returns/<int:return_id>/escalation/steps/<int:step_id>/letter", methods=["GET", "POST"])
@return_(Can.ESCALATE)
def letter(return_: Return, step_id: int) -> Any:
    """Change a step's day and letter."""
    step = read.step_in(db.session, return_.id, step_id)
    form = LetterForm(obj=step)
    if form.validate_on_submit():
        try:
            with writing() as session:
                escalations.change_step(
                    session, actor(), return_.id, step_id, due_on=form.due_on.data,
                    to_name=form.to_name.data or "", to_email=form.to_email.data or "",
                    subject=form.subject.data or "", text=form.text.data or "", now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The letter is saved.", "success")
            return redirect(url_for("escalations.preview", return_id=return_.id, step_id=step_id))
    return render_template("escalations/letter.html", return_=return_, step=step, form=form)


@bp.get("/returns/<int:return_id>/escalation/steps/<int:step_id>")
@return_(Can.SEE_ESCALATION)
def preview(return_: Return, step_id: int) -> str:
    """A step's letter as it will go out or went out."""
    step = read.step_in(db.session, return_.id, step_id)
    found = read.escalation_of(db.session, return_)
    return render_template(
        "escalations/preview.html",
        return_=return_,
        step=step,
        found=found,
        letter=_letter(return_, step),
        addresses=step.sent_to or escalations.addresses(db.session, return_, step, now()),
        may_escalate=can(actor(), Can.ESCALATE, facts_of(return_)) and not found.stopped,
    )


@bp.get("/returns/<int:return_id>/escalation/steps/<int:step_id>/letter.pdf")
@return_(Can.SEE_ESCALATION)
def pdf(return_: Return, step_id: int) -> Any:
    """A step's letter as PDF."""
    step = read.step_in(db.session, return_.id, step_id)
    return send_file(
        BytesIO(letter_pdf(_letter(return_, step))),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"letter-{return_.id}-{step.kind.value}.pdf",
        max_age=0,
    )


@bp.route("/returns/<int:return_id>/escalation/steps/<int:step_id>/done", methods=["GET", "POST"])
@return_(Can.ESCALATE)
def done(return_: Return, step_id: int) -> Any:
    """Record that a step was taken, and send its letter by e-mail where wanted."""
    step = read.step_in(db.session, return_.id, step_id)
    to = escalations.addresses(db.session, return_, step, now())
    form = StepForm(data={"done_on": london_today(now()), "by_email": bool(to)})
    if not to:
        del form.by_email
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                escalations.take_step(
                    session, actor(), return_.id, step_id, done_on=form.done_on.data,
                    note=form.note.data or "",
                    by_email=bool(form.by_email and form.by_email.data), now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash("The step is recorded.", "success")
            return redirect(url_for("escalations.show", return_id=return_.id))
    return render_template(
        "escalations/done.html", return_=return_, step=step, form=form, addresses=to
    ), status


def _letter(return_: Return, step: EscalationStep) -> Letter:
    """Return the letter: the chair signs the third step's, the board office the others'."""
    board, today = return_.stage.cycle.board, london_today(now())
    wanted = Role.CHAIR if step.kind is EscalationKind.CHAIR_LETTER else Role.OFFICE
    people = [each for each in board_people(db.session, board.id, today) if wanted in each.roles]
    return Letter(
        board=board.name,
        day=step.done_on or today,
        to_name=step.to_name,
        agency=return_.membership.name,
        subject=step.subject,
        text=step.text,
        writer=people[0].user.name if len(people) == 1 else "",
        post="Chair" if wanted is Role.CHAIR else "Board office",
    )
