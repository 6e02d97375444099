"""The agency's own steps in its action plan: adding, changing and reporting on actions, and
returning the plan. Its routes are those of the blueprint `actions`."""

from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.actions import ActionForm, NoActionForm, NoteForm
from s11audit.forms.reviews import EmptyForm
from s11audit.models import Action, Improvement, Return
from s11audit.queries import actions as read
from s11audit.queries.tools import tool_of
from s11audit.scoring.actions import PLAN_WORDS
from s11audit.services import actions, plans
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.actions import bp, to_action, to_plan
from s11audit.views.guards import actor, now
from s11audit.views.listing import number_of


@bp.route(
    "/returns/<int:return_id>/plan/improvements/<int:improvement_id>/add", methods=["GET", "POST"]
)
@guards.return_(Can.EDIT_PLAN, sees=Can.SEE_PLAN)
def add(return_: Return, improvement_id: int) -> Any:
    """Add an action; `?proposal=2` begins with what was proposed at submission."""
    improvement = read.improvement_in(db.session, return_.id, improvement_id)
    form = ActionForm()
    del form.reason, form.based_on
    status = 200
    if request.method == "GET":
        _begin_with_proposal(return_, improvement, form)
    elif form.validate_on_submit():
        try:
            with writing() as session:
                actions.add_action(
                    session,
                    actor(),
                    improvement_id,
                    what=form.what.data or "",
                    owner=form.owner.data or "",
                    due_on=form.due_on.data,
                    proposal=number_of(form.proposal.data),
                    now=now(),
                )
        except Invalid as error:
            form.refuse(error.problems, str(error))
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash("The action is in the plan.", "success")
            return redirect(to_plan(return_, improvement.standard))
    return _action_page(return_, improvement, form, "Add an action"), status


@bp.post("/returns/<int:return_id>/plan/improvements/<int:improvement_id>/take-over")
@guards.return_(Can.EDIT_PLAN, sees=Can.SEE_PLAN)
def take_over(return_: Return, improvement_id: int) -> Response:
    """Take over an action that was proposed at submission."""
    improvement = read.improvement_in(db.session, return_.id, improvement_id)
    with writing() as session:
        actions.take_over(
            session,
            actor(),
            improvement_id,
            request.form.get("proposal", 0, type=int),
            now=now(),
        )
    flash("The proposed action is in the plan.", "success")
    return redirect(to_plan(return_, improvement.standard))


@bp.route(
    "/returns/<int:return_id>/plan/improvements/<int:improvement_id>/no-action",
    methods=["GET", "POST"],
)
@guards.return_(Can.EDIT_PLAN, sees=Can.SEE_PLAN)
def no_action(return_: Return, improvement_id: int) -> Any:
    """Say why no action is needed; an empty reason takes it back."""
    improvement = read.improvement_in(db.session, return_.id, improvement_id)
    form = NoActionForm(data={"reason": improvement.no_action_reason})
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                plans.give_reason(
                    session, actor(), improvement_id, reason=form.reason.data or "", now=now()
                )
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash("The reason is saved.", "success")
            return redirect(to_plan(return_, improvement.standard))
    return _action_page(return_, improvement, form, "Say why no action is needed"), status


@bp.route("/returns/<int:return_id>/plan/actions/<int:action_id>/change", methods=["GET", "POST"])
@guards.return_(Can.EDIT_PLAN, sees=Can.SEE_PLAN)
def change(return_: Return, action_id: int) -> Any:
    """Change what an action says."""
    found = read.action_in(db.session, return_.id, action_id)
    needs_reason = read.plan_of(db.session, return_.id).needs_reason(found.improvement)
    latest = read.events_of(db.session, [found.id])[found.id][-1].id
    form = ActionForm(
        data={
            "what": found.what,
            "owner": found.owner,
            "due_on": found.due_on,
            "based_on": str(latest),
        }
    )
    del form.proposal
    if not needs_reason:
        del form.reason
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                actions.change_action(
                    session,
                    actor(),
                    action_id,
                    what=form.what.data or "",
                    owner=form.owner.data or "",
                    due_on=form.due_on.data,
                    reason=(form.reason.data or "") if needs_reason else "",
                    based_on=number_of(form.based_on.data),
                    now=now(),
                )
        except Invalid as error:
            form.refuse(error.problems, str(error))
        except Conflict as error:
            form.form_errors.append(str(error))
            form.based_on.data = str(error.current)
            status = 409
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash("The action is changed.", "success")
            return redirect(to_action(return_, action_id))
        found = read.action_in(db.session, return_.id, action_id)
    title = "Change an action"
    stands = found if status == 409 else None
    return _action_page(return_, found.improvement, form, title, found, stands), status


