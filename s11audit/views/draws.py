"""A board's draws: freezing the pool, fixing the seed, and the result that anybody can redo."""

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.enums import SeedSource
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.reviews import EmptyForm
from s11audit.forms.visits import DrawForm, SeedForm, WhyForm
from s11audit.models import Board, Draw
from s11audit.queries.cycles import current_stage, stage_on, stages_of
from s11audit.queries.draws import (
    Stratum,
    draw_on,
    drawn_strata,
    draws_of,
    picks_of,
    pool_sizes,
    stratum_words,
)
from s11audit.queries.log import head_line
from s11audit.queries.visits import team_names, visits_of_returns, visits_of_stage
from s11audit.reports.build_visits import build_visits
from s11audit.reports.document_files import DOCUMENT_FORMATS
from s11audit.scoring.draw import METHOD, command_for, document
from s11audit.services import draws
from s11audit.transactions import writing
from s11audit.views.downloads import send_document, send_report
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import number_in, page_number, page_url

bp = Blueprint("visits", __name__)


@bp.get("/boards/<slug:board>/visits")
@board(Can.SEE_VISITS)
def index(board: Board) -> str:
    """The draws and the visits of a stage."""
    stages = stages_of(db.session, board.id)
    wanted = number_in("stage")
    stage = next((each for each in stages if each.id == wanted), None)
    stage = stage or current_stage(stages, now())
    visits = visits_of_stage(db.session, stage.id, page=page_number()) if stage else None
    return render_template(
        "visits/index.html",
        board=board,
        stages=stages,
        stage=stage,
        draws=draws_of(db.session, stage.id) if stage else [],
        picked=picks_of(db.session, stage.id) if stage else [],
        visits=visits,
        teams=team_names(db.session, visits.items) if visits else {},
        may_manage=can(actor(), Can.MANAGE_VISITS, Facts(board.id)),
        page_url=page_url(),
        stratum_words=stratum_words,
    )


@bp.get("/boards/<slug:board>/stages/<int:stage_id>/visits")
@board(Can.READ_REPORTS)
def report(board: Board, stage_id: int) -> str:
    """The report on the visits of a stage."""
    found = build_visits(db.session, actor(), board, stage_id, now=now())
    return render_template(
        "visits/report.html",
        board=board,
        document=found,
        files=[
            (name, url_for(".report_file", board=board.slug, stage_id=stage_id, file_format=name))
            for name in DOCUMENT_FORMATS
        ],
    )


@bp.get("/boards/<slug:board>/stages/<int:stage_id>/visits.<any(pdf, xlsx, html):file_format>")
@board(Can.READ_REPORTS)
def report_file(board: Board, stage_id: int, file_format: str) -> Response:
    """The same report as a file."""
    found = build_visits(db.session, actor(), board, stage_id, now=now())
    return send_document(found, board, file_format)


@bp.route("/boards/<slug:board>/stages/<int:stage_id>/draw", methods=["GET", "POST"])
@board(Can.MANAGE_VISITS)
def freeze(board: Board, stage_id: int) -> Any:
    """Choose what to draw from, and freeze the pool."""
    stage = stage_on(db.session, board.id, stage_id)
    form = DrawForm()
    if form.validate_on_submit():
        rows = form.strata()
        public = None
        if form.seed_source.data == "public":
            public = _public(form)
        if not form.errors:
            try:
                with writing() as session:
                    made = draws.freeze(
                        session,
                        actor(),
                        board.id,
                        stage.id,
                        [Stratum(category, narrow, count) for _, category, narrow, count in rows],
                        public=public,
                        reason=form.reason.data or "",
                        now=now(),
                    )
                    draw_id = made.id
            except Invalid as error:
                show_problems(form, _by_row(error, [row for row, *_ in rows]))
            except Refused as error:
                form.form_errors.append(str(error))
            else:
                flash("The pool is frozen and logged.", "success")
                return redirect(url_for(".draw", board=board.slug, draw_id=draw_id))
    return render_template(
        "visits/freeze.html",
        board=board,
        stage=stage,
        form=form,
        sizes=pool_sizes(db.session, stage.id),
    )


