"""Writing to those whose returns are still out."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.returns import ChaseForm
from s11audit.models import Board
from s11audit.queries.chasing import late_returns
from s11audit.queries.cycles import stage_on
from s11audit.queries.reminders import last_reminder
from s11audit.services import chasing
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import number_in

bp = Blueprint("chasing", __name__)

SUBJECT = "{agency}: your safeguarding audit is still to come"
TEXT = """Dear {name},

We have not yet received the return of {agency} for {cycle}. Its due date is {due date}.

Please complete it and submit it as soon as you can:

{link}

What you have filled in so far is saved. If you need more time, or the return should come from \
somebody else, please reply to the board office.

{board}"""
MOST_RETURNS = 2000


@bp.route("/boards/<slug:board>/chase", methods=["GET", "POST"])
@board(Can.MANAGE_RETURNS)
def write(board: Board) -> Any:
    """Write an e-mail about returns that are still out: write, preview, send. They are those of
    `return` in the address or form, or all late ones of `stage`."""
    if not request.values.getlist("return") and not request.values.get("stage"):
        flash("Select the returns to write about: tick them in the column “Write to”.")
        return redirect(url_for("returns.index", board=board.slug, stage=number_in("from")))
    stage_id, chosen = _whom(board)
    form = ChaseForm(data={"subject": SUBJECT, "text": TEXT})
    batch = request.form.get("batch", "") or uuid4().hex
    whom = {"board": board, "form": form, "batch": batch, "stage_id": stage_id, "chosen": chosen}
    if not form.is_submitted() or form.change.data or not form.validate():
        return _write_page(whom)
    db.session.info.setdefault("base_url", current_app.config["BASE_URL"])
    try:
        if form.send.data:
            with writing() as session:
                sent = chasing.chase(
                    session, actor(), board.id, chosen, **form.values(), batch=batch, now=now()
                )
            flash(_said(sent), "success")
            if stage_id is None and len(chosen) == 1:
                return redirect(url_for("returns.show", return_id=chosen[0]))
            return redirect(url_for("returns.index", board=board.slug, stage=stage_id))
        preview = chasing.write_letters(
            db.session, actor(), board.id, chosen, **form.values(), now=now()
        )
    except Invalid as error:
        show_problems(form, error)
        return _write_page(whom)
    return render_template("chasing/preview.html", preview=preview, **whom)


def _write_page(whom: dict[str, Any]) -> str:
    reminded = last_reminder(db.session, whom["chosen"])
    return render_template("chasing/write.html", reminded=reminded, **whom)


def _whom(board: Board) -> tuple[int | None, list[int]]:
    """Return the stage whose late returns are meant, or None, and the ids of the returns."""
    texts = request.values.getlist("return")
    if texts:
        if len(texts) > MOST_RETURNS or not all(
            text.isascii() and text.isdecimal() and len(text) <= 9 for text in texts
        ):
            raise Invalid("The returns to write about cannot be read. Choose them again.")
        return None, sorted({int(text) for text in texts})
    stage = request.values.get("stage", "")
    if not (stage.isascii() and stage.isdecimal() and len(stage) <= 9):
        raise Refused("No return was chosen. Go back and select those to write about.")
    found = stage_on(db.session, board.id, int(stage))
    return found.id, late_returns(db.session, found.id, london_today(now()))


def _said(sent: chasing.Chasing) -> str:
    letters = "1 e-mail is" if len(sent.letters) == 1 else f"{len(sent.letters)} e-mails are"
    returns = "1 return" if sent.returns == 1 else f"{sent.returns} returns"
    said = f"{letters} on the way, about {returns}."
    if sent.nobody:
        agencies = "1 agency has" if len(sent.nobody) == 1 else f"{len(sent.nobody)} agencies have"
        said += f" {agencies} nobody to write to."
    return said
