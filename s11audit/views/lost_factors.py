"""Resetting the second factor of somebody who has lost theirs."""

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from s11audit.domain.errors import Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.models import Board
from s11audit.queries.people import grant_on_board
from s11audit.services import second_factor
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, installation, now

bp = Blueprint("lost_factors", __name__)


@bp.post("/boards/<slug:board>/people/<int:grant_id>/second-factor")
@board(Can.MANAGE_PEOPLE)
def of_board(board: Board, grant_id: int) -> Response:
    """Reset that of a person of the board."""
    user_id = grant_on_board(db.session, board.id, grant_id).user_id
    _reset(user_id, board.id)
    return redirect(url_for("accounts.role", board=board.slug, grant_id=grant_id))


@bp.post("/admin/accounts/<int:user_id>/second-factor")
@installation(Can.MANAGE_INSTALLATION)
def of_anybody(user_id: int) -> Response:
    """Reset that of anybody."""
    _reset(user_id, None)
    return redirect(url_for("person_accounts.show", user_id=user_id))


def _reset(user_id: int, board_id: int | None) -> None:
    try:
        with writing() as write:
            second_factor.reset(write, actor(), user_id, board_id=board_id, now=now())
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(
            "The second factor was reset. They were signed out everywhere and told by e-mail.",
            "success",
        )
