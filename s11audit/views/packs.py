"""A QA meeting's pack, its lines of enquiry, what it recorded, and its minutes."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm

from s11audit.domain.dates import london_today
from s11audit.domain.enums import MeetingKind
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.forms.meetings import (
    AttendanceForm,
    DecisionForm,
    LineForm,
    LineTextForm,
    NotesForm,
)
from s11audit.forms.problems import show_problems
from s11audit.models import Board, Meeting
from s11audit.queries.agencies import members_to_ask
from s11audit.queries.meetings import meeting_on
from s11audit.queries.packs import attendance_of, known_interests, minutes_of
from s11audit.reports.build_pack import (
    Pack,
    meeting_pack,
    minutes_document,
    pack_document,
    visible_decisions,
)
from s11audit.reports.document_files import DOCUMENT_FORMATS
from s11audit.reports.documents import Document
from s11audit.services import enquiries
from s11audit.services import minutes as recording
from s11audit.transactions import writing
from s11audit.views.downloads import send_document
from s11audit.views.guards import actor, board, now
from s11audit.views.meetings import ONE, allowed, bp
from s11audit.views.themes import FILE


@bp.get(f"{ONE}/pack")
@board(Can.READ_PACK)
def pack(board: Board, meeting_id: int) -> str:
    """What is up for decision, and the lines of enquiry."""
    meeting = _meeting(board, meeting_id)
    found = meeting_pack(db.session, actor(), board.id, meeting, now=now())
    return render_template(
        "meetings/pack.html",
        board=board,
        meeting=meeting,
        pack=found,
        sees=can(actor(), Can.SEE_UNPUBLISHED, Facts(board.id)),
        minuted=minutes_of(db.session, meeting.id) is not None,
        files=_files(".pack_file", board, meeting),
        **allowed(board),
    )


@bp.get(f"{ONE}/pack.{FILE}")
@board(Can.READ_PACK)
def pack_file(board: Board, meeting_id: int, file_format: str) -> Response:
    """The pack as a file, as the reader may see it."""
    meeting = _meeting(board, meeting_id)
    found = meeting_pack(db.session, actor(), board.id, meeting, now=now())
    return send_document(pack_document(found, board), board, file_format)


@bp.post(f"{ONE}/lines/draft")
@board(Can.MANAGE_MEETINGS)
def draft_lines(board: Board, meeting_id: int) -> Any:
    """Draft the lines of enquiry for what waits for the meeting."""
    _meeting(board, meeting_id)
    try:
        with writing() as session:
            added = enquiries.draft_enquiries(session, actor(), board.id, meeting_id, now=now())
    except Refused as error:
        flash(str(error))
    else:
        lines = "1 line of enquiry was" if added == 1 else f"{added} lines of enquiry were"
        flash(f"{lines} drafted.", "success")
    return redirect(url_for(".pack", board=board.slug, meeting_id=meeting_id))


@bp.route(f"{ONE}/lines/add", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def add_line(board: Board, meeting_id: int) -> Any:
    """Add a line of enquiry by hand."""
    meeting = _meeting(board, meeting_id)
    form = LineForm(_returns(board, meeting))

    def save(session: Any) -> None:
        enquiries.add_enquiry(
            session, actor(), board.id, meeting_id, return_id=form.about.data,
            standard=form.standard.data or 0, text=form.text.data or "", now=now(),
        )  # fmt: skip

    return _form_page(board, meeting, form, save, "Add a line of enquiry", ".pack")


@bp.route(f"{ONE}/lines/<int:line_id>", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def change_line(board: Board, meeting_id: int, line_id: int) -> Any:
    """Give a line of enquiry other words."""
    meeting = _meeting(board, meeting_id)
    line = enquiries.readable_line(db.session, actor(), board.id, meeting_id, line_id)
    form = LineTextForm(obj=line)

    def save(session: Any) -> None:
        enquiries.change_enquiry(
            session, actor(), board.id, meeting_id, line_id, text=form.text.data or "", now=now()
        )

    remove = url_for(".remove_line", board=board.slug, meeting_id=meeting_id, line_id=line_id)
    return _form_page(board, meeting, form, save, "Change a line of enquiry", ".pack", remove)


@bp.post(f"{ONE}/lines/<int:line_id>/remove")
@board(Can.MANAGE_MEETINGS)
def remove_line(board: Board, meeting_id: int, line_id: int) -> Any:
    """Take a line of enquiry out of the pack."""
    _meeting(board, meeting_id)
    with writing() as session:
        enquiries.remove_enquiry(session, actor(), board.id, meeting_id, line_id, now=now())
    flash("The line of enquiry was removed.", "success")
    return redirect(url_for(".pack", board=board.slug, meeting_id=meeting_id))


@bp.get(f"{ONE}/minutes")
@board(Can.READ_PACK)
def minutes(board: Board, meeting_id: int) -> str:
    """The minutes: a draft, or the frozen copy."""
    meeting = _meeting(board, meeting_id)
    document, snapshot, approved = _minutes(board, meeting)
    may = allowed(board)
    return render_template(
        "meetings/minutes.html",
        board=board,
        meeting=meeting,
        document=document,
        decisions=[] if approved else visible_decisions(actor(), board.id, snapshot),
        people=[] if approved else attendance_of(db.session, meeting.id),
        interests=known_interests(db.session, board.id) if may["manages"] and not approved else [],
        approved=approved,
        held=meeting.held_on <= london_today(now()),
        files=_files(".minutes_file", board, meeting),
        **may,
    )


@bp.get(f"{ONE}/minutes.{FILE}")
@board(Can.READ_PACK)
def minutes_file(board: Board, meeting_id: int, file_format: str) -> Response:
    """The minutes as a file."""
    document, _snapshot, _approved = _minutes(board, _meeting(board, meeting_id))
    return send_document(document, board, file_format)


@bp.post(f"{ONE}/minutes/approve")
@board(Can.APPROVE_MINUTES)
def approve(board: Board, meeting_id: int) -> Any:
    """Approve the minutes, which freezes them."""
    _meeting(board, meeting_id)
    try:
        with writing() as session:
            recording.approve_minutes(session, actor(), board.id, meeting_id, now=now())
    except Refused as error:
        flash(str(error))
    else:
        flash("The minutes are approved.", "success")
    return redirect(url_for(".minutes", board=board.slug, meeting_id=meeting_id))


@bp.route(f"{ONE}/attendance/add", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def add_attendance(board: Board, meeting_id: int) -> Any:
    """Record somebody's attendance or apologies, and a conflict of interest."""
    meeting = _meeting(board, meeting_id)
    agencies = members_to_ask(db.session, board.id, london_today(now()))
    form = AttendanceForm([(str(each.id), each.name) for each in agencies])

    def save(session: Any) -> None:
        recording.record_attendance(
            session, actor(), board.id, meeting_id, name=form.name.data or "",
            kind=form.kind.data, from_where=form.from_where.data or "",
            conflict_with=form.conflict.data, now=now(),
        )  # fmt: skip

    return _form_page(board, meeting, form, save, "Attendance", ".minutes")


