"""Themes: the board's list, a theme with its figures and passages, tagging, and publication."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from s11audit.domain.enums import Category, TagKind
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can, Facts, can
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.themes import MergeForm, PublicForm, TagForm, ThemeForm
from s11audit.models import Board, Return
from s11audit.queries.passages import passages_of
from s11audit.queries.reviews import current_submission
from s11audit.queries.themes import tag_on, tags_of, theme_on, themes_of, visible_tags
from s11audit.reports.build_themes import ThemesView, themes_document, themes_view
from s11audit.reports.document_files import DOCUMENT_FORMATS
from s11audit.services import themes
from s11audit.transactions import writing
from s11audit.views.downloads import send_document
from s11audit.views.guards import actor, board, now, return_
from s11audit.views.listing import choice_in, number_in, page_number, page_url

bp = Blueprint("themes", __name__)
AT = "/boards/<slug:board>/themes"
FILE = "<any(pdf, xlsx, html):file_format>"
PAGE_LENGTH = 50


@bp.get(AT)
@board(Can.SEE_THEMES)
def index(board: Board) -> str:
    """The board's themes with their figures for one stage."""
    view = themes_view(db.session, actor(), board.id, number_in("stage"))
    lines, pages, page = _paged(view.lines)
    return render_template(
        "themes/index.html",
        board=board,
        view=view,
        lines=lines,
        pages=pages,
        page=page,
        page_url=page_url(),
        manages=_manages(board),
    )


@bp.route(f"{AT}/add", methods=["GET", "POST"])
@board(Can.MANAGE_THEMES)
def add(board: Board) -> Any:
    """Add a theme."""
    form = ThemeForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = themes.add_theme(session, actor(), board.id, form.name.data or "", now=now())
                name = made.name
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(f"The theme “{name}” was added.", "success")
            return redirect(url_for(".index", board=board.slug))
    return render_template("themes/form.html", board=board, form=form, theme=None)


@bp.get(f"{AT}/<int:theme_id>")
@board(Can.SEE_THEMES)
def show(board: Board, theme_id: int) -> Any:
    """A theme: how many agencies, by category and standard, and the passages behind it."""
    theme = theme_on(db.session, board.id, theme_id)
    if theme.merged_into_id is not None:
        return redirect(url_for(".show", board=board.slug, theme_id=theme.merged_into_id))
    view = themes_view(db.session, actor(), board.id, number_in("stage"), theme)
    passages = _chosen(view)
    shown, pages, page = _paged(passages)
    return render_template(
        "themes/show.html",
        board=board,
        theme=theme,
        view=view,
        line=view.lines[0],
        passages=shown,
        total=len(passages),
        chosen=_chosen_words(view),
        pages=pages,
        page=page,
        page_url=page_url(),
        manages=_manages(board),
    )


@bp.route(f"{AT}/<int:theme_id>/change", methods=["GET", "POST"])
@board(Can.MANAGE_THEMES)
def change(board: Board, theme_id: int) -> Any:
    """Rename a theme."""
    theme = theme_on(db.session, board.id, theme_id)
    form = ThemeForm(data={"name": theme.name})
    if form.validate_on_submit():
        try:
            with writing() as session:
                themes.rename_theme(
                    session, actor(), board.id, theme_id, form.name.data or "", now=now()
                )
        except (Invalid, Refused) as error:
            show_problems(form, _as_invalid(error))
        else:
            flash("The theme was renamed.", "success")
            return redirect(url_for(".show", board=board.slug, theme_id=theme_id))
    return render_template("themes/form.html", board=board, form=form, theme=theme)


@bp.route(f"{AT}/<int:theme_id>/merge", methods=["GET", "POST"])
@board(Can.MANAGE_THEMES)
def merge(board: Board, theme_id: int) -> Any:
    """Merge a theme into another."""
    theme = theme_on(db.session, board.id, theme_id)
    others = [
        (str(each.id), each.name) for each in themes_of(db.session, board.id) if each.id != theme_id
    ]
    form = MergeForm(others)
    if form.validate_on_submit():
        try:
            with writing() as session:
                into = themes.merge_themes(
                    session, actor(), board.id, theme_id, form.into.data, now=now()
                )
                into_id, name = into.id, into.name
        except (Invalid, Refused) as error:
            show_problems(form, _as_invalid(error))
        else:
            flash(f"“{theme.name}” is now part of “{name}”.", "success")
            return redirect(url_for(".show", board=board.slug, theme_id=into_id))
    return render_template("themes/merge.html", board=board, form=form, theme=theme, others=others)


@bp.get(f"{AT}/published")
@board(Can.READ_REPORTS)
def published(board: Board) -> str:
    """The themes of a stage without agencies' names."""
    stage = number_in("stage")
    document = themes_document(db.session, actor(), board, stage, now=now())
    files = [
        (name, url_for(".published_file", board=board.slug, stage=stage, file_format=name))
        for name in DOCUMENT_FORMATS
    ]
    return render_template(
        "themes/published.html",
        board=board,
        document=document,
        files=files,
        sees_themes=can(actor(), Can.SEE_THEMES, Facts(board.id)),
    )


@bp.get(f"{AT}/published.{FILE}")
@board(Can.READ_REPORTS)
def published_file(board: Board, file_format: str) -> Response:
    """The themes without agencies' names, as a file."""
    document = themes_document(db.session, actor(), board, number_in("stage"), now=now())
    return send_document(document, board, file_format)


