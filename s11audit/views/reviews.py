"""QA's pages: the queue, a return's review, rating one standard, publishing, what was published."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import in_words
from s11audit.domain.enums import Basis, Participation, RatingRole, ReturnState, Standing
from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.forms.reviews import RatingForm
from s11audit.models import Board, Rating, Return, Submission
from s11audit.queries import reviews as read
from s11audit.queries.carried_plans import before_of
from s11audit.queries.evidence_marks import marks_now, marks_of, marks_sent_in
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.replies import latest_disputes, sharings_of
from s11audit.queries.returns import facts_of
from s11audit.queries.review_queue import TO_DO, WAITING_WORDS, Waiting, next_return, review_queue
from s11audit.queries.screening import screening_of
from s11audit.queries.submitted_standards import SubmittedStandard, submitted_standard
from s11audit.queries.tools import tool_of
from s11audit.queries.visits import proposals_of, returns_with_proposals
from s11audit.scoring.actions import is_overdue
from s11audit.scoring.evidence_marks import Mark, together
from s11audit.services import moderation, reviews
from s11audit.services.accepting import may_be_accepted
from s11audit.tools.schema import Tool
from s11audit.transactions import writing
from s11audit.views import guards
from s11audit.views.guards import actor, now
from s11audit.views.listing import number_of

bp = Blueprint("reviews", __name__)

SHOWN: dict[str, tuple[Waiting, ...]] = {
    "to_do": TO_DO,
    **{waiting.value: (waiting,) for waiting in Waiting},
    "marked": TO_DO,
    "all": tuple(Waiting),
}


@bp.get("/boards/<slug:board>/reviews")
@guards.board(Can.SEE_QUEUE)
def queue(board: Board) -> str:
    """List the returns that wait for QA, those submitted longest ago first."""
    show = request.args.get("show", "to_do")
    if show not in SHOWN:
        show = "to_do"
    search = request.args.get("agency", "").strip()
    found = review_queue(
        db.session,
        actor(),
        board.id,
        show=SHOWN[show],
        search=search,
        page=request.args.get("page", 1, type=int),
        marked=show == "marked",
    )
    return render_template(
        "reviews/queue.html",
        board=board,
        queue=found,
        show=show,
        search=search,
        words=WAITING_WORDS,
        proposals=returns_with_proposals(db.session, board.id),
        page_url=lambda page: url_for(
            ".queue", board=board.slug, show=show, agency=search or None, page=page
        ),
        choices=[("to_do", "Everything to do")]
        + [(waiting.value, words) for waiting, words in WAITING_WORDS.items()]
        + [("marked", "Evidence marked"), ("all", "Everything")],
    )


@bp.get("/returns/<int:return_id>/review")
@guards.return_(Can.SEE_UNPUBLISHED)
def overview(return_: Return) -> str:
    """Show how far the review of a return is, standard by standard."""
    found = round_of(db.session, return_, with_snapshot=True)
    stands = found.own(actor().user_id)
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    own = found.allotment_of(actor().user_id)
    finished = own is not None and found.finished(own)
    rows = [_overview_row(tool, each, found) for each in stands]
    # What is still true keeps its rating of the stage before: what is to be rated comes first.
    rows.sort(key=lambda row: row["kept"])
    return render_template(
        "reviews/overview.html",
        return_=return_,
        submission=found.submission,
        found=found,
        rows=rows,
        tool=tool,
        screening=screening_of(db.session, return_.id),
        proposals={n: p for n, p in proposals_of(db.session, return_).items() if p.open},
        first=next((each.standard.number for each in stands if not each.rated), None),
        finished=finished,
        may_finish=own is not None
        and not finished
        and not found.open
        and all(each.rated for each in stands)
        and any(each.pending for each in stands),
        may_reopen=finished and moderation.may_reopen(found),
        follows_up=any(row["before"] for row in rows),
        may_accept=may_be_accepted(return_, found) and can(actor(), Can.PUBLISH, facts_of(return_)),
        **_allowed(return_, found),
    )


@bp.post("/returns/<int:return_id>/review/start")
@guards.return_(Can.RATE)
def start(return_: Return) -> Response:
    """Start the review, and go to the first standard that is to be rated; to all of them where
    everything is still true."""
    number = number_of(request.form.get("standard"))
    with writing() as session:
        reviews.start_review(session, actor(), return_.id, now=now())
        stands = read.reviews_of(session, return_, None)
        first = next((each.standard.number for each in stands if not each.rated), None)
    flash("The review has begun. The board office can still send the return back.", "success")
    if not number and first is None:
        return redirect(url_for(".overview", return_id=return_.id))
    return redirect(url_for(".standard", return_id=return_.id, number=number or first))


@bp.get("/returns/<int:return_id>/review/<int:number>")
@guards.return_(Can.SEE_UNPUBLISHED)
def standard(return_: Return, number: int) -> str | Response:
    """Show one standard as it was sent in, beside the form that rates it."""
    page = _page(return_, number)
    if page is None:
        return redirect(url_for(".overview", return_id=return_.id))
    latest = page.stands.latest
    form = _form(
        page,
        formdata=None,
        data={
            "label": latest.label if latest else None,
            "na_reason": latest.na_reason if latest else "",
            "comment": latest.comment if latest else "",
            "improvement": latest.improvement if latest else "",
            "improvement_due_on": latest.improvement_due_on if latest else None,
            "monitor": page.monitored if page.stands.agreed else bool(latest and latest.monitor),
            "based_on": page.based_on,
        },
    )
    _take_over(return_, number, form)
    return _standard_page(return_, page, form)


@bp.post("/returns/<int:return_id>/review/<int:number>")
@guards.return_(Can.RATE)
def rate(return_: Return, number: int) -> Any:
    """Keep the rating of one standard, and go on to the next."""
    page = _page(return_, number)
    if page is None:
        return redirect(url_for(".overview", return_id=return_.id))
    form = _form(page)
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                reviews.rate(
                    session,
                    actor(),
                    return_.id,
                    number,
                    label=form.label.data,
                    comment=form.comment.data or "",
                    improvement=form.improvement.data or "",
                    improvement_due_on=form.improvement_due_on.data,
                    na_reason=form.na_reason.data or "",
                    monitor=form.monitor.data,
                    reason=form.reason.data or "",
                    based_on=number_of(form.based_on.data),
                    now=now(),
                )
        except (Invalid, Conflict, Refused) as error:
            status = form.turn_down(error)
        else:
            flash(f"Standard {number} is saved.", "success")
            return redirect(_after_saving(return_, page, form))
        page = _page(return_, number) or page
    return _standard_page(return_, page, form), status


@bp.get("/returns/<int:return_id>/review/next")
@guards.return_(Can.SEE_UNPUBLISHED)
def following(return_: Return) -> Response:
    """Go to the next return of the queue that the reviewer may rate."""
    board = return_.membership.board
    found = next_return(db.session, actor(), board.id, return_.id)
    if found is None:
        flash("No other return is waiting for you.")
        return redirect(url_for(".queue", board=board.slug))
    return redirect(url_for(".overview", return_id=found.return_id))


@bp.get("/returns/<int:return_id>/ratings")
@guards.return_(Can.SEE_RETURN)
def published(return_: Return) -> str:
    """Show the ratings that were published, with comment and required improvement."""
    publications = read.publications_of(db.session, return_.id)
    return render_template(
        "reviews/published.html",
        return_=return_,
        publications=publications,
        stands=read.published_of(db.session, return_) if publications else [],
        disputes=latest_disputes(sharings_of(db.session, return_.id)) if publications else {},
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        **_allowed(return_),
    )


@dataclass(frozen=True)
class Page:
    """What the page of one standard shows."""

    tool: Tool
    submission: Submission
    part: SubmittedStandard
    stands: read.StandardReview
    history: list[Rating]
    found: Round
    monitored: bool
    previous: int | None
    next: int | None

    @property
    def based_on(self) -> str:
        """The id of the reviewer's rating that the page shows, for the form."""
        return str(self.stands.given.id if self.stands.given else 0)


