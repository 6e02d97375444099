"""The confirmed way: the office returns results, the agency confirms its own, and the office rates
again."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from s11audit.domain import lifecycle
from s11audit.domain.enums import Basis, Participation
from s11audit.domain.errors import Conflict, Invalid, NotFound, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.confirming import Offered, confirm_form, rate_again_form
from s11audit.forms.problems import show_problems
from s11audit.forms.reviews import EmptyForm
from s11audit.models import Board, Return
from s11audit.queries import confirming as read
from s11audit.queries.actions import plan_of
from s11audit.queries.cycles import stage_on
from s11audit.queries.returns import facts_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.compliance import in_words
from s11audit.scoring.confirming import Correction
from s11audit.services import confirming, rating_again
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now, return_
from s11audit.views.listing import number_of, page_number, page_url

bp = Blueprint("confirming", __name__)


@bp.route("/boards/<slug:board>/stages/<int:stage_id>/results", methods=["GET", "POST"])
@board(Can.RETURN_RESULT)
def results(board: Board, stage_id: int) -> Any:
    """The results of a stage: those to return, all at once or one by one, and the others."""
    stage = stage_on(db.session, board.id, stage_id)
    if stage.cycle.basis is not Basis.CONFIRMED:
        raise NotFound("This stage’s results are not returned to agencies.")
    form = EmptyForm()
    if form.validate_on_submit():
        with writing() as session:
            number = confirming.return_waiting_results(session, actor(), stage_id, now=now())
        said = "1 result was" if number == 1 else f"{number} results were"
        flash(f"{said} returned. The agencies are told by e-mail.", "success")
        return redirect(url_for("confirming.results", board=board.slug, stage_id=stage_id))
    rule = tool_of(db.session, stage.cycle.tool_version).compliance_rule
    return render_template(
        "confirming/results.html",
        board=board,
        stage=stage,
        counts=read.counts_of_stage(db.session, stage_id),
        found=read.results_of_stage(db.session, stage_id, rule, page_number()),
        page_url=page_url(),
        overall_words=in_words,
    )


@bp.route("/returns/<int:return_id>/result/return", methods=["GET", "POST"])
@return_(Can.RETURN_RESULT)
def return_one(return_: Return) -> Any:
    """Return the result of one return to its agency."""
    result = _result(return_)
    lifecycle.after(Change.RETURN_RESULT, return_.state)
    form = EmptyForm()
    if form.validate_on_submit():
        with writing() as session:
            confirming.return_result(session, actor(), return_.id, now=now())
        flash("The result was returned. The agency is told by e-mail.", "success")
        return redirect(url_for("confirming.result", return_id=return_.id))
    return render_template(
        "confirming/return.html", return_=return_, result=result, overall_words=in_words, form=form
    )


@bp.get("/returns/<int:return_id>/result")
@return_(Can.SEE_RETURN)
def result(return_: Return) -> str:
    """What a return comes to: for the board once it is in, for its agency once it was returned."""
    found, facts, who = _result(return_), facts_of(return_), actor()
    for_board = can(who, Can.LIST_RETURNS, facts)
    if found.returned is None and not for_board:
        raise NotFound("The board office has not returned this result yet.")
    rated = return_.participation is not Participation.ADVISORY
    return render_template(
        "confirming/result.html",
        return_=return_,
        facts=facts,
        result=found,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        overall_words=in_words,
        for_board=for_board,
        may_return=can(who, Can.RETURN_RESULT, facts)
        and lifecycle.allowed(Change.RETURN_RESULT, return_.state),
        may_confirm=found.waits_for_agency and can(who, Can.CONFIRM_RESULT, facts),
        may_rate=found.confirmation is not None and rated and can(who, Can.RATE_AGAIN, facts),
    )


@bp.route("/returns/<int:return_id>/result/confirm", methods=["GET", "POST"])
@return_(Can.CONFIRM_RESULT)
def confirm(return_: Return) -> Any:
    """The agency confirms its result, or corrects single standards with a reason."""
    found = _result(return_)
    lifecycle.after(Change.CONFIRM, return_.state)
    if not found.waits_for_agency:
        raise Refused("The board office has not returned the result of this return.")
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    offered = [
        Offered(line.standard.number, line.standard.title, line.own.label if line.own else None)
        for line in found.lines
    ]
    form = confirm_form(
        offered,
        tool.ratings,
        name=found.submission.signatory_name,
        designation=found.submission.signatory_designation,
        submission=str(found.submission.id),
    )
    if (form.submission.data or str(found.submission.id)) != str(found.submission.id):
        raise Refused("The return was sent in again since you opened the page. Read its result.")
    if form.validate_on_submit():
        corrections = {
            number: Correction(label, reason)
            for number, (label, reason) in form.corrections().items()
        }
        try:
            with writing() as session:
                confirming.confirm_result(
                    session, actor(), return_.id, name=form.name.data or "",
                    designation=form.designation.data or "", corrections=corrections, now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The result is confirmed. The board office is told by e-mail.", "success")
            return redirect(url_for("confirming.result", return_id=return_.id))
    return render_template(
        "confirming/confirm.html",
        return_=return_,
        result=found,
        tool=tool,
        form=form,
        overall_words=in_words,
    )


@bp.route("/returns/<int:return_id>/result/standards/<int:number>", methods=["GET", "POST"])
@return_(Can.RATE_AGAIN)
def rate_again(return_: Return, number: int) -> Any:
    """The office rates a standard of a confirmed result again."""
    if return_.stage.cycle.basis is not Basis.CONFIRMED:
        raise NotFound("The standards of this return are rated by QA.")
    line = rating_again.line_to_rate(db.session, return_, number)
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    form = rate_again_form(tool.ratings, based_on=line.latest.id if line.latest else 0)
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                rating_again.rate_again(
                    session,
                    actor(),
                    return_.id,
                    number,
                    label=form.label.data,
                    reason=form.reason.data or "",
                    comment=form.comment.data or "",
                    improvement=form.improvement.data or "",
                    monitor=form.monitor.data,
                    based_on=number_of(form.based_on.data) or 0,
                    now=now(),
                )
        except Invalid as error:
            show_problems(form, error)
        except (Refused, Conflict) as error:
            form.form_errors.append(str(error))
            status = 409
            line = rating_again.line_to_rate(db.session, return_, number)
            form.based_on.data = str(line.latest.id if line.latest else 0)
        else:
            flash("The rating is published. The agency is told by e-mail.", "success")
            return redirect(url_for("confirming.result", return_id=return_.id))
    plan = plan_of(db.session, return_.id)
    return render_template(
        "confirming/rate_again.html",
        return_=return_,
        line=line,
        tool=tool,
        form=form,
        improvements=[each for each in plan.improvements if each.standard == number],
    ), status


def _result(return_: Return) -> read.Result:
    found = None
    if return_.stage.cycle.basis is Basis.CONFIRMED:
        found = read.result_of(db.session, return_)
    if found is None:
        raise NotFound("There is no result of this return.")
    return found
