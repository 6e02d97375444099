"""The list of returns and the office's page of one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from s11audit.domain import lifecycle
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Basis, Category, ReturnKind, Standing
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Can, Facts, can, holds_role_at
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.returns import ExtensionForm, SendBackForm, standing_form
from s11audit.models import Board, Return
from s11audit.queries.contacts import people_to_write_to
from s11audit.queries.cycles import current_stage, stages_of
from s11audit.queries.history import history_of_return
from s11audit.queries.moderation import visible_ratings
from s11audit.queries.open_improvements import open_before
from s11audit.queries.return_events import (
    RATINGS_SHARED,
    RESULT_CONFIRMED,
    RESULT_RETURNED,
    Timeline,
    timeline,
)
from s11audit.queries.return_list import ReturnFilter, Sort, StateFilter, list_returns
from s11audit.queries.returns import facts_of
from s11audit.queries.screening import stands_of
from s11audit.scoring.as_at import due_passed
from s11audit.services import returns
from s11audit.services.responses import why_not_editable
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now, return_
from s11audit.views.listing import (
    choice_in,
    link_to,
    number_in,
    page_number,
    page_url,
    same_list,
    search_in,
)

bp = Blueprint("returns", __name__)

STATES = [
    (StateFilter.LATE, "Late"),
    (StateFilter.NOT_STARTED, "Not started"),
    (StateFilter.IN_PROGRESS, "In progress"),
    (StateFilter.SENT_BACK, "Sent back"),
    (StateFilter.SUBMITTED, "Submitted"),
    (StateFilter.IN_REVIEW, "In review"),
    (StateFilter.RATED, "Rated"),
    (StateFilter.CLOSED, "Closed"),
]
COLUMNS = [
    (Sort.NAME, "Agency"),
    (Sort.STATE, "State"),
    (Sort.DUE, "Due"),
    (Sort.CATEGORY, "Category"),
]


@bp.get("/boards/<slug:board>/returns")
@board(Can.LIST_RETURNS)
def index(board: Board) -> str:
    """The returns of a stage, or of all, filtered, sorted and by the page."""
    today = london_today(now())
    stages = stages_of(db.session, board.id)
    wanted_stage = number_in("stage")
    stage = next((each for each in stages if each.id == wanted_stage), None)
    if stage is None and request.args.get("stage") != "all":
        stage = current_stage(stages, now())
    wanted = ReturnFilter(
        stage_id=stage.id if stage else None,
        state=choice_in("state", StateFilter),
        category=choice_in("category", Category),
        standing=choice_in("standing", Standing),
        search=search_in(),
    )
    sort = choice_in("sort", Sort) or Sort.NAME
    descending = request.args.get("order") == "descending"
    found = list_returns(
        db.session, board.id, wanted, today, sort=sort, descending=descending, page=page_number()
    )
    return render_template(
        "returns/index.html",
        board=board,
        facts=Facts(board.id),
        stages=stages,
        stage=stage,
        wanted=wanted,
        found=found,
        page_url=page_url(),
        states=STATES,
        categories=[(each.value, in_words(each)) for each in Category],
        standings=[(each.value, in_words(each)) for each in Standing],
        head=_head(sort, descending),
        sort=sort,
        descending=descending,
        filtered=any((wanted.state, wanted.category, wanted.standing, wanted.search)),
    )


def _head(sort: Sort, descending: bool) -> dict[str, dict[str, str | None]]:
    """Return each sortable column's words, address and how it is sorted now."""
    head: dict[str, dict[str, str | None]] = {}
    for column, text in COLUMNS:
        now_by_it = column is sort
        turned = "descending" if now_by_it and not descending else None
        head[column.value] = {
            "text": text,
            "href": same_list(sort=column.value, order=turned),
            "sort": ("descending" if descending else "ascending") if now_by_it else None,
        }
    return head


@bp.get("/returns/<int:return_id>")
@return_(Can.SEE_RETURN)
def show(return_: Return) -> str:
    """One return: where it stands, everything that happened to it, and what may be done next."""
    facts = facts_of(return_)
    events = timeline(db.session, return_)
    office = can(actor(), Can.MANAGE_RETURNS, facts) and return_.kind is not ReturnKind.RECORDED
    shared = any(event.what.startswith(RATINGS_SHARED) for event in events.events)
    return render_template(
        "returns/show.html",
        board=return_.membership.board,
        return_=return_,
        facts=facts,
        events=events,
        office=office,
        late=_late(return_),
        still_open=open_before(db.session, return_),
        **_confirmed_way(return_, events, office),
        published=any(event.what.startswith("Ratings published") for event in events.events),
        shared=shared,
        link=link_to,
        screening=stands_of(db.session, [return_.id]).get(return_.id)
        if _sees_screening(facts)
        else None,
        may_extend=office and returns.not_extendable(return_) is None,
        may_send_back=office and returns.not_sent_back(db.session, return_, shared=shared) is None,
        may_chase=office and returns.not_extendable(return_) is None,
        may_enter=office and not why_not_editable(return_, now()),
    )