def _page(return_: Return, number: int) -> Page | None:
    """Return what the page of a standard shows; None where nothing is there to be reviewed."""
    found = round_of(db.session, return_, with_snapshot=True)
    submission = found.submission
    if submission is None:
        return None
    part = read.part_of(submission.snapshot, number)
    given = read.ratings_of(db.session, return_.id, RatingRole, standard=number)
    ratings = [each for each in given if found.visible(each, actor().user_id)]
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    numbers = [each["number"] for each in submission.snapshot["standards"]]
    if part is None:
        abort(404)
    place = numbers.index(number)
    asked = tool.standard(number)
    return Page(
        tool=tool,
        submission=submission,
        part=submitted_standard(tool, asked, part),
        stands=next(each for each in found.own(actor().user_id) if each.standard.number == number),
        history=ratings[::-1],
        found=found,
        monitored=(number, None) in read.flags_of(db.session, return_.id),
        previous=numbers[place - 1] if place else None,
        next=numbers[place + 1] if place + 1 < len(numbers) else None,
    )


def _form(page: Page, **options: Any) -> RatingForm:
    return RatingForm(page.tool.ratings, na_label=page.tool.na_rating.label, **options)


def _standard_page(return_: Return, page: Page, form: RatingForm) -> str:
    return render_template(
        "reviews/standard.html",
        return_=return_,
        page=page,
        part=page.part,
        stands=page.stands,
        form=form,
        before=before_of(db.session, return_, page.part.standard.number),
        is_overdue=lambda action: is_overdue(action.state, action.due_on, now()),
        proposed=proposals_of(db.session, return_).get(page.part.standard.number),
        marks=_marks_of(page),
        **_allowed(return_, page.found),
    )


