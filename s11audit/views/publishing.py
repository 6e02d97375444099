"""The chair's one page for what was agreed: sharing it with the agency, or publishing it at once. A
route of the blueprint `reviews`."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from s11audit.domain.dates import in_words
from s11audit.domain.errors import Conflict, Invalid
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.reviews import ConfirmForm
from s11audit.models import Agreement, Rating, Return, Sharing
from s11audit.queries.evidence_marks import marks_now
from s11audit.queries.moderation import Round, Stand, round_of
from s11audit.queries.reviews import part_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.evidence_marks import Mark
from s11audit.scoring.words import listed
from s11audit.services import moderation, sharing
from s11audit.services.rateable import SHORTFALL
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.guards import actor, now
from s11audit.views.reviews import bp


@bp.route("/returns/<int:return_id>/review/publish", methods=["GET", "POST"])
@guards.return_(Can.PUBLISH)
def publish(return_: Return) -> Any:
    """Show the chair what would be shared with the agency, and share it, or publish it at once
    where the agency has no days to reply. What one reviewer gave is agreed by that."""
    found = round_of(db.session, return_, with_snapshot=True)
    form = ConfirmForm()
    status = 200
    if form.validate_on_submit():
        seen = form.seen.data
        try:
            with writing() as session:
                if found.of_one:
                    shared = moderation.confirm(
                        session, actor(), return_.id, due_on=form.due_on.data, seen=seen, now=now()
                    )
                else:
                    shared = sharing.share(session, actor(), return_.id, seen=seen, now=now())
                told = _shared_in_words(shared)
        except Invalid as error:
            form.refuse(error.problems)
        except Conflict as error:
            form.form_errors.append(str(error))
            status = 409
        else:
            flash(told, "success")
            return redirect(url_for(".overview", return_id=return_.id))
        found = round_of(db.session, return_, with_snapshot=True)
    form.seen.data = found.offer
    refused = _why_not_shared(return_, found)
    pending = [] if refused else [_to_share(each) for each in found.in_play]
    page = render_template(
        "reviews/publish.html",
        return_=return_,
        form=form,
        found=found,
        days=return_.membership.board.reply_days,
        undated=any(
            each.rag in SHORTFALL and each.improvement_due_on is None for _, each in pending
        ),
        pending=pending,
        marks={stand.standard.number: _marks(found, stand, rating) for stand, rating in pending},
        refused=refused,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
    )
    return page, status


def _to_share(stand: Stand) -> tuple[Stand, Agreement | Rating]:
    """Return what would be shared of a standard: what was agreed, else the one rating given."""
    return stand, stand.agreement or next(iter(stand.given.values()))


def _marks(found: Round, stand: Stand, rating: Agreement | Rating) -> list[Mark]:
    """Return what is marked in the evidence of a standard that would be shared as green."""
    snapshot = found.submission.snapshot if found.submission else {"standards": []}
    return marks_now(part_of(snapshot, stand.standard.number), rating.rag, now())


def _why_not_shared(return_: Return, found: Round) -> str:
    """Return why nothing can be shared now, or nothing."""
    if found.sharing is not None:
        return "The agreed ratings are with the agency."
    if found.submission is None or not found.in_play:
        return "There is nothing new to publish for this return."
    if not found.open:
        return (
            "The ratings cannot be published yet: not every reviewer has said that they have"
            " finished."
        )
    missing = [
        str(each.standard.number) for each in found.to_agree if not (found.of_one and each.given)
    ]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        return (
            f"The ratings cannot be published yet: agree on standard{plural} {listed(missing)}"
            " first."
        )
    return ""


def _shared_in_words(shared: Sharing) -> str:
    if shared.reply_by is not None:
        return (
            "The agreed ratings are shared with the agency, which can answer until the end of"
            f" {in_words(shared.reply_by)}. It has been told."
        )
    publication = shared.publication
    first = publication is not None and publication.number == 1
    return (
        f"{'The ratings are' if first else 'The new ratings are'} published. The agency has been"
        " told."
    )