@bp.post(f"{ONE}/attendance/<int:attendance_id>/remove")
@board(Can.MANAGE_MEETINGS)
def remove_attendance(board: Board, meeting_id: int, attendance_id: int) -> Any:
    """Take somebody off the list."""
    _meeting(board, meeting_id)
    with writing() as session:
        recording.remove_attendance(
            session, actor(), board.id, meeting_id, attendance_id, now=now()
        )
    flash("The person was taken off the list.", "success")
    return redirect(url_for(".minutes", board=board.slug, meeting_id=meeting_id))


@bp.route(f"{ONE}/notes", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def notes(board: Board, meeting_id: int) -> Any:
    """Write the minutes' own text."""
    meeting = _meeting(board, meeting_id)
    form = NotesForm(obj=meeting)

    def save(session: Any) -> None:
        recording.write_notes(
            session, actor(), board.id, meeting_id, form.notes.data or "", now=now()
        )

    return _form_page(board, meeting, form, save, "Notes of the meeting", ".minutes")


@bp.route(f"{ONE}/decisions/add", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def add_decision(board: Board, meeting_id: int) -> Any:
    """Record a decision."""
    meeting = _meeting(board, meeting_id)
    form = DecisionForm(_returns(board, meeting))
    return _decision_page(board, meeting, form, None, "Record a decision")


@bp.route(f"{ONE}/decisions/<int:decision_id>", methods=["GET", "POST"])
@board(Can.MANAGE_MEETINGS)
def change_decision(board: Board, meeting_id: int, decision_id: int) -> Any:
    """Say a decision again."""
    meeting = _meeting(board, meeting_id)
    found = recording.readable_decision(db.session, actor(), board.id, meeting.id, decision_id)
    returns = _returns(board, meeting)
    if found.return_id is not None and str(found.return_id) not in dict(returns):
        agency = found.return_.membership.name if found.return_ else ""
        returns = [(str(found.return_id), agency), *returns]
    form = DecisionForm(returns, obj=found, data={"about": found.return_id})
    return _decision_page(board, meeting, form, decision_id, "Change a decision")


@bp.post(f"{ONE}/decisions/<int:decision_id>/remove")
@board(Can.MANAGE_MEETINGS)
def remove_decision(board: Board, meeting_id: int, decision_id: int) -> Any:
    """Take a decision out of the draft."""
    _meeting(board, meeting_id)
    with writing() as session:
        recording.remove_decision(session, actor(), board.id, meeting_id, decision_id, now=now())
    flash("The decision was removed.", "success")
    return redirect(url_for(".minutes", board=board.slug, meeting_id=meeting_id))


def _decision_page(
    board: Board, meeting: Meeting, form: DecisionForm, decision_id: int | None, heading: str
) -> Any:
    def save(session: Any) -> None:
        recording.record_decision(
            session, actor(), board.id, meeting.id, text=form.text.data or "",
            return_id=form.about.data, standard=form.standard.data, owner=form.owner.data or "",
            due_on=form.due_on.data, decision_id=decision_id, now=now(),
        )  # fmt: skip

    remove = None
    if decision_id is not None:
        remove = url_for(
            ".remove_decision", board=board.slug, meeting_id=meeting.id, decision_id=decision_id
        )
    return _form_page(board, meeting, form, save, heading, ".minutes", remove)


def _form_page(
    board: Board,
    meeting: Meeting,
    form: FlaskForm,
    save: Callable[[Any], None],
    heading: str,
    back: str,
    remove: str | None = None,
) -> Any:
    """Show a form of a meeting, or save it and go back to the pack or the minutes."""
    meeting_id = meeting.id
    if form.validate_on_submit():
        try:
            with writing() as session:
                save(session)
        except (Invalid, Refused) as error:
            show_problems(form, error if isinstance(error, Invalid) else Invalid(str(error)))
        else:
            flash("Saved.", "success")
            return redirect(url_for(back, board=board.slug, meeting_id=meeting_id))
    return render_template(
        "meetings/write.html",
        board=board,
        meeting=meeting,
        form=form,
        heading=heading,
        back=url_for(back, board=board.slug, meeting_id=meeting_id),
        back_text="Meeting pack" if back == ".pack" else "Minutes",
        remove=remove,
    )


def _meeting(board: Board, meeting_id: int) -> Meeting:
    meeting = meeting_on(db.session, board.id, meeting_id)
    if meeting.kind is not MeetingKind.QA:
        raise NotFound("There is no such meeting of the QA sub-group.")
    return meeting


def _minutes(board: Board, meeting: Meeting) -> tuple[Document, dict[str, Any], Any]:
    approved = minutes_of(db.session, meeting.id)
    snapshot = approved.snapshot if approved else recording.minutes_snapshot(db.session, meeting)
    document = minutes_document(actor(), board, snapshot, approved, now=now())
    return document, snapshot, approved


def _returns(board: Board, meeting: Meeting) -> list[tuple[str, str]]:
    """Return the returns that wait for the meeting, to choose from."""
    found: Pack = meeting_pack(db.session, actor(), board.id, meeting, now=now())
    choices: dict[int, str] = {}
    for listed in found.sections:
        for item in listed.items:
            choices[item.return_id] = f"{item.agency} ({item.where})"
    for line in found.lines:
        choices[line.return_id] = f"{line.agency} ({line.cycle}, stage {line.stage})"
    return sorted(((str(key), text) for key, text in choices.items()), key=lambda one: one[1])


def _files(endpoint: str, board: Board, meeting: Meeting) -> list[tuple[str, str]]:
    return [
        (name, url_for(endpoint, board=board.slug, meeting_id=meeting.id, file_format=name))
        for name in DOCUMENT_FORMATS
    ]