def _confirmed_way(return_: Return, events: Timeline, office: bool) -> dict[str, bool]:
    """Say what there is of the result where the agency confirms its own."""
    mine = return_.stage.cycle.basis is Basis.CONFIRMED and return_.kind is not ReturnKind.RECORDED
    is_in = mine and return_.state not in returns.UNSENT and bool(events.submissions)
    returned = any(event.what == RESULT_RETURNED for event in events.events)
    for_board = can(actor(), Can.LIST_RETURNS, facts_of(return_))
    return {
        "result_shown": is_in and (for_board or returned),
        "confirmed": mine and any(event.what == RESULT_CONFIRMED for event in events.events),
        "may_return_result": is_in
        and office
        and lifecycle.allowed(Change.RETURN_RESULT, return_.state),
    }


@bp.get("/returns/<int:return_id>/history")
@return_(Can.SEE_HISTORY)
def history(return_: Return) -> str:
    """The log of a return in words, newest first."""
    facts = facts_of(return_)
    unpublished = can(actor(), Can.SEE_UNPUBLISHED, facts)
    return render_template(
        "returns/history.html",
        board=return_.membership.board,
        return_=return_,
        history=history_of_return(
            db.session,
            return_.id,
            page=page_number(),
            drafts=can(actor(), Can.SEE_DRAFT, facts),
            unpublished=unpublished,
            shared=can(actor(), Can.SEE_SHARED, facts),
            ratings=visible_ratings(db.session, return_, actor()) if unpublished else (),
            user_id=actor().user_id,
            visits=can(actor(), Can.SEE_VISIT, facts),
            screening=_sees_screening(facts),
            board_side=can(actor(), Can.SEE_ESCALATION, facts)
            and not holds_role_at(actor(), facts),
        ),
        page_url=page_url(),
    )


@bp.route("/returns/<int:return_id>/extend", methods=["GET", "POST"])
@return_(Can.MANAGE_RETURNS)
def extend(return_: Return) -> Any:
    """Give a return a later due date."""
    why_not = returns.not_extendable(return_)
    if why_not is not None:
        raise Refused(why_not)
    form = ExtensionForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                returns.extend(
                    session, actor(), return_.id, form.due_on.data, form.reason.data or "",
                    now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(f"The due date was extended. {_told(return_)}", "success")
            return redirect(url_for("returns.show", return_id=return_.id))
    return _act(return_, form, "returns/extend.html")


@bp.route("/returns/<int:return_id>/standing", methods=["GET", "POST"])
@return_(Can.MANAGE_RETURNS)
def standing(return_: Return) -> Any:
    """Say that a return is excused, nil, withdrawn, declined, or asked for again."""
    form = standing_form(return_.standing)
    if form.validate_on_submit():
        try:
            with writing() as session:
                returns.change_standing(
                    session, actor(), return_.id, form.standing.data, form.reason.data or "",
                    now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(f"The return is now marked as {in_words(form.standing.data).lower()}.", "success")
            return redirect(url_for("returns.show", return_id=return_.id))
    return _act(return_, form, "returns/standing.html")


@bp.route("/returns/<int:return_id>/send-back", methods=["GET", "POST"])
@return_(Can.SEND_BACK)
def send_back(return_: Return) -> Any:
    """Send a submitted return back to the agency."""
    if (why := returns.not_sent_back(db.session, return_)) is not None:
        raise Refused(why)
    form = SendBackForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                returns.send_back(session, actor(), return_.id, form.reason.data or "", now=now())
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(f"The return is back with the agency. {_told(return_)}", "success")
            return redirect(url_for("returns.show", return_id=return_.id))
    return _act(return_, form, "returns/send_back.html")


def _act(return_: Return, form: Any, template: str) -> str:
    return render_template(
        template, board=return_.membership.board, return_=return_, form=form, late=_late(return_)
    )


def _told(return_: Return) -> str:
    people = people_to_write_to(db.session, [return_.membership_id], london_today(now()))
    if not people:
        return "Nobody at the agency has an account yet, so nobody was told."
    return "Its people are told by e-mail."


def _sees_screening(facts: Facts) -> bool:
    """Whether the actor may know where screening stands: the office, and QA."""
    return any(can(actor(), each, facts) for each in (Can.SCREEN, Can.SEE_UNPUBLISHED))


def _late(return_: Return) -> bool:
    """Whether a return is still out after its due date."""
    return returns.not_extendable(return_) is None and due_passed(return_.due_on, now())
