"""QA's steps in an agency's action plan: accepting it, verifying actions, monitoring. Its routes
are those of the blueprint `actions`."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for

from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.actions import ACCEPT, DecisionForm, MonitorForm, NoteForm
from s11audit.models import Return
from s11audit.queries import actions as read
from s11audit.queries.reviews import flags_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.actions import PLAN_WORDS
from s11audit.services import actions, plans
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.actions import bp, to_action, to_plan
from s11audit.views.guards import actor, now
from s11audit.views.listing import number_in
from s11audit.views.plan_steps import Step, step_page

QA_STEPS = {
    "verify": Step(
        "Verify the action",
        "What did you see?",
        "You do not have to say anything. The agency can read this.",
        "Verify it",
        "The action is verified.",
    ),
    "ask-again": Step(
        "Ask again",
        "What is still needed?",
        "The action is underway again, and the agency’s lead gets an e-mail.",
        "Ask again",
        "The agency is asked again.",
    ),
}


@bp.route("/returns/<int:return_id>/plan/decide", methods=["GET", "POST"])
@guards.return_(Can.DECIDE_PLAN, sees=Can.SEE_PLAN)
def decide(return_: Return) -> Any:
    """Accept the plan that was returned, or ask for it again."""
    found = read.plan_of(db.session, return_.id)
    reasons = plans.reasons_to_decide(found)
    form = DecisionForm(
        [(each.id, f"Standard {each.standard}: {each.no_action_reason}") for each in reasons]
    )
    status = 200
    if form.validate_on_submit():
        accepted = form.decision.data == ACCEPT
        try:
            with writing() as session:
                plans.decide_plan(
                    session,
                    actor(),
                    return_.id,
                    accepted=accepted,
                    reason=form.reason.data or "",
                    accepted_reasons=form.accepted_reasons.data or (),
                    now=now(),
                )
        except Invalid as error:
            form.refuse(error.problems, str(error))
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash(
                "The plan is accepted." if accepted else "The agency is asked for the plan again.",
                "success",
            )
            return redirect(to_plan(return_))
        found = read.plan_of(db.session, return_.id)
    return render_template(
        "actions/decide.html",
        return_=return_,
        plan=found,
        form=form,
        reasons=reasons,
        live_actions=read.live_actions,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        plan_words=PLAN_WORDS,
    ), status


@bp.route(
    "/returns/<int:return_id>/plan/actions/<int:action_id>/<any('verify', 'ask-again'):step>",
    methods=["GET", "POST"],
)
@guards.return_(Can.DECIDE_PLAN, sees=Can.SEE_PLAN)
def qa_step(return_: Return, action_id: int, step: str) -> Any:
    """Verify an action that was reported complete, or ask again."""
    found = read.action_in(db.session, return_.id, action_id)
    form = NoteForm()
    status = 200
    if form.validate_on_submit():
        note = form.note.data or ""
        try:
            with writing() as session:
                if step == "verify":
                    actions.verify_action(session, actor(), action_id, note=note, now=now())
                else:
                    actions.ask_again(session, actor(), action_id, reason=note, now=now())
        except Invalid as error:
            form.refuse({"note": " ".join(error.problems.values())})
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash(QA_STEPS[step].done, "success")
            return redirect(to_action(return_, action_id))
    return step_page(return_, found, form, QA_STEPS[step]), status


@bp.route("/returns/<int:return_id>/plan/monitor/<int:number>", methods=["GET", "POST"])
@guards.return_(Can.DECIDE_PLAN, sees=Can.SEE_PLAN)
def monitor(return_: Return, number: int) -> Any:
    """Flag a standard for monitoring or lift the flag; `?action=7` means one of its actions."""
    action_id = number_in("action")
    found = read.action_in(db.session, return_.id, action_id) if action_id else None
    asked = {each.number: each for each in standards_asked(db.session, return_)}
    if number not in asked or (found and found.improvement.standard != number):
        abort(404)
    flag = flags_of(db.session, return_.id).get((number, action_id))
    form = MonitorForm(data={"raised": "no" if flag else "yes"})
    back = to_action(return_, action_id) if action_id else to_plan(return_, number)
    status = 200
    if form.validate_on_submit():
        raised = form.raised.data == "yes"
        try:
            with writing() as session:
                plans.monitor(
                    session,
                    actor(),
                    return_.id,
                    number,
                    raised=raised,
                    reason=form.reason.data or "",
                    action_id=action_id,
                    now=now(),
                )
        except Invalid as error:
            form.refuse(error.problems, str(error))
        except Refused as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash(
                "It is monitored now." if flag is None else "It is no longer monitored.", "success"
            )
            return redirect(
                to_action(return_, action_id) if action_id else to_plan(return_, number)
            )
    return render_template(
        "actions/monitor.html",
        return_=return_,
        standard=asked[number],
        action=found,
        flag=flag,
        form=form,
        back=back,
        here=url_for(".monitor", return_id=return_.id, number=number, action=action_id),
    ), status
