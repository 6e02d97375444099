"""The pages of one visit: arranging, its team, its worksheet, its findings, and the result."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.enums import Basis, ReturnKind
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.reviews import EmptyForm
from s11audit.forms.visits import MoveForm, TeamForm, VisitForm, WhyForm
from s11audit.models import Return, Visit
from s11audit.queries import visits as read
from s11audit.queries.draws import drawn_by
from s11audit.queries.returns import facts_of
from s11audit.queries.submissions import submissions_of
from s11audit.services import visit_findings, visit_teams, visits
from s11audit.transactions import writing
from s11audit.views.draws import bp
from s11audit.views.guards import actor, now, return_
from s11audit.views.listing import number_in, number_of

OF_RETURN = "/returns/<int:return_id>/visits"
VISIT = f"{OF_RETURN}/<int:visit_id>"


@bp.get(OF_RETURN)
@return_(Can.SEE_SUBMISSION)
def of_return(return_: Return) -> str:
    """The visits of a return: for its agency the dates and what was shared; for visitors and the
    board the way to each."""
    facts = facts_of(return_)
    found = read.visits_of_return(db.session, return_.id)
    sees = can(actor(), Can.SEE_VISIT, facts)
    shared = [each for each in found if each.shared_at]
    return render_template(
        "visits/of_return.html",
        return_=return_,
        visits=found,
        teams=read.team_names(db.session, found) if sees else {},
        sheets={each.id: read.sheet_of(db.session, return_, each) for each in shared[:3]},
        sees_visit=sees,
        sees_return=can(actor(), Can.SEE_RETURN, facts),
        submitted=bool(submissions_of(db.session, return_.id)),
        may_manage=can(actor(), Can.MANAGE_VISITS, facts),
    )


@bp.route(f"{OF_RETURN}/new", methods=["GET", "POST"])
@return_(Can.MANAGE_VISITS)
def arrange(return_: Return) -> Any:
    """Arrange a visit."""
    if return_.kind is ReturnKind.RECORDED:
        raise Refused("This is recorded history: there is no return to test on a visit.")
    form = VisitForm()
    if request.method == "GET":
        form.draw.data = str(number_in("draw") or "")
    draw = drawn_by(db.session, return_.id, number_of(form.draw.data))
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = visits.arrange(
                    session,
                    actor(),
                    return_.id,
                    form.visit_on.data,
                    place=form.place.data or "",
                    alone=form.who.data == "alone",
                    draw_id=draw.id if draw else None,
                    now=now(),
                )
                visit_id, alone = made.id, made.alone
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            flash("The visit is arranged and its worksheet is drafted.", "success")
            page = ".show" if alone else ".team"
            return redirect(url_for(page, return_id=return_.id, visit_id=visit_id))
    return render_template("visits/arrange.html", return_=return_, form=form, draw=draw)


@bp.get(VISIT)
@return_(Can.SEE_VISIT, sees=Can.SEE_SUBMISSION)
def show(return_: Return, visit_id: int) -> str:
    """One visit: when, who, how far its worksheet is, what it found."""
    return _show(return_, read.visit_of(db.session, return_.id, visit_id))


@bp.route(f"{VISIT}/change", methods=["GET", "POST"])
@return_(Can.MANAGE_VISITS)
def change(return_: Return, visit_id: int) -> Any:
    """Move a visit to another day or place."""
    visit = read.visit_of(db.session, return_.id, visit_id)
    form = MoveForm(obj=visit)
    if form.validate_on_submit():
        try:
            with writing() as session:
                visits.change(
                    session, actor(), return_.id, visit_id, form.visit_on.data,
                    place=form.place.data or "", now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The visit is changed. The agency and those who go are told.", "success")
            return _to(return_, visit_id)
    return _step(return_, visit, form, "Change the visit")


@bp.route(f"{VISIT}/cancel", methods=["GET", "POST"])
@return_(Can.MANAGE_VISITS)
def cancel(return_: Return, visit_id: int) -> Any:
    """Cancel a visit."""
    visit = read.visit_of(db.session, return_.id, visit_id)
    form = WhyForm()
    form.save.label.text = "Cancel the visit"
    if form.validate_on_submit():
        try:
            with writing() as session:
                visits.cancel(
                    session, actor(), return_.id, visit_id, form.reason.data or "", now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The visit is cancelled. The agency and those who go are told why.", "success")
            return _to(return_, visit_id)
    return _step(return_, visit, form, "Cancel the visit",
                 "The agency and those who go are told the reason.")  # fmt: skip


@bp.route(f"{VISIT}/team", methods=["GET", "POST"])
@return_(Can.MANAGE_VISITS)
def team(return_: Return, visit_id: int) -> Any:
    """Who goes, and adding somebody."""
    visit = read.visit_of(db.session, return_.id, visit_id)
    form = TeamForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                member = visit_teams.add(
                    session, actor(), return_.id, visit_id, form.email.data or "", now=now()
                )
                told = "was invited" if member.invitation_id else "is in the team and was told"
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.email.errors = [*form.email.errors, str(error)]
        else:
            flash(f"{form.email.data} {told}.", "success")
            return redirect(url_for(".team", return_id=return_.id, visit_id=visit_id))
    members = read.team_of(db.session, visit.id)
    return render_template(
        "visits/team.html", return_=return_, visit=visit, team=members, form=form
    )


@bp.post(f"{VISIT}/team/<int:member_id>/remove")
@return_(Can.MANAGE_VISITS)
def leave_out(return_: Return, visit_id: int, member_id: int) -> Response:
    """Take somebody out of the team."""
    with writing() as session:
        visit_teams.remove(session, actor(), return_.id, visit_id, member_id, now=now())
    flash("The person is no longer in the team.", "success")
    return redirect(url_for(".team", return_id=return_.id, visit_id=visit_id))


@bp.post(f"{VISIT}/finish")
@return_(Can.CARRY_OUT_VISIT, sees=Can.SEE_SUBMISSION)
def finish(return_: Return, visit_id: int) -> Any:
    """Close the visit."""
    form = EmptyForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                visits.finish(session, actor(), return_.id, visit_id, now=now())
        except Invalid as error:
            form.form_errors.extend(error.problems.values())
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            flash("The visit is finished. The visitors’ access to the return has ended.", "success")
            return redirect(
                url_for(".of_return", return_id=return_.id)
                if can(actor(), Can.SEE_RETURN, facts_of(return_))
                else url_for("start.choose_place")
            )
    visit = read.visit_of(db.session, return_.id, visit_id)
    return _show(return_, visit, form), 409


@bp.post(f"{VISIT}/share")
@return_(Can.MANAGE_VISITS)
def share(return_: Return, visit_id: int) -> Response:
    """Share the findings with the agency."""
    with writing() as session:
        visits.share(session, actor(), return_.id, visit_id, now=now())
    flash("The findings are shared with the agency, which has been told.", "success")
    return _to(return_, visit_id)


@bp.route(f"{VISIT}/standards/<int:number>/set-aside", methods=["GET", "POST"])
@return_(Can.RATE)
def set_aside(return_: Return, visit_id: int, number: int) -> Any:
    """QA sets a proposed rating aside, with a reason."""
    visit = read.visit_of(db.session, return_.id, visit_id)
    part = read.sheet_of(db.session, return_, visit).part(number)
    form = WhyForm()
    form.save.label.text = "Set the proposal aside"
    if form.validate_on_submit():
        try:
            with writing() as session:
                visit_findings.set_aside(
                    session, actor(), return_.id, visit_id, number, form.reason.data or "",
                    now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The proposal is set aside.", "success")
            return _to(return_, visit_id)
    title = f"Set aside the rating proposed for standard {part.standard.number}"
    return _step(return_, visit, form, title)


def _to(return_: Return, visit_id: int) -> Response:
    return redirect(url_for(".show", return_id=return_.id, visit_id=visit_id))


def _step(return_: Return, visit: Visit, form: Any, title: str, told: str = "") -> str:
    return render_template(
        "visits/step.html", return_=return_, visit=visit, form=form, title=title, told=told
    )


def _show(return_: Return, visit: Visit, form: EmptyForm | None = None) -> str:
    facts, who = facts_of(return_), actor()
    sheet = read.sheet_of(db.session, return_, visit)
    return render_template(
        "visits/show.html",
        return_=return_,
        visit=visit,
        sheet=sheet,
        team=read.team_of(db.session, visit.id),
        proposals={
            number: each
            for number, each in read.proposals_of(db.session, return_).items()
            if each.visit.id == visit.id
        },
        form=form or EmptyForm(),
        sees_return=can(who, Can.SEE_RETURN, facts),
        submitted=bool(submissions_of(db.session, return_.id)),
        may_manage=can(who, Can.MANAGE_VISITS, facts),
        may_carry_out=visit.is_open and can(who, Can.CARRY_OUT_VISIT, facts),
        may_rate=can(who, Can.RATE, facts),
        may_rate_again=return_.stage.cycle.basis is Basis.CONFIRMED
        and can(who, Can.RATE_AGAIN, facts),
    )
