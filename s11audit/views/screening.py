"""The board office's screening: the list, and a return's points until it is passed or sent back."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from s11audit.domain import lifecycle
from s11audit.domain.enums import Basis, Participation, PointState
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.screening import DismissForm, LetterForm, point_form
from s11audit.models import Board, Return
from s11audit.queries.cycles import stages_of
from s11audit.queries.screened import reading_of
from s11audit.queries.screening import (
    ReturnScreening,
    Show,
    board_screenings,
    screening_of,
)
from s11audit.queries.tools import standards_asked
from s11audit.scoring.screening_letter import Confirmed, letter
from s11audit.services import screening
from s11audit.services.returns import not_sent_back
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now, return_
from s11audit.views.listing import choice_in, number_in, page_number, page_url, search_in

bp = Blueprint("screening", __name__)

SHOWN = [
    (Show.TO_DO, "To be screened"),
    (Show.PASSED, "Passed to QA"),
    (Show.ALL, "Everything sent in"),
]


@bp.get("/boards/<slug:board>/screening")
@board(Can.SCREEN)
def index(board: Board) -> str:
    """The returns to be screened, those sent in longest ago first."""
    stages = [each for each in stages_of(db.session, board.id) if not each.cycle.recorded]
    wanted = number_in("stage")
    stage = next((each for each in stages if each.id == wanted), None)
    show = choice_in("show", Show) or Show.TO_DO
    search = search_in()
    return render_template(
        "screening/index.html",
        board=board,
        found=board_screenings(
            db.session,
            board.id,
            stage_id=stage.id if stage else None,
            show=show,
            search=search,
            page=page_number(),
        ),
        stages=stages,
        stage=stage,
        show=show,
        shown=SHOWN,
        search=search,
        page_url=page_url(),
    )


@bp.get("/returns/<int:return_id>/screening")
@return_(Can.SCREEN)
def show(return_: Return) -> str:
    """A return's points, and what may be done with them."""
    found = screening_of(db.session, return_.id)
    return _page(return_, found)


def _page(return_: Return, found: ReturnScreening, problem: str = "") -> str:
    return render_template(
        "screening/show.html",
        board=return_.membership.board,
        return_=return_,
        found=found,
        problem=problem,
        titles=_titles(return_),
        open=len(found.in_state(PointState.OPEN)),
        confirmed=len(found.in_state(PointState.CONFIRMED)),
        may_send_back=not_sent_back(db.session, return_) is None,
        rated=_is_rated(return_),
        result_waits=lifecycle.allowed(Change.RETURN_RESULT, return_.state)
        and return_.stage.cycle.basis is Basis.CONFIRMED,
        under_way=found.screening is not None and not found.is_over,
        S=PointState,
    )


@bp.post("/returns/<int:return_id>/screening/draft")
@return_(Can.SCREEN)
def draft(return_: Return) -> Response:
    """Read the return now, where the background has not come to it."""
    reading = reading_of(db.session, return_.id)
    if reading is None:
        raise Refused("This return is not with the board office, so it cannot be screened.")
    with writing() as session:
        screening.draft(session, reading, now=now())
    return redirect(url_for(".show", return_id=return_.id))


@bp.post("/returns/<int:return_id>/screening/points/<int:point_id>/confirm")
@return_(Can.SCREEN)
def confirm(return_: Return, point_id: int) -> Response:
    """Confirm one point."""
    with writing() as session:
        screening.decide_point(
            session, actor(), return_.id, point_id, PointState.CONFIRMED, now=now()
        )
    return redirect(url_for(".show", return_id=return_.id, _anchor=f"point-{point_id}"))


@bp.post("/returns/<int:return_id>/screening/confirm")
@return_(Can.SCREEN)
def confirm_open(return_: Return) -> Response:
    """Confirm every point that is open."""
    with writing() as session:
        count = screening.confirm_open(session, actor(), return_.id, now=now())
    flash(f"{count} {'point is' if count == 1 else 'points are'} confirmed.", "success")
    return redirect(url_for(".show", return_id=return_.id))


