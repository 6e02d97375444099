"""Accepting a return of which nothing is to be rated: a route of the blueprint `reviews`."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from s11audit.domain.policy import Can
from s11audit.models import Return
from s11audit.services.accepting import accept_as_it_is
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.guards import actor, now
from s11audit.views.reviews import bp


@bp.post("/returns/<int:return_id>/review/accept")
@guards.return_(Can.PUBLISH)
def accept(return_: Return) -> Response:
    """Accept the return: every standard keeps its rating."""
    with writing() as session:
        accept_as_it_is(session, actor(), return_.id, now=now())
    flash("The return is accepted. Its standards keep their ratings.", "success")
    return redirect(url_for(".overview", return_id=return_.id))
