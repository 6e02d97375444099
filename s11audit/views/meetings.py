"""Meetings: the list, adding and changing one, and what comes to it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import MeetingKind
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.forms.meetings import MeetingForm
from s11audit.forms.problems import show_problems
from s11audit.models import Board, Meeting
from s11audit.queries.meetings import list_meetings, meeting_on, planned_returns
from s11audit.services import meetings
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import page_number, page_url

bp = Blueprint("meetings", __name__)
AT = "/boards/<slug:board>/meetings"
ONE = f"{AT}/<int:meeting_id>"


@bp.get(AT)
@board(Can.READ_REPORTS)
def index(board: Board) -> str:
    """The board's meetings to come, or its past ones."""
    past = request.args.get("past") == "yes"
    found = list_meetings(db.session, board.id, london_today(now()), past=past, page=page_number())
    return render_template(
        "meetings/index.html",
        board=board,
        found=found,
        past=past,
        page_url=page_url(),
        **allowed(board),
    )


@bp.route(f"{AT}/add", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def add(board: Board) -> Any:
    """Add a meeting."""
    form = MeetingForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = meetings.add_meeting(
                    session, actor(), board.id, kind=form.kind.data, **_typed(form), now=now()
                )
                meeting_id = made.id
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The meeting was added.", "success")
            return redirect(url_for(".show", board=board.slug, meeting_id=meeting_id))
    return render_template("meetings/form.html", board=board, form=form, meeting=None)


@bp.get(ONE)
@board(Can.READ_REPORTS)
def show(board: Board, meeting_id: int) -> str:
    """A meeting and what comes to it."""
    meeting = meeting_on(db.session, board.id, meeting_id)
    items = (
        planned_returns(db.session, board.id, meeting_ids=[meeting.id])
        if meeting.kind is MeetingKind.EXECUTIVE
        else []
    )
    return render_template(
        "meetings/show.html", board=board, meeting=meeting, items=items, **allowed(board)
    )


@bp.route(f"{ONE}/change", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def change(board: Board, meeting_id: int) -> Any:
    """Change a meeting's day and what is known of it."""
    meeting = meeting_on(db.session, board.id, meeting_id)
    form = MeetingForm(obj=meeting)
    del form.kind
    if form.validate_on_submit():
        try:
            with writing() as session:
                meetings.change_meeting(
                    session, actor(), board.id, meeting_id, **_typed(form), now=now()
                )
        except (Invalid, Refused) as error:
            show_problems(form, error if isinstance(error, Invalid) else Invalid(str(error)))
        else:
            flash("The meeting was changed.", "success")
            return redirect(url_for(".show", board=board.slug, meeting_id=meeting_id))
    return render_template("meetings/form.html", board=board, form=form, meeting=meeting)


@bp.post(f"{ONE}/remove")
@board(Can.MANAGE_MEETINGS)
def remove(board: Board, meeting_id: int) -> Any:
    """Remove a meeting that nothing hangs on."""
    try:
        with writing() as session:
            meetings.remove_meeting(session, actor(), board.id, meeting_id, now=now())
    except Refused as error:
        flash(str(error))
        return redirect(url_for(".show", board=board.slug, meeting_id=meeting_id))
    flash("The meeting was removed.", "success")
    return redirect(url_for(".index", board=board.slug))


def allowed(board: Board) -> dict[str, bool]:
    """Say what the actor may do with the board's meetings, for the templates."""
    facts, who = Facts(board.id), actor()
    return {
        "manages": can(who, Can.MANAGE_MEETINGS, facts),
        "reads_pack": can(who, Can.READ_PACK, facts),
        "approves": can(who, Can.APPROVE_MINUTES, facts),
    }


def meeting_choices(found: list[Meeting]) -> list[tuple[str, str]]:
    """Return meetings to choose from, by their day."""
    return [(str(each.id), f"{in_words(each.held_on)}: {each.title}") for each in found]


def _typed(form: MeetingForm) -> dict[str, Any]:
    return {
        "held_on": form.held_on.data,
        **{name: form[name].data or "" for name in ("title", "starts_at", "place", "other_items")},
    }
