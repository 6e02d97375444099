"""The sub-group's pages: finishing, the moderation, agreeing on a standard, deciding a dispute."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.enums import Participation, Rag, RatingRole, Standing
from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.policy import Can, can
from s11audit.extensions import db
from s11audit.forms.reviews import (
    CHANGE,
    AgreementForm,
    DecisionForm,
    EmptyForm,
    OpeningForm,
)
from s11audit.models import Allotment, Rating, Return, SharedRating
from s11audit.queries.evidence_marks import marks_of
from s11audit.queries.moderation import Round, Stand, agreements_of, allotments_of, round_of
from s11audit.queries.replies import disputes, sharings_of, undecided
from s11audit.queries.returns import facts_of
from s11audit.queries.reviews import part_of
from s11audit.queries.submitted_standards import submitted_standard
from s11audit.queries.tools import tool_of
from s11audit.scoring import spread
from s11audit.scoring.evidence_marks import Mark
from s11audit.services import moderation, replies
from s11audit.services.rateable import SHORTFALL
from s11audit.tools.schema import RatingChoice, Tool
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.guards import actor, now
from s11audit.views.listing import number_of

bp = Blueprint("moderation", __name__)
DECIDED = "This dispute has been decided already."


@bp.post("/returns/<int:return_id>/review/finish")
@guards.return_(Can.RATE)
def finish(return_: Return) -> Response:
    """Say that one's ratings are finished."""
    with writing() as session:
        found = moderation.finish(session, actor(), return_.id, now=now())
        done = found.all_finished
    flash(
        "Every reviewer has finished. The ratings now stand side by side."
        if done
        else "You have finished. The ratings stand side by side once every reviewer has.",
        "success",
    )
    return redirect(url_for("reviews.overview", return_id=return_.id))


@bp.post("/returns/<int:return_id>/review/reopen")
@guards.return_(Can.RATE)
def reopen(return_: Return) -> Response:
    """Take back that one's ratings are finished."""
    with writing() as session:
        moderation.reopen(session, actor(), return_.id, now=now())
    flash("You can change your ratings again. Say so when you have finished.", "success")
    return redirect(url_for("reviews.overview", return_id=return_.id))


@dataclass(frozen=True)
class Row:
    """One standard on the page: what the agency gave itself, what each reviewer gave, how they
    differ, what was agreed, and what is marked in the evidence behind a green rating."""

    stand: Stand
    own: RatingChoice | None
    given: list[tuple[Allotment | None, Rating | None]]
    former: list[Rating]
    choices: list[RatingChoice]
    agreed: RatingChoice | None
    marks: list[Mark]

    @property
    def spread(self) -> str:
        """How far the reviewers differ, in words."""
        return spread.in_words(self.choices)

    @property
    def differ(self) -> bool:
        """Whether they differ."""
        return spread.differ(self.choices)


@bp.get("/returns/<int:return_id>/moderation")
@guards.return_(Can.SEE_UNPUBLISHED)
def page(return_: Return) -> str:
    """Show every standard with the self rating, each reviewer's rating and what was agreed."""
    found = round_of(db.session, return_, with_snapshot=True)
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    former = [each for each in allotments_of(db.session, return_.id) if each.ended_at is not None]
    return render_template(
        "moderation/page.html",
        return_=return_,
        found=found,
        tool=tool,
        rows=_rows(found, tool) if found.open else [],
        former=former,
        form=EmptyForm(),
        same=_same(found) if found.open else [],
        may_moderate=_may_moderate(return_),
        waiting=[each for each in found.expected if not found.finished(each)],
    )


@bp.route("/returns/<int:return_id>/moderation/open", methods=["GET", "POST"])
@guards.return_(Can.MODERATE)
def open_early(return_: Return) -> Any:
    """Open the reviewers' ratings before all have finished, with a reason."""
    form = OpeningForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                moderation.open_moderation(
                    session, actor(), return_.id, reason=form.reason.data or "", now=now()
                )
        except Invalid as error:
            form.refuse(error.problems)
        else:
            flash("The moderation is open.", "success")
            return redirect(url_for(".page", return_id=return_.id))
    found = round_of(db.session, return_)
    return render_template(
        "moderation/open.html",
        return_=return_,
        form=form,
        found=found,
        waiting=[each for each in found.expected if not found.finished(each)],
    )


