"""Cycles and stages: opening, following, late joiners, closing."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Basis
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.cycles import ConfirmForm, CycleForm, join_form
from s11audit.forms.problems import show_problems
from s11audit.models import Board
from s11audit.queries.agencies import members_to_ask
from s11audit.queries.cycles import cycle_on, cycles_of, stage_on, who_could_join
from s11audit.queries.dashboard import agency_count, stage_figures
from s11audit.queries.scopes import scope_in_words, scope_of
from s11audit.queries.tools import newest_published, tool_of, tools_for
from s11audit.scoring.as_at import is_open, next_opening
from s11audit.services import cycles
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now

bp = Blueprint("cycles", __name__, url_prefix="/boards/<slug:board>")


@bp.get("/cycles")
@board(Can.MANAGE_CYCLES)
def index(board: Board) -> str:
    """The board's cycles and their stages."""
    figures = stage_figures(db.session, board.id, now(), london_today(now()))
    return render_template(
        "cycles/index.html",
        board=board,
        cycles=cycles_of(db.session, board.id),
        figures={each.stage.id: each for each in figures},
        has_agencies=agency_count(db.session, board.id, london_today(now())),
    )


@bp.route("/cycles/open", methods=["GET", "POST"])
@board(Can.MANAGE_CYCLES)
def open_new(board: Board) -> Any:
    """Open a cycle: first what, then a page that says what will happen."""
    form = CycleForm()
    tools = newest_published(tools_for(db.session, board.id))
    form.tool.choices = [(each.key, each.title) for each in tools]
    form.tool.look["hints"] = {
        each.key: f"Version {each.version}, this board’s own" if each.own else "" for each in tools
    }
    if not form.is_submitted() or form.change.data or not form.validate() or not _fits(form, board):
        return render_template("cycles/open.html", board=board, form=form)
    asked = members_to_ask(
        db.session, board.id, london_today(now()), include_advisory=form.include_advisory.data
    )
    if not form.confirm.data or not asked:
        return _confirm_page(board, form, len(asked), {each.key: each for each in tools})
    try:
        with writing() as session:
            made = cycles.open_cycle(
                session, actor(), board.id, form.name.data or "", form.tool.data, form.due(),
                basis=form.basis.data or Basis.AGREED,
                include_advisory=form.include_advisory.data, now=now(),
            )  # fmt: skip
    except Invalid as error:
        show_problems(form, error)
        return render_template("cycles/open.html", board=board, form=form)
    flash(f"{made.name} is open. Every agency has its return.", "success")
    return redirect(url_for("cycles.show", board=board.slug, cycle_id=made.id))


def _fits(form: CycleForm, board: Board) -> bool:
    """Whether the name is free and the dates can be; what is wrong is put into the form."""
    try:
        cycles.free_cycle_name(db.session, board.id, form.name.data or "")
    except Invalid as error:
        show_problems(form, error)
    try:
        cycles.check_due_dates(form.due(), london_today(now()))
    except Invalid as error:
        show_problems(form, error)
    return not form.errors


def _confirm_page(board: Board, form: CycleForm, asked: int, tools: dict[str, Any]) -> str:
    due = form.due()
    counted = agency_count(db.session, board.id, london_today(now()))
    buttons = ("csrf_token", "check", "confirm", "change")
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name in _names(form) and name not in buttons
    ]
    return render_template(
        "cycles/confirm_open.html",
        board=board,
        new=form,
        tool=tools[form.tool.data],
        asked=asked,
        advisory=counted.advisory,
        stages=[
            (number, None if number == 1 else next_opening(due[number - 2]), day)
            for number, day in enumerate(due, 1)
        ],
        typed=typed,
    )


def _names(form: CycleForm) -> set[str]:
    dates = {f"due_{number}-{part}" for number in (1, 2, 3) for part in ("day", "month", "year")}
    return dates | {field.name for field in form}


@bp.get("/cycles/<int:cycle_id>")
@board(Can.MANAGE_CYCLES)
def show(board: Board, cycle_id: int) -> str:
    """One cycle: its stages, how each stands, and what can be done."""
    cycle = cycle_on(db.session, board.id, cycle_id)
    figures = stage_figures(db.session, board.id, now(), london_today(now()))
    tool = tool_of(db.session, cycle.tool_version)
    return render_template(
        "cycles/show.html",
        scopes={each.id: scope_in_words(tool, scope_of(each)) for each in cycle.stages},
        board=board,
        cycle=cycle,
        figures={each.stage.id: each for each in figures},
        today=london_today(now()),
    )


@bp.route("/stages/<int:stage_id>/open", methods=["GET", "POST"])
@board(Can.MANAGE_CYCLES)
def open_stage(board: Board, stage_id: int) -> Any:
    """Open a stage before its day, after saying what that means."""
    stage = stage_on(db.session, board.id, stage_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with writing() as session:
            cycles.open_stage(session, actor(), stage_id, now=now())
        flash(f"Stage {stage.number} is open.", "success")
        return redirect(url_for("cycles.show", board=board.slug, cycle_id=stage.cycle_id))
    return render_template("cycles/open_stage.html", board=board, stage=stage, form=form)


@bp.route("/stages/<int:stage_id>/close", methods=["GET", "POST"])
@board(Can.MANAGE_CYCLES)
def close_stage(board: Board, stage_id: int) -> Any:
    """Close a stage, after saying what will happen to its returns."""
    stage = stage_on(db.session, board.id, stage_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with writing() as session:
            cycles.close_stage(session, actor(), stage_id, now=now())
        flash(f"Stage {stage.number} is closed.", "success")
        return redirect(url_for("cycles.show", board=board.slug, cycle_id=stage.cycle_id))
    figures = stage_figures(db.session, board.id, now(), london_today(now()))
    return render_template(
        "cycles/close_stage.html",
        board=board,
        stage=stage,
        figures=next((each for each in figures if each.stage.id == stage.id), None),
        open=is_open(stage.opens_on, stage.opened_at, stage.closed_at, now()),
        form=form,
    )


@bp.route("/stages/<int:stage_id>/join", methods=["GET", "POST"])
@board(Can.MANAGE_CYCLES)
def join(board: Board, stage_id: int) -> Any:
    """Ask an agency that joined after the stage was opened."""
    stage = stage_on(db.session, board.id, stage_id)
    today = london_today(now())
    agencies = who_could_join(db.session, stage, today)
    form = join_form([(each.id, each.name) for each in agencies], stage.due_on)
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = cycles.add_late_joiner(
                    session, actor(), stage_id, form.membership.data, due_on=form.due_on.data,
                    now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The agency has its return.", "success")
            return redirect(url_for("returns.show", return_id=made.id))
    return render_template(
        "cycles/join.html", board=board, stage=stage, agencies=agencies, form=form, today=today
    )
