"""Sample audits of chosen standards: more routes of the blueprint `cycles`."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.sample_audits import SampleCycleForm, SampleForm, ToolForm, sample_form
from s11audit.models import Board
from s11audit.queries.cycles import cycle_on
from s11audit.queries.scopes import Scope
from s11audit.queries.tools import newest_published, tool_of, tool_on, tools_for
from s11audit.services.cycles import open_cycle
from s11audit.services.sample_audits import add_sample_audit
from s11audit.tools.schema import Tool
from s11audit.transactions import writing
from s11audit.views.cycles import bp
from s11audit.views.guards import actor, board, now


@bp.route("/cycles/<int:cycle_id>/sample", methods=["GET", "POST"])
@board(Can.MANAGE_CYCLES)
def add_sample(board: Board, cycle_id: int) -> Any:
    """Add a sample audit of chosen standards to a cycle."""
    cycle = cycle_on(db.session, board.id, cycle_id)
    tool = tool_of(db.session, cycle.tool_version)
    form = sample_form(_choices(tool), SampleForm)
    if form.validate_on_submit():
        try:
            with writing() as session:
                stage = add_sample_audit(
                    session, actor(), cycle_id, due_on=form.due_on.data, scope=_scope(form),
                    now=now(),
                )  # fmt: skip
                number = stage.number
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            flash(f"Stage {number}, a sample audit, is open.", "success")
            return redirect(url_for("cycles.show", board=board.slug, cycle_id=cycle_id))
    return render_template("cycles/sample.html", board=board, cycle=cycle, tool=tool, form=form)


@bp.route("/cycles/sample", methods=["GET", "POST"])
@board(Can.MANAGE_CYCLES)
def open_sample(board: Board) -> Any:
    """Open a cycle of one stage on chosen standards; `?tool=` says of which tool."""
    tools = newest_published(tools_for(db.session, board.id))
    found = next((each for each in tools if each.key == request.args.get("tool")), None)
    if found is None:
        choose = ToolForm(formdata=None)
        choose.tool.choices = [(each.key, each.title) for each in tools]
        return render_template("cycles/sample_tool.html", board=board, form=choose)
    tool, _version = tool_on(db.session, board.id, found.key, found.version)
    form = sample_form(_choices(tool), SampleCycleForm)
    assert isinstance(form, SampleCycleForm)
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = open_cycle(
                    session, actor(), board.id, form.name.data or "", found.key,
                    [form.due_on.data], include_advisory=form.include_advisory.data,
                    scope=_scope(form), now=now(),
                )  # fmt: skip
                made_id, name = made.id, made.name
        except Invalid as error:
            _show(form, error)
        else:
            flash(f"{name} is open. Every agency that it asks has its return.", "success")
            return redirect(url_for("cycles.show", board=board.slug, cycle_id=made_id))
    return render_template("cycles/sample.html", board=board, cycle=None, tool=tool, form=form)


def _scope(form: SampleForm) -> Scope:
    return Scope(tuple(form.standards.data or ()), form.chosen_categories())


def _choices(tool: Tool) -> list[tuple[int, str]]:
    return [(each.number, each.title) for each in tool.standards]


def _show(form: SampleForm, error: Invalid) -> None:
    """Show what the opening of a cycle found wrong: its one due date has another name there."""
    problems = {
        {"due_1": "due_on"}.get(name, name): text.replace(" of stage 1", "")
        for name, text in error.problems.items()
    }
    show_problems(form, Invalid(str(error), problems))
