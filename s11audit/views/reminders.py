"""When and in which words a board reminds people."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.reminders import ScheduleForm, WordsForm
from s11audit.models import Board
from s11audit.queries.reminders import latest_digests, rules_of
from s11audit.services import reminders
from s11audit.services.digest_words import PLACEHOLDERS, SUBJECT, TEXT
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now

bp = Blueprint("reminders", __name__)


@bp.route("/boards/<slug:board>/reminders", methods=["GET", "POST"])
@board(Can.MANAGE_RETURNS)
def schedule(board: Board) -> str | Response:
    """On which days people are reminded, of what, and which reminders went out."""
    rules = rules_of(db.session, [board.id])[board.id]
    flags = {"returns": rules.returns_on, "actions": rules.actions_on, "weekly": rules.weekly_on}
    form = ScheduleForm(
        data={
            "remind_of": [name for name, on in flags.items() if on],
            "days_before": ", ".join(map(str, rules.schedule.before)),
            "every_days": rules.schedule.every,
        }
    )
    if form.validate_on_submit():
        try:
            with writing() as session:
                reminders.save_schedule(
                    session,
                    actor(),
                    board.id,
                    form.schedule(),
                    **{f"{name}_on": name in (form.remind_of.data or ()) for name in flags},
                    now=now(),
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The reminders were changed. It shows from the next morning on.", "success")
            return redirect(url_for(".schedule", board=board.slug))
    return render_template(
        "reminders/schedule.html",
        board=board,
        form=form,
        hour=current_app.config["REMINDER_HOUR"],
        mail_is_sent=bool(current_app.config["MAIL_SERVER"]),
        digests=latest_digests(db.session, board.id),
    )


@bp.route("/boards/<slug:board>/reminders/words", methods=["GET", "POST"])
@board(Can.MANAGE_RETURNS)
def words(board: Board) -> str | Response:
    """The words of a board's reminders: write, preview, save, or go back to the standard ones."""
    rules = rules_of(db.session, [board.id])[board.id]
    form = WordsForm(data={"subject": rules.subject or SUBJECT, "text": rules.text or TEXT})
    preview = None
    if form.is_submitted() and form.reset.data:
        with writing() as session:
            reminders.save_words(session, actor(), board.id, "", "", now=now())
        flash("The reminders have the standard words again.", "success")
        return redirect(url_for(".schedule", board=board.slug))
    if form.validate_on_submit():
        try:
            subject, text = reminders.checked_words(**form.values())
            if form.save.data:
                with writing() as session:
                    reminders.save_words(session, actor(), board.id, subject, text, now=now())
                flash("The words of the reminders were changed.", "success")
                return redirect(url_for(".schedule", board=board.slug))
            today, base_url = london_today(now()), current_app.config["BASE_URL"]
            preview = reminders.sample(board, subject, text, today, base_url)
        except Invalid as error:
            show_problems(form, error)
    return render_template(
        "reminders/words.html",
        board=board,
        form=form,
        placeholders=PLACEHOLDERS,
        preview=preview,
        own=bool(rules.subject or rules.text),
    )
