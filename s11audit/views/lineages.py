"""What a tool's parts were in an earlier one: more routes of the blueprint `tools`."""

from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.tools import LineageFileForm
from s11audit.models import Board
from s11audit.queries.lineages import lineages_to
from s11audit.queries.tools import tool_on, tools_for
from s11audit.services.lineages import add_lineage
from s11audit.tools import lineage as pure
from s11audit.tools.faults import ToolInvalid
from s11audit.tools.lineage import ToolName
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now
from s11audit.views.tools import LONGEST_FILE, bp

HERE = "/<slug:key>/<int:version>/lineage"


@bp.route(HERE, methods=["GET", "POST"])
@board(Can.MANAGE_TOOLS)
def lineage(board: Board, key: str, version: int) -> Any:
    """What the tool was in each other that it comes from, and a file of the board's own."""
    tool, _ = tool_on(db.session, board.id, key, version)
    form = LineageFileForm()
    faults: list[Any] = []
    if form.validate_on_submit():
        name = form.file.data.filename or "file"
        text = form.file.data.stream.read(LONGEST_FILE + 1)
        try:
            if len(text) > LONGEST_FILE:
                message = "The file must be 1 MB or smaller"
                raise Invalid(f"{message}.", {"file": message})
            with writing() as session:
                add_lineage(session, actor(), text, name, board_id=board.id, now=now())
        except ToolInvalid as error:
            faults = error.faults
            counted = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
            form.file.errors = [f"{name} has {counted}. Put right what is listed below"]
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The lineage is added. New cycles and comparisons use it.", "success")
            return redirect(url_for("tools.lineage", board=board.slug, key=key, version=version))
    named = ToolName(key=key, version=version)
    others = [
        each
        for each in tools_for(db.session, board.id)
        if not each.draft and (each.key, each.version) != (key, version)
    ]
    return render_template(
        "tools/lineage.html",
        board=board,
        tool=tool,
        known=lineages_to(db.session, board.id, named),
        titles={each.number: each.title for each in tool.standards},
        others=others,
        form=form,
        faults=faults,
    )


@bp.get(f"{HERE}/<slug:was_key>/<int:was_version>.yaml")
@board(Can.MANAGE_TOOLS)
def lineage_file(board: Board, key: str, version: int, was_key: str, was_version: int) -> Response:
    """The lineage from one tool to another as a file: the one in use, else a proposal by number
    and wording, for a person to put right."""
    tool, _ = tool_on(db.session, board.id, key, version)
    was, _ = tool_on(db.session, board.id, was_key, was_version)
    if (key, version) == (was_key, was_version):
        raise NotFound("A tool needs no lineage from itself.")
    source = ToolName(key=was_key, version=was_version)
    known = lineages_to(db.session, board.id, ToolName(key=key, version=version))
    found = next((each.lineage for each in known if each.lineage.was == source), None)
    text = pure.to_yaml(found or pure.proposed(tool, was, london_today(now())))
    name = f"{key}.{version}-from-{was_key}.{was_version}.yaml"
    return send_file(BytesIO(text.encode()), "text/yaml", as_attachment=True, download_name=name)
