"""How long what agencies wrote is kept, what would be removed of a cycle, and what was."""

import csv
from datetime import date
from io import StringIO
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can
from s11audit.domain.retention import is_past, kept_until
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.retention import RemoveForm, YearsForm
from s11audit.models import Board, Cycle, RetentionRun
from s11audit.queries.cycles import cycle_on
from s11audit.queries.log import head_line
from s11audit.queries.retention import Plan, cycles_to_retain, last_closed, plan_of, runs_of
from s11audit.reports.as_csv import defused
from s11audit.services import retention
from s11audit.transactions import writing
from s11audit.views.downloads import send_report
from s11audit.views.guards import actor, board, now

bp = Blueprint("retention", __name__, url_prefix="/boards/<slug:board>/retention")
FILES = "File in the store"


@bp.get("")
@board(Can.RETAIN)
def index(board: Board) -> str:
    """The board's cycles: until when each is kept, and what was removed."""
    cycles = cycles_to_retain(db.session, board.id)
    return render_template(
        "retention/index.html",
        board=board,
        cycles=[(cycle, *_ends(cycle)) for cycle in cycles],
        default=_default(),
    )


@bp.route("/<int:cycle_id>", methods=["GET", "POST"])
@board(Can.RETAIN)
def cycle(board: Board, cycle_id: int) -> Any:
    """A cycle: for how long it is kept; once that is over, what would be removed."""
    found = cycle_on(db.session, board.id, cycle_id)
    form = _years_form(found)
    if form.validate_on_submit():
        try:
            with writing() as session:
                retention.set_years(
                    session, actor(), board.id, cycle_id, _years(form.years.data), now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".cycle", board=board.slug, cycle_id=cycle_id))
    return _page(board, found, form, RemoveForm())


@bp.post("/<int:cycle_id>/remove")
@board(Can.RETAIN)
def remove(board: Board, cycle_id: int) -> Any:
    """Remove what the list names, where it is still the list that was read."""
    form = RemoveForm()
    found = cycle_on(db.session, board.id, cycle_id)
    if not form.validate():
        return _page(board, found, _years_form(found), form)
    with writing() as session:
        retention.remove_contents(
            session, actor(), board.id, cycle_id, form.digest.data or "",
            default_years=_default(), now=now(),
        )  # fmt: skip
    flash("What the list named was removed. The record of it is below.", "success")
    return redirect(url_for(".cycle", board=board.slug, cycle_id=cycle_id))


@bp.get("/<int:cycle_id>/removed.csv")
@board(Can.RETAIN)
def removed(board: Board, cycle_id: int) -> Response:
    """What was removed of a cycle and what was kept, as CSV; its head alone where nothing was."""
    found = cycle_on(db.session, board.id, cycle_id)
    runs = runs_of(db.session, [found.id]).get(found.id, [])
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("removed_at", "by", "what", "removed", "kept"))
    for run in runs:
        by = run.by.name if run.by else "operator"
        when = run.made_at.isoformat(timespec="seconds")
        counts = {what: (n, run.kept.get(what, 0)) for what, n in run.removed.items()}
        counts |= {what: (0, n) for what, n in run.kept.items() if what not in counts}
        for what, numbers in [*sorted(counts.items()), (FILES, (run.files, 0))]:
            writer.writerow([defused(cell) for cell in (when, by, what, *numbers)])
    name = f"removed-{board.slug}-{found.id}.csv"
    line = head_line(db.session, board)
    return send_report("\ufeff" + text.getvalue(), "text/csv; charset=utf-8", name, line)


def _page(board: Board, found: Cycle, years: YearsForm, remove_form: RemoveForm) -> str:
    until, over = _ends(found)
    plan = plan_of(db.session, found) if over else None
    if plan is not None:
        remove_form.digest.data = plan.digest
    return render_template(
        "retention/cycle.html",
        board=board,
        cycle=found,
        until=until,
        plan=plan,
        form=remove_form if remove_form.errors else years,
        years=years,
        remove_form=remove_form,
        default=_default(),
        table_rows=_table_rows,
        runs=runs_of(db.session, [found.id]).get(found.id, []),
    )


def _table_rows(told: Plan | RetentionRun) -> list[list[Any]]:
    files = told.files if isinstance(told.files, int) else len(told.files)
    counts = [*sorted(told.removed.items()), (FILES, files)]
    return [[what, {"value": f"{count:,}", "numeric": True}] for what, count in counts]


def _ends(found: Cycle) -> tuple[date | None, bool]:
    until = kept_until(last_closed(found), found.retain_years or _default())
    return until, is_past(until, london_today(now())) and not found.recorded


def _default() -> int:
    return int(current_app.config["RETENTION_YEARS"])


def _years_form(found: Cycle) -> YearsForm:
    return YearsForm(data={"years": str(found.retain_years or "")})


def _years(text: str | None) -> int | None:
    """Return the number that was typed, None for nothing; 0, which is refused, for no number."""
    words = (text or "").strip()
    if not words:
        return None
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 4 else 0
