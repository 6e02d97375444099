"""The log for the board office: where it stands, and whether what a paper says is in it."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.log import PaperForm
from s11audit.models import Board
from s11audit.queries.log import LookedUp, chain_in_words, head_line, look_up, read_paper
from s11audit.views.guards import board

bp = Blueprint("log", __name__, url_prefix="/boards/<slug:board>")


@dataclass(frozen=True)
class Answer:
    """What is told of a paper: what the log says to it, and how its chain is named."""

    told: LookedUp
    chain: str


@bp.get("/log")
@board(Can.CHECK_PAPER)
def paper(board: Board) -> str:
    """How the board's log ends, and whether what a paper says is in it."""
    form, answer = asked_paper(board.id, anywhere=False)
    return render_template(
        "log/paper.html",
        board=board,
        form=form,
        answer=answer,
        line=head_line(db.session, board),
    )


def asked_paper(board_id: int | None, *, anywhere: bool) -> tuple[PaperForm, Answer | None]:
    """Return the form, with its errors where what was typed cannot be read, and the answer where
    something was asked."""
    form = PaperForm(request.args)
    if "paper" not in request.args or not form.validate():
        return form, None
    paper = read_paper(form.paper.data or "")
    if paper is None:
        form.paper.errors = [
            "Enter the line that begins with “Log:”, at least 8 characters of its long number, "
            "or the number of an entry"
        ]
        return form, None
    told = look_up(db.session, paper, board_id, anywhere=anywhere)
    head = told.found or told.instead
    return form, Answer(told, chain_in_words(db.session, head.chain) if head else "")
