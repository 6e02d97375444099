"""A stage against an earlier one: more routes of the blueprint `reports`."""

from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.models import Board, Stage
from s11audit.queries.log import head_line
from s11audit.reports.comparison import build_comparison
from s11audit.reports.comparison_data import ComparisonReport, counts_in_words
from s11audit.reports.comparison_files import as_csv, as_xlsx
from s11audit.reports.render import FORMATS, file_name, with_log
from s11audit.views.downloads import send_report
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import number_in
from s11audit.views.reports import STAGE, asked_day, bp

DRAW = {"csv": as_csv, "xlsx": as_xlsx}


@bp.get(f"{STAGE}/comparison")
@board(Can.READ_REPORTS)
def comparison(board: Board, cycle_id: int, number: int) -> str:
    """How the ratings of a stage stand to those of an earlier one, by standard and agency."""
    form, day = asked_day()
    try:
        report, choices = _build(board, cycle_id, number, day)
    except Invalid as error:
        form.as_at.errors = [error.problems.get("as_at", str(error))]
        report, choices = _build(board, cycle_id, number, None)
    place: dict[str, Any] = {"board": board.slug, "cycle_id": cycle_id, "number": number}
    kept: dict[str, Any] = {"then": number_in("then")}
    if report is not None:
        kept["as_at"] = report.about.as_at.isoformat()
    return render_template(
        "reports/comparison.html",
        board=board,
        report=report,
        form=form,
        choices=choices,
        chosen=number_in("then"),
        files=[
            (name, url_for("reports.comparison_file", file_format=name, **place, **kept))
            for name in DRAW
        ],
        words=counts_in_words,
    )


@bp.get(f"{STAGE}/comparison.<any(csv, xlsx):file_format>")
@board(Can.READ_REPORTS)
def comparison_file(board: Board, cycle_id: int, number: int, file_format: str) -> Response:
    """The comparison as a file."""
    form, day = asked_day()
    if form.errors:
        raise BadRequest
    report, _choices = _build(board, cycle_id, number, day)
    if report is None:
        raise BadRequest
    line = head_line(db.session, board)
    content = DRAW[file_format](with_log(report, line))
    return send_report(content, FORMATS[file_format], file_name(report, file_format), line)


def _build(
    board: Board, cycle_id: int, number: int, day: date | None
) -> tuple[ComparisonReport | None, list[Stage]]:
    wanted = number_in("then") if request.args.get("then") else None
    return build_comparison(
        db.session, actor(), cycle_id, number, day, board_id=board.id, then_id=wanted, now=now()
    )