@dataclass(frozen=True)
class Step:
    """A step that is a note on an action: what it is called, what is asked, what is done."""

    title: str
    label: str
    hint: str
    button: str
    done: str


AGENCY_STEPS = {
    "progress": Step(
        "Add a progress note",
        "What has been done?",
        "It is kept with today’s date.",
        "Add the note",
        "The progress note is added.",
    ),
    "complete": Step(
        "Report the action complete",
        "What was done, and what shows it?",
        "QA reads this and verifies the action, or asks again.",
        "Report it complete",
        "The action is reported complete. QA has been told.",
    ),
    "remove": Step(
        "Remove the action",
        "Why is it removed?",
        "Its history stays. A reason is needed once QA has the plan.",
        "Remove it from the plan",
        "The action is removed from the plan.",
    ),
}


@bp.route(
    "/returns/<int:return_id>/plan/actions/<int:action_id>/<any(progress, complete, remove):step>",
    methods=["GET", "POST"],
)
@guards.return_(Can.EDIT_PLAN, sees=Can.SEE_PLAN)
def agency_step(return_: Return, action_id: int, step: str) -> Any:
    """Add a progress note, report complete, or remove an action."""
    found = read.action_in(db.session, return_.id, action_id)
    form = NoteForm()
    status = 200
    if form.validate_on_submit():
        note = form.note.data or ""
        try:
            with writing() as session:
                if step == "progress":
                    actions.add_progress(session, actor(), action_id, note=note, now=now())
                elif step == "complete":
                    actions.report_complete(session, actor(), action_id, note=note, now=now())
                else:
                    actions.remove_action(session, actor(), action_id, reason=note, now=now())
        except Invalid as error:
            form.refuse({"note": " ".join(error.problems.values())})
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash(plans.told(return_, AGENCY_STEPS[step].done), "success")
            if step == "remove":
                return redirect(to_plan(return_, found.improvement.standard))
            return redirect(_back(found) or to_action(return_, action_id))
    return step_page(return_, found, form, AGENCY_STEPS[step], _back(found)), status


@bp.route("/returns/<int:return_id>/plan/return", methods=["GET", "POST"])
@guards.return_(Can.RETURN_PLAN, sees=Can.SEE_PLAN)
def return_plan(return_: Return) -> Any:
    """Return the plan to QA, or say what it lacks."""
    form = EmptyForm()
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                plans.return_plan(session, actor(), return_.id, now=now())
        except (Invalid, Refused):
            status = 409  # the page says what is missing, as it does before the button is used
        else:
            done = "The plan is returned. QA and the board office have been told."
            flash(plans.told(return_, done), "success")
            return redirect(to_plan(return_))
    found = read.plan_of(db.session, return_.id)
    return render_template(
        "actions/return.html",
        return_=return_,
        plan=found,
        form=form,
        lacks=[plans.told(return_, each) for each in found.lacks()],
        live_actions=read.live_actions,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        plan_words=PLAN_WORDS,
    ), status


def _back(action: Action) -> str:
    """Return the address of the update from which the person came to report, empty if none."""
    update = request.args.get("update", 0, type=int)
    if not 0 < update < 2**31:
        return ""
    number = action.improvement.standard
    return url_for("responses.standard", return_id=update, number=number, _anchor="before")


def step_page(return_: Return, found: Action, form: NoteForm, step: Step, back: str = "") -> str:
    """Return the page of a step that is a note on an action; `back`: where it leads afterwards,
    where that is not the action."""
    return render_template(
        "actions/step.html",
        return_=return_,
        action=found,
        improvement=found.improvement,
        form=form,
        step=replace(step, hint=plans.told(return_, step.hint)),
        came_from=back,
    )


def _begin_with_proposal(return_: Return, improvement: Improvement, form: ActionForm) -> None:
    wanted = request.args.get("proposal", 0, type=int)
    offered = read.plan_of(db.session, return_.id).offered.get(improvement.standard, ())
    for proposal in offered:
        if proposal.number == wanted:
            form.what.data, form.owner.data = proposal.what, proposal.owner
            form.proposal.data = str(wanted)


def _action_page(
    return_: Return,
    improvement: Improvement,
    form: Any,
    title: str,
    action: Action | None = None,
    stands: Action | None = None,
) -> str:
    return render_template(
        "actions/form.html",
        return_=return_,
        improvement=improvement,
        form=form,
        title=title,
        action=action,
        stands=stands,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
    )
