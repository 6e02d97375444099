"""Reports: the compliance table and the ratings by standard, as pages and as files."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can, Facts
from s11audit.extensions import db
from s11audit.forms.reports import AsAtForm
from s11audit.models import Board
from s11audit.queries.log import head_line
from s11audit.queries.reports import cycles_with_stages
from s11audit.reports.build import build_compliance, build_standards
from s11audit.reports.data import Report
from s11audit.reports.render import FORMATS, file_name, render, with_log
from s11audit.views.downloads import send_report
from s11audit.views.guards import actor, board, now

bp = Blueprint("reports", __name__, url_prefix="/boards/<slug:board>")

STAGE = "/cycles/<int:cycle_id>/stages/<int:number>"
FILE = "<any(pdf, xlsx, csv, html, json):file_format>"
KINDS: dict[str, Callable[..., Report]] = {
    "compliance": build_compliance,
    "standards": build_standards,
}


@bp.get("/reports")
@board(Can.READ_REPORTS)
def index(board: Board) -> str:
    """The board's cycles and stages, with the reports of each."""
    return render_template(
        "reports/index.html",
        board=board,
        facts=Facts(board.id),
        cycles=cycles_with_stages(db.session, board.id),
    )


@bp.get(f"{STAGE}/compliance")
@board(Can.READ_REPORTS)
def compliance(board: Board, cycle_id: int, number: int) -> str:
    """The compliance table of a stage."""
    return _page("compliance", board, cycle_id, number)


@bp.get(f"{STAGE}/standards")
@board(Can.READ_REPORTS)
def standards(board: Board, cycle_id: int, number: int) -> str:
    """The ratings of a stage by standard and agency."""
    return _page("standards", board, cycle_id, number)


@bp.get(f"{STAGE}/compliance.{FILE}")
@board(Can.READ_REPORTS)
def compliance_file(board: Board, cycle_id: int, number: int, file_format: str) -> Response:
    """The compliance table as a file."""
    return _file("compliance", board, cycle_id, number, file_format)


@bp.get(f"{STAGE}/standards.{FILE}")
@board(Can.READ_REPORTS)
def standards_file(board: Board, cycle_id: int, number: int, file_format: str) -> Response:
    """The ratings by standard as a file."""
    return _file("standards", board, cycle_id, number, file_format)


def _page(kind: str, board: Board, cycle_id: int, number: int) -> str:
    form, day = asked_day()
    try:
        report = _build(kind, board, cycle_id, number, day)
    except Invalid as error:
        form.as_at.errors = [error.problems.get("as_at", str(error))]
        report = _build(kind, board, cycle_id, number, None)
    place: dict[str, Any] = {"board": board.slug, "cycle_id": cycle_id, "number": number}
    of_day = place | {"as_at": report.about.as_at.isoformat()}
    return render_template(
        "reports/show.html",
        board=board,
        report=report,
        form=form,
        files=[
            (name, url_for(f"reports.{kind}_file", file_format=name, **of_day)) for name in FORMATS
        ],
        others=[(other, url_for(f"reports.{other}", **of_day)) for other in KINDS if other != kind],
    )


def _file(kind: str, board: Board, cycle_id: int, number: int, file_format: str) -> Response:
    form, day = asked_day()
    if form.errors:
        raise BadRequest
    report = _build(kind, board, cycle_id, number, day)
    line = head_line(db.session, board)
    content = render(with_log(report, line), file_format)
    return send_report(content, FORMATS[file_format], file_name(report, file_format), line)


def _build(kind: str, board: Board, cycle_id: int, number: int, day: date | None) -> Report:
    return KINDS[kind](db.session, actor(), cycle_id, number, day, board_id=board.id, now=now())


def asked_day() -> tuple[AsAtForm, date | None]:
    """Return the form and the day that the address names: `as_at=2026-03-04`, or the three boxes
    of the form. None, with the error in the form, where it cannot be read."""
    written = request.args.get("as_at", "")
    if not written:
        form = AsAtForm(request.args)
        form.validate()
        return form, form.as_at.data
    try:
        day = date.fromisoformat(written.strip())
    except ValueError:
        form = AsAtForm(None)
        form.as_at.errors = ["Date must be a real date, such as 2026-03-04"]
        return form, None
    return AsAtForm(None, data={"as_at": day}), day