@bp.get("/boards/<slug:board>/draws/<int:draw_id>")
@board(Can.SEE_VISITS)
def draw(board: Board, draw_id: int) -> str:
    """One draw: its frozen pool, how its seed comes, and what was picked."""
    found = draw_on(db.session, board.id, draw_id)
    return _page(board, found, SeedForm(formdata=None))


@bp.post("/boards/<slug:board>/draws/<int:draw_id>/seed")
@board(Can.MANAGE_VISITS)
def fix_seed(board: Board, draw_id: int) -> Any:
    """Fix the seed, and draw."""
    found = draw_on(db.session, board.id, draw_id)
    public = found.seed_source is SeedSource.PUBLIC
    form: SeedForm | EmptyForm = SeedForm() if public else EmptyForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                number = form.number.data or "" if isinstance(form, SeedForm) else ""
                draws.fix_seed(session, actor(), board.id, draw_id, number=number, now=now())
        except Invalid as error:
            show_problems(form, Invalid(str(error), {"number": str(error)}))
        else:
            flash("The draw is made.", "success")
            return redirect(url_for(".draw", board=board.slug, draw_id=draw_id))
    return _page(board, found, form)


@bp.route("/boards/<slug:board>/draws/<int:draw_id>/give-up", methods=["GET", "POST"])
@board(Can.MANAGE_VISITS)
def give_up(board: Board, draw_id: int) -> Any:
    """Give up a draw that waits for its seed."""
    found = draw_on(db.session, board.id, draw_id)
    form = WhyForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                draws.give_up(
                    session, actor(), board.id, draw_id, form.reason.data or "", now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The draw is given up. It stays on record.", "success")
            return redirect(url_for(".draw", board=board.slug, draw_id=draw_id))
    return render_template("visits/give_up.html", board=board, draw=found, form=form)


@bp.get("/boards/<slug:board>/draws/<int:draw_id>/draw.json")
@board(Can.SEE_VISITS)
def download(board: Board, draw_id: int) -> Response:
    """The draw as a file, in the form of the command line."""
    found = draw_on(db.session, board.id, draw_id)
    if found.seed is None:
        raise NotFound("This draw has no seed yet.")
    text = json.dumps(document(found.seed, drawn_strata(found)), ensure_ascii=False, indent=2)
    name = f"draw-{found.number}-stage-{found.stage.number}.json"
    return send_report(f"{text}\n", "application/json", name, head_line(db.session, board))


def _public(form: DrawForm) -> draws.PublicDraw | None:
    name, day = form.public_draw.data or "", form.public_on.data
    if not name:
        form.public_draw.errors = ["Enter the name of the public draw"]
    if day is None and not form.public_on.errors:
        form.public_on.errors = ["Enter the day on which the public draw is held"]
    return draws.PublicDraw(name, day) if name and day else None


def _by_row(error: Invalid, rows: list[int]) -> Invalid:
    """Turn the numbers of strata in the problems into those of the form's rows."""
    problems = {}
    for field, message in error.problems.items():
        name, _, number = field.rpartition("_")
        if name in ("category", "count") and number.isdigit():
            field = f"{name}_{rows[int(number) - 1]}"
        problems["category_1" if field == "strata" else field] = message
    return Invalid(str(error), problems)


def _page(board: Board, found: Draw, form: Any) -> str:
    facts = Facts(board.id)
    strata = drawn_strata(found) if found.seed is not None else []
    visits = visits_of_returns(
        db.session,
        [
            each.return_id
            for stratum in found.strata
            for each in stratum.pool
            if each.drawn_place and each.drawn_place <= stratum.wanted
        ],
    )
    waiting = found.drawn_at is None and found.given_up_at is None
    return render_template(
        "visits/draw.html",
        board=board,
        draw=found,
        strata=strata,
        visits=visits,
        form=form,
        waiting=waiting,
        may_manage=can(actor(), Can.MANAGE_VISITS, facts),
        too_early=bool(found.public_on and london_today(now()) < found.public_on),
        method=METHOD,
        commands=dict.fromkeys(command_for(found.seed or "", each.count) for each in strata),
        stratum_words=stratum_words,
        again=request.method == "POST",
    )
