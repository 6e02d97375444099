"""The way in: where a person's places are listed, and health."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from s11audit.extensions import db
from s11audit.queries.accounts import places
from s11audit.views.guards import actor, signed_in

bp = Blueprint("start", __name__)


@bp.get("/")
@signed_in
def home() -> Response:
    """Lead to the only place a person has, or to the choice of places."""
    found = places(db.session, actor())
    if len(found) == 1:
        return redirect(found[0].path)
    return redirect(url_for("start.choose_place"))


@bp.get("/places")
@signed_in
def choose_place() -> str:
    """List the boards and agencies where a person holds a role."""
    return render_template("start/places.html", places=places(db.session, actor()))
