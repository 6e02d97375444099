"""Redactions: a board's, by its office, and all of them, by an administrator."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.people import PressForm
from s11audit.forms.problems import show_problems
from s11audit.forms.redactions import FileNameForm, PassageForm, RedactFileForm, RedactForm
from s11audit.models import Board
from s11audit.queries.people import all_boards
from s11audit.queries.redactions import FileUse, files_named, redactions_on
from s11audit.scoring.words import counted
from s11audit.services import redacted_files, redactions
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, installation, now
from s11audit.views.listing import page_number

bp = Blueprint("redactions", __name__)


@bp.get("/boards/<slug:board>/redactions")
@board(Can.REDACT)
def index(board: Board) -> str:
    """What was taken out of a board's record: when, by whom, why, in how many places."""
    return _list(board)


@bp.get("/admin/redactions")
@installation(Can.REDACT)
def everywhere() -> str:
    """Every redaction, on whichever board."""
    return _list(None)


@bp.route("/boards/<slug:board>/redactions/passage", methods=["GET", "POST"])
@board(Can.REDACT)
def passage(board: Board) -> Any:
    """Look where a passage stands in a board's record, then take it out."""
    return _passage(board)


@bp.route("/admin/redactions/passage", methods=["GET", "POST"])
@installation(Can.REDACT)
def passage_everywhere() -> Any:
    """Look where a passage stands on any board, then take it out everywhere."""
    return _passage(None)


@bp.route("/boards/<slug:board>/redactions/file", methods=["GET", "POST"])
@board(Can.REDACT)
def file(board: Board) -> Any:
    """Find a file by its name, then take it out of a board's record."""
    asked, chosen = FileNameForm(formdata=None), RedactFileForm()
    if request.method == "POST" and "look" in request.form:
        asked = FileNameForm()
        if not asked.validate():
            return _asked_file(board, asked, 422)
        chosen = RedactFileForm(formdata=None, name=asked.name.data)
    elif request.method == "GET" or chosen.change.data:
        return _asked_file(board, FileNameForm(formdata=None, name=request.form.get("name", "")))
    found = files_named(db.session, board.id, chosen.name.data or "")
    if not found:
        asked = FileNameForm(formdata=None, name=chosen.name.data)
        asked.name.errors = ["No file of this board has these words in its name"]
        return _asked_file(board, asked, 422)
    _offer(chosen, found)
    if chosen.confirm.data and chosen.validate():
        try:
            with writing() as session:
                made = redacted_files.redact_file(
                    session,
                    actor(),
                    board.id,
                    chosen.file.data,
                    chosen.reason.data or "",
                    now=now(),
                )
                total = _total(made.places)
        except Invalid as error:
            show_problems(chosen, error)
        except Refused as error:
            chosen.form_errors.append(str(error))
        else:
            return _done(board, f"The file was redacted: {counted(total, 'place', 'places')}.")
    page = render_template("redactions/file_found.html", board=board, form=chosen, found=found)
    return page, 422 if chosen.errors else 200


@bp.post("/admin/redactions/<int:redaction_id>/everywhere")
@installation(Can.REDACT)
def file_everywhere(redaction_id: int) -> Any:
    """Take a file that one board redacted out of every board's record."""
    with writing() as session:
        made = redacted_files.redact_everywhere(session, actor(), redaction_id, now=now())
        total = _total(made.places)
    return _done(
        None, f"The file was redacted on every board: {counted(total, 'place', 'places')}."
    )


def _list(board: Board | None) -> str:
    found = redactions_on(db.session, board.id if board else None, page=page_number())
    here = url_for(".index", board=board.slug) if board else url_for(".everywhere")
    return render_template(
        "redactions/index.html",
        board=board,
        found=found,
        press=PressForm(),
        page_url=lambda number: f"{here}?page={number}",
    )


def _passage(board: Board | None) -> Any:
    form, asked = RedactForm(), PassageForm()
    if request.method == "GET" or form.change.data:
        asked = PassageForm(formdata=None, passage=request.form.get("passage", ""))
        return _asked_passage(board, asked)
    if not asked.validate():
        return _asked_passage(board, asked)
    if "look" in request.form:
        form = RedactForm(formdata=None, passage=asked.passage.data)
    elif form.validate():
        board_id = board.id if board else None
        try:
            with writing() as session:
                made = redactions.redact_passage(
                    session,
                    actor(),
                    board_id,
                    form.passage.data or "",
                    form.reason.data or "",
                    now=now(),
                )
                total = _total(made.places)
        except Invalid as error:
            show_problems(form if "reason" in error.problems else asked, error)
        else:
            return _done(board, f"The passage was redacted: {counted(total, 'place', 'places')}.")
    return _asked_passage(board, asked) if asked.errors else _places(board, asked, form)


def _asked_passage(board: Board | None, form: PassageForm) -> Any:
    page = render_template("redactions/passage.html", board=board, form=form)
    return page, 422 if form.errors else 200


def _places(board: Board | None, asked: PassageForm, form: RedactForm) -> Any:
    try:
        places, others = redactions.look_for(
            db.session, actor(), board.id if board else None, asked.passage.data or ""
        )
    except Invalid as error:
        show_problems(asked, error)
        return _asked_passage(board, asked)
    names = {each.id: each.name for each in all_boards(db.session)} if board is None else {}
    page = render_template(
        "redactions/places.html",
        board=board,
        form=form,
        passage=asked.passage.data,
        places=places,
        total=sum(each.count for each in places),
        others=others,
        names=names,
    )
    return page, 422 if form.errors else 200


def _asked_file(board: Board, form: FileNameForm, status: int = 200) -> Any:
    return render_template("redactions/file.html", board=board, form=form), status


def _offer(form: RedactFileForm, found: list[FileUse]) -> None:
    """Offer each file once, however many returns it came with, saying whose they are."""
    names: dict[str, list[str]] = {}
    returns: dict[str, dict[str, int]] = {}
    for each in found:
        names.setdefault(each.sha256, []).append(each.filename)
        whose = f"{each.agency} (original on paper)" if each.is_original else each.agency
        counts = returns.setdefault(each.sha256, {})
        counts[whose] = counts.get(whose, 0) + 1
    form.file.choices = [(key, ", ".join(dict.fromkeys(each))) for key, each in names.items()]
    form.file.look["hints"] = {
        key: "; ".join(
            f"{whose}: {counted(count, 'return', 'returns')}" for whose, count in each.items()
        )
        for key, each in returns.items()
    }


def _total(places: dict[str, dict[str, int]]) -> int:
    return sum(sum(counts.values()) for counts in places.values())


def _done(board: Board | None, message: str) -> Any:
    redactions.keep_ledger_soon(db.session, current_app.config["REDACTIONS"])
    flash(message, "success")
    return redirect(url_for(".index", board=board.slug) if board else url_for(".everywhere"))
