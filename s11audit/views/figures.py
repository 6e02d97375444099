"""Figures for the QA sub-group: self against agreed, and how far reviewers agree."""

import csv
from io import StringIO

from flask import Blueprint, Response, render_template

from s11audit.domain.policy import Can
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.models import Board
from s11audit.queries.cycles import stage_on
from s11audit.queries.figures import StageFigures, figures_of_stage
from s11audit.queries.log import head_line
from s11audit.scoring.agreement import Agreement, Differences, kappa_in_words, percent
from s11audit.views.downloads import send_report
from s11audit.views.guards import actor, board

bp = Blueprint("figures", __name__)

CSV_HEAD = (
    "part", "of", "compared", "lower", "same", "higher", "left_out", "pairs", "pairs_same",
    "pairs_left_out", "kappa",
)  # fmt: skip


@bp.get("/boards/<slug:board>/stages/<int:stage_id>/figures")
@board(Can.SEE_FIGURES)
def show(board: Board, stage_id: int) -> str:
    """The figures of a stage, each with what it is counted over."""
    stage = stage_on(db.session, board.id, stage_id)
    return render_template(
        "figures/show.html",
        board=board,
        stage=stage,
        figures=figures_of_stage(db.session, actor(), stage),
        percent=percent,
        kappa_in_words=kappa_in_words,
    )


@bp.get("/boards/<slug:board>/stages/<int:stage_id>/figures.csv")
@board(Can.SEE_FIGURES)
def as_csv(board: Board, stage_id: int) -> Response:
    """The same figures as CSV."""
    stage = stage_on(db.session, board.id, stage_id)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_HEAD)
    writer.writerows(_rows(figures_of_stage(db.session, actor(), stage)))
    name = f"figures-{board.slug}-stage-{stage.number}.csv"
    content = "\ufeff" + text.getvalue()
    line = head_line(db.session, board)
    return send_report(content, "text/csv; charset=utf-8", name, line)


def _rows(figures: StageFigures) -> list[list[object]]:
    rows = [["all", "", *_counts(figures.differences), *_agreement(figures.agreement)]]
    rows += [
        [
            "standard",
            each.standard.number,
            *_counts(each.differences),
            *_agreement(each.agreement),
        ]
        for each in figures.standards
    ]
    rows += [
        ["category", in_words(each.category), *_counts(each.differences), "", "", "", ""]
        for each in figures.categories
    ]
    return rows


def _counts(found: Differences) -> list[object]:
    return [found.compared, found.lower, found.same, found.higher, found.left_out]


def _agreement(found: Agreement) -> list[object]:
    kappa = "" if found.kappa is None else f"{float(found.kappa):.4f}"
    return [found.pairs, found.same, found.left_out, kappa]
