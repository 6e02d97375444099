"""Who reviews which return: a stage at once, evenly, or one return by hand."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Can, Facts, can, holds_role_at
from s11audit.extensions import db
from s11audit.forms.allotments import NOBODY, AllotForm, AllotStageForm, ReallotForm, with_people
from s11audit.forms.reviews import ReplyDaysForm
from s11audit.models import Allotment, Board, Return
from s11audit.queries.allotments import Candidate, candidates, returns_to_allot
from s11audit.queries.cycles import stage_on
from s11audit.queries.moderation import allotments_of, live_allotments, round_of
from s11audit.queries.paging import Page
from s11audit.queries.returns import facts_of
from s11audit.services import allotments, boards
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.guards import actor, now
from s11audit.views.listing import page_number, page_url

bp = Blueprint("allotments", __name__)
PAGE_LENGTH = 50


@bp.route("/boards/<slug:board>/stages/<int:stage_id>/reviewers", methods=["GET", "POST"])
@guards.board(Can.ALLOT)
def stage(board: Board, stage_id: int) -> Any:
    """Show who reviews the returns of a stage, and allot those that have too few reviewers."""
    found = stage_on(db.session, board.id, stage_id)
    people = candidates(db.session, board.id, london_today(now()))
    offered = [(each.user.id, each.user.name) for each in people]
    form = with_people(
        AllotStageForm,
        "reviewers",
        offered,
        data={"reviewers": [number for number, _ in offered], "per_return": 1},
    )
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = allotments.allot_stage(
                    session, actor(), stage_id,
                    reviewers=form.reviewers.data, per_return=form.per_return.data, now=now(),
                )  # fmt: skip
        except Invalid as error:
            form.refuse(error.problems)
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            flash(_allotted(made), "success")
            return redirect(url_for(".stage", board=board.slug, stage_id=stage_id))
    returns = returns_to_allot(db.session, stage_id)
    pages = max(1, -(-len(returns) // PAGE_LENGTH))
    number = min(max(page_number(), 1), pages)
    first = (number - 1) * PAGE_LENGTH
    load = {each.user.id: 0 for each in people}
    for each in returns:
        for one in each.reviewers:
            load[one.reviewer_id] = load.get(one.reviewer_id, 0) + 1
    return render_template(
        "allotments/stage.html",
        board=board,
        stage=found,
        form=form,
        page=Page(returns[first : first + PAGE_LENGTH], number, pages, len(returns)),
        page_url=page_url(),
        shares=[
            (each.user.name, {"value": load[each.user.id], "numeric": True}) for each in people
        ],
        people=people,
        present={each.user.id for each in people},
        without=sum(not each.reviewers for each in returns),
        sees_cycles=can(actor(), Can.MANAGE_CYCLES, Facts(board.id)),
    )


@bp.route("/returns/<int:return_id>/reviewers", methods=["GET", "POST"])
@guards.return_(Can.ALLOT)
def of_return(return_: Return) -> Any:
    """Show who reviews a return, and add a reviewer by hand."""
    form = with_people(AllotForm, "reviewer", [("", "Choose a person"), *_offered(return_)])
    if form.validate_on_submit():
        try:
            with writing() as session:
                allotments.allot(session, actor(), return_.id, form.reviewer.data, now=now())
        except Invalid as error:
            form.refuse(error.problems)
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            flash("The reviewer is added and has been told.", "success")
            return redirect(url_for(".of_return", return_id=return_.id))
    found = round_of(db.session, return_)
    people = candidates(db.session, return_.membership.board_id, london_today(now()))
    return render_template(
        "allotments/return.html",
        present={each.user.id for each in people},
        return_=return_,
        form=form,
        found=found,
        former=[each for each in allotments_of(db.session, return_.id) if each.ended_at],
        sees_review=can(actor(), Can.SEE_UNPUBLISHED, facts_of(return_)),
    )


@bp.route("/returns/<int:return_id>/reviewers/<int:allotment_id>/change", methods=["GET", "POST"])
@guards.return_(Can.ALLOT)
def change(return_: Return, allotment_id: int) -> Any:
    """Take a return from a reviewer, with a reason, and give it to somebody else or nobody."""
    allotment = _live(return_, allotment_id)
    offered = [(str(number), name) for number, name in _offered(return_)]
    form = with_people(
        ReallotForm, "to", [("", "Choose"), *offered, (NOBODY, "Nobody: take it away only")]
    )
    if form.validate_on_submit():
        to = None if form.to.data == NOBODY else int(form.to.data)
        try:
            with writing() as session:
                allotments.reallot(
                    session, actor(), return_.id, allotment_id, to, form.reason.data or "",
                    now=now(),
                )  # fmt: skip
        except Invalid as error:
            form.refuse(
                {("to" if name == "reviewer" else name): text
                 for name, text in error.problems.items()}
            )  # fmt: skip
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            flash("The change is saved. What the former reviewer wrote is kept.", "success")
            return redirect(url_for(".of_return", return_id=return_.id))
    return render_template(
        "allotments/change.html", return_=return_, form=form, allotment=allotment
    )


@bp.route("/boards/<slug:board>/right-of-reply", methods=["GET", "POST"])
@guards.board(Can.MANAGE_CYCLES)
def reply_days(board: Board) -> Any:
    """Say how many days an agency has to answer agreed ratings."""
    form = ReplyDaysForm(data={"days": board.reply_days})
    if form.validate_on_submit():
        try:
            with writing() as session:
                boards.set_reply_days(session, actor(), board.id, form.days.data, now=now())
        except Invalid as error:
            form.refuse(error.problems)
        else:
            flash("Saved. It holds for ratings that are shared from now on.", "success")
            return redirect(url_for("cycles.index", board=board.slug))
    return render_template("allotments/reply_days.html", board=board, form=form)


def _offered(return_: Return) -> list[tuple[int, str]]:
    """Return who could be added to a return: no reviewer of it, and nobody of the agency."""
    taken = {
        each.reviewer_id for each in allotments_of(db.session, return_.id) if not each.ended_at
    }
    board_id, facts = return_.membership.board_id, facts_of(return_)
    people: list[Candidate] = candidates(db.session, board_id, london_today(now()))
    return [
        (each.user.id, each.user.name)
        for each in people
        if each.user.id not in taken and not holds_role_at(each.actor, facts)
    ]


def _live(return_: Return, allotment_id: int) -> Allotment:
    for each in live_allotments(db.session, return_.id):
        if each.id == allotment_id:
            return each
    raise NotFound("There is no such reviewer of this return.")


def _allotted(made: int) -> str:
    if not made:
        return "Every return has as many reviewers already. Nothing was changed."
    words = "1 return was" if made == 1 else f"{made} allotments were"
    return f"{words} made. Each reviewer gets one e-mail."
