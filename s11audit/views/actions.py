"""The action plan's pages that everybody concerned reads. The agency's steps are in
`views.plan_steps`, QA's in `views.plan_decisions`."""

from datetime import date

from flask import Blueprint, render_template, request, url_for

from s11audit.domain.enums import ActionState, Basis
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Can, Facts, can
from s11audit.domain.wording import WORDS
from s11audit.extensions import db
from s11audit.models import Board, Membership, Return
from s11audit.queries import actions as read
from s11audit.queries.open_improvements import open_before, open_of
from s11audit.queries.plan_lists import (
    SHOW_WORDS,
    Show,
    plans_of_agency,
    plans_of_board,
    to_rate_again,
)
from s11audit.queries.returns import facts_of
from s11audit.queries.reviews import flags_of
from s11audit.queries.successions import reaches_as_heir
from s11audit.queries.tools import tool_of
from s11audit.scoring.actions import PLAN_WORDS, PlanState, Side, is_overdue, possible_events
from s11audit.views import guards
from s11audit.views.guards import actor, now

bp = Blueprint("actions", __name__)


@bp.get("/boards/<slug:board>/plans")
@guards.board(Can.LIST_RETURNS)
def index(board: Board) -> str:
    """List the plans of a board's agencies."""
    asked = request.args.get("show", "")
    show = Show(asked) if asked in list(Show) else Show.ALL
    search = request.args.get("agency", "").strip()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "actions/index.html",
        board=board,
        found=plans_of_board(db.session, board.id, now(), show=show, search=search, page=page),
        show=show,
        search=search,
        choices=SHOW_WORDS,
        plan_words=PLAN_WORDS,
        page_url=lambda page: url_for(
            ".index", board=board.slug, show=show.value, agency=search or None, page=page
        ),
    )


@bp.get("/agencies/<int:membership_id>/plan")
@guards.membership(Can.SEE_PLAN)
def agency(membership: Membership) -> str:
    """List an agency's plans over its returns."""
    return render_template(
        "actions/agency.html",
        membership=membership,
        rows=plans_of_agency(db.session, membership.id, now()),
        still_open=open_of(db.session, membership.id),
        plan_words=PLAN_WORDS,
    )


@bp.get("/returns/<int:return_id>/plan")
@guards.return_(Can.SEE_PLAN)
def plan(return_: Return) -> str:
    """Show the plan of a return to both sides."""
    found = read.plan_of(db.session, return_.id)
    ids = [each.id for improvement in found.improvements for each in improvement.actions]
    return render_template(
        "actions/plan.html",
        return_=return_,
        plan=found,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        flags=flags_of(db.session, return_.id),
        events=read.events_of(db.session, ids) if ids else {},
        live_actions=read.live_actions,
        all_verified=read.all_verified,
        to_rate=to_rate_again(db.session, return_.id),
        still_open=open_before(db.session, return_),
        overdue=lambda action: is_overdue(action.state, action.due_on, now()),
        plan_words=plan_words(return_),
        **allowed(return_),
    )


@bp.get("/returns/<int:return_id>/plan/returned/<int:number>")
@guards.return_(Can.SEE_PLAN)
def returned(return_: Return, number: int) -> str:
    """Show a plan as it was returned."""
    found = read.plan_of(db.session, return_.id)
    submission = next((each for each in found.returned if each.number == number), None)
    if submission is None:
        raise NotFound("There is no such plan.")
    return render_template(
        "actions/returned.html",
        return_=return_,
        submission=submission,
        states=WORDS[ActionState],
        day_of=date.fromisoformat,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
    )


@bp.get("/returns/<int:return_id>/plan/actions/<int:action_id>")
@guards.return_(Can.SEE_PLAN)
def action(return_: Return, action_id: int) -> str:
    """Show one action with everything that happened to it, and what can be done now."""
    found = read.action_in(db.session, return_.id, action_id)
    state = found.state
    on = found.removed_at is None
    may = allowed(return_)
    flags = flags_of(db.session, return_.id)
    return render_template(
        "actions/action.html",
        return_=return_,
        action=found,
        improvement=found.improvement,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        events=read.events_of(db.session, [found.id])[found.id][::-1],
        agency_steps=possible_events(state, Side.AGENCY) if on and may["may_edit"] else (),
        qa_steps=possible_events(state, Side.QA) if on and may["may_decide"] else (),
        overdue=on and is_overdue(state, found.due_on, now()),
        flag=flags.get((found.improvement.standard, found.id)),
        to_rate=found.improvement_id in to_rate_again(db.session, return_.id),
        **may,
    )


def plan_words(return_: Return) -> dict[PlanState, str]:
    """Return the words for where the plan of this return stands."""
    if return_.stage.cycle.basis is Basis.CONFIRMED:
        return PLAN_WORDS | {PlanState.WITH_QA: "With the board office"}
    return PLAN_WORDS


def allowed(return_: Return) -> dict[str, bool]:
    """Say what the actor may do with this plan, for the templates."""
    facts, who = facts_of(return_), actor()
    return {
        "may_edit": can(who, Can.EDIT_PLAN, facts)
        or reaches_as_heir(db.session, who, Can.EDIT_PLAN, return_),
        "may_return": can(who, Can.RETURN_PLAN, facts),
        "may_decide": can(who, Can.DECIDE_PLAN, facts),
        "may_rate": can(who, Can.RATE, facts),
        "can_rate_again": can(who, Can.RATE_AGAIN, facts),
        "lists_plans": can(who, Can.LIST_RETURNS, Facts(facts.board_id)),
        "sees_agency": can(who, Can.SEE_AGENCY, facts),
    }


def to_plan(return_: Return, standard: int | None = None) -> str:
    """Return the address of the plan, at a standard."""
    anchor = f"standard-{standard}" if standard else None
    return url_for("actions.plan", return_id=return_.id, _anchor=anchor)


def to_action(return_: Return, action_id: int) -> str:
    """Return the address of an action's page."""
    return url_for("actions.action", return_id=return_.id, action_id=action_id)