@bp.post("/returns/<int:return_id>/moderation/same")
@guards.return_(Can.MODERATE)
def agree_same(return_: Return) -> Response:
    """Agree every standard that all reviewers rated green, or found not applicable."""
    with writing() as session:
        found = round_of(session, return_)
        same = _same(found)
        for stand in same:
            values = _proposed(stand)
            moderation.agree(
                session,
                actor(),
                return_.id,
                stand.standard.number,
                label=values["label"],
                comment=values["comment"],
                na_reason=values["na_reason"],
                monitor=values["monitor"],
                now=now(),
            )
    if same:
        count = "1 standard is" if len(same) == 1 else f"{len(same)} standards are"
        flash(f"{count} agreed as every reviewer rated.", "success")
    else:
        flash("There was nothing left to agree by this button.")
    return redirect(url_for(".page", return_id=return_.id))


@bp.route("/returns/<int:return_id>/moderation/<int:number>", methods=["GET", "POST"])
@guards.return_(Can.MODERATE)
def standard(return_: Return, number: int) -> Any:
    """Agree on the rating of one standard."""
    found = round_of(db.session, return_, with_snapshot=True)
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    stand = _stand(found, number)
    if not found.open or found.sharing is not None or not stand.in_play:
        if request.method == "POST":  # what was typed is given back
            raise Refused(_why_not_agreed(found))
        return redirect(url_for(".page", return_id=return_.id))
    form = AgreementForm(
        tool.ratings,
        na_label=tool.na_rating.label,
        data=_proposed(stand) | {"based_on": str(stand.agreement.id if stand.agreement else 0)},
    )
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                moderation.agree(
                    session,
                    actor(),
                    return_.id,
                    number,
                    label=form.label.data,
                    comment=form.comment.data or "",
                    reason=form.reason.data or "",
                    improvement=_improvement(form, tool, _proposed(stand)["improvement"]),
                    improvement_due_on=form.improvement_due_on.data,
                    na_reason=form.na_reason.data or "",
                    monitor=form.monitor.data,
                    based_on=number_of(form.based_on.data),
                    now=now(),
                )
        except (Invalid, Conflict, Refused) as error:
            status = form.turn_down(error)
        else:
            flash(f"Standard {number} is agreed.", "success")
            return redirect(_after_agreeing(return_, found, form, number))
        found = round_of(db.session, return_, with_snapshot=True)
        stand = _stand(found, number)
    rows = [each for each in _rows(found, tool) if each.stand.standard.number == number]
    page_ = render_template(
        "moderation/standard.html",
        return_=return_,
        found=found,
        tool=tool,
        row=rows[0],
        form=form,
        history=agreements_of(db.session, return_.id, number),
    )
    return page_, status


@bp.route("/returns/<int:return_id>/disputes/<int:number>", methods=["GET", "POST"])
@guards.return_(Can.MODERATE)
def dispute(return_: Return, number: int) -> Any:
    """Decide a dispute: keep the rating, or change it."""
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    shared = _disputed(return_, number)
    if shared is None:
        if request.method == "POST":  # what was typed is given back
            raise Refused(DECIDED)
        flash(DECIDED)
        return redirect(url_for("replies.page", return_id=return_.id))
    agreement = shared.agreement
    form = DecisionForm(
        tool.ratings,
        na_label=tool.na_rating.label,
        data={
            "comment": agreement.comment,
            "improvement": agreement.improvement,
            "improvement_due_on": agreement.improvement_due_on,
            "na_reason": agreement.na_reason,
            "monitor": agreement.monitor,
        },
    )
    if form.validate_on_submit():
        change = None
        if form.decision.data == CHANGE:
            change = replies.Change(
                label=form.label.data or "",
                comment=form.comment.data or "",
                improvement=_improvement(form, tool, agreement.improvement),
                improvement_due_on=form.improvement_due_on.data,
                na_reason=form.na_reason.data or "",
                monitor=form.monitor.data,
            )
        try:
            with writing() as session:
                replies.decide(
                    session, actor(), return_.id, number,
                    reason=form.reason.data or "", change=change, now=now(),
                )  # fmt: skip
        except Invalid as error:
            form.refuse(error.problems)
        else:
            flash("The decision is saved. Both views are kept.", "success")
            return redirect(url_for("replies.page", return_id=return_.id))
    return render_template(
        "moderation/dispute.html", return_=return_, tool=tool, shared=shared, form=form,
        number=number, title=tool.standard(number).title,
    )  # fmt: skip


def _improvement(form: AgreementForm | DecisionForm, tool: Tool, offered: str) -> str:
    """Return the improvement that was typed; one that the form offered by itself goes with the
    amber or red that it was for."""
    typed = form.improvement.data or ""
    chosen = next((each for each in tool.ratings if each.label == form.label.data), None)
    if chosen is not None and chosen.rag not in SHORTFALL and typed.strip() == offered.strip():
        return ""
    return typed