def _marks_of(page: Page) -> list[Mark]:
    """Return what is marked in the evidence, of the self rating and of the rating shown."""
    part = read.part_of(page.submission.snapshot, page.part.standard.number)
    latest = page.stands.latest
    return marks_of(page.submission, part, latest.rag if latest else None, now())


def _take_over(return_: Return, number: int, form: RatingForm) -> None:
    """Fill in what a visit proposes, where the address asks for it (domain rule 31)."""
    visit_id = number_of(request.args.get("proposal"))
    proposed = proposals_of(db.session, return_).get(number) if visit_id else None
    if proposed is None or proposed.visit.id != visit_id:
        return
    form.label.data = proposed.proposal.label
    form.improvement.data = proposed.proposal.improvement
    form.comment.data = f"On a visit: {proposed.proposal.reason}"
    if "reason" in form:
        form.reason.data = f"Proposed by the visit on {in_words(proposed.visit.visit_on)}."


def _after_saving(return_: Return, page: Page, form: RatingForm) -> str:
    number = page.part.standard.number
    if form.save.data:
        return url_for(".standard", return_id=return_.id, number=number)
    if page.next is not None:
        return url_for(".standard", return_id=return_.id, number=page.next)
    return url_for(".overview", return_id=return_.id)


def _overview_row(tool: Tool, stands: read.StandardReview, found: Round) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(("self", "suggestion", "before"))
    row |= {"stands": stands, "differs": False}
    submission = found.submission
    part = read.part_of(submission.snapshot, stands.standard.number) if submission else None
    if part is not None:
        submitted = submitted_standard(tool, stands.standard, part)
        row |= {
            "self": submitted.self_choice,
            "suggestion": submitted.suggestion.rag,
            "differs": submitted.differs,
            "before": submitted.before,
        }
    row["marks"] = marks_sent_in(submission, part)
    agreed = stands.agreed
    row["kept"] = bool(agreed and submission and agreed.return_id != submission.return_id)
    stand = next(each for each in found.stands if each.standard is stands.standard)
    label = stands.latest.label if stands.latest else None
    given = {rating.label for rating in stand.given.values()} if found.open else set()
    if stand.agreement is not None:
        label = stand.agreement.label
    elif len(given) == 1:
        label = next(iter(given))
    shown = tool.rating(label).rag if label is not None else None
    row["marks"] = together(row["marks"], marks_now(part, shown, now()))
    hidden = bool(found.reviewers) and not found.open and stand.agreed is None
    return row | {
        "stand": stand,
        "choice": tool.rating(label) if label is not None else None,
        "differ": len(given) > 1 and stand.agreement is None,
        "hidden": hidden and found.allotment_of(actor().user_id) is None,
    }


def _allowed(return_: Return, found: Round | None = None) -> dict[str, Any]:
    """Say what the actor may do with this return now, for the templates."""
    facts, who = facts_of(return_), actor()
    counted = (
        return_.participation is Participation.FULL
        and return_.standing is Standing.ASKED
        and return_.stage.cycle.basis is not Basis.CONFIRMED
    )
    under_way = return_.state in reviews.RATEABLE
    rates = counted and can(who, Can.RATE, facts)
    why_not = reviews.why_not_theirs(found, who.user_id) if found is not None else ""
    return {
        "may_start": rates and return_.state is ReturnState.SUBMITTED,
        "may_rate": rates and under_way and not why_not,
        "why_not": why_not if rates and under_way else "",
        "may_publish": counted and under_way and can(who, Can.PUBLISH, facts),
        "may_allot": counted and can(who, Can.ALLOT, facts),
        "sees_plan": can(who, Can.SEE_PLAN, facts),
        "sees_queue": can(who, Can.SEE_QUEUE, Facts(facts.board_id)),
        "sees_review": can(who, Can.SEE_UNPUBLISHED, facts),
        "advisory": return_.participation is Participation.ADVISORY,
        "actor_id": who.user_id,
    }