@bp.route(f"{AT}/passages/<int:tag_id>", methods=["GET", "POST"])
@board(Can.MANAGE_THEMES)
def passage(board: Board, tag_id: int) -> Any:
    """Mark a passage as fit for publication, in wording that names no agency."""
    tag, row = tag_on(db.session, board.id, tag_id)
    if not visible_tags(db.session, actor(), board.id, [row]).tags:
        return render_template("errors/404.html"), 404
    form = PublicForm(data={"text": tag.public_text or tag.passage})
    if form.validate_on_submit():
        try:
            with writing() as session:
                themes.make_public(
                    session, actor(), board.id, tag_id, form.text.data or "", now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            said = "may now be published" if (form.text.data or "").strip() else "stays private"
            flash(f"The passage {said}.", "success")
            stage_id = tag.return_.stage_id
            return redirect(
                url_for(".show", board=board.slug, theme_id=tag.theme_id, stage=stage_id)
            )
    return render_template("themes/passage.html", board=board, form=form, tag=tag, row=row)


@bp.get("/returns/<int:return_id>/themes")
@return_(Can.TAG)
def of_return(return_: Return) -> str:
    """The standards of a return, each with the themes it was tagged with."""
    board_id = return_.membership.board_id
    submission = current_submission(db.session, return_.id, with_snapshot=True)
    tags = tags_of(db.session, return_id=return_.id)
    seen = visible_tags(db.session, actor(), board_id, tags)
    names = {each.id: each.name for each in themes_of(db.session, board_id)}
    return render_template(
        "themes/return.html",
        return_=return_,
        standards=submission.snapshot["standards"] if submission else [],
        themes={
            number: sorted({names.get(tag.theme_id, "") for tag in seen.tags
                            if tag.standard == number})
            for number in {tag.standard for tag in seen.tags}
        },
    )  # fmt: skip


@bp.get("/returns/<int:return_id>/themes/<int:number>")
@return_(Can.TAG)
def standard(return_: Return, number: int) -> str:
    """The texts of a standard with the themes they were tagged with."""
    board_id = return_.membership.board_id
    found = passages_of(db.session, actor(), return_, number)
    tags = tags_of(db.session, return_id=return_.id, standard=number)
    seen = visible_tags(db.session, actor(), board_id, tags)
    names = {each.id: each.name for each in themes_of(db.session, board_id)}
    return render_template(
        "themes/standard.html",
        return_=return_,
        found=found,
        tags=seen.tags,
        names=names,
        reviews=can(actor(), Can.SEE_UNPUBLISHED, _facts(return_)),
    )


@bp.route("/returns/<int:return_id>/themes/<int:number>/tag", methods=["GET", "POST"])
@return_(Can.TAG)
def tag(return_: Return, number: int) -> Any:
    """Tag words of one text of a standard; `text` in the address says which."""
    found = passages_of(db.session, actor(), return_, number)
    if not found.sources:
        flash("There is nothing to tag in this standard.")
        return redirect(url_for(".standard", return_id=return_.id, number=number))
    key = request.args.get("text") or found.sources[0].key
    source = found.by_key(key)
    choices = [
        (str(each.id), each.name) for each in themes_of(db.session, return_.membership.board_id)
    ]
    form = TagForm(choices, data={"passage": source.text})
    if form.validate_on_submit():
        try:
            with writing() as session:
                themes.tag_passage(
                    session, actor(), return_.id, number, source.key,
                    passage=form.passage.data or "", kind=form.kind.data, theme_id=form.theme.data,
                    new_theme=form.new_theme.data or "", now=now(),
                )  # fmt: skip
        except (Invalid, Refused) as error:
            show_problems(form, _as_invalid(error))
        else:
            flash("The passage was tagged.", "success")
            return redirect(url_for(".standard", return_id=return_.id, number=number))
    return render_template(
        "themes/tag.html", return_=return_, found=found, source=source, form=form
    )


@bp.post("/returns/<int:return_id>/themes/<int:number>/tags/<int:tag_id>/remove")
@return_(Can.TAG)
def remove(return_: Return, number: int, tag_id: int) -> Any:
    """Take a theme off a passage."""
    with writing() as session:
        themes.remove_tag(session, actor(), return_.id, tag_id, now=now())
    flash("The theme was taken off the passage.", "success")
    return redirect(url_for(".standard", return_id=return_.id, number=number))


def _manages(board: Board) -> bool:
    return can(actor(), Can.MANAGE_THEMES, Facts(board.id))


def _facts(return_: Return) -> Facts:
    membership = return_.membership
    return Facts(membership.board_id, membership.id, membership.agency_id)


def _chosen(view: ThemesView) -> list[Any]:
    """Return the passages behind the figure that the address names."""
    kind, category = choice_in("kind", TagKind), choice_in("category", Category)
    number = number_in("standard")
    return [
        tag
        for tag in view.lines[0].tags
        if (kind is None or tag.kind is kind)
        and (category is None or category in tag.categories)
        and (number is None or tag.standard == number)
    ]


def _chosen_words(view: ThemesView) -> list[str]:
    kind, category = choice_in("kind", TagKind), choice_in("category", Category)
    number = number_in("standard")
    told = [in_words(each) for each in (kind, category) if each is not None]
    if number is not None:
        told.append(f"{number}. {view.titles.get(number, '')}".strip())
    return told


def _paged(items: Any) -> tuple[Any, int, int]:
    pages = max(1, -(-len(items) // PAGE_LENGTH))
    page = min(page_number(), pages)
    return items[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH], pages, page


def _as_invalid(error: Invalid | Refused) -> Invalid:
    return error if isinstance(error, Invalid) else Invalid(str(error))