@bp.route(
    "/returns/<int:return_id>/screening/points/<int:point_id>/dismiss", methods=["GET", "POST"]
)
@return_(Can.SCREEN)
def dismiss(return_: Return, point_id: int) -> Any:
    """Dismiss one point, with a word."""
    found = screening_of(db.session, return_.id)
    point = next((each for each in found.points if each.id == point_id), None)
    if point is None:
        abort(404)
    form = DismissForm(data={"word": point.word})
    if form.validate_on_submit():
        try:
            with writing() as session:
                screening.decide_point(
                    session, actor(), return_.id, point_id, PointState.DISMISSED,
                    form.word.data or "", now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            return redirect(url_for(".show", return_id=return_.id, _anchor=f"point-{point_id}"))
    return render_template(
        "screening/dismiss.html", return_=return_, form=form, point=point, titles=_titles(return_)
    )


@bp.route("/returns/<int:return_id>/screening/add", methods=["GET", "POST"])
@return_(Can.SCREEN)
def add(return_: Return) -> Any:
    """Add a point by hand."""
    form = point_form(list(_titles(return_).items()))
    if form.validate_on_submit():
        try:
            with writing() as session:
                point = screening.add_point(
                    session, actor(), return_.id, int(form.standard.data),
                    form.passage.data or "", now=now(),
                )  # fmt: skip
                anchor = f"point-{point.id}"
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The point is added and confirmed.", "success")
            return redirect(url_for(".show", return_id=return_.id, _anchor=anchor))
    return render_template("screening/add.html", return_=return_, form=form)


@bp.post("/returns/<int:return_id>/screening/pass")
@return_(Can.SCREEN)
def pass_to_qa(return_: Return) -> Any:
    """Pass the return to QA."""
    try:
        with writing() as session:
            screening.pass_to_qa(session, actor(), return_.id, now=now())
    except Refused as error:
        found = screening_of(db.session, return_.id)
        if not found.in_state(PointState.OPEN):
            raise
        return _page(return_, found, str(error)), 409
    name = return_.membership.name
    flash(
        f"The return of {name} is passed to QA."
        if _is_rated(return_)
        else f"The screening of the return of {name} is finished.",
        "success",
    )
    return redirect(url_for(".index", board=return_.membership.board.slug))


@bp.route("/returns/<int:return_id>/screening/send-back", methods=["GET", "POST"])
@return_(Can.SCREEN)
def send_back(return_: Return) -> Any:
    """Send the return back with the confirmed points as a letter that can be changed."""
    if (why := not_sent_back(db.session, return_)) is not None:
        raise Refused(why)
    found = screening_of(db.session, return_.id)
    if found.screening is None or found.is_over:
        raise Refused("This return is not being screened.")
    confirmed = [
        Confirmed(point.standard, point.rule, point.passage, point.about)
        for point in found.in_state(PointState.CONFIRMED)
    ]
    form = LetterForm(data={"letter": letter(confirmed, _titles(return_))})
    if form.validate_on_submit():
        try:
            with writing() as session:
                screening.send_back_with_letter(
                    session, actor(), return_.id, form.letter.data or "", now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(f"The return of {return_.membership.name} is back with the agency.", "success")
            return redirect(url_for(".index", board=return_.membership.board.slug))
    return render_template(
        "screening/send_back.html",
        return_=return_,
        form=form,
        confirmed=len(confirmed),
        open=len(found.in_state(PointState.OPEN)),
    )


def _titles(return_: Return) -> dict[int, str]:
    return {each.number: each.title for each in standards_asked(db.session, return_)}


def _is_rated(return_: Return) -> bool:
    """Whether QA rates the return after its screening."""
    return (
        return_.participation is Participation.FULL
        and return_.stage.cycle.basis is not Basis.CONFIRMED
    )
