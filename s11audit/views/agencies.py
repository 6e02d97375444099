"""Agencies and their memberships of a board."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Participation
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.agencies import EndForm, MembershipForm
from s11audit.forms.problems import show_problems
from s11audit.models import Board
from s11audit.queries.agencies import (
    AgencyFilter,
    list_agencies,
    membership_on,
    returns_of_membership,
)
from s11audit.queries.history import history_of_membership
from s11audit.queries.open_improvements import ended_of, open_of
from s11audit.queries.successions import former_names, names_of, successions_of
from s11audit.services import agencies
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import choice_in, page_number, page_url, search_in

bp = Blueprint("agencies", __name__, url_prefix="/boards/<slug:board>/agencies")


@bp.get("")
@board(Can.MANAGE_AGENCIES)
def index(board: Board) -> str:
    """The agencies of a board, by the page."""
    wanted = AgencyFilter(
        search=search_in(),
        category=choice_in("category", Category),
        participation=choice_in("participation", Participation),
        ended=request.args.get("ended") == "yes",
    )
    found = list_agencies(db.session, board.id, wanted, london_today(now()), page=page_number())
    return render_template(
        "agencies/index.html",
        board=board,
        wanted=wanted,
        found=found,
        page_url=page_url(),
        categories=[(each.value, in_words(each)) for each in Category],
        participations=[(each.value, in_words(each)) for each in Participation],
    )


@bp.route("/add", methods=["GET", "POST"])
@board(Can.MANAGE_AGENCIES)
def add(board: Board) -> Any:
    """Add an agency to the board."""
    form = MembershipForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = agencies.add_membership(
                    session, actor(), board.id, form.name.data or "",
                    categories=form.categories.data, participation=form.participation.data,
                    duty=form.duty.data, now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(f"{made.name} is now on the board.", "success")
            return redirect(url_for("agencies.index", board=board.slug))
    return render_template("agencies/add.html", board=board, form=form)


@bp.get("/<int:membership_id>")
@board(Can.MANAGE_AGENCIES)
def show(board: Board, membership_id: int) -> str:
    """One agency: how it takes part, its returns, and what happened to its membership."""
    membership = membership_on(db.session, board.id, membership_id)
    found = successions_of(db.session, membership.id)
    return render_template(
        "agencies/show.html",
        board=board,
        membership=membership,
        ended=membership.ends_on is not None,
        successions=found,
        succession_names=names_of(db.session, found) if found else {},
        former=former_names(db.session, membership.id),
        still_open=open_of(db.session, membership.id),
        ended_improvements=ended_of(db.session, membership.id),
        returns=returns_of_membership(db.session, membership.id),
        history=history_of_membership(db.session, membership.id, page=page_number()),
        page_url=page_url(),
    )


@bp.route("/<int:membership_id>/change", methods=["GET", "POST"])
@board(Can.MANAGE_AGENCIES)
def change(board: Board, membership_id: int) -> Any:
    """Change an agency's name, categories, participation or duty."""
    membership = membership_on(db.session, board.id, membership_id)
    form = MembershipForm(obj=membership)
    if form.validate_on_submit():
        try:
            with writing() as session:
                agencies.change_membership(
                    session, actor(), membership_id, name=form.name.data or "",
                    categories=form.categories.data, participation=form.participation.data,
                    duty=form.duty.data, now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The agency was saved.", "success")
            return redirect(_page_of(board, membership_id))
    return render_template("agencies/change.html", board=board, membership=membership, form=form)


@bp.route("/<int:membership_id>/end", methods=["GET", "POST"])
@board(Can.MANAGE_AGENCIES)
def end(board: Board, membership_id: int) -> Any:
    """End a membership."""
    membership = membership_on(db.session, board.id, membership_id)
    form = EndForm(data={"ends_on": london_today(now())})
    if form.validate_on_submit():
        try:
            with writing() as session:
                agencies.end_membership(
                    session, actor(), membership_id, form.ends_on.data, now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The end of the membership was saved.", "success")
            return redirect(_page_of(board, membership_id))
    return render_template("agencies/end.html", board=board, membership=membership, form=form)


@bp.post("/<int:membership_id>/resume")
@board(Can.MANAGE_AGENCIES)
def resume(board: Board, membership_id: int) -> Any:
    """Take an agency whose membership ended onto the board again."""
    membership_on(db.session, board.id, membership_id)
    with writing() as session:
        agencies.resume_membership(session, actor(), membership_id, now=now())
    flash("The agency is on the board again.", "success")
    return redirect(_page_of(board, membership_id))


def _page_of(board: Board, membership_id: int) -> str:
    return url_for("agencies.show", board=board.slug, membership_id=membership_id)
