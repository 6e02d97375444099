"""The histories of a rating and of an action, in words. That of a return is in `views.returns`."""

from flask import Blueprint, render_template

from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.models import Return
from s11audit.queries.actions import action_in
from s11audit.queries.history import history_of_action
from s11audit.queries.rating_history import history_of_rating
from s11audit.queries.returns import facts_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.views.guards import actor, return_
from s11audit.views.listing import page_number, page_url

bp = Blueprint("histories", __name__)


@bp.get("/returns/<int:return_id>/ratings/<int:number>/history")
@return_(Can.SEE_RETURN)
def rating(return_: Return, number: int) -> str:
    """All ratings of one standard, in every role that the reader may see, newest first."""
    asked = standards_asked(db.session, return_)
    standard = next((each for each in asked if each.number == number), None)
    if standard is None:
        raise NotFound("There is no such standard in this return.")
    facts = facts_of(return_)
    unpublished = can(actor(), Can.SEE_UNPUBLISHED, facts)
    return render_template(
        "histories/rating.html",
        return_=return_,
        standard=standard,
        history=history_of_rating(
            db.session,
            return_,
            number,
            tool_of(db.session, return_.stage.cycle.tool_version),
            user_id=actor().user_id,
            unpublished=unpublished,
            page=page_number(),
        ),
        sees_review=unpublished,
        page_url=page_url(),
    )


@bp.get("/returns/<int:return_id>/plan/actions/<int:action_id>/history")
@return_(Can.SEE_PLAN)
def action(return_: Return, action_id: int) -> str:
    """Everything that happened to one action, with what it said before, newest first."""
    found = action_in(db.session, return_.id, action_id)
    return render_template(
        "histories/action.html",
        return_=return_,
        action=found,
        history=history_of_action(db.session, found.id, page=page_number()),
        page_url=page_url(),
    )
