"""Your account: the way to all that is a person's own, and where they are signed in."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from s11audit import sessions
from s11audit.extensions import db
from s11audit.queries import user_sessions as reads
from s11audit.services import passkeys, second_factor, user_sessions
from s11audit.transactions import writing
from s11audit.views.guards import actor, now, signed_in_so_far
from s11audit.views.proof import must_have_factor

bp = Blueprint("own_account", __name__, url_prefix="/account")


@bp.get("")
@signed_in_so_far
def page() -> str:
    """What the account holds, with the way to each part."""
    return render_template(
        "accounts/own_account.html",
        user=current_user,
        has_app=second_factor.has_app(db.session, current_user.id),
        passkeys=len(passkeys.passkeys_of(db.session, current_user.id)),
        sessions=len(_sessions()),
        must_have=must_have_factor(),
    )


@bp.get("/sessions", endpoint="sessions")
@signed_in_so_far
def sessions_page() -> str:
    """Where the person is signed in."""
    return render_template("accounts/sessions.html", sessions=_sessions(), here=sessions.here())


@bp.post("/sessions/<int:session_id>/end")
@signed_in_so_far
def end(session_id: int) -> Response:
    """Sign one browser out."""
    if session_id == sessions.here():
        sessions.end_here()
        return redirect(url_for("security.login"))
    with writing() as write:
        user_sessions.end_one(write, actor(), session_id, now=now())
    flash("That browser was signed out.", "success")
    return redirect(url_for(".sessions"))


@bp.post("/sessions/end")
@signed_in_so_far
def end_everywhere() -> Response:
    """Sign out everywhere, here too."""
    with writing() as write:
        user_sessions.end_everywhere(write, actor(), now=now())
    sessions.end_here()
    flash("You were signed out everywhere.", "success")
    return redirect(url_for("security.login"))


def _sessions() -> list[reads.UserSession]:
    return reads.sessions_of(
        db.session,
        current_user.id,
        idle=sessions.idle_end(),
        longest=sessions.longest(),
        now=now(),
    )
