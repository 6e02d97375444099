"""The executive's rolling programme, and the quarterly exception report."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Can
from s11audit.domain.quarters import Quarter, quarter_of, read_quarter
from s11audit.extensions import db
from s11audit.forms.meetings import ScheduleForm
from s11audit.forms.problems import show_problems
from s11audit.models import Board
from s11audit.queries.meetings import executive_meetings, programme_item, return_on
from s11audit.reports.build_exceptions import build_exceptions
from s11audit.reports.build_programme import forward_plan, plan_document
from s11audit.reports.document_files import DOCUMENT_FORMATS
from s11audit.services import meetings
from s11audit.transactions import writing
from s11audit.views.downloads import send_document
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import number_in, page_number, page_url
from s11audit.views.meetings import allowed, bp, meeting_choices
from s11audit.views.themes import FILE

AT = "/boards/<slug:board>/programme"
QUARTERS_OFFERED = 5
PAGE_LENGTH = 50


@bp.get(AT)
@board(Can.READ_REPORTS)
def plan(board: Board) -> str:
    """The forward plan of a stage."""
    found = forward_plan(db.session, actor(), board.id, number_in("stage"), now=now())
    stage = found.stage.id if found.stage else None
    pages = max(1, -(-len(found.unplanned) // PAGE_LENGTH))
    page = min(page_number(), pages)
    return render_template(
        "meetings/plan.html",
        board=board,
        plan=found,
        document=plan_document(found, board),
        unplanned=found.unplanned[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH],
        page=page,
        pages=pages,
        page_url=page_url(),
        files=[
            (name, url_for(".plan_file", board=board.slug, stage=stage, file_format=name))
            for name in DOCUMENT_FORMATS
        ],
        **allowed(board),
    )


@bp.get(f"{AT}/plan.{FILE}")
@board(Can.READ_REPORTS)
def plan_file(board: Board, file_format: str) -> Response:
    """The forward plan as a file."""
    found = forward_plan(db.session, actor(), board.id, number_in("stage"), now=now())
    return send_document(plan_document(found, board), board, file_format)


@bp.post(f"{AT}/accept")
@board(Can.MANAGE_MEETINGS)
def accept(board: Board) -> Any:
    """Put the returns that were ticked on the programme of the meetings proposed for them."""
    stage = number_in("stage")
    places: dict[int, int] = {}
    for text in request.form.getlist("place"):
        return_id, _, meeting_id = text.partition(":")
        if not (_is_id(return_id) and _is_id(meeting_id)):
            raise NotFound("There is no such return.")
        places[int(return_id)] = int(meeting_id)
    if not places:
        flash("Tick the returns to put on the programme.")
    else:
        with writing() as session:
            done = meetings.schedule_many(session, actor(), board.id, places, now=now())
        returns = "1 return was" if done == 1 else f"{done} returns were"
        flash(f"{returns} put on the programme.", "success")
    return redirect(url_for(".plan", board=board.slug, stage=stage))


@bp.route(f"{AT}/<int:return_id>", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def place(board: Board, return_id: int) -> Any:
    """Put a return on the programme, or move it."""
    return_ = return_on(db.session, board.id, return_id)
    item = programme_item(db.session, return_id)
    coming = [
        each
        for each in executive_meetings(db.session, board.id)
        if each.held_on >= london_today(now()) or (item and each.id == item.meeting_id)
    ]
    form = ScheduleForm(
        meeting_choices(coming),
        data={
            "meeting": item.meeting_id if item else number_in("meeting"),
            "position": item.position if item else None,
            "note": item.note if item else "",
        },
    )
    if form.validate_on_submit():
        try:
            with writing() as session:
                meetings.schedule(
                    session, actor(), board.id, return_id, form.meeting.data,
                    position=form.position.data, note=form.note.data or "", now=now(),
                )  # fmt: skip
        except (Invalid, Refused) as error:
            show_problems(form, error if isinstance(error, Invalid) else Invalid(str(error)))
        else:
            flash(f"{return_.membership.name} is on the programme.", "success")
            return redirect(url_for(".plan", board=board.slug, stage=return_.stage_id))
    return render_template(
        "meetings/place.html", board=board, return_=return_, item=item, form=form, meetings=coming
    )


@bp.post(f"{AT}/<int:return_id>/remove")
@board(Can.MANAGE_MEETINGS)
def take_off(board: Board, return_id: int) -> Any:
    """Take a return off the programme."""
    return_ = return_on(db.session, board.id, return_id)
    stage_id, name = return_.stage_id, return_.membership.name
    try:
        with writing() as session:
            meetings.unschedule(session, actor(), board.id, return_id, now=now())
    except Refused as error:
        flash(str(error))
    else:
        flash(f"{name} was taken off the programme.", "success")
    return redirect(url_for(".plan", board=board.slug, stage=stage_id))


@bp.get("/boards/<slug:board>/exceptions")
@board(Can.READ_REPORTS)
def exceptions(board: Board) -> str:
    """The exception report of a quarter, the last full one where none is named."""
    quarter = _quarter()
    document = build_exceptions(db.session, actor(), board, quarter, now=now())
    current = quarter_of(london_today(now()))
    offered = [current]
    while len(offered) < QUARTERS_OFFERED:
        offered.append(offered[-1].before)
    return render_template(
        "meetings/exceptions.html",
        board=board,
        document=document,
        quarter=quarter,
        offered=offered,
        files=[
            (name, url_for(".exceptions_file", board=board.slug, quarter=str(quarter),
                           file_format=name))
            for name in DOCUMENT_FORMATS
        ],
    )  # fmt: skip


@bp.get(f"/boards/<slug:board>/exceptions.{FILE}")
@board(Can.READ_REPORTS)
def exceptions_file(board: Board, file_format: str) -> Response:
    """The exception report as a file."""
    document = build_exceptions(db.session, actor(), board, _quarter(), now=now())
    return send_document(document, board, file_format)


def _quarter() -> Quarter:
    """Return the quarter that the address names; the last full one where it names none that has
    begun."""
    current = quarter_of(london_today(now()))
    found = read_quarter(request.args.get("quarter", ""))
    return found if found is not None and found <= current else current.before


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
