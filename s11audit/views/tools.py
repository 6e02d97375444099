"""Audit tools: what a board has, a file of its own, the preview, publishing, the blank PDF."""

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from s11audit.domain.enums import Category
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Can
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.cycles import ConfirmForm
from s11audit.forms.problems import show_problems
from s11audit.forms.responses import Filled, question_words, standard_form
from s11audit.forms.tools import ToolFileForm
from s11audit.models import Board, ToolVersion
from s11audit.queries.tools import tool_on, tools_for
from s11audit.reports.tool_pdf import tool_pdf
from s11audit.scoring.answers import read_answer
from s11audit.services import tools
from s11audit.tools import loader
from s11audit.tools.faults import ToolInvalid
from s11audit.tools.schema import Tool
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import choice_in

bp = Blueprint("tools", __name__, url_prefix="/boards/<slug:board>/tools")
LONGEST_FILE = 1024 * 1024


@bp.get("")
@board(Can.MANAGE_TOOLS)
def index(board: Board) -> str:
    """The tools that the board has."""
    return render_template("tools/index.html", board=board, tools=tools_for(db.session, board.id))


@bp.route("/add", methods=["GET", "POST"])
@board(Can.MANAGE_TOOLS)
def add(board: Board) -> Any:
    """Take the file of a board's own tool: its faults by line, or a draft to look at."""
    form = ToolFileForm()
    faults: list[Any] = []
    if form.validate_on_submit():
        name = form.file.data.filename or "file"
        text = form.file.data.stream.read(LONGEST_FILE + 1)
        try:
            if len(text) > LONGEST_FILE:
                message = "The file must be 1 MB or smaller"
                raise Invalid(f"{message}.", {"file": message})
            with writing() as session:
                made = tools.add_tool(
                    session, actor(), text, name, board_id=board.id, publish=False, now=now()
                )
        except ToolInvalid as error:
            faults = error.faults
            form.file.errors = [_counted(len(faults), name)]
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The file has no faults. Look at the tool, then publish it.", "success")
            return redirect(_page_of(board, made))
    return render_template(
        "tools/add.html", board=board, form=form, faults=faults, patterns=loader.builtin_keys()
    )


@bp.get("/pattern/<slug:key>.yaml")
@board(Can.MANAGE_TOOLS)
def pattern(board: Board, key: str) -> Response:
    """The file of a tool that comes with the software, as a pattern for a board's own."""
    text = loader.builtin_text(key).encode()
    return send_file(BytesIO(text), "text/yaml", as_attachment=True, download_name=f"{key}.yaml")


@bp.get("/<slug:key>/<int:version>")
@board(Can.MANAGE_TOOLS)
def show(board: Board, key: str, version: int) -> str:
    """One tool: what it asks, standard by standard."""
    tool, stored = tool_on(db.session, board.id, key, version)
    return render_template(
        "tools/show.html",
        board=board,
        tool=tool,
        draft=stored is not None and stored.published_at is None,
        own=stored is not None and stored.board_id is not None,
        form=ConfirmForm(formdata=None),
    )


@bp.get("/<slug:key>/<int:version>/standards/<int:number>")
@board(Can.MANAGE_TOOLS)
def standard(board: Board, key: str, version: int, number: int) -> str:
    """One standard of a tool as agencies see it; nothing is saved."""
    tool, _ = tool_on(db.session, board.id, key, version)
    numbers = [each.number for each in tool.standards]
    if number not in numbers:
        raise NotFound("There is no such standard in this tool.")
    category = choice_in("category", Category)
    categories = (category,) if category else tuple(Category)
    place = numbers.index(number)
    return render_template(
        "tools/standard.html",
        board=board,
        tool=tool,
        standard=tool.standard(number),
        applies=tool.standard(number).applies_to(categories),
        blank=_blank_form(tool, number, categories),
        requirements=tool.standard(number).requirements_for(categories),
        question_words=question_words,
        descriptors={each.label: each.descriptor for each in tool.ratings},
        category=category,
        categories=[("", "All"), *((each.value, in_words(each)) for each in Category)],
        before=numbers[place - 1] if place else None,
        after=numbers[place + 1] if place + 1 < len(numbers) else None,
    )


@bp.get("/<slug:key>/<int:version>/blank.pdf")
@board(Can.MANAGE_TOOLS)
def blank(board: Board, key: str, version: int) -> Response:
    """The tool blank, as PDF with its guidance."""
    tool, _ = tool_on(db.session, board.id, key, version)
    name = f"{tool.key}-{tool.version}.pdf"
    pdf = BytesIO(tool_pdf(tool))
    return send_file(pdf, "application/pdf", as_attachment=True, download_name=name)


@bp.post("/<slug:key>/<int:version>/publish")
@board(Can.MANAGE_TOOLS)
def publish(board: Board, key: str, version: int) -> Any:
    """Publish a draft."""
    stored = _stored(board, key, version)
    with writing() as session:
        tools.publish_tool(session, actor(), stored.id, now=now())
    flash(f"{stored.title} is published. You can open a cycle with it.", "success")
    return redirect(_page_of(board, stored))


@bp.route("/<slug:key>/<int:version>/remove", methods=["GET", "POST"])
@board(Can.MANAGE_TOOLS)
def remove(board: Board, key: str, version: int) -> Any:
    """Delete a draft, after asking."""
    stored = _stored(board, key, version)
    form = ConfirmForm()
    if form.validate_on_submit():
        with writing() as session:
            tools.remove_draft(session, actor(), stored.id, now=now())
        flash("The draft was deleted.", "success")
        return redirect(url_for("tools.index", board=board.slug))
    return render_template("tools/remove.html", board=board, stored=stored, form=form)


def _stored(board: Board, key: str, version: int) -> ToolVersion:
    """Return the board's own tool; one of the software or the installation is not its to change."""
    _, stored = tool_on(db.session, board.id, key, version)
    if stored is None or stored.board_id != board.id:
        raise NotFound("There is no such tool of this board.")
    return stored


def _page_of(board: Board, stored: ToolVersion) -> str:
    return url_for("tools.show", board=board.slug, key=stored.key, version=stored.version)


def _blank_form(tool: Tool, number: int, categories: tuple[Category, ...]) -> Any:
    one = tool.standard(number)
    answers = {each.key: read_answer(each.kind, None) for each in one.requirements_for(categories)}
    filled = Filled(0, "", None, "", answers, [])
    return standard_form(tool, one, categories, filled, from_request=False)


def _counted(faults: int, name: str) -> str:
    counted = "1 fault" if faults == 1 else f"{faults} faults"
    return f"{name} has {counted}. Put right what is listed below and choose the file again"