def _disputed(return_: Return, number: int) -> SharedRating | None:
    """Return the dispute that waits for a decision; None where it was decided, as its e-mail can
    be read long after."""
    sharings = sharings_of(db.session, return_.id)
    disputed = [one for each in sharings for one in disputes(each) if one.standard == number]
    if not disputed:
        abort(404)
    waiting = [one for each in sharings for one in undecided(each) if one.standard == number]
    return waiting[0] if waiting else None


def _why_not_agreed(found: Round) -> str:
    """Return why a standard takes no agreement now, for somebody whose page was older."""
    if found.sharing is not None:
        return moderation.WITH_THE_AGENCY
    if not found.open:
        return moderation.NOT_OPEN
    return "The ratings of this standard have been published since you opened the page."


def _stand(found: Round, number: int) -> Stand:
    stand = next((each for each in found.stands if each.standard.number == number), None)
    if stand is None:
        abort(404)
    return stand


def _rows(found: Round, tool: Tool) -> list[Row]:
    live = {each.reviewer_id for each in found.reviewers} | {None}
    rows = []
    for stand in found.in_play:
        number = stand.standard.number
        part = part_of(found.submission.snapshot, number) if found.submission else None
        own = submitted_standard(tool, stand.standard, part).self_choice if part else None
        given: list[tuple[Allotment | None, Rating | None]] = [
            (each, stand.given.get(each.reviewer_id))
            for each in found.reviewers
            if each in found.expected or each.reviewer_id in stand.given
        ]
        if None in stand.given:
            given.append((None, stand.given[None]))
        rows.append(
            Row(
                stand,
                own,
                given,
                _former(found, stand, live),
                [tool.rating(each.label) for _, each in given if each is not None],
                tool.rating(stand.agreement.label) if stand.agreement else None,
                marks_of(found.submission, part, rating_so_far(stand), now()),
            )
        )
    return rows


def rating_so_far(stand: Stand) -> Rag | None:
    """Return what was agreed of a standard, else the best that a reviewer gave it."""
    if stand.agreement is not None:
        return stand.agreement.rag
    given = {rating.rag for rating in stand.given.values()}
    return Rag.GREEN if Rag.GREEN in given else None


def _former(found: Round, stand: Stand, live: set[int | None]) -> list[Rating]:
    """Return what people wrote of the standard who no longer review the return: the last of each,
    since it was published last."""
    latest: dict[int | None, Rating] = {}
    for rating in found.ratings:
        if (
            rating.standard == stand.standard.number
            and rating.role is RatingRole.REVIEWER
            and rating.rater_id not in live
            and (stand.agreed is None or rating.id > stand.agreed.id)
        ):
            latest[rating.rater_id] = rating
    return list(latest.values())


def _same(found: Round) -> list[Stand]:
    """Return the standards that wait for an agreement, and that all reviewers rated the same, so
    that nothing is required: green or not applicable."""
    return [
        each
        for each in found.to_agree
        if len({rating.label for rating in each.given.values()}) == 1
        and all(rating.rag not in SHORTFALL for rating in each.given.values())
        and all(one.reviewer_id in each.given for one in found.expected)
    ]


def _proposed(stand: Stand) -> dict[str, Any]:
    """Return what the form begins with: what was agreed before, else what reviewers wrote."""
    if stand.agreement is not None:
        stored = stand.agreement
        return {
            "label": stored.label,
            "na_reason": stored.na_reason,
            "comment": stored.comment,
            "improvement": stored.improvement,
            "improvement_due_on": stored.improvement_due_on,
            "monitor": stored.monitor,
        }
    ratings = list(stand.given.values())
    labels = {each.label for each in ratings}
    dates = [each.improvement_due_on for each in ratings if each.improvement_due_on]
    return {
        "label": labels.pop() if len(labels) == 1 else None,
        "na_reason": _joined([each.na_reason for each in ratings]),
        "comment": _joined([each.comment for each in ratings]),
        "improvement": _joined([each.improvement for each in ratings]),
        "improvement_due_on": min(dates) if dates else None,
        "monitor": any(each.monitor for each in ratings),
    }


def _joined(texts: list[str]) -> str:
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def _after_agreeing(return_: Return, found: Round, form: AgreementForm, number: int) -> str:
    if form.save.data:
        return url_for(".page", return_id=return_.id)
    waiting = [each.standard.number for each in found.to_agree if each.standard.number != number]
    following = next((each for each in waiting if each > number), None) or next(iter(waiting), None)
    if following is None:
        return url_for(".page", return_id=return_.id)
    return url_for(".standard", return_id=return_.id, number=following)


def _may_moderate(return_: Return) -> bool:
    return (
        can(actor(), Can.MODERATE, facts_of(return_))
        and return_.participation is Participation.FULL
        and return_.standing is Standing.ASKED
    )
