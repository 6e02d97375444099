"""Using evidence again that was added before. Routes of the blueprint `evidence`."""

from typing import Any

from flask import flash, redirect, render_template

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.evidence import ReuseForm
from s11audit.models import Return
from s11audit.queries import evidence_reuse as read
from s11audit.queries.tools import standards_asked
from s11audit.services import evidence_reuse as service
from s11audit.services.responses import why_not_editable
from s11audit.transactions import writing
from s11audit.views.evidence import bp, to_evidence
from s11audit.views.guards import actor, now, return_
from s11audit.views.listing import page_number, page_url


@bp.route("/returns/<int:return_id>/standards/<int:number>/evidence/use", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def use(return_: Return, number: int) -> Any:
    """Choose evidence that was added before, for this standard too."""
    asked = standards_asked(db.session, return_)
    standard = next((each for each in asked if each.number == number), None)
    if standard is None:
        raise NotFound("There is no such standard in this return.")
    own = read.of_this_return(db.session, return_.id, number)
    earlier = read.of_earlier_returns(db.session, return_, page=page_number())
    form = ReuseForm()
    form.chosen.choices = [each.id for each in own]
    form.chosen.choices += [each.evidence.id for each in earlier.items]
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                used = service.use_again(
                    session, actor(), return_.id, number, form.chosen.data, now=now()
                )
                told = "1 piece of evidence is" if len(used) == 1 else f"{len(used)} pieces are"
            flash(f"{told} used for standard {number} too.", "success")
            return redirect(to_evidence(return_, number))
        except Invalid as error:
            form.chosen.errors = list(error.problems.values())
    if form.errors:
        status = 400
    page = render_template(
        "evidence/use.html",
        return_=return_,
        standard=standard,
        number=number,
        own=own,
        earlier=earlier,
        form=form,
        today=london_today(now()),
        blocked=why_not_editable(return_, now()),
        page_url=page_url(),
    )
    return page, status
