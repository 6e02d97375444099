"""Taking over from the last cycle: the buttons of a standard's page lead here."""

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from s11audit.domain.errors import Refused
from s11audit.scoring.words import counted
from s11audit.services.taking_over import take_over
from s11audit.transactions import writing
from s11audit.views.guards import actor, now

NAME = "take_over"


def is_asked() -> bool:
    """Return whether a button that takes over was pressed."""
    return bool(request.form.get(NAME))


def taken_over(return_id: int, number: int) -> Answer:
    """Take over what the button names, once all that was typed is saved, and show the page again
    at that place; what cannot be taken over is said there."""
    what = request.form.get(NAME, "")[:200]
    kind, _, rest = what.partition(":")
    anchor = {"answer": f"question-{rest.partition(':')[0]}", "statement": "statement-part"}
    try:
        with writing() as session:
            parts = take_over(session, actor(), return_id, number, what, now=now())
    except Refused as error:
        flash(str(error))
    else:
        told = counted(len(parts), "answer was", "answers were")
        flash(f"{told} taken over, and marked until you change or confirm it.", "success")
    address = url_for(
        "responses.standard", return_id=return_id, number=number, _anchor=anchor.get(kind)
    )
    return redirect(address)
